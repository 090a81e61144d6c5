//! rustfmt, over many files at once.

mod toolchain;

use std::{
    borrow::Cow,
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

/// What became of texts that rustfmt was given.
pub(crate) struct Formatted {
    pub(crate) texts: Vec<String>,
    /// Whether rustfmt could read every one of them, so that all are Rust.
    pub(crate) all_read: bool,
}

/// Formats Rust texts; `None` without rustfmt.
///
/// A text that rustfmt refuses stays as it is: whoever compiles it will be told more.
pub(crate) fn rustfmt(texts: &[&str], settings_from: &Path) -> Option<Formatted> {
    if texts.is_empty() {
        return Some(Formatted { texts: Vec::new(), all_read: true });
    }
    let folder = tempfile::tempdir().ok()?;
    let alone: Vec<Cow<'_, str>> = texts.iter().map(|text| without_modules(text)).collect();
    let bench = Bench { folder: folder.path(), texts: &alone, settings_from };

    let running: Vec<(Vec<usize>, io::Result<Child>)> = shares(texts)
        .map(|share| {
            let process = bench.start(&share);
            (share, process)
        })
        .collect();
    // All are waited for before anything is given up, since they work in the folder.
    let ended: Vec<(Vec<usize>, io::Result<ExitStatus>)> = running
        .into_iter()
        .map(|(share, process)| (share, process.and_then(|mut process| process.wait())))
        .collect();
    let mut formatted: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    let mut all_read = true;
    for (share, end) in ended {
        let whole = end.ok()?.success();
        if !whole && !bench.has_rustfmt() {
            return None;
        }
        for index in share {
            // When one of several fails, each is tried on its own: a text may also be cut off in the middle, by
            // a full disk.
            if whole || bench.start(&[index]).ok()?.wait().ok()?.success() {
                let after = fs::read_to_string(bench.path(index)).ok()?;
                formatted[index] = match &alone[index] {
                    Cow::Borrowed(_) => after,
                    Cow::Owned(_) => after.replace(CRATE, "mod "),
                };
            } else {
                all_read = false;
            }
        }
    }
    Some(Formatted { texts: formatted, all_read })
}

/// Where texts lie while rustfmt is at work.
struct Bench<'t> {
    folder: &'t Path,
    texts: &'t [Cow<'t, str>],
    settings_from: &'t Path,
}

impl Bench<'_> {
    fn path(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index}.rs"))
    }

    /// rustup's proxy is there also where the component is not.
    fn has_rustfmt(&self) -> bool {
        let mut command = Command::new(toolchain::rustfmt(self.settings_from));
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Lays these texts out and starts one process that formats them.
    fn start(&self, indices: &[usize]) -> io::Result<Child> {
        for index in indices {
            fs::write(self.path(*index), self.texts[*index].as_bytes())?;
        }
        let mut command = Command::new(toolchain::rustfmt(self.settings_from));
        command.args(["--edition", "2024", "--quiet"]);
        if has_settings(self.settings_from) {
            command.arg("--config-path").arg(self.settings_from);
        }
        command.args(indices.iter().map(|index| self.path(*index)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    }
}

/// What stands in for `mod` where a file declares a module: rustfmt sorts both alike, and looks for the
/// file of a module only.
const CRATE: &str = "extern crate ";

/// The text with nothing that rustfmt would look for elsewhere. One that has such crates of its own is left to
/// its owner.
fn without_modules(text: &str) -> Cow<'_, str> {
    if text.contains(CRATE) || !text.lines().any(|line| declared_module(line).is_some()) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| match declared_module(line) {
        Some((before, name)) => format!("{before}{CRATE}{name}"),
        None => line.to_owned(),
    });
    Cow::Owned(lines.collect())
}

/// What stands before `mod`, and what stands behind it, in a line that declares a module in another file.
fn declared_module(line: &str) -> Option<(&str, &str)> {
    let code = line.trim();
    let bare = code.strip_prefix("pub ").or_else(|| {
        let restricted = code.strip_prefix("pub(")?;
        Some(restricted.split_once(')')?.1.trim_start())
    });
    bare.unwrap_or(code).strip_prefix("mod ")?.strip_suffix(';')?;
    let at = line.find("mod ")?;
    Some((&line[..at], &line[at + "mod ".len()..]))
}

/// The indices of the texts in two heaps of about the same length, for two processes, or in one where a process would
/// take longer to start than to do its share. A third would start later than the two are done.
fn shares(texts: &[&str]) -> impl Iterator<Item = Vec<usize>> {
    const WORTH_A_PROCESS: usize = 20_000;
    let together = texts.iter().map(|text| text.len()).sum::<usize>() < WORTH_A_PROCESS;
    let mut longest_first: Vec<usize> = (0..texts.len()).collect();
    longest_first.sort_by_key(|index| std::cmp::Reverse(texts[*index].len()));
    let mut shares = [(0, Vec::new()), (0, Vec::new())];
    for index in longest_first {
        let lighter = usize::from(!together && shares[0].0 > shares[1].0);
        shares[lighter].0 += texts[index].len();
        shares[lighter].1.push(index);
    }
    shares.into_iter().map(|(_, share)| share).filter(|share| !share.is_empty())
}

/// Whether the people of a project have a style of their own.
pub(crate) fn has_settings(folder: &Path) -> bool {
    folder
        .ancestors()
        .any(|folder| folder.join("rustfmt.toml").exists() || folder.join(".rustfmt.toml").exists())
}

/// How formatting went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Formatting {
    /// All of it, which also shows that all of it is Rust.
    Done,
    /// rustfmt could not read something.
    Refused,
    /// There is no rustfmt.
    Missing,
}

/// Formats what was written, and what was merged if the file was formatted before.
pub(crate) struct Formatter<'p> {
    pub(crate) root: &'p Path,
}

impl Formatter<'_> {
    /// Formats what is Rust among the texts by path.
    pub(crate) fn all(&self, texts: &mut HashMap<String, String>) -> Formatting {
        let mut paths: Vec<String> = texts
            .keys()
            .filter(|path| Path::new(path).extension().is_some_and(|e| e == "rs"))
            .cloned()
            .collect();
        paths.sort();
        let rust: Vec<&str> =
            paths.iter().filter_map(|path| texts.get(path).map(String::as_str)).collect();
        let Some(formatted) = rustfmt(&rust, self.root) else { return Formatting::Missing };
        for (path, text) in paths.into_iter().zip(formatted.texts) {
            texts.insert(path, text);
        }
        if formatted.all_read { Formatting::Done } else { Formatting::Refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_sorted_without_being_looked_for() {
        let text = "pub(crate)  mod c10;\n#[cfg(test)]\nmod tests;\nmod r#type;\npub mod c2;\n";
        let formatted = rustfmt(&[text], Path::new("/")).unwrap();
        assert!(formatted.all_read);
        assert_eq!(
            formatted.texts,
            ["pub(crate) mod c10;\npub mod c2;\n#[cfg(test)]\nmod tests;\nmod r#type;\n"]
        );
    }

    #[test]
    fn what_is_no_rust_stays_as_it_is_and_is_told() {
        let formatted = rustfmt(&["fn  a ( ) { }", "mod a; fn ("], Path::new("/")).unwrap();
        assert!(!formatted.all_read);
        assert_eq!(formatted.texts[1], "mod a; fn (");
    }
}
