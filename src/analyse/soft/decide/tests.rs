//! Error pages and everything that looks a little like one.

use super::*;
use crate::survey::size_class;

const HOUR: i64 = 3_600;

fn at(secs: i64) -> Micros {
    Micros::from_secs(secs)
}

/// One path: sizes with their numbers before, in either half, and after.
struct Planted {
    path: &'static str,
    parts: [Vec<(u64, u64)>; 4],
    clients: u64,
}

fn page(path: &'static str, before: &[(u64, u64)], during: &[(u64, u64)], after: &[(u64, u64)]) -> Planted {
    let half = |sizes: &[(u64, u64)]| sizes.iter().map(|&(size, n)| (size, n.div_ceil(2))).collect();
    Planted { path, parts: [before.to_vec(), half(during), half(during), after.to_vec()], clients: 25 }
}

fn thing(p: &Planted) -> Thing {
    let mut thing = Thing::default();
    for (part, sizes) in p.parts.iter().enumerate() {
        for &(size, n) in sizes {
            let class = if size == u64::MAX { REDIRECT } else { size_class(size) };
            let one = Sized { n, bytes: (size, size), ends: (at(part as i64), at(part as i64)) };
            thing.parts[part].entry(class).and_modify(|s| s.merge(&one)).or_insert(one);
        }
    }
    let clients = |n: u64| {
        let mut clients = Clients::default();
        (0..n).for_each(|i| clients.merge(&Clients::of(i)));
        clients
    };
    (thing.hit, thing.others) = (clients(p.clients), clients(400));
    thing
}

/// What is decided on pages whose size `soft` dominated for `secs` of ten hours.
fn decided_of(pages: &[Planted], soft: u64, secs: i64) -> Decided {
    decided_as(pages, soft, secs, false)
}

/// The same; `risen`: found by its share having risen.
fn decided_as(pages: &[Planted], soft: u64, secs: i64, risen: bool) -> Decided {
    let class = if soft == u64::MAX { REDIRECT } else { size_class(soft) };
    let span = Span::new(at(10_000), at(10_000 + secs));
    let suspect = Suspect {
        whom: Whom::Resource("/p/:name".into()),
        span,
        wide: span,
        mode: Mode { low: class, high: class },
        verb: Verb::Get,
        risen,
    };
    let key = |p: &Planted| Key { tier: Tier::Edge, format: "combined", host: Vec::new(), path: p.path.into() };
    let things: BTreeMap<Key, Thing> = pages.iter().map(|p| (key(p), thing(p))).collect();
    decide(&[suspect], &vec![things], Tier::Edge, Some(Span::new(at(0), at(10 * HOUR))), &|_| None)
}

#[track_caller]
fn counted(pages: &[Planted], soft: u64) -> SoftAnswers {
    let decided = decided_of(pages, soft, 1_800);
    assert!(decided.told.first().is_some_and(|t| t.counted), "{:#?}", decided.told);
    assert!(!decided.rules.is_empty());
    decided.told[0].clone()
}

#[track_caller]
fn not_counted(pages: &[Planted], soft: u64) -> Option<SoftAnswers> {
    let decided = decided_of(pages, soft, 1_800);
    assert!(decided.rules.is_empty() && decided.told.iter().all(|t| !t.counted), "{:#?}", decided.told);
    decided.told.first().cloned()
}

#[test]
fn a_page_that_turns_tiny_for_a_while_is_counted() {
    let told = counted(&[page("/p/a", &[(8_140, 100)], &[(282, 200)], &[(8_140, 100)])], 282);
    assert_eq!((told.bytes, told.soft, told.soft_elsewhere), (Some((282, 282)), 200, 0));
    assert!(told.rule.contains("path = '^/p/a$'") && told.rule.contains("\"282-282\""), "{}", told.rule);
}

#[test]
fn a_page_that_fails_for_most_while_some_are_served_is_counted_though_it_is_not_tiny() {
    counted(&[page("/p/a", &[(3_000, 100)], &[(1_200, 160), (3_000, 40)], &[(3_000, 100)])], 1_200);
}

#[test]
fn a_page_that_fails_for_a_third_of_its_visitors_is_counted_only_if_it_is_tiny() {
    counted(&[page("/p/a", &[(8_140, 100)], &[(282, 60), (8_140, 140)], &[(8_140, 100)])], 282);
    assert!(not_counted(&[page("/p/a", &[(8_140, 100)], &[(2_000, 60), (8_140, 140)], &[(8_140, 100)])], 2_000).is_none());
}

#[test]
fn a_page_that_was_never_the_same_and_then_is_is_counted() {
    let many: Vec<(u64, u64)> = (0..20).map(|i| (4_000 + 300 * i, 6)).collect();
    counted(&[page("/p/a", &many, &[(1_500, 90)], &many)], 1_500);
}

#[test]
fn pages_of_different_sizes_that_answer_with_one_are_counted_as_one_resource() {
    let pages = [("/p/a", 4_000), ("/p/b", 7_000), ("/p/c", 12_000)]
        .map(|(path, size)| page(path, &[(size, 60)], &[(1_500, 60)], &[(size, 60)]));
    assert_eq!(counted(&pages, 1_500).resource, "/p/:name");
}

#[test]
fn a_deploy_that_makes_a_page_smaller_is_not_counted() {
    let told = not_counted(&[page("/p/a", &[(8_140, 100)], &[(3_000, 200)], &[(3_000, 60)])], 3_000);
    // A size that stays is no size of the stretch alone.
    assert!(told.is_none());
    let told = not_counted(&[page("/p/a", &[(8_140, 100)], &[(3_000, 200)], &[])], 3_000).expect("told");
    assert!(!told.may_be_outage && !told.open.is_empty());
    assert!(not_counted(&[page("/p/a", &[(8_140, 100)], &[(6_000, 200)], &[])], 6_000).is_none());
}

#[test]
fn packing_switched_on_for_a_while_is_not_counted_but_leaves_it_open() {
    let told = not_counted(&[page("/p/a", &[(9_000, 100)], &[(2_400, 100)], &[(9_000, 100)])], 2_400).expect("told");
    assert!(told.may_be_outage && told.open[0].contains("Nothing but its size"), "{told:?}");
    // Larger answers of one path are never told: unpacked, or a new version.
    assert!(not_counted(&[page("/p/a", &[(2_400, 100)], &[(9_000, 100)], &[(2_400, 100)])], 9_000).is_none());
}

#[test]
fn a_tiny_page_that_does_not_end_leaves_it_open() {
    let told = not_counted(&[page("/p/a", &[(8_140, 100)], &[(282, 200)], &[])], 282).expect("told");
    assert!(told.may_be_outage && told.open[0].contains("after"), "{told:?}");
    let told = not_counted(&[page("/p/a", &[], &[(282, 200)], &[(8_140, 100)])], 282).expect("told");
    assert!(told.may_be_outage && told.open[0].contains("before"), "{told:?}");
}

#[test]
fn a_page_that_is_empty_while_few_ask_is_only_suspected() {
    let night = page("/p/a", &[(8_140, 900)], &[(282, 200)], &[(8_140, 900)]);
    let decided = decided_of(&[night], 282, 5 * HOUR);
    assert!(decided.rules.is_empty() && decided.told[0].open[0].contains("quiet"), "{:?}", decided.told);
}

#[test]
fn an_answer_of_nothing_is_no_error_page() {
    not_counted(&[page("/p/a", &[(8_140, 100)], &[(2, 200)], &[(8_140, 100)])], 2);
}

#[test]
fn what_few_clients_met_or_what_was_served_before_is_not_told() {
    let scanner = Planted { clients: 3, ..page("/p/a", &[(8_140, 100)], &[(282, 200)], &[(8_140, 100)]) };
    assert!(not_counted(&[scanner], 282).is_none());
    let known = page("/p/a", &[(8_140, 90), (282, 10)], &[(282, 200)], &[(8_140, 100)]);
    assert!(not_counted(&[known], 282).is_none());
}

#[test]
fn visitors_sent_elsewhere_for_a_while_are_counted_and_a_move_is_not() {
    let told = counted(&[page("/p/a", &[(8_140, 100)], &[(u64::MAX, 100)], &[(8_140, 100)])], u64::MAX);
    assert_eq!((told.kind, told.bytes), (SoftKind::Redirect, None));
    let told = not_counted(&[page("/p/a", &[(8_140, 100)], &[(u64::MAX, 100)], &[])], u64::MAX).expect("told");
    assert!(!told.may_be_outage);
}

/// What is told of one page on which `soft` rose for half an hour.
#[track_caller]
fn risen(page: Planted, soft: u64) -> Option<SoftAnswers> {
    decided_as(&[page], soft, 1_800, true).told.first().cloned()
}

#[test]
fn one_size_where_sizes_vary_is_counted_at_a_minor_share() {
    let many: Vec<(u64, u64)> = (0..20).map(|i| (4_000 + 300 * i, 106)).collect();
    let some = |n: u64| (0..20).map(|i| (4_000 + 300 * i, n)).chain([(1_500, 24)]).collect::<Vec<_>>();
    let told = risen(page("/p/a", &many, &some(10), &many), 1_500).expect("told");
    assert!(told.counted && !told.may_be_outage, "{told:?}");
    // What few met is not.
    assert!(risen(Planted { clients: 9, ..page("/p/a", &many, &some(10), &many) }, 1_500).is_none());
}

#[test]
fn another_size_for_a_third_of_the_visitors_leaves_it_open_if_it_goes_again() {
    let told = risen(page("/p/a", &[(8_140, 1_900)], &[(2_000, 60), (8_140, 140)], &[(8_140, 1_900)]), 2_000).expect("told");
    assert!(!told.counted && told.may_be_outage, "{told:?}");
    let told = risen(page("/p/a", &[(8_140, 1_900)], &[(9_400, 60), (8_140, 140)], &[(8_140, 1_900)]), 9_400).expect("told");
    assert!(!told.counted && told.may_be_outage, "{told:?}");
    // What stays is a new version, and so is a size among others that come and go.
    assert!(risen(page("/p/a", &[(8_140, 1_900)], &[(9_400, 60), (8_140, 140)], &[]), 9_400).is_none());
    assert!(
        risen(page("/p/a", &[(8_140, 1_900)], &[(9_400, 60), (8_140, 140)], &[(7_000, 1_900)]), 9_400)
            .is_none_or(|t| !t.may_be_outage)
    );
}

#[test]
fn other_visitors_on_top_of_the_ordinary_ones_are_none_that_failed() {
    // As many of the former answers in half an hour as else in that time, and four times as many others.
    let crowd = page("/p/a", &[(8_140, 1_000)], &[(5_000, 800), (8_140, 240)], &[(8_140, 1_000)]);
    assert!(risen(crowd, 5_000).is_none_or(|t| !t.counted && !t.may_be_outage));
}

#[test]
fn an_answer_without_a_body_is_counted_unless_it_says_that_there_is_nothing() {
    let none = |share: u64| page("/p/a", &[(8_140, 900)], &[(0, share), (8_140, 100 - share)], &[(8_140, 900)]);
    let told = risen(none(40), 0).expect("told");
    assert!(told.counted && told.kind == SoftKind::Empty, "{told:?}");
    assert!(risen(none(100), 0).expect("told").counted);
}
