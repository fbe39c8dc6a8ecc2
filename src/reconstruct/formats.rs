//! The formats of a run: the shipped ones, those the user describes, those the bundle's own server
//! configurations define.

use crate::bundle::{Bundle, ServerConfig};
use crate::config::{FormatNote, Options};
use crate::error::{Error, Result};
use crate::format::catalogue::{Catalogue, Known};
use crate::format::custom::Custom;
use crate::format::custom::config::{DEFINITIONS_MAX, Definition, definitions};
use crate::format::custom::log_file::LogFiles;
use crate::format::part::client::Rules;
use crate::format::{FORMATS, by_name};
use std::collections::{BTreeMap, BTreeSet};

/// The catalogue, and what is to be told of definitions found in configurations.
///
/// # Errors
/// [`Error::Usage`] where a format the user names is not known and cannot be read as a description, or
/// an address of ours is none.
pub(super) fn catalogue(bundle: &Bundle, options: &Options) -> Result<(Catalogue, Vec<String>)> {
    let mut catalogue = Catalogue::default();
    let file = options.incident_file.as_ref().map_or("the incident file", |(name, _)| name);
    let (found, notes) = configured(&bundle.configs, taken(file, &options.incident.format)?);
    catalogue.add(found);
    let described: Result<Vec<Known>> = options.incident.format.iter().map(|note| described(file, note)).collect();
    catalogue.add(described?);
    let by_rule = options
        .incident
        .source
        .iter()
        .filter_map(|s| Some((s.format.as_deref()?, format!("{file}: [[source]] `{}`: ", s.pattern))));
    let mut names = ["described".to_owned()].into_iter().chain((2_u32..).map(|n| format!("described-{n}")));
    for (text, place) in by_rule.chain(options.format.as_deref().map(|f| (f, String::new()))) {
        if catalogue.named(text).is_none() {
            let why = |e| {
                Error::Usage(format!(
                    "{place}`{text}` is no format this program knows (see `outscope formats`), and as a description of one: {e}"
                ))
            };
            let custom = Custom::new(text).map_err(why)?;
            let about = format!("{} given by the user", custom.language);
            let name = names.find(|name| catalogue.named(name).is_none()).unwrap_or_default();
            let known = custom.known(&name, &about);
            catalogue.add([Known { described: Some(text.to_owned()), ..known }]);
        }
    }
    if let Some(client) = &options.incident.client {
        let rules =
            Rules::new(&client.ours, client.forwarded).map_err(|e| Error::Usage(format!("{file}: [client] ours: {e}")))?;
        catalogue.clients = Some(rules);
    }
    Ok((catalogue, notes))
}

/// The names that the shipped formats and the incident file's have.
fn taken(file: &str, notes: &[FormatNote]) -> Result<BTreeSet<String>> {
    let mut taken = BTreeSet::new();
    for note in notes {
        let wrong = |why: &str| Err(Error::Usage(format!("{file}: [[format]] `{}`: {why}", note.name)));
        if by_name(&note.name).is_some() {
            return wrong("the program has a format of that name (see `outscope formats`); give it another");
        }
        if !taken.insert(note.name.clone()) {
            return wrong("there are two of that name");
        }
    }
    taken.extend(FORMATS.iter().map(|f| f.facts.name.to_owned()));
    Ok(taken)
}

/// A `[[format]]` of the incident file.
fn described(file: &str, note: &FormatNote) -> Result<Known> {
    let wrong = |e: String| Error::Usage(format!("{file}: [[format]] `{}`: {e}", note.name));
    let text = match (&note.line, &note.json) {
        (Some(line), None) => line.clone(),
        (None, Some(map)) => serde_json::to_string(map).map_err(|e| wrong(e.to_string()))?,
        _ => return Err(wrong("give either `line` or `json`".into())),
    };
    let mut custom = Custom::new(&text).map_err(wrong)?;
    custom.tier = note.tier.unwrap_or(custom.tier);
    custom.stamp = note.stamp.unwrap_or(custom.stamp);
    let about = format!("{} given in the incident file", custom.language);
    let known = custom.known(&note.name, &about);
    Ok(match note.stamp {
        Some(meaning) => known.stamped(meaning),
        None => known,
    })
}

/// The definitions in the bundle's configurations. One that many servers' lines fit is used only for
/// the files that the configuration itself names. `taken` are the names of other formats.
fn configured(configs: &[ServerConfig], mut taken: BTreeSet<String>) -> (Vec<Known>, Vec<String>) {
    let (mut known, mut notes): (Vec<Known>, Vec<String>) = Default::default();
    let gathered = gather(configs);
    for Defined { name, text, path, mut files } in gathered.definitions {
        let not_used = |why: &str| format!("{path} defines the log format {name}, {why}");
        let custom = match Custom::new(&text) {
            Ok(custom) => custom,
            Err(why) => {
                notes.push(not_used(&format!("which is not used: {why}")));
                continue;
            }
        };
        let named = !files.is_empty();
        // A name that two kinds of server on one host give to a log tells nothing.
        let server = name.split(':').next().unwrap_or_default();
        gathered.files.iter().filter(|(kind, _)| **kind != server).for_each(|(_, theirs)| files.remove(theirs));
        let only_those = custom.is_plain();
        if only_those && files.is_empty() {
            let why = if named {
                "names only files for it that another server's configuration names too"
            } else {
                "names no file for it"
            };
            notes.push(not_used(&format!("which any server's lines fit, and {why}: not used")));
            continue;
        }
        let name = free(&name, path, &mut taken);
        notes.push(format!("{path} defines the log format {name}"));
        let about = format!("{} defined in {path}", custom.language);
        known.push(Known { files, only_those, ..custom.known(&name, &about) });
    }
    notes.extend(gathered.more_in.map(|path| {
        format!("the bundle's configurations define more than {DEFINITIONS_MAX} log formats: from {path} on, further ones are not used")
    }));
    (known, notes)
}

/// A definition with the first configuration that has it.
struct Defined<'b> {
    name: String,
    text: String,
    path: &'b str,
    files: LogFiles,
}

/// What all configurations say.
#[derive(Default)]
struct Gathered<'b> {
    definitions: Vec<Defined<'b>>,
    /// Every log file that is named, by the server's kind.
    files: BTreeMap<&'static str, LogFiles>,
    /// The configuration in which there were too many.
    more_in: Option<&'b str>,
}

/// The definitions of all configurations, each once: two are the same if their texts are.
fn gather(configs: &[ServerConfig]) -> Gathered<'_> {
    let mut all = Gathered::default();
    for ServerConfig { path, text } in configs {
        let found = definitions(text);
        for (server, file) in &found.files {
            all.files.entry(server).or_default().add(path, file);
        }
        let mut more = found.more;
        for Definition { name, text, files } in found.definitions {
            let at = all.definitions.iter().position(|d| d.text == text).unwrap_or(all.definitions.len());
            if at == all.definitions.len() {
                if at >= DEFINITIONS_MAX {
                    more = true;
                    continue;
                }
                all.definitions.push(Defined { name, text, path, files: LogFiles::default() });
            }
            if let Some(defined) = all.definitions.get_mut(at) {
                files.iter().for_each(|file| defined.files.add(path, file));
            }
        }
        if more {
            all.more_in.get_or_insert(path);
        }
    }
    all
}

/// The name, with the path of the configuration where another format has it already, and a number where that does
/// not suffice.
fn free(name: &str, path: &str, taken: &mut BTreeSet<String>) -> String {
    let first = [name.to_owned(), format!("{name} ({path})")];
    let all = first.into_iter().chain((2_u32..).map(|n| format!("{name} ({path}, {n})")));
    let free = all.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}
