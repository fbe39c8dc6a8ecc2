//! JSON log lines: the members of one object, as plain values, without building a tree.
//!
//! Servers write JSON that no strict reader accepts: nginx `escape=json` lets raw bytes through, and
//! Apache "JSON" formats write `\xe2`, an escape that JSON does not know. [`members`] reads the
//! line as it is; where that fails, [`repaired`] makes it readable.

use super::Parsed;
use super::field::hex;
use crate::event::{Event, Text};
use crate::ledger::Reject;
use memchr::memmem;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A value of a member: numbers and booleans as text, `null`, and nested values as nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A string, or a number as it would be written.
    Text(Cow<'a, str>),
    /// `null` or an object.
    Nothing,
    /// An array, with only the word whether it has elements.
    Array(bool),
}

impl<'a> Value<'a> {
    /// The text, or nothing where it is empty, `-` or no text.
    #[must_use]
    pub fn present(self) -> Option<Cow<'a, str>> {
        match self {
            Value::Text(text) if !matches!(text.as_ref(), "" | "-") => Some(text),
            _ => None,
        }
    }
}

/// Calls `each` for every member of the JSON object in `line`. False where it is no JSON object.
pub fn members<'a>(line: &'a [u8], each: &mut dyn FnMut(&str, Value<'a>)) -> bool {
    let mut reader = serde_json::Deserializer::from_slice(line);
    Object(each).deserialize(&mut reader).is_ok() && reader.end().is_ok()
}

/// What a format makes of the members of one line; `None` where it is no JSON object.
type Make = for<'b> fn(&'b [u8]) -> Option<Result<Parsed<'b>, Reject>>;

/// Reads a line with `make`: as it is, and where it is no JSON, what [`repaired`] makes of it. Lines
/// without `mark` are not tried.
///
/// # Errors
/// [`Reject::UnknownFormat`] where it is no JSON object even so; else those of `make`.
pub(super) fn parsed<'a>(line: &'a [u8], mark: &[u8], make: Make) -> Result<Parsed<'a>, Reject> {
    if line.trim_ascii_start().first() != Some(&b'{') || memmem::find(line, mark).is_none() {
        return Err(Reject::UnknownFormat);
    }
    if let Some(made) = make(line) {
        return made;
    }
    make(repaired(line).as_bytes()).unwrap_or(Err(Reject::UnknownFormat)).map(|parsed| match parsed {
        Parsed::Event(event) => Parsed::Event(owned(event)),
        Parsed::Skip(skip) => Parsed::Skip(skip),
        Parsed::Reject(reject) => Parsed::Reject(reject),
    })
}

/// A text that does not borrow from the line.
pub(super) fn own<'b>(text: Option<Text<'_>>) -> Option<Text<'b>> {
    text.map(|t| Cow::Owned(t.into_owned()))
}

/// The event with all its text its own: a repaired line does not outlive its reading.
fn owned<'b>(e: Event<'_>) -> Event<'b> {
    Event {
        client: own(e.client),
        method: own(e.method),
        host: own(e.host),
        path: own(e.path),
        query: own(e.query),
        pop: own(e.pop),
        backend: own(e.backend),
        user_agent: own(e.user_agent),
        referrer: own(e.referrer),
        request_id: own(e.request_id),
        ..Event {
            start: e.start,
            end: e.end,
            duration: e.duration,
            status: e.status,
            origin_status: e.origin_status,
            bytes: e.bytes,
            cache: e.cache,
            ending: e.ending,
            ..Event::at(e.stamp)
        }
    }
}

/// The line with what JSON forbids made legal: `\xHH` becomes the byte it stands for, and bytes that
/// are no UTF-8 become the characters of the same number (as if they were Latin-1), so that lines
/// that differ stay different.
#[must_use]
pub fn repaired(line: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&b, after)) = rest.split_first() {
        rest = match (b, after) {
            (b'\\', [b'x', high, low, left @ ..]) => {
                match hex(*high, *low) {
                    Some(value @ (0..=0x1f | b'"' | b'\\')) => bytes.extend_from_slice(format!("\\u{value:04x}").as_bytes()),
                    Some(value) => bytes.push(value),
                    None => bytes.extend_from_slice(b"\\\\x"),
                }
                if hex(*high, *low).is_some() { left } else { after.get(1..).unwrap_or_default() }
            }
            (b'\\', [next, left @ ..]) => {
                bytes.extend_from_slice(&[b, *next]);
                left
            }
            (0..=0x1f, _) => {
                bytes.push(b' ');
                after
            }
            _ => {
                bytes.push(b);
                after
            }
        };
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|b| char::from(*b)));
    }
    text
}

struct Object<'f, 'a>(&'f mut dyn FnMut(&str, Value<'a>));

impl<'de> DeserializeSeed<'de> for Object<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let value = map.next_value()?;
            (self.0)(&key, value);
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match d.deserialize_str(Plain)? {
            Value::Text(text) => Ok(Key(text)),
            _ => Ok(Key(Cow::Borrowed(""))),
        }
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Plain)
    }
}

struct Plain;

impl<'de> Visitor<'de> for Plain {
    type Value = Value<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(n.to_string())))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(n.to_string())))
    }
    fn visit_f64<E>(self, n: f64) -> Result<Value<'de>, E> {
        // Six decimals are microseconds; an epoch in seconds keeps them within 53 bits.
        Ok(Value::Text(Cow::Owned(format!("{n:.6}"))))
    }
    fn visit_bool<E>(self, b: bool) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(if b { "true" } else { "false" })))
    }
    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Nothing)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        let mut any = false;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            any = true;
        }
        Ok(Value::Array(any))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &[u8]) -> Option<Vec<(String, Option<String>)>> {
        let mut all = Vec::new();
        members(line, &mut |key, value| all.push((key.to_owned(), value.present().map(Cow::into_owned)))).then_some(all)
    }

    #[test]
    fn members_come_as_plain_values() {
        let got =
            read(br#"{"a":"x","b":12,"c":0.5,"d":null,"e":{"f":[1]},"g":[1],"h":"-","i":true,"j":"q\"z"}"#).expect("an object");
        let want = [
            ("a", "x"),
            ("b", "12"),
            ("c", "0.500000"),
            ("d", ""),
            ("e", ""),
            ("g", ""),
            ("h", ""),
            ("i", "true"),
            ("j", "q\"z"),
        ];
        let got: Vec<(&str, &str)> = got.iter().map(|(k, v)| (k.as_str(), v.as_deref().unwrap_or(""))).collect();
        assert_eq!(got, want);
        for line in ["", "[]", "{", "{\"a\":1} x", "12"] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn what_json_forbids_is_repaired_without_making_different_lines_equal() {
        assert_eq!(repaired(b"{\"p\":\"/caf\xE9\"}"), "{\"p\":\"/caf\u{e9}\"}");
        assert_eq!(repaired(br#"{"p":"\xe2\x80\x99 \x22 \\x41 \n"}"#), "{\"p\":\"\u{2019} \\u0022 \\\\x41 \\n\"}");
        assert_eq!(repaired(br#"{"p":"\xzz"}"#), r#"{"p":"\\xzz"}"#);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = (read(&text), repaired(&text));
        }
    }
}
