//! Copying Bloom's crates into a project, so that it builds anywhere.

use std::path::Path;

use super::patch::CRATES;
use crate::{
    failure::Failure,
    project::{Settings, read_needed, read_tree},
};

/// Where the copies are.
pub(super) const FOLDER: &str = "vendor/bloom";

/// The files of the copy, and the `[patch]` that makes cargo use it.
pub(super) fn files(
    checkout: &Path,
    settings: &Settings,
) -> Result<(Vec<(String, String)>, String), Failure> {
    let mut files = Vec::new();
    for (_, folder) in CRATES {
        for (path, text) in read_tree(&checkout.join(folder))? {
            let text = if path == "Cargo.toml" { without_tests(&text) } else { text };
            files.push((format!("{FOLDER}/{folder}/{path}"), text));
        }
    }
    let manifest = read_needed(&checkout.join("Cargo.toml"))?;
    files.push((format!("{FOLDER}/Cargo.toml"), workspace(&manifest)?));
    Ok((files, super::patch::table(FOLDER, settings, "")))
}

/// The workspace with these members and no others.
fn workspace(text: &str) -> Result<String, Failure> {
    let mut document: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| {
            Failure::project(format!("Bloom's own `Cargo.toml` cannot be read: {error}"))
        })?;
    let members: toml_edit::Array = CRATES.iter().map(|(_, path)| *path).collect();
    document["workspace"]["members"] = toml_edit::value(members);
    Ok(document.to_string())
}

/// Tests are not copied, and neither is what only they need.
fn without_tests(text: &str) -> String {
    let Ok(mut document) = text.parse::<toml_edit::DocumentMut>() else { return text.to_owned() };
    document.remove("dev-dependencies");
    document.to_string()
}
