//! The case as files: pictures, pages, tables. Renderers see the [`crate::case::Case`] and nothing else.
//!
//! Both pages are written from one [`doc::Doc`], so they cannot tell different stories and data is
//! escaped in exactly one place per page language.

pub mod base64;
pub mod chart;
pub mod compare;
pub mod csv;
pub mod doc;
pub mod escape;
mod font;
pub mod html;
pub mod json;
pub mod manifest;
pub mod markdown;
pub mod page;
pub mod story;
pub mod summary;
pub mod tables;
pub mod write;

#[cfg(test)]
mod dot;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
pub(crate) mod sample;

use crate::case::{Case, Chart};
use crate::error::Result;
use chart::Picture;

/// One file of a report folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Path inside the folder, parts separated by `/`.
    pub name: String,
    /// The whole content.
    pub bytes: Vec<u8>,
}

impl Artifact {
    /// An artifact of `name`, any bytes.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Artifact { name: name.into(), bytes: bytes.into() }
    }
}

/// Every file of the report, `manifest.json` last. Fills `case.charts` from the pictures, whose
/// order is the order on the page: the first is the headline.
///
/// # Errors
/// The case cannot be serialised: a defect of the program.
pub fn artifacts(case: &mut Case, pictures: Vec<Picture>) -> Result<Vec<Artifact>> {
    case.charts = pictures.iter().map(|p| Chart { file: p.file.clone(), title: p.title.clone(), alt: p.alt.clone() }).collect();
    let doc = page::report(case);
    let mut all = vec![
        Artifact::new("report.md", markdown::write(&doc)),
        Artifact::new("report.html", html::write(&doc, &pictures)),
        Artifact::new("report.json", json::text("report.json", case)?),
    ];
    all.extend(tables::all(case));
    all.extend(pictures.into_iter().map(|p| Artifact::new(format!("charts/{}", p.file), p.png)));
    let manifest = manifest::text(case, &all)?;
    all.push(Artifact::new(manifest::NAME, manifest));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_its_pages_tables_and_pictures_and_the_manifest_comes_last() {
        let mut case = sample::case();
        let all = artifacts(&mut case, vec![dot::dot("headline.png", "82 % failed")]).expect("a report");
        let names: Vec<&str> = all.iter().map(|a| a.name.as_str()).collect();
        for name in ["report.md", "report.html", "report.json", "charts/headline.png", "tables/sources.csv", "tables/series.csv"]
        {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
        assert_eq!(names.last(), Some(&"manifest.json"));
        assert_eq!(case.charts.len(), 1);
        let again = artifacts(&mut case, vec![dot::dot("headline.png", "82 % failed")]).expect("a report");
        assert_eq!(all, again, "same case, same bytes");
    }
}
