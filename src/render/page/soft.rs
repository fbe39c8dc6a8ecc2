//! Answers that look good by their status: those counted as failures, and those only suspected.

use super::ROWS_MAX;
use crate::case::Case;
use crate::case::soft::{SoftAnswers, SoftKind};
use crate::render::doc::{Block, Text};
use crate::render::story::phrases::at_day;
use crate::words::count;

/// What was answered with a good status and was, or may be, no good answer.
pub(super) fn answers(case: &Case) -> Vec<Block> {
    let (counted, suspected): (Vec<&SoftAnswers>, Vec<&SoftAnswers>) = case.soft.iter().partition(|s| s.counted);
    let mut blocks = Vec::new();
    if !counted.is_empty() {
        blocks.push(Block::Para(
            "The servers marked these answers as good, and they are counted as failures here all the same, because what was \
             sent was not what was asked for. If you know better, put the rule that stands below into incident.toml: rules \
             written there go before what is found."
                .into(),
        ));
        counted.iter().take(ROWS_MAX).for_each(|s| one(s, &mut blocks));
    }
    if !suspected.is_empty() {
        blocks.push(Block::Para(
            "The following answers may have been error pages too, but the logs do not show it surely. They count as good. Whoever \
             can look at what was sent can decide it: with the rule below in incident.toml they count as failures."
                .into(),
        ));
        suspected.iter().take(ROWS_MAX).for_each(|s| one(s, &mut blocks));
    }
    blocks
}

fn one(s: &SoftAnswers, blocks: &mut Vec<Block>) {
    let what = match s.kind {
        SoftKind::Size => "answered with status 200",
        SoftKind::Empty => "answered with a good status and without a body",
        SoftKind::Redirect => "redirected to another place",
    };
    let host = s.host.as_deref().map_or(Text::new(), |h| Text::from(" of ").name(h));
    let head = Text::new().name(&s.resource).then(host).say(format!(
        ": {} {}requests {what} from {} to {}{}",
        count(s.soft),
        if s.method == "POST" { "POST " } else { "" },
        at_day(s.from),
        at_day(s.to),
        if s.counted { ", counted as failures." } else { ", suspected." }
    ));
    let reasons = s.because.iter().map(|b| Text::from(b.as_str()));
    let open = s.open.iter().map(|o| Text::new().strong("Open:").say(" ").say(o.as_str()));
    blocks.push(Block::List(std::iter::once(head).chain(reasons).chain(open).collect()));
    blocks.push(Block::Command(s.rule.clone()));
}
