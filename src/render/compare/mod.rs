//! A comparison as files: pages, JSON, pictures and the manifest, in the manner of a report.

mod page;
pub mod summary;
#[cfg(test)]
mod tests;

use super::chart::Picture;
use super::{Artifact, html, json, manifest, markdown};
use crate::case::Chart;
use crate::compare::{Comparison, Told};
use crate::digest::sha256;
use crate::error::Result;
use serde::Serialize;

/// Every file of the comparison, `manifest.json` last. Fills `c.charts` from the pictures.
///
/// # Errors
/// The comparison cannot be serialised: a defect of the program.
pub fn artifacts(c: &mut Comparison, pictures: Vec<Picture>) -> Result<Vec<Artifact>> {
    c.charts = pictures.iter().map(|p| Chart { file: p.file.clone(), title: p.title.clone(), alt: p.alt.clone() }).collect();
    let doc = page::compare(c);
    let mut all = vec![
        Artifact::new("compare.md", markdown::write(&doc)),
        Artifact::new("compare.html", html::write(&doc, &pictures)),
        Artifact::new("compare.json", json::text("compare.json", c)?),
    ];
    all.extend(pictures.into_iter().map(|p| Artifact::new(format!("charts/{}", p.file), p.png)));
    let manifest = manifest_text(c, &all)?;
    all.push(Artifact::new(manifest::NAME, manifest));
    Ok(all)
}

#[derive(Serialize)]
struct Manifest<'a> {
    schema: u32,
    kind: &'a str,
    program: &'a str,
    synthetic: bool,
    command: &'a str,
    inputs: Vec<Input<'a>>,
    outputs: Vec<Output<'a>>,
}

/// A `report.json` that went in, as it lies there or as it was made for the comparison.
#[derive(Serialize)]
struct Input<'a> {
    name: &'a str,
    made_from_bundle: bool,
    sha256: &'a str,
    size: u64,
}

#[derive(Serialize)]
struct Output<'a> {
    name: &'a str,
    sha256: String,
    size: u64,
}

fn manifest_text(c: &Comparison, outputs: &[Artifact]) -> Result<String> {
    let input = |t: &'_ Told| -> (String, bool, String, u64) { (t.name.clone(), t.made, t.sha256.clone(), t.size) };
    let inputs = [input(&c.a), input(&c.b)];
    let mut outputs: Vec<Output<'_>> =
        outputs.iter().map(|a| Output { name: &a.name, sha256: sha256(&a.bytes), size: a.bytes.len() as u64 }).collect();
    outputs.sort_by(|a, b| a.name.cmp(b.name));
    let manifest = Manifest {
        schema: 1,
        kind: c.kind,
        program: &c.program,
        synthetic: c.synthetic,
        command: &c.command,
        inputs: inputs
            .iter()
            .map(|(n, made, hash, size)| Input { name: n, made_from_bundle: *made, sha256: hash, size: *size })
            .collect(),
        outputs,
    };
    json::text(manifest::NAME, &manifest)
}
