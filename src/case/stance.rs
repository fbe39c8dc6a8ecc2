//! The part of the case that takes a stand: explanations and claims.

use super::claimed::Held;
use crate::time::Micros;
use serde::{Deserialize, Serialize};

/// How an explanation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The evidence favours it.
    Supported,
    /// The evidence speaks against it.
    Contradicted,
    /// The evidence does not decide.
    Undecided,
    /// Access logs cannot show it.
    NotObservable,
}

impl Standing {
    /// As in `report.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Standing::Supported => "supported",
            Standing::Contradicted => "contradicted",
            Standing::Undecided => "undecided",
            Standing::NotObservable => "not-observable",
        }
    }
}

/// One competing explanation.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Id of the contract.
    pub id: String,
    /// How it stands.
    pub standing: Standing,
    /// How strongly, in words; `None` where not weighed.
    pub strength: Option<String>,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// One piece of evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// A sentence with its numbers.
    pub says: String,
    /// Whether it speaks for this explanation.
    pub favours: bool,
    /// Whether it speaks against it.
    pub against: bool,
}

/// How a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimStanding {
    /// The logs agree with it.
    Consistent,
    /// The logs disagree with it.
    Contradicted,
    /// These logs cannot tell.
    NotTestable,
}

impl ClaimStanding {
    /// As in `report.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ClaimStanding::Consistent => "consistent",
            ClaimStanding::Contradicted => "contradicted",
            ClaimStanding::NotTestable => "not-testable",
        }
    }
}

/// A claim somebody made, tested.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    /// Id in `incident.toml`.
    pub id: String,
    /// The statement.
    pub says: String,
    /// Who said it.
    pub by: Option<String>,
    /// When.
    pub at: Option<Micros>,
    /// How it stands.
    pub standing: ClaimStanding,
    /// Why, with the numbers.
    pub because: String,
    /// What it was held against.
    #[serde(flatten)]
    pub held: Held,
}
