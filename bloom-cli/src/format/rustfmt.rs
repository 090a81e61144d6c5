//! The processes of rustfmt.

use std::{
    borrow::Cow,
    fmt::Write as _,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;

use super::{
    has_settings,
    modules::{CRATE, without_modules},
    toolchain,
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
    Rustfmt::new(settings_from).ok()?.format(texts)
}

/// Formats texts in a folder of its own, with processes that can be started before there is anything to format.
///
/// rustfmt takes as long to start as to format the files of an aggregate. A process that reads the root of a crate from its input
/// starts while Bloom still reads the project; then it is told about the files as modules of that crate.
pub(super) struct Rustfmt {
    folder: TempDir,
    settings_from: PathBuf,
    waiting: Vec<Child>,
}

/// The input of a process, as a file that it can be told to format.
const INPUT: Option<&str> = if cfg!(unix) { Some("/dev/stdin") } else { None };

/// The longest root that a process is told: it writes the root back to where it came from, and waits when the pipe is full.
const MOST: usize = 4096;

impl Rustfmt {
    pub(super) fn new(settings_from: &Path) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self { folder, settings_from: settings_from.to_owned(), waiting: Vec::new() })
    }

    /// Starts a process that waits for texts.
    pub(super) fn prepare(&mut self) {
        if let Some(input) = INPUT {
            self.waiting.extend(self.command().arg(input).stdin(Stdio::piped()).spawn());
        }
    }

    /// Formats the texts; `None` without rustfmt.
    pub(super) fn format(&mut self, texts: &[&str]) -> Option<Formatted> {
        let alone: Vec<Cow<'_, str>> = texts.iter().map(|text| without_modules(text)).collect();
        let running: Vec<(Vec<usize>, io::Result<Child>)> = shares(texts)
            .map(|share| {
                let process = self.start(&alone, &share);
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
            if !whole && !self.has_rustfmt() {
                return None;
            }
            for index in share {
                // When one of several fails, each is tried on its own: a text may also be cut off in the middle, by
                // a full disk.
                if whole || self.start(&alone, &[index]).ok()?.wait().ok()?.success() {
                    let after = fs::read_to_string(self.path(index)).ok()?;
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

    fn path(&self, index: usize) -> PathBuf {
        self.folder.path().join(format!("{index}.rs"))
    }

    /// rustup's proxy is there also where the component is not.
    fn has_rustfmt(&self) -> bool {
        let mut command = Command::new(toolchain::rustfmt(&self.settings_from));
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(toolchain::rustfmt(&self.settings_from));
        command.args(["--edition", "2024", "--quiet"]);
        if has_settings(&self.settings_from) {
            command.arg("--config-path").arg(&self.settings_from);
        }
        // For each file rustfmt would look up how to colour messages that nobody reads.
        command.env_remove("TERM");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Lays these texts out and has one process format them: one that waits, or a new one.
    fn start(&mut self, texts: &[Cow<'_, str>], indices: &[usize]) -> io::Result<Child> {
        for index in indices {
            fs::write(self.path(*index), texts[*index].as_bytes())?;
        }
        let mut root = String::new();
        for index in indices {
            let path = self.path(*index);
            let _ = writeln!(root, "#[path = {:?}]\nmod m{index};", path.to_string_lossy());
        }
        if root.len() <= MOST
            && let Some(mut process) = self.waiting.pop()
        {
            // One that does not listen has ended, and says with what.
            if let Some(mut input) = process.stdin.take() {
                let _ = input.write_all(root.as_bytes());
            }
            return Ok(process);
        }
        self.command().args(indices.iter().map(|index| self.path(*index))).spawn()
    }
}

impl Drop for Rustfmt {
    /// Whoever still waits is told that nothing comes, and ends.
    fn drop(&mut self) {
        for mut process in self.waiting.drain(..) {
            drop(process.stdin.take());
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Into how many heaps texts are divided at most. A third process would start later than two are done.
const SHARES: usize = 2;

/// The indices of the texts in two heaps of about the same length, for two processes, or in one where a process would
/// take longer to start than to do its share.
fn shares(texts: &[&str]) -> impl Iterator<Item = Vec<usize>> {
    const WORTH_A_PROCESS: usize = 60_000;
    let together = texts.iter().map(|text| text.len()).sum::<usize>() < WORTH_A_PROCESS;
    let mut longest_first: Vec<usize> = (0..texts.len()).collect();
    longest_first.sort_by_key(|index| std::cmp::Reverse(texts[*index].len()));
    let mut shares = [const { (0, Vec::new()) }; SHARES];
    for index in longest_first {
        let lighter = usize::from(!together && shares[0].0 > shares[1].0);
        shares[lighter].0 += texts[index].len();
        shares[lighter].1.push(index);
    }
    shares.into_iter().map(|(_, share)| share).filter(|share| !share.is_empty())
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
