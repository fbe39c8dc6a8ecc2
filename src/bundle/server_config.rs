//! Server configurations in the bundle: they define the log formats of the files beside them.

use std::io::Read;

/// Longer ones are no configurations: 1 MiB.
const SIZE_MAX: u64 = 1 << 20;

/// Most configurations that are kept: a bound on hostile bundles.
pub(super) const CONFIGS_MAX: usize = 64;

/// The configuration of a server, which stays a source like any other file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Shown path.
    pub path: String,
    /// Its text; bytes that are no UTF-8 are replaced.
    pub text: String,
}

impl ServerConfig {
    /// Reads the source's text if it has the name of a configuration and mentions a log format.
    pub(super) fn read(path: &str, size: u64, text: &mut dyn Read) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let named = [".conf", ".cfg", ".config", ".vhost"].iter().any(|e| name.ends_with(e));
        let placed = ["sites-enabled/", "sites-available/", "conf.d/"].iter().any(|d| path.contains(d));
        if !(named || placed) || size > SIZE_MAX {
            return None;
        }
        let mut bytes = Vec::new();
        text.take(SIZE_MAX).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let defines = ["log_format", "LogFormat", "CustomLog", "log-format", "access_log"].iter().any(|w| text.contains(w));
        defines.then(|| ServerConfig { path: path.to_owned(), text })
    }
}
