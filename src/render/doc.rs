//! A report as a tree of blocks, before it is Markdown or HTML.
//!
//! Text in here is raw: writers escape it. Nothing in the tree can hold markup, so data cannot
//! become markup.

use super::escape::{NAME_MAX, shortened, visible};

/// A run of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Ordinary words.
    Plain(String),
    /// A name as it stands in the logs.
    Code(String),
    /// Words that must not be missed.
    Strong(String),
}

/// A sentence or more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Inline>);

impl Text {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Text::default()
    }

    /// Adds ordinary words.
    #[must_use]
    pub fn say(mut self, words: impl Into<String>) -> Self {
        self.0.push(Inline::Plain(words.into()));
        self
    }

    /// Adds a name out of the logs, shortened to [`NAME_MAX`] characters.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.0.push(Inline::Code(shortened(name, NAME_MAX)));
        self
    }

    /// Adds words that must not be missed.
    #[must_use]
    pub fn strong(mut self, words: impl Into<String>) -> Self {
        self.0.push(Inline::Strong(words.into()));
        self
    }

    /// Adds another text.
    #[must_use]
    pub fn then(mut self, other: Text) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Without any dress, safe for a terminal.
    #[must_use]
    pub fn bare(&self) -> String {
        self.0.iter().map(|(Inline::Plain(s) | Inline::Code(s) | Inline::Strong(s))| visible(s)).collect()
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Text::new().say(words)
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Text::new().say(words)
    }
}

/// A table: a head, rows of the same length, and which columns hold numbers (set to the right).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Column heads.
    pub head: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Text>>,
    /// Whether a column holds numbers.
    pub numeric: Vec<bool>,
}

impl Table {
    /// An empty table; a column head that begins with `#` marks numbers.
    #[must_use]
    pub fn new(head: &[&str]) -> Self {
        Table {
            head: head.iter().map(|h| h.trim_start_matches('#').to_owned()).collect(),
            rows: Vec::new(),
            numeric: head.iter().map(|h| h.starts_with('#')).collect(),
        }
    }

    /// Adds a row, cut or filled up to the number of columns.
    pub fn row(&mut self, mut cells: Vec<Text>) {
        cells.resize(self.head.len(), Text::new());
        self.rows.push(cells);
    }
}

/// A part of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A warning over everything.
    Banner(Text),
    /// The answer: a short label and its sentences.
    Verdict {
        /// The answer in a few words.
        label: String,
        /// The sentences.
        says: Vec<Text>,
    },
    /// A section's title.
    Heading(String),
    /// A paragraph.
    Para(Text),
    /// A remark that explains how to read what stands before it.
    Note(Text),
    /// A list.
    List(Vec<Text>),
    /// Names and values.
    Facts(Vec<(String, Text)>),
    /// A table.
    Table(Table),
    /// A picture under the sentence it shows.
    Figure {
        /// File name under `charts/`.
        file: String,
        /// The finding.
        title: String,
        /// What is drawn.
        alt: String,
    },
    /// Something to type.
    Command(String),
    /// Detail that a hurried reader may leave closed.
    Details {
        /// What is inside.
        summary: String,
        /// The inside.
        blocks: Vec<Block>,
    },
}

/// A whole report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    /// Its title.
    pub title: String,
    /// Its blocks in reading order.
    pub blocks: Vec<Block>,
}
