//! HAProxy HTTP log behind a syslog prefix without host name: written at the end, stamped (in
//! brackets) at the start, with the Host and X-Forwarded-For headers captured.

use super::super::calendar::{common_millis, syslog};
use super::super::exchange::{BalancerSide, Exchange};
use super::super::rng::scatter;
use super::super::world::{HOST, Kind, Pop};

/// One line, or `None` where the request never reached the balancer.
pub(crate) fn line(x: &Exchange<'_>) -> Option<String> {
    let side = x.balancer?;
    let (ask, pop) = (x.ask, x.client.pop);
    let backend = ask.kind.backend();
    let server = match (side.served, backend) {
        (false, _) => "<NOSRV>".to_owned(),
        (_, "be_spaces") => format!("shard{}", shard(ask.kind, ask.item)),
        _ => format!("{}{}", &backend[3..], 1 + scatter(ask.at as u64) % 3),
    };
    let mark = if ask.query.is_empty() { "" } else { "?" };
    Some(format!(
        "{prefix} {peer}:{port} [{start}] edge_{pop} {backend}/{server} {timers} {status} {bytes} - - {ending} {busy}/{busy}/1/0/{retries} \
{sq}/{bq} {{{HOST}|{client}}} \"GET {path}{mark}{query} HTTP/1.1\"\n",
        prefix = prefix(side.end()),
        peer = pop.egress(),
        port = peer_port(side.start),
        start = common_millis(side.start),
        pop = pop.name(),
        timers = timers(&side),
        status = side.status,
        bytes = side.bytes,
        ending = side.ending,
        busy = 20 + side.start / 60_000 % 5,
        retries = side.retries,
        sq = side.waiting.0,
        bq = side.waiting.1,
        client = x.client.address,
        path = ask.path,
        query = ask.query,
    ))
}

/// A probe that sends nothing a balancer could parse: no edge has seen it.
pub(crate) fn bad_request(at: i64, pop: Pop) -> String {
    format!(
        "{} {}:{} [{}] edge_{} edge_{}/<NOSRV> -1/-1/-1/-1/2 400 0 - - PR-- 20/20/0/0/0 0/0 {{|}} \"<BADREQ>\"\n",
        prefix(at + 2),
        pop.egress(),
        peer_port(at),
        common_millis(at),
        pop.name(),
        pop.name()
    )
}

fn prefix(end: i64) -> String {
    format!("{} lb1 haproxy[2214]:", syslog(end))
}

fn timers(side: &BalancerSide) -> String {
    format!("0/{}/{}/{}/{}", side.queue, side.connect, side.response, side.total)
}

/// The application keeps each Space on one of eight shards; the one in question has its own.
fn shard(kind: Kind, item: u64) -> u64 {
    if matches!(kind, Kind::HotPage | Kind::HotLive) { 8 } else { 1 + scatter(item) % 7 }
}

/// Connections from the edges are kept and used again: a few ports, changing slowly.
fn peer_port(at: i64) -> i64 {
    40_000 + at / 30_000 % 50 * 16 + at / 100 % 8
}
