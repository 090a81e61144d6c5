//! Where cargo finds Bloom while it is not on the registry.

use std::path::{Path, PathBuf};

use crate::{
    failure::{Failure, FailureKind},
    project::{Settings, read_if_there},
};

/// The crates that a project may name, and where a checkout has them.
pub(super) const CRATES: [(&str, &str); 9] = [
    ("bloom-audit", "extensions/audit"),
    ("bloom-cache", "extensions/cache"),
    ("bloom-macros", "bloom-macros"),
    ("bloom-manage", "extensions/manage"),
    ("bloom-metrics", "extensions/metrics"),
    ("bloom-privacy", "extensions/privacy"),
    ("bloom-runtime", "bloom-runtime"),
    ("bloom-sql", "extensions/sql"),
    ("bloom-web", "extensions/web"),
];

/// The checkout that was given, or the one this program was built from; `None` when that one is gone.
pub(super) fn checkout(given: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    if let Some(given) = given {
        let folder = given.canonicalize().map_err(|error| Failure::io("find", given, &error))?;
        if !is_checkout(&folder) {
            let message = format!(
                "`{}` is not a checkout of Bloom: it has no `bloom-runtime`",
                folder.display()
            );
            return Err(Failure::new(FailureKind::Input, message));
        }
        return Ok(Some(folder));
    }
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned);
    Ok(built_from.filter(|folder| is_checkout(folder)))
}

fn is_checkout(folder: &Path) -> bool {
    CRATES.iter().all(|(_, path)| folder.join(path).join("Cargo.toml").is_file())
}

/// The `[patch.crates-io]` table with the crates that a project like this uses, some of which only its manifest tells; cargo warns
/// of others.
pub(super) fn table(folder: &str, settings: &Settings, manifest: &str) -> String {
    let mut text = "[patch.crates-io]\n".to_owned();
    for (name, path) in CRATES {
        let used = match name {
            "bloom-sql" => settings.database.is_sql(),
            "bloom-web" => settings.web,
            "bloom-audit" | "bloom-cache" | "bloom-metrics" | "bloom-privacy" => {
                manifest.contains(name)
            }
            _ => true,
        };
        if used {
            let path = toml_edit::Value::from(format!("{folder}/{path}"));
            text.push_str(&format!("{name} = {{ path = {path} }}\n"));
        }
    }
    text
}

/// The file of this machine for a project that has other settings than before; `None` when it is somebody's own, or stays the same.
pub(super) fn moved(
    text: &str,
    before: &Settings,
    after: &Settings,
    manifest: &str,
) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("bloom-runtime = "))?;
    let document: toml_edit::DocumentMut = line.parse().ok()?;
    let path = document["bloom-runtime"]["path"].as_str()?;
    let checkout = Path::new(path.strip_suffix("/bloom-runtime")?);
    let moved = cargo_config(checkout, after, manifest);
    (text == cargo_config(checkout, before, manifest) && text != moved).then_some(moved)
}

/// The file of this machine that tells cargo about a checkout.
pub(super) fn cargo_config(checkout: &Path, settings: &Settings, manifest: &str) -> String {
    let folder = checkout.to_string_lossy().replace('\\', "/");
    format!(
        "# Written by `bloom setup`, for this machine alone.\n{}",
        table(&folder, settings, manifest)
    )
}

/// The same for the workspace above a project, since cargo run there does not look into the project's own; `None` when a patch is there.
pub(super) fn workspace_config(
    workspace: &Path,
    checkout: &Path,
    settings: &Settings,
    manifest: &str,
) -> Result<Option<(PathBuf, String)>, Failure> {
    let path = workspace.join(".cargo/config.toml");
    let before = read_if_there(&path)?.unwrap_or_default();
    if before.contains("[patch") {
        return Ok(None);
    }
    let gap = if before.is_empty() { "" } else { "\n" };
    Ok(Some((path, format!("{before}{gap}{}", cargo_config(checkout, settings, manifest)))))
}
