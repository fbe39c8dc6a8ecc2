//! Which files of the bundle a server's configuration speaks of.
//!
//! A configuration says `/var/log/nginx/access.log`, the bundle has `web1/logs/access.log.2.gz`: of the path only the
//! name can be relied on, and every server has an `access.log`. So a configuration speaks of the files of its own
//! host alone. The host of a path is its first folder that is no place every host has (`etc`, `logs`):
//!
//! | path | host |
//! |---|---|
//! | `web1/nginx.conf`, `web1/var/log/access.log`, `logs/web1/access.log` | `web1` |
//! | `etc/nginx.conf`, `logs/access.log`, `access.log` | none, which is a host too |
//! | `etc/nginx/nginx.conf`, `var/log/nginx/access.log` | `nginx` |

use std::collections::{BTreeMap, BTreeSet};

/// Folders that every host has.
const PLACES: [&str; 14] = [
    "conf",
    "conf-enabled",
    "conf.d",
    "config",
    "configs",
    "etc",
    "log",
    "logs",
    "opt",
    "sites-available",
    "sites-enabled",
    "srv",
    "usr",
    "var",
];

/// Names of log files, by host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFiles(BTreeMap<String, BTreeSet<String>>);

impl LogFiles {
    /// Adds a name that the configuration at this path of the bundle gives.
    pub fn add(&mut self, config: &str, name: &str) {
        self.0.entry(host(config).to_owned()).or_default().insert(name.to_owned());
    }

    /// Leaves out what the others have too.
    pub fn remove(&mut self, others: &LogFiles) {
        for (host, names) in &mut self.0 {
            names.retain(|name| !others.0.get(host).is_some_and(|theirs| theirs.contains(name)));
        }
        self.0.retain(|_, names| !names.is_empty());
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the file at this path of the bundle is one of them or a rotation of one: `access.log.2.gz` of
    /// `access.log`.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let Some(names) = self.0.get(host(path)) else { return false };
        let file = path.rsplit('/').next().unwrap_or(path);
        let ends = file.char_indices().filter(|(_, c)| matches!(c, '.' | '-' | '_')).map(|(n, _)| n);
        ends.chain([file.len()]).filter_map(|end| file.get(..end)).any(|name| names.contains(name))
    }
}

/// The first folder of the path that is no place every host has.
fn host(path: &str) -> &str {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').find(|folder| !PLACES.contains(folder)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_speaks_of_the_files_of_its_own_host() {
        for (config, path, want) in [
            ("nginx.conf", "access.log", true),
            ("etc/nginx.conf", "logs/access.log.2.gz", true),
            ("web1/etc/nginx/nginx.conf", "web1/var/log/nginx/access.log-20261120", true),
            ("config/web1/nginx.conf", "logs/web1/access.log", true),
            ("etc/nginx/sites-enabled/shop", "var/log/nginx/access.log", true),
            ("web1.tar.gz/etc/nginx.conf", "web1.tar.gz/logs/access.log", true),
            ("web1/nginx.conf", "web2/access.log", false),
            ("web1/nginx.conf", "access.log", false),
            ("nginx.conf", "web2/access.log", false),
            ("etc/nginx/nginx.conf", "var/log/apache2/access.log", false),
            ("nginx.conf", "access.logs", false),
            ("nginx.conf", "my-access.log", false),
        ] {
            let mut files = LogFiles::default();
            files.add(config, "access.log");
            assert_eq!(files.has(path), want, "{config} {path}");
        }
    }

    #[test]
    fn what_others_name_on_the_same_host_is_left_out() {
        let of = |named: &[(&str, &str)]| {
            let mut files = LogFiles::default();
            named.iter().for_each(|(config, name)| files.add(config, name));
            files
        };
        let mut files = of(&[("web1/a.conf", "access.log"), ("web2/a.conf", "access.log"), ("web3/a.conf", "shop.log")]);
        files.remove(&of(&[("web1/b.conf", "access.log"), ("web3/b.conf", "access.log")]));
        assert_eq!([files.has("web1/access.log"), files.has("web2/access.log"), files.has("web3/shop.log")], [false, true, true]);
        files.remove(&files.clone());
        assert!(files.is_empty());
    }
}
