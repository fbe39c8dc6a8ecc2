//! What a first survey teaches for the next one.

use super::Surveyed;
use super::agree::{self, Agreed};
use super::copies::{self, Found};
use super::soft::soft;
use crate::analyse::soft::decide::Decided;
use crate::bundle::Bundle;
use crate::case::soft::SoftAnswers;
use crate::config::Options;
use crate::progress::Progress;
use crate::survey::Corrections;

/// What is to be corrected before the survey can be believed, and what to tell of it.
pub(super) struct Learnt {
    /// The corrections.
    pub corrections: Corrections,
    /// Lines that several sources hold.
    pub copies: Found,
    /// How the logs of the tiers fit together.
    pub agreed: Agreed,
    /// Answers that look good by their status and may be none.
    pub soft: Vec<SoftAnswers>,
}

/// Learns from a survey without corrections. What was sent is looked at only where `judged`: what a bundle holds does
/// not depend on it.
pub(super) fn learn(bundle: &Bundle, options: &Options, surveyed: &Surveyed, judged: bool, progress: &dyn Progress) -> Learnt {
    let mut found = copies::find(bundle, options, surveyed, progress);
    let agreed = agree::find(bundle, surveyed, &found);
    let soft = if judged { soft(bundle, options, surveyed, progress) } else { Decided::default() };
    let corrections =
        Corrections { clocks: agreed.clocks(bundle.sources.len()), copies: std::mem::take(&mut found.copies), soft: soft.rules };
    Learnt { corrections, copies: found, agreed, soft: soft.told }
}
