//! What a first survey teaches for the next one.

use super::Surveyed;
use crate::bundle::Bundle;
use crate::survey::Corrections;

/// What is to be corrected before the survey can be believed.
pub(super) fn learn(_bundle: &Bundle, _surveyed: &Surveyed) -> Corrections {
    Corrections::default()
}
