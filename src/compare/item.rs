//! One point of comparison, and how it came out.

use serde::Serialize;

/// What a point is about, in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// How the two were measured.
    Conditions,
    /// What failed, and whether the rest stayed healthy.
    Scope,
    /// How long, and in what shape.
    Course,
    /// The competing explanations.
    Explanations,
    /// Who asked.
    Audience,
    /// What users got beyond single requests.
    Users,
    /// Who made the failures.
    Makers,
}

impl Topic {
    /// All, in reading order, with the title of their section.
    pub const ALL: [(Topic, &'static str); 7] = [
        (Topic::Scope, "What failed, and what did not"),
        (Topic::Course, "When, how long, and in what shape"),
        (Topic::Explanations, "Possible explanations"),
        (Topic::Audience, "Who asked"),
        (Topic::Users, "What users got, beyond single requests"),
        (Topic::Makers, "Who made the failures"),
        (Topic::Conditions, "How the two were measured"),
    ];
}

/// How a point came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The same in both.
    Agrees,
    /// Not the same, or different beyond the intervals.
    Differs,
    /// Left open: the intervals allow for no difference, or a report does not decide.
    Open,
    /// Plain numbers side by side; no test.
    Shown,
    /// One of the reports lacks it.
    NotComparable,
}

impl Standing {
    /// In words, as a tag before a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Standing::Agrees => "agrees",
            Standing::Differs => "differs",
            Standing::Open => "open",
            Standing::Shown => "side by side",
            Standing::NotComparable => "cannot be compared",
        }
    }
}

/// One side of a point.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Value {
    /// As it is told; empty where the report lacks it.
    pub text: String,
    /// The figure; `None` for words.
    pub value: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Words.
    Words,
    /// A fraction, 0 to 1; a difference of two of them, -1 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// So many times as much.
    Times,
    /// A plain count.
    Count,
}

/// One point of comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// What it is about.
    pub topic: Topic,
    /// Its id: stays from version to version.
    pub id: String,
    /// Its name, as the row of a table has it.
    pub name: String,
    /// What its figures count.
    pub unit: Unit,
    /// How it came out.
    pub standing: Standing,
    /// One sentence or two with both values.
    pub says: String,
    /// The first report's.
    pub a: Value,
    /// The second report's.
    pub b: Value,
    /// A minus B, for [`Unit::Times`] A over B, with its 95 % interval; all `None` where there is no such test.
    pub difference: crate::case::Share,
}
