//! What can be typed.

use clap::{Args, Parser, Subcommand};
use outscope::bundle::Bundle;
use outscope::config::{AsnFile, Incident, Options};
use outscope::error::{Error, Result};
use outscope::time::{Micros, Span, parse_naive_utc};
use std::path::{Path, PathBuf};

/// Says from access logs alone what failed in an outage, for whom, for how long, and whether it
/// was confined to one thing while the rest stayed healthy.
#[derive(Debug, Parser)]
#[command(name = "outscope", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a report folder: verdict, charts, tables
    Report(ReportArgs),
    /// Lay two reports, or bundles, side by side: what is the same and what is not
    Compare(CompareArgs),
    /// Show what is in a bundle: files, formats, coverage, ledger, gaps
    Inspect(InspectArgs),
    /// Print one JSON object for each log line
    Events(EventsArgs),
    /// Print the raw lines behind a number
    Show(ShowArgs),
    /// List the log formats known and the fields each gives
    Formats(FormatsArgs),
    /// Find the set of attribute values behind an excess, in a table of counts
    Localise(LocaliseArgs),
    /// Make a synthetic bundle with its planted truth
    Synth(SynthArgs),
}

/// What is common to the commands that read a bundle.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// A folder, an archive (.tar, .tar.gz, .tgz, .zip), a file, or several
    #[arg(required = true, value_name = "BUNDLE")]
    pub bundle: Vec<PathBuf>,
    /// What is known of the incident [default: incident.toml in the bundle]
    #[arg(long, value_name = "FILE")]
    pub incident: Option<PathBuf>,
    /// Read every file with this format: a name (see `outscope formats`), or a description such as
    /// nginx's log_format
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Worker threads [default: the processors there are]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub input: Input,
    /// Start of the incident, where it is known (RFC 3339, or YYYY-MM-DDTHH:MM as UTC)
    #[arg(long, value_name = "TIME", requires = "to")]
    pub from: Option<String>,
    /// End of the incident, not included
    #[arg(long, value_name = "TIME", requires = "from")]
    pub to: Option<String>,
    /// Step of the charts and tables, such as 30s, 1m, 1h [default: by the length of the logs]
    #[arg(long, value_name = "STEP")]
    pub bin: Option<String>,
    /// Ask about this resource: its name, or part of it
    #[arg(long, value_name = "PATTERN")]
    pub resource: Option<String>,
    /// Who routes which address: a table of iptoasn.com (start, end, number, country, name), plain or gzip
    #[arg(long, value_name = "FILE")]
    pub asn: Option<PathBuf>,
    /// Where the report goes [default: reports/<bundle name>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Most memory for tables, such as 512M (accepted; the tables have fixed bounds below it)
    #[arg(long, value_name = "SIZE", default_value = "512M")]
    pub max_memory: String,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// A report folder (with report.json), or a bundle: its report is then made first, in memory
    #[arg(value_name = "A")]
    pub a: PathBuf,
    /// The other one
    #[arg(value_name = "B")]
    pub b: PathBuf,
    /// Where the comparison goes [default: reports/<A>-vs-<B>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Worker threads for bundles [default: the processors there are]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub input: Input,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Log files, folders or archives
    #[arg(required = true, value_name = "FILE")]
    pub bundle: Vec<PathBuf>,
    /// Read every file with this format: a name (see `outscope formats`), or a description such as
    /// nginx's log_format
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// What is known of the sources [default: incident.toml in the bundle]
    #[arg(long, value_name = "FILE")]
    pub incident: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub input: Input,
    /// Only this line: SOURCE:LINE, the source as `inspect` lists it
    #[arg(long, value_name = "SOURCE:LINE")]
    pub at: Option<String>,
    /// Only requests whose resource or path contains this
    #[arg(long, value_name = "PATTERN")]
    pub resource: Option<String>,
    /// Only from this time on
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Only this outcome: good, degraded, failed, shed, excluded, ambiguous, rejected or skipped
    #[arg(long, value_name = "OUTCOME")]
    pub outcome: Option<String>,
    /// Only sources of this tier
    #[arg(long, value_name = "TIER")]
    pub tier: Option<String>,
    /// At most so many lines
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub most: usize,
}

#[derive(Debug, Args)]
pub(crate) struct FormatsArgs {
    /// As JSON
    #[arg(long, conflicts_with_all = ["names", "samples"])]
    pub json: bool,
    /// Only the names
    #[arg(long, conflicts_with = "samples")]
    pub names: bool,
    /// Only sample lines of this format, or of `all`
    #[arg(long, value_name = "NAME")]
    pub samples: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct LocaliseArgs {
    /// A CSV file with a header; every column but the three named below is an attribute
    #[arg(value_name = "TABLE")]
    pub table: PathBuf,
    /// Column of the time
    #[arg(long, value_name = "COL")]
    pub time: String,
    /// The time to explain: seconds or milliseconds since 1970, or RFC 3339
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub at: String,
    /// Column of the bad requests
    #[arg(long, value_name = "COL")]
    pub bad: String,
    /// Column of all requests
    #[arg(long, value_name = "COL")]
    pub total: String,
    /// How many of the table's times before T say what is ordinary
    #[arg(long, value_name = "N", default_value_t = outscope::analyse::localise::minutes::BASELINE_TIMES)]
    pub baseline: usize,
    /// At most so many sets
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub most: usize,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SynthArgs {
    /// Which scenario; `list` names them
    pub scenario: String,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Seed; the same gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// About how many lines in all [default: by scenario]
    #[arg(long, value_name = "N")]
    pub lines: Option<u64>,
}

/// Reads a time of the command line.
pub(crate) fn time(text: &str) -> Result<Micros> {
    if let Some(t) = parse_naive_utc(text) {
        return Ok(t);
    }
    Micros::parse_rfc3339(text).map_err(Error::Usage)
}

/// Reads a length such as `30s`, `5m`, `1h`, `1d`, or seconds.
fn step(text: &str) -> Result<i64> {
    let wrong = || Error::Usage(format!("`{text}` is no step: write 30s, 5m, 1h, 1d or a number of seconds"));
    let t = text.trim();
    let (digits, unit) = t.split_at(t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len()));
    let factor = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let n: i64 = digits.parse().map_err(|_| wrong())?;
    n.checked_mul(factor).filter(|s| (1..=31_536_000).contains(s)).ok_or_else(wrong)
}

/// Reads a size such as `512M`, `2G` or bytes.
fn size(text: &str) -> Result<u64> {
    let wrong = || Error::Usage(format!("`{text}` is no size: write 512M, 2G or a number of bytes"));
    let t = text.trim().trim_end_matches(['B', 'b']).trim_end_matches('i');
    let (digits, unit) = t.split_at(t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len()));
    let factor: u64 = match unit.to_ascii_uppercase().as_str() {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(wrong()),
    };
    digits.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).filter(|&n| n > 0).ok_or_else(wrong)
}

impl Input {
    /// The options of a run on `bundle`.
    pub(crate) fn options(&self, bundle: &Bundle) -> Result<Options> {
        let threads = match self.threads {
            Some(0) => return Err(Error::Usage("--threads must be at least 1".into())),
            Some(n) => n.min(256),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let (incident, incident_file) = incident(self.incident.as_ref(), bundle)?;
        Ok(Options { incident, incident_file, format: self.format.clone(), threads, ..Options::default() })
    }
}

/// The incident file: the one given, or the bundle's own.
pub(crate) fn incident(given: Option<&PathBuf>, bundle: &Bundle) -> Result<(Incident, Option<(String, String)>)> {
    let (shown, text) = match (given, &bundle.incident) {
        (Some(path), _) => {
            let text = std::fs::read_to_string(path).map_err(|e| Error::read(path.display(), e))?;
            (path.display().to_string(), text)
        }
        (None, Some(file)) => (file.path.clone(), file.text.clone()),
        (None, None) => return Ok((Incident::default(), None)),
    };
    let incident = Incident::parse(&shown, &text)?;
    let name = shown.rsplit('/').next().unwrap_or(&shown).to_owned();
    Ok((incident, Some((name, text))))
}

impl ReportArgs {
    /// A report of `input` with nothing else given.
    pub(crate) fn of(input: Input) -> Self {
        let (from, to, bin, resource, asn, out) = Default::default();
        ReportArgs { input, from, to, bin, resource, asn, out, max_memory: "512M".into() }
    }

    /// The table of autonomous systems: the one of the command line, or the one that the incident file
    /// names, which lies beside it, in the bundle, or where the program runs.
    fn asn(&self, noted: Option<&str>) -> Result<Option<AsnFile>> {
        let beside = self.input.incident.as_ref().and_then(|p| p.parent()).map(Path::to_owned);
        let path = match (&self.asn, noted) {
            (Some(path), _) => path.clone(),
            (None, Some(name)) => {
                let folders = beside.into_iter().chain(self.input.bundle.iter().cloned());
                folders.map(|f| f.join(name)).find(|p| p.is_file()).unwrap_or_else(|| PathBuf::from(name))
            }
            (None, None) => return Ok(None),
        };
        let bytes = std::fs::read(&path).map_err(|e| Error::read(path.display(), e))?;
        AsnFile::parse(&path.display().to_string(), &bytes).map(Some)
    }

    /// The options of a report.
    pub(crate) fn options(&self, bundle: &Bundle) -> Result<Options> {
        let mut options = self.input.options(bundle)?;
        options.window = match (&self.from, &self.to) {
            (Some(from), Some(to)) => {
                let (from, to) = (time(from)?, time(to)?);
                if to <= from {
                    return Err(Error::Usage(format!("the window from {from} to {to} ends before it starts")));
                }
                Some(Span::new(from, to))
            }
            _ => options.incident.window.map(|w| w.span()),
        };
        options.bin = self.bin.as_deref().map(step).transpose()?;
        options.resource = self.resource.clone();
        options.max_memory = size(&self.max_memory)?;
        options.asn = self.asn(options.incident.client.as_ref().and_then(|c| c.asn.as_deref()))?;
        Ok(options)
    }
}
