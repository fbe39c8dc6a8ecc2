//! The values of one line by their [`Slot`], and the event made of them.

use super::cache;
use super::client;
use super::field::{Raw, Request, is_absent, number, request, seconds, status_field, target};
use super::slot::{SLOTS, Slot};
use super::stamp;
use super::upstream::Upstream;
use crate::event::{Event, Protocol, Stamp, Text};
use crate::ledger::Reject;
use crate::time::{Micros, SECOND};
use std::borrow::Cow;

/// The values of one line; of two for the same slot the first one counts.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    values: [Option<Raw<'a>>; SLOTS],
    /// Whether the line had to be mended to be read.
    pub repaired: bool,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Draft { values: [None; SLOTS], repaired: false }
    }
}

impl<'a> Draft<'a> {
    /// Adds a value. Empty ones and `-` are left out where they mean "nothing".
    pub fn put(&mut self, slot: Slot, raw: Raw<'a>) {
        if let Some(place) = self.values.get_mut(slot as usize)
            && place.is_none()
            && (!is_absent(raw.bytes) || slot.keeps_absent())
            && slot != Slot::Ignore
        {
            *place = Some(raw);
        }
    }

    /// The value as it stands in the line.
    #[must_use]
    pub fn raw(&self, slot: Slot) -> Option<Raw<'a>> {
        self.values.get(slot as usize).copied().flatten()
    }

    /// The bytes of the value, with their quoting.
    #[must_use]
    pub fn bytes(&self, slot: Slot) -> Option<&'a [u8]> {
        self.raw(slot).map(|raw| raw.bytes)
    }

    /// Whether there is such a value.
    #[must_use]
    pub fn has(&self, slot: Slot) -> bool {
        self.raw(slot).is_some()
    }

    /// The value with its quoting undone.
    #[must_use]
    pub fn text(&self, slot: Slot) -> Option<Text<'a>> {
        self.raw(slot).map(Raw::text)
    }

    /// The event these values tell. `meaning` is what the line's own stamp tells; explicit starts and
    /// ends go before it, and one that takes the place of the stamp tells its own instant.
    ///
    /// # Errors
    /// [`Reject::UnknownFormat`] where a status is no status, [`Reject::BadTime`] without a valid time.
    pub fn event(&self, meaning: Stamp) -> Result<Event<'a>, Reject> {
        let status = self.status()?;
        let (start, end) = (self.time(Slot::Start), self.time(Slot::End));
        let own = self.stamp();
        let stamp = own.or(start).or(end).ok_or(Reject::BadTime)?;
        let meaning = if own.is_some() { meaning } else { Stamp::Unknown };
        let mut event = Event::at(stamp);
        event.status = status;
        event.unanswered = self.bytes(Slot::Status).is_some_and(|text| text.iter().all(|b| *b == b'0'));
        event.repaired = self.repaired;
        self.put_instants(&mut event, start, end, meaning);
        self.put_request(&mut event);
        self.put_client(&mut event);
        event.origin_status = self.bytes(Slot::OriginStatus).and_then(|list| status_field(last(list)));
        event.bytes = [Slot::Bytes, Slot::TotalBytes].into_iter().find_map(|slot| number(self.bytes(slot)?));
        event.cache = self.bytes(Slot::Cache).and_then(cache::result);
        event.pop = self.text(Slot::Pop);
        event.backend = self.raw(Slot::Backend).map(|raw| raw.piece(last(raw.bytes))).filter(|b| !is_absent(b));
        event.user_agent = self.text(Slot::UserAgent);
        event.referrer = self.text(Slot::Referrer);
        event.request_id = self.text(Slot::RequestId);
        Ok(event)
    }

    /// What the values tell of nginx's upstreams.
    #[must_use]
    pub fn upstream(&self) -> Upstream<'a> {
        Upstream {
            status: self.bytes(Slot::OriginStatus),
            header_time: self.bytes(Slot::HeaderTime),
            length: self.bytes(Slot::OriginLength),
        }
    }

    fn status(&self) -> Result<Option<u16>, Reject> {
        let Some(text) = self.bytes(Slot::Status) else { return Ok(None) };
        // Other JSON has a `status` too: 1, 7, "ok".
        let is_status = match text {
            b"-1" | b"0" | b"00" | b"000" => true,
            [first, ..] => text.len() == 3 && *first != b'0' && text.iter().all(u8::is_ascii_digit),
            [] => false,
        };
        if is_status { Ok(status_field(text)) } else { Err(Reject::UnknownFormat) }
    }

    fn time(&self, slot: Slot) -> Option<Micros> {
        self.raw(slot).and_then(|raw| stamp::any(&raw.text()))
    }

    fn stamp(&self) -> Option<Micros> {
        let columns = || stamp::day_and_clock(self.bytes(Slot::Date)?, self.bytes(Slot::Clock)?);
        self.time(Slot::FineTime).or_else(|| self.time(Slot::Time)).or_else(columns)
    }

    fn put_instants(&self, event: &mut Event<'a>, start: Option<Micros>, end: Option<Micros>, meaning: Stamp) {
        event.duration = self.duration().or_else(|| between(start, end));
        event.start = start.or((meaning == Stamp::Start).then_some(event.stamp));
        event.end = end.or((meaning == Stamp::End).then_some(event.stamp));
        if let Some(duration) = event.duration {
            event.start = event.start.or(event.end.map(|t| t.plus(-duration)));
            event.end = event.end.or(event.start.map(|t| t.plus(duration)));
        }
    }

    /// Microseconds, never negative.
    fn duration(&self) -> Option<i64> {
        let scaled = |slot, per_second: i64| seconds(last(self.bytes(slot)?)).map(|n| n / per_second);
        // The finest unit first: Apache's `%D %T` has both, and `%T` is cut to whole seconds.
        scaled(Slot::Micros, 1_000_000)
            .or_else(|| scaled(Slot::Millis, 1_000))
            .or_else(|| scaled(Slot::Seconds, 1))
            .or_else(|| Some(i64::try_from(number(self.bytes(Slot::Nanos)?)?).ok()? / 1_000))
            .or_else(|| with_unit(&self.text(Slot::Duration)?))
    }

    fn put_request(&self, event: &mut Event<'a>) {
        let mut asked = self.raw(Slot::Request).map(request).unwrap_or_default();
        let url = self.raw(Slot::Target).or(self.raw(Slot::OtherTarget));
        if let (None, Some(url)) = (&asked.path, url) {
            let connect = self.bytes(Slot::Method) == Some(b"CONNECT");
            asked = Request { method: asked.method, protocol: asked.protocol, ..target(url, connect) };
        }
        event.method = asked.method.or_else(|| self.text(Slot::Method));
        event.protocol = asked.protocol.or_else(|| Protocol::named(self.bytes(Slot::Protocol)?));
        event.path = asked.path.or_else(|| self.text(Slot::Path));
        event.query = asked.query.or_else(|| {
            let raw = self.raw(Slot::Query)?;
            let bytes = raw.bytes.strip_prefix(b"?").unwrap_or(raw.bytes);
            (!bytes.is_empty()).then(|| raw.piece(bytes))
        });
        event.host = self.text(Slot::Host).or(asked.host).or_else(|| {
            // nginx names a server that is for any host `_`.
            self.text(Slot::OtherHost).filter(|name| &**name != b"_")
        });
    }

    fn put_client(&self, event: &mut Event<'a>) {
        let peer = self.text(Slot::Peer).map(client::bare);
        let named = self.text(Slot::Client).map(client::bare);
        client::put(event, named.or_else(|| peer.clone()), self.text(Slot::Forwarded));
        // Where the server names both, the user's rules start from who spoke to it. A name is no peer to
        // compare with networks.
        if event.forwarded.is_some() {
            event.peer = peer.filter(|peer| client::is_address(peer)).or(event.peer.take());
        }
    }
}

/// The element of a list that answered: the last one. Lists are separated by commas, blanks and, for
/// an internal redirect of nginx, ` : `.
#[must_use]
pub fn last(list: &[u8]) -> &[u8] {
    list.rsplit(|b| matches!(b, b',' | b' ')).find(|e| !matches!(*e, b"" | b":")).unwrap_or_default()
}

/// Microseconds from one instant to the other.
///
/// Situation: both have whole seconds. Their difference is 0 or 1 s for most requests and no
/// duration, so none is given.
fn between(start: Option<Micros>, end: Option<Micros>) -> Option<i64> {
    let (start, end) = (start?, end?);
    let fine = start.0 % SECOND != 0 || end.0 % SECOND != 0;
    (fine && end >= start).then(|| end.0.saturating_sub(start.0))
}

/// Microseconds of `2ms`, `0.005s`, `750us`, `3ns`, `1m2.5s`; without a unit, of seconds if there is a
/// decimal point or it is zero.
fn with_unit(text: &[u8]) -> Option<i64> {
    let (mut rest, mut sum) = (text, 0_i64);
    loop {
        let n = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        let (value, after) = rest.split_at_checked(n)?;
        let micros = seconds(value)?;
        let n = after.iter().take_while(|b| !b.is_ascii_digit()).count();
        let (unit, after) = after.split_at_checked(n)?;
        sum = sum.checked_add(match unit {
            b"h" => micros.checked_mul(3_600)?,
            b"m" => micros.checked_mul(60)?,
            b"s" => micros,
            b"ms" => micros / 1_000,
            b"us" | b"\xc2\xb5s" => micros / 1_000_000,
            b"ns" => micros / 1_000_000_000,
            b"" if value.contains(&b'.') || micros == 0 => micros,
            _ => return None,
        })?;
        if after.is_empty() {
            // Minutes and hours are never the last unit (`1m0s`): `30000m` is `30000ms` cut short.
            return (!matches!(unit, b"m" | b"h")).then_some(sum);
        }
        rest = after;
    }
}

/// Makes the text its own where it borrows from something that does not outlive its reading.
#[must_use]
pub fn own<'b>(text: Option<Text<'_>>) -> Option<Text<'b>> {
    text.map(|t| Cow::Owned(t.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Cache;
    use crate::format::part::clf::shown;

    fn draft<'a>(values: &[(Slot, &'a str)]) -> Draft<'a> {
        let mut draft = Draft::default();
        values.iter().for_each(|(slot, text)| draft.put(*slot, Raw::plain(text.as_bytes())));
        draft
    }

    const TIME: (Slot, &str) = (Slot::Time, "2026-11-20T07:48:12Z");

    #[test]
    fn a_value_has_its_first_meaning_and_absent_ones_have_none() {
        let d = draft(&[(Slot::Host, "-"), (Slot::Host, "a.example"), (Slot::Host, "b.example"), (Slot::Note0, "-")]);
        assert_eq!((d.bytes(Slot::Host), d.bytes(Slot::Note0)), (Some(&b"a.example"[..]), Some(&b"-"[..])));
        assert!(!d.has(Slot::Client));
    }

    #[test]
    fn durations_come_from_any_unit() {
        for (slot, text, want) in [
            (Slot::Seconds, "0.250", Some(250_000)),
            (Slot::Seconds, "0.100, 0.250", Some(250_000)),
            (Slot::Seconds, "3", Some(3_000_000)),
            (Slot::Millis, "41", Some(41_000)),
            (Slot::Millis, "0.5", Some(500)),
            (Slot::Micros, "2500850", Some(2_500_850)),
            (Slot::Nanos, "486767", Some(486)),
            (Slot::Duration, "247ms", Some(247_000)),
            (Slot::Duration, "0.005192s", Some(5_192)),
            (Slot::Duration, "12us", Some(12)),
            (Slot::Duration, "0.7", Some(700_000)),
            (Slot::Duration, "1m2.5s", Some(62_500_000)),
            (Slot::Duration, "1h0m0.25s", Some(3_600_250_000)),
            (Slot::Duration, "482.116\u{b5}s", Some(482)),
            (Slot::Duration, "0", Some(0)),
            (Slot::Duration, "7", None),
            (Slot::Duration, "7s-", None),
            (Slot::Duration, "7 parsecs", None),
            (Slot::Duration, "30000m", None),
            (Slot::Millis, "-1", None),
            (Slot::Seconds, "x", None),
        ] {
            assert_eq!(draft(&[TIME, (slot, text)]).event(Stamp::End).expect(text).duration, want, "{slot:?} {text}");
        }
    }

    #[test]
    fn start_and_end_follow_from_what_is_known() {
        let at = |s: &str| crate::time::Micros::parse_rfc3339(s).ok();
        for (values, meaning, start, end) in [
            (vec![TIME], Stamp::Unknown, None, None),
            (vec![TIME, (Slot::Millis, "500")], Stamp::Start, at("2026-11-20T07:48:12Z"), at("2026-11-20T07:48:12.5Z")),
            (vec![TIME, (Slot::Millis, "500")], Stamp::End, at("2026-11-20T07:48:11.5Z"), at("2026-11-20T07:48:12Z")),
            (vec![TIME, (Slot::Start, "1795160890")], Stamp::End, at("2026-11-20T07:48:10Z"), at("2026-11-20T07:48:12Z")),
            (vec![(Slot::Date, "2026-11-20"), (Slot::Clock, "07:48:12")], Stamp::End, None, at("2026-11-20T07:48:12Z")),
        ] {
            let e = draft(&values).event(meaning).expect("an event");
            assert_eq!((e.start, e.end), (start, end), "{values:?} {meaning:?}");
        }
        for (slot, meaning) in [(Slot::End, Stamp::Start), (Slot::Start, Stamp::End)] {
            let e = draft(&[(slot, "1795160890"), (Slot::Millis, "500")]).event(meaning).expect("an event");
            let (start, end) = if slot == Slot::End {
                ("2026-11-20T07:48:09.5Z", "2026-11-20T07:48:10Z")
            } else {
                ("2026-11-20T07:48:10Z", "2026-11-20T07:48:10.5Z")
            };
            assert_eq!((e.start, e.end), (at(start), at(end)), "{slot:?} alone is no stamp of {meaning:?}");
            let e = draft(&[(slot, "1795160890")]).event(meaning).expect("an event");
            assert_eq!((e.start.is_some(), e.end.is_some()), (slot == Slot::Start, slot == Slot::End), "{slot:?} alone");
        }
        let both = draft(&[(Slot::Start, "1795160890.100"), (Slot::End, "1795160890.350")]).event(Stamp::Start).expect("it");
        assert_eq!(both.duration, Some(250_000));
        assert_eq!(draft(&[(Slot::Host, "x")]).event(Stamp::Start), Err(Reject::BadTime));
    }

    #[test]
    fn the_request_is_taken_from_wherever_it_stands() {
        for (values, want) in [
            (vec![(Slot::Request, "GET /a?b HTTP/1.1"), (Slot::Method, "X")], ["GET", "/a", "b", "-"]),
            (vec![(Slot::Method, "PUT"), (Slot::Target, "http://h.example:80/a?b")], ["PUT", "/a", "b", "h.example"]),
            (vec![(Slot::Method, "PUT"), (Slot::Path, "/a"), (Slot::Query, "?b")], ["PUT", "/a", "b", "-"]),
            (vec![(Slot::Method, "CONNECT"), (Slot::Target, "h.example:443")], ["CONNECT", "-", "-", "h.example"]),
            (vec![(Slot::Request, "-"), (Slot::OtherTarget, "/z"), (Slot::OtherHost, "o")], ["-", "/z", "-", "o"]),
        ] {
            let mut values = values;
            values.push(TIME);
            let e = draft(&values).event(Stamp::End).expect("an event");
            assert_eq!([shown(&e.method), shown(&e.path), shown(&e.query), shown(&e.host)], want, "{values:?}");
        }
    }

    #[test]
    fn the_last_of_a_list_answered() {
        let e = draft(&[
            TIME,
            (Slot::OriginStatus, "502, 200 : 304"),
            (Slot::Backend, "10.0.0.1:80, 10.0.0.2:80"),
            (Slot::Cache, "HIT"),
        ]);
        let e = e.event(Stamp::End).expect("an event");
        assert_eq!((e.origin_status, shown(&e.backend).as_str(), e.cache), (Some(304), "10.0.0.2:80", Some(Cache::Hit)));
        let e = draft(&[(Slot::OriginStatus, "502"), (Slot::HeaderTime, "-"), (Slot::OriginLength, "-")]);
        let upstream = e.upstream();
        assert_eq!(
            (upstream.status, upstream.header_time, upstream.length),
            (Some(&b"502"[..]), Some(&b"-"[..]), Some(&b"-"[..]))
        );
    }

    #[test]
    fn peer_and_list_are_kept_where_there_is_a_choice() {
        let (client, peer) = ((Slot::Client, "203.0.113.9"), (Slot::Peer, "10.0.0.1:80"));
        let list = (Slot::Forwarded, "203.0.113.9, 10.0.0.2");
        for (values, want) in [
            (vec![client, peer, list], ["203.0.113.9", "10.0.0.1", "203.0.113.9, 10.0.0.2"]),
            (vec![peer, list], ["203.0.113.9", "10.0.0.1", "203.0.113.9, 10.0.0.2"]),
            (vec![client, list], ["203.0.113.9", "203.0.113.9", "203.0.113.9, 10.0.0.2"]),
            (vec![client, (Slot::Peer, "localhost"), list], ["203.0.113.9", "203.0.113.9", "203.0.113.9, 10.0.0.2"]),
            (vec![client, peer], ["203.0.113.9", "-", "-"]),
            (vec![list], ["203.0.113.9", "-", "203.0.113.9, 10.0.0.2"]),
        ] {
            let e = draft(&[&values[..], &[TIME]].concat()).event(Stamp::End).expect("an event");
            assert_eq!([shown(&e.client), shown(&e.peer), shown(&e.forwarded)], want, "{values:?}");
        }
    }

    #[test]
    fn what_is_no_status_is_another_format() {
        for text in ["2000", "ok", "2x0", "0x1", "1", "20", "012"] {
            assert_eq!(draft(&[TIME, (Slot::Status, text)]).event(Stamp::End), Err(Reject::UnknownFormat), "{text}");
        }
        for (text, want) in [("200", Some(200)), ("000", None), ("0", None), ("-1", None), ("-", None)] {
            assert_eq!(draft(&[TIME, (Slot::Status, text)]).event(Stamp::End).expect(text).status, want);
        }
    }
}
