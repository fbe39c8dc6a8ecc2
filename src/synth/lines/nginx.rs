//! nginx combined with the forwarded address and the usual timing tail, stamped at the end.

use super::super::calendar::common;
use super::super::exchange::Exchange;

/// Address of the balancer as the origin sees it.
const BALANCER: &str = "10.0.3.11";

/// One line, or `None` where the request never reached the origin.
pub(crate) fn line(x: &Exchange<'_>) -> Option<String> {
    let side = x.origin?;
    let ask = x.ask;
    let mark = if ask.query.is_empty() { "" } else { "?" };
    let taken = format!("{}.{:03}", side.total / 1_000, side.total % 1_000);
    let referrer = if ask.referrer.is_empty() { "-" } else { &ask.referrer };
    Some(format!(
        "{BALANCER} - - [{when} +0000] \"GET {path}{mark}{query} HTTP/1.1\" {status} {body} \"{referrer}\" \"{agent}\" \"{client}\" \
rt={taken} uct=\"{uct}\" uht=\"{uht}\" urt=\"{taken}\"\n",
        when = common(side.end),
        path = ask.path,
        query = ask.query,
        status = side.status,
        body = side.body,
        agent = x.client.agent,
        client = x.client.address,
        uct = if side.connected { "0.000" } else { "-" },
        uht = if side.answered { &taken } else { "-" },
    ))
}

/// A probe that the origin could not parse: an empty line, or TLS on the plain port.
pub(crate) fn bad_request(at: i64, tls: bool) -> String {
    let request = if tls { "\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xFC\\x03\\x03" } else { "" };
    let body = if tls { 157 } else { 0 };
    format!(
        "10.0.9.4 - - [{} +0000] \"{request}\" 400 {body} \"-\" \"-\" \"-\" rt=0.000 uct=\"-\" uht=\"-\" urt=\"-\"\n",
        common(at)
    )
}
