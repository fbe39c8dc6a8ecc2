//! CloudFront standard log: two header lines, then 33 tab-separated columns, stamped at the end.

use super::super::calendar::columns;
use super::super::exchange::Exchange;
use super::super::world::HOST;

/// The two header lines.
pub(crate) const HEADER: &str = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem \
sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes \
time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields \
c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end\n";

/// Stands for the request id until the line is written; no field can hold it.
const ID_PLACE: char = '\0';

/// Fills in the request id: the number of the line in its file. Ids in file order pack well.
pub(crate) fn numbered(line: &str, number: u64) -> String {
    line.replace(ID_PLACE, &format!("{number:012}"))
}

/// One line, its request id still open.
pub(crate) fn line(x: &Exchange<'_>) -> String {
    let (ask, client, edge) = (x.ask, x.client, &x.edge);
    let agent = client.agent.replace(' ', "%20");
    let sent = if edge.status == 0 { 0 } else { edge.body + 420 };
    let received = 48 + ask.path.len() + ask.query.len() + client.agent.len() / 4;
    let (kind, length) = match edge.status {
        0 | 304 => ("-", "-".to_owned()),
        200 => (ask.kind.content_type(), edge.body.to_string()),
        _ => ("text/html", edge.body.to_string()),
    };
    format!(
        "{when}\t{pop}\t{sent}\t{ip}\tGET\td2synth7example.cloudfront.net\t{path}\t{status:03}\t{referrer}\t{agent}\t{query}\t-\t{result}\t\
Synthetic{pop:-<9}AAAAAAAAAAAAAAAAAAAAAAAA{ID_PLACE}==\t{HOST}\thttps\t{received}\t{taken}\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\t\
{result}\t{protocol}\t-\t-\t{port}\t{first}\t{detail}\t{kind}\t{length}\t-\t-\n",
        when = columns(edge.end),
        pop = client.pop.location(),
        ip = client.address,
        path = ask.path,
        status = edge.status,
        referrer = dash(&ask.referrer),
        query = dash(&ask.query),
        result = edge.result,
        taken = seconds(edge.end - ask.at),
        protocol = client.protocol,
        port = client.port(ask.at),
        first = seconds(edge.first_byte),
        detail = edge.detail,
    )
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn seconds(millis: i64) -> String {
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}
