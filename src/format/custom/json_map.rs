//! A map from what we call a value to the JSON member that holds it:
//! `{"time": "when", "client": "peer.ip", "status": "response.code", "millis": "took"}`.
//!
//! The names are those of [`Slot`]; the members are dotted paths. A member of an array of `{"name":
//! .., "value": ..}` is reached by its name.

use super::{Custom, fields};
use crate::event::{Stamp, Tier};
use crate::format::Parsed;
use crate::format::part::draft::Draft;
use crate::format::part::json::JsonLines;
use crate::format::part::slot::{Keys, NAMES, Slot};
use crate::ledger::Reject;
use serde_json::Value;
use std::sync::Arc;

/// Whether the text is such a map.
pub(super) fn is(text: &str) -> bool {
    text.starts_with('{') && !text.contains('$') && !text.contains('%')
}

/// Reads it.
pub(super) fn new(text: &str) -> Result<Custom, String> {
    let map: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(|e| format!("the map of JSON members: {e}"))?;
    let mut pairs: Vec<(Box<[u8]>, Slot)> = Vec::new();
    for (name, members) in &map {
        let known =
            || NAMES.iter().map(|(n, _)| *n).filter(|n| *n != "_" && !n.starts_with("note")).collect::<Vec<_>>().join(", ");
        let slot = Slot::named(name).ok_or_else(|| format!("`{name}` is no value of a line; one of {}", known()))?;
        let members = match members {
            Value::String(member) => vec![member.as_str()],
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            _ => return Err(format!("`{name}`: the name of a JSON member is expected, or a list of names")),
        };
        pairs.extend(members.into_iter().map(|m| (m.as_bytes().into(), slot)));
    }
    let slots = fields(pairs.iter().map(|(_, slot)| *slot));
    let dialect = Arc::new(JsonLines::new(&[], Keys::from_iter(pairs), make));
    Ok(Custom { language: "map of JSON members", dialect, slots, stamp: Stamp::Unknown, tier: Tier::Unknown, zoneless: false })
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !draft.has(Slot::Status) {
        return Err(Reject::UnknownFormat);
    }
    draft.event(Stamp::Unknown).map(Parsed::Event)
}
