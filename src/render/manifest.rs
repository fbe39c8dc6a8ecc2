//! `manifest.json`: what went in and what came out, by SHA-256. No times: the same input gives the
//! same manifest.

use super::{Artifact, json};
use crate::case::Case;
use crate::digest::sha256;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The manifest's own name; it does not list itself.
pub const NAME: &str = "manifest.json";

#[derive(Serialize)]
struct Manifest<'a> {
    schema: u32,
    program: &'a str,
    bundle: &'a str,
    synthetic: bool,
    command: &'a str,
    options: &'a BTreeMap<String, String>,
    inputs: Vec<Input<'a>>,
    outputs: Vec<Output>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Input<'a> {
    path: &'a str,
    sha256: &'a str,
    size: u64,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Output {
    name: String,
    sha256: String,
    size: u64,
}

/// The manifest of a report made of `outputs`.
///
/// # Errors
/// It cannot be serialised: a defect of the program.
pub fn text(case: &Case, outputs: &[Artifact]) -> Result<String> {
    let mut inputs: Vec<Input<'_>> =
        case.sources.iter().map(|s| Input { path: &s.path, sha256: &s.sha256, size: s.size }).collect();
    inputs.extend(case.reproduce.incident.iter().chain(&case.reproduce.asn).map(|f| Input {
        path: &f.path,
        sha256: &f.sha256,
        size: f.size,
    }));
    inputs.sort();
    let mut outputs: Vec<Output> =
        outputs.iter().map(|a| Output { name: a.name.clone(), sha256: sha256(&a.bytes), size: a.bytes.len() as u64 }).collect();
    outputs.sort();
    let manifest = Manifest {
        schema: 1,
        program: &case.program,
        bundle: &case.bundle,
        synthetic: case.synthetic,
        command: &case.reproduce.command,
        options: &case.reproduce.options,
        inputs,
        outputs,
    };
    json::text(NAME, &manifest)
}

/// The output names a manifest of this program lists; none where the text is no such manifest.
#[must_use]
pub fn listed(manifest: &[u8]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Listed {
        program: String,
        outputs: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    match serde_json::from_slice::<Listed>(manifest) {
        Ok(m) if m.program.starts_with(env!("CARGO_PKG_NAME")) => m.outputs.into_iter().map(|o| o.name).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_output_is_listed_with_the_hash_of_its_bytes_and_sorted() {
        let mut case = crate::render::sample::case();
        let all = crate::render::artifacts(&mut case, vec![]).expect("a report");
        let (manifest, others) = all.split_last().expect("files");
        let value: Value = serde_json::from_slice(&manifest.bytes).expect("JSON");
        let listed = value["outputs"].as_array().expect("outputs");
        assert_eq!(listed.len(), others.len());
        for artifact in others {
            let entry = listed.iter().find(|o| o["name"] == artifact.name.as_str()).expect("listed");
            assert_eq!(entry["sha256"], sha256(&artifact.bytes).as_str());
            assert_eq!(entry["size"], artifact.bytes.len());
        }
        let names = super::listed(&manifest.bytes);
        assert!(names.is_sorted() && names.len() == others.len());
        assert_eq!(value["inputs"].as_array().map(Vec::len), Some(case.sources.len()));
    }

    #[test]
    fn the_hash_is_sha256() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_manifest_of_somebody_else_lists_nothing() {
        for text in ["", "{}", r#"{"program":"other 1","outputs":[{"name":"x"}]}"#, r#"{"name":"A web app","icons":[]}"#] {
            assert!(listed(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
