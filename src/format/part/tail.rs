//! What may stand behind the bytes of a [`clf`] line: `"referrer" "user agent"`, and a tail.
//!
//! Combined, nginx with timings and varnishncsa differ only in the words of the tail, and in what
//! makes a line theirs.

use super::clf::{Clf, clf};
use super::client;
use super::field::{Raw, gap, quoted, word};
use super::upstream::is_upstream;
use crate::event::{Event, Stamp};
use crate::format::Parsed;
use crate::ledger::{Reject, Skip};
use nom::Parser;
use nom::sequence::preceded;
use std::borrow::Cow;

/// The words behind the user agent, as one format understands them.
pub trait Tail<'a> {
    /// Reads them; what is not understood is passed over.
    fn read(rest: &'a [u8]) -> Self;

    /// The forwarded-for list among them.
    fn forwarded(&self) -> Option<&'a [u8]>;

    /// Puts the rest of what they tell into the event.
    fn put(self, event: &mut Event<'a>);
}

/// Reads a line with referrer, user agent and a tail `T`, of which `fits` holds.
///
/// # Errors
/// Those of [`clf`]; [`Reject::UnknownFormat`] where there are no agents or it does not fit.
pub fn tailed<'a, T: Tail<'a>>(line: &'a [u8], stamp: Stamp, fits: impl Fn(&Clf<'a>, &T) -> bool) -> Result<Parsed<'a>, Reject> {
    let mut read = clf(line)?;
    let (referrer, agent, rest) = agents(read.rest).ok_or(Reject::UnknownFormat)?;
    let tail = T::read(rest);
    if !fits(&read, &tail) {
        return Err(Reject::UnknownFormat);
    }
    // Situation: Apache wakes its children with requests to itself, as in
    // `::1 - - [..] "OPTIONS * HTTP/1.0" 200 126 "-" "Apache/2.4 (Debian) (internal dummy connection)"`.
    if agent.bytes.ends_with(b"(internal dummy connection)") {
        return Ok(Parsed::Skip(Skip::Internal));
    }
    read.event.referrer = referrer.present();
    read.event.user_agent = agent.present();
    if let Some(list) = tail.forwarded() {
        client::put(&mut read.event, read.peer.map(Cow::Borrowed), Some(Cow::Borrowed(list)));
    }
    tail.put(&mut read.event);
    read.event.place(stamp);
    Ok(Parsed::Event(read.event))
}

/// Reads `"referrer" "user agent"` after the bytes; gives them and what follows.
///
/// Situation: a format has more numbers between (`%I %O`), as in `200 612 3413 "-" "curl/8"`.
/// Up to three words are passed over.
#[must_use]
pub fn agents(rest: &[u8]) -> Option<(Raw<'_>, Raw<'_>, &[u8])> {
    let mut i = rest.trim_ascii_start();
    for _ in 0..3 {
        if i.first() == Some(&b'"') {
            break;
        }
        (i, _) = word(i).ok()?;
    }
    let (rest, (referrer, agent)) = (quoted, preceded(gap, quoted)).parse(i).ok()?;
    Some((referrer, agent, rest))
}

/// An unknown tail: only a forwarded-for list is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Forwarded<'a> {
    list: Option<&'a [u8]>,
    /// Whether there is anything in the tail that is not understood.
    more: bool,
}

impl<'a> Tail<'a> for Forwarded<'a> {
    fn read(rest: &'a [u8]) -> Self {
        let list = forwarded(rest);
        // Blanks, dashes and quotes tell nothing.
        let told = |text: &[u8]| text.iter().filter(|b| !matches!(b, b' ' | b'-' | b'"')).count();
        let more = told(rest) > list.map_or(0, told);
        Forwarded { list, more }
    }

    fn forwarded(&self) -> Option<&'a [u8]> {
        self.list
    }

    fn put(self, event: &mut Event<'a>) {
        event.unread = self.more;
    }
}

/// Most words of an unknown tail that are looked at.
const TAIL_WORDS_MAX: usize = 24;

/// The first forwarded-for list of a tail.
fn forwarded(tail: &[u8]) -> Option<&[u8]> {
    let mut i = tail.trim_ascii_start();
    for _ in 0..TAIL_WORDS_MAX {
        let key = i.iter().take(20).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
        let value = i.get(key..).map(|v| v.strip_prefix(b"=").unwrap_or(v)).filter(|v| v.starts_with(b"\""));
        match value.and_then(|v| quoted(v).ok()) {
            Some((_, raw)) if client::is_address_list(raw.bytes) && !is_upstream(raw.bytes) => return Some(raw.bytes),
            Some((rest, _)) => i = rest.trim_ascii_start(),
            None => (i, _) = word(i).ok()?,
        }
    }
    None
}
