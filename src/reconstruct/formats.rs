//! The formats of a run: the shipped ones, those the user describes, those the bundle's own server
//! configurations define.

use crate::bundle::Bundle;
use crate::config::{FormatNote, Options};
use crate::error::{Error, Result};
use crate::format::catalogue::{Catalogue, Known};
use crate::format::custom::Custom;
use crate::format::custom::config::{compiled, definitions};
use crate::format::part::client::Rules;

/// The catalogue, and what is to be told of definitions found in configurations.
///
/// # Errors
/// [`Error::Usage`] where a format the user names is not known and cannot be read as a description, or
/// an address of ours is none.
pub(super) fn catalogue(bundle: &Bundle, options: &Options) -> Result<(Catalogue, Vec<String>)> {
    let mut catalogue = Catalogue::default();
    let (found, notes) = configured(bundle);
    catalogue.add(found);
    let file = options.incident_file.as_ref().map_or("the incident file", |(name, _)| name);
    let described: Result<Vec<Known>> = options.incident.format.iter().map(|note| described(file, note)).collect();
    catalogue.add(described?);
    let by_rule = options
        .incident
        .source
        .iter()
        .filter_map(|s| Some((s.format.as_deref()?, format!("{file}: [[source]] `{}`: ", s.pattern))));
    for (text, place) in by_rule.chain(options.format.as_deref().map(|f| (f, String::new()))) {
        if catalogue.named(text).is_none() {
            let why = |e| {
                Error::Usage(format!(
                    "{place}`{text}` is no format this program knows (see `outscope formats`), and as a description of one: {e}"
                ))
            };
            let custom = Custom::new(text).map_err(why)?;
            let about = format!("{} given by the user", custom.language);
            catalogue.add([Known { described: Some(text.to_owned()), ..custom.known("described", &about, Vec::new()) }]);
        }
    }
    if let Some(client) = &options.incident.client {
        let rules =
            Rules::new(&client.ours, client.forwarded).map_err(|e| Error::Usage(format!("{file}: [client] ours: {e}")))?;
        catalogue.clients = Some(rules);
    }
    Ok((catalogue, notes))
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
    let known = custom.known(&note.name, &about, Vec::new());
    Ok(match note.stamp {
        Some(meaning) => known.stamped(meaning),
        None => known,
    })
}

/// The definitions in the bundle's configurations. One that many servers' lines fit is used only for
/// the files that the configuration itself names.
fn configured(bundle: &Bundle) -> (Vec<Known>, Vec<String>) {
    let (mut found, mut notes): (Vec<Known>, Vec<String>) = Default::default();
    for config in &bundle.configs {
        for definition in definitions(&config.text) {
            let custom = match compiled(&definition) {
                Ok(custom) => custom,
                Err(why) => {
                    notes.push(format!("{} defines the log format {}, which is not used: {why}", config.path, definition.name));
                    continue;
                }
            };
            if found.iter().any(|k| k.facts.name == definition.name) {
                continue;
            }
            let about = format!("{} defined in {}", custom.language, config.path);
            let files = if custom.is_plain() { definition.files.clone() } else { Vec::new() };
            if custom.is_plain() && files.is_empty() {
                notes.push(format!(
                    "{} defines the log format {}, which any server's lines fit, and names no file for it: not used",
                    config.path, definition.name
                ));
                continue;
            }
            notes.push(format!("{} defines the log format {}", config.path, definition.name));
            found.push(custom.known(&definition.name, &about, files));
        }
    }
    (found, notes)
}
