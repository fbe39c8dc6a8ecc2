//! One CSV table (RFC 4180: comma, CRLF, quotes doubled). What is text is guarded against
//! spreadsheets that would run it as a formula (see [`escape::csv`]); numbers are not.

use super::escape;
use super::json::rounded;
use crate::time::Micros;

/// A CSV table being written.
#[derive(Debug)]
pub struct Csv {
    out: String,
    fresh: bool,
}

impl Csv {
    /// A table with this head line.
    #[must_use]
    pub fn new(head: &[&str]) -> Self {
        Csv { out: head.join(","), fresh: false }.end()
    }

    /// Ends the record.
    #[must_use]
    pub fn end(mut self) -> Self {
        self.out.push_str("\r\n");
        self.fresh = true;
        self
    }

    /// A field of text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.field(&escape::csv(text))
    }

    /// A field of text, empty where there is none.
    #[must_use]
    pub fn maybe(self, text: Option<&str>) -> Self {
        self.text(text.unwrap_or(""))
    }

    /// A count.
    #[must_use]
    pub fn count(self, n: u64) -> Self {
        self.field(&n.to_string())
    }

    /// A number, empty where there is none, rounded as in `report.json`.
    #[must_use]
    pub fn number(self, x: Option<f64>) -> Self {
        let shown = x.and_then(rounded).map(|x| x.to_string()).unwrap_or_default();
        self.field(&shown)
    }

    /// `true` or `false`.
    #[must_use]
    pub fn yes(self, yes: bool) -> Self {
        self.field(if yes { "true" } else { "false" })
    }

    /// An instant, empty where there is none.
    #[must_use]
    pub fn time(self, t: Option<Micros>) -> Self {
        let shown = t.map(|t| t.to_string()).unwrap_or_default();
        self.field(&shown)
    }

    /// The whole table.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    fn field(mut self, ready: &str) -> Self {
        if !self.fresh {
            self.out.push(',');
        }
        self.fresh = false;
        self.out.push_str(ready);
        self
    }
}

/// Reads a CSV table back: for tests.
#[cfg(test)]
pub(crate) fn parse(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (vec![], vec![], String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    assert!(!quoted && field.is_empty() && row.is_empty(), "the last record is complete");
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_comes_back_as_the_visible_guarded_text_it_was(fields in prop::collection::vec("\\PC*|[=+@\\-\"',\r\n\t a]{0,6}", 1..5)) {
            let head: Vec<&str> = fields.iter().map(|_| "h").collect();
            let mut csv = Csv::new(&head);
            for f in &fields {
                csv = csv.text(f);
            }
            let rows = parse(&csv.end().finish());
            prop_assert_eq!(rows.len(), 2);
            prop_assert_eq!(rows[1].len(), fields.len());
            for (got, f) in rows[1].iter().zip(&fields) {
                let guard = if f.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
                prop_assert_eq!(got, &format!("{guard}{}", escape::visible(f)));
            }
        }
    }

    #[test]
    fn numbers_are_not_guarded_and_absence_is_empty() {
        let csv = Csv::new(&["a", "b", "c"]).number(Some(-0.25)).number(None).count(7).end();
        assert_eq!(csv.finish(), "a,b,c\r\n-0.25,,7\r\n");
    }
}
