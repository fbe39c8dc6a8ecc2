//! The tables of the pages that a full run writes: each between two marks.

use std::fs;
use std::path::Path;

/// Replaces what stands between `<!-- name -->` and `<!-- end name -->` on a page of `docs/`.
pub(crate) fn put(page: &str, name: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let page = fs::read_to_string(&path).expect("the page");
    fs::write(&path, replaced(&page, name, table).expect("both marks")).expect("the page is written");
}

fn replaced(page: &str, name: &str, table: &str) -> Option<String> {
    let (from, to) = (format!("<!-- {name} -->\n"), format!("<!-- end {name} -->"));
    let (before, rest) = page.split_once(&from)?;
    let (_, after) = rest.split_once(&to)?;
    Some(format!("{before}{from}\n{}\n\n{to}{after}", table.trim_end()))
}

#[test]
fn only_what_stands_between_its_marks_is_replaced() {
    let page = "a\n<!-- x -->\nold\n<!-- end x -->\nb\n";
    assert_eq!(replaced(page, "x", "new\n").as_deref(), Some("a\n<!-- x -->\n\nnew\n\n<!-- end x -->\nb\n"));
    assert_eq!(replaced(page, "y", "new"), None);
}
