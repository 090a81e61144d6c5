//! rustfmt, over many files in one run.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// The formatted text of each Rust text; `None` without rustfmt.
///
/// A text that rustfmt refuses stays as it is: whoever compiles it will be told more.
pub(crate) fn rustfmt(texts: &[&str], settings_from: &Path) -> Option<Vec<String>> {
    if texts.is_empty() {
        return Some(Vec::new());
    }
    let folder = tempfile::tempdir().ok()?;
    let mut paths = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let own = folder.path().join(index.to_string());
        fs::create_dir(&own).ok()?;
        let path = own.join("mod.rs");
        fs::write(&path, text).ok()?;
        // rustfmt looks for the modules that a file declares.
        for module in modules(text) {
            fs::write(own.join(format!("{module}.rs")), "").ok()?;
        }
        paths.push(path);
    }
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024", "--quiet"]);
    if has_settings(settings_from) {
        command.arg("--config-path").arg(settings_from);
    }
    let status = command
        .args(&paths)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.ok()?;
    paths.iter().map(|path| fs::read_to_string(path).ok()).collect()
}

fn has_settings(folder: &Path) -> bool {
    folder
        .ancestors()
        .any(|folder| folder.join("rustfmt.toml").exists() || folder.join(".rustfmt.toml").exists())
}

fn modules(text: &str) -> Vec<&str> {
    let declared = text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("pub ").unwrap_or(line);
        let name = line.strip_prefix("mod ")?.strip_suffix(';')?;
        Some(name.strip_prefix("r#").unwrap_or(name))
    });
    declared.collect()
}

/// Formats what was written, and what was merged if the file was formatted before.
pub(crate) struct Formatter<'p> {
    pub(crate) root: &'p Path,
}

impl Formatter<'_> {
    /// The texts by path, formatted where they are Rust; `false` when rustfmt is missing.
    pub(crate) fn all(&self, texts: &mut HashMap<String, String>) -> bool {
        let mut paths: Vec<String> = texts
            .keys()
            .filter(|path| Path::new(path).extension().is_some_and(|e| e == "rs"))
            .cloned()
            .collect();
        paths.sort();
        let rust: Vec<&str> =
            paths.iter().filter_map(|path| texts.get(path).map(String::as_str)).collect();
        let Some(formatted) = rustfmt(&rust, self.root) else { return false };
        for (path, text) in paths.into_iter().zip(formatted) {
            texts.insert(path, text);
        }
        true
    }
}
