//! What a first survey teaches for the next one.

use super::Surveyed;
use super::soft::soft;
use crate::bundle::Bundle;
use crate::case::soft::SoftAnswers;
use crate::config::Options;
use crate::progress::Progress;
use crate::survey::Corrections;

/// What is to be corrected before the survey can be believed, and the answers that look good by
/// their status and may be none.
pub(super) fn learn(
    bundle: &Bundle,
    options: &Options,
    surveyed: &Surveyed,
    progress: &dyn Progress,
) -> (Corrections, Vec<SoftAnswers>) {
    let soft = soft(bundle, options, surveyed, progress);
    (Corrections { clocks: Vec::new(), soft: soft.rules }, soft.told)
}
