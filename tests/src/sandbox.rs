//! A folder to run `bloom` in.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::{bloom, target, tools::answering_postgres};

/// A folder that goes away with the test, and commands that run in it.
pub struct Sandbox {
    folder: TempDir,
    inner: PathBuf,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().to_owned();
        Self { folder, inner }
    }

    /// One with the project `shop`, in whose folder everything runs from now on.
    #[must_use]
    pub fn with_project(arguments: &[&str]) -> Self {
        let mut sandbox = Self::new();
        sandbox.ok(&[&["init", "shop"], arguments].concat());
        sandbox.enter("shop");
        sandbox
    }

    /// Runs everything in this folder from now on.
    pub fn enter(&mut self, folder: &str) {
        self.inner.push(folder);
    }

    /// Where everything runs.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner
    }

    /// Above where everything runs.
    #[must_use]
    pub fn outside(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `bloom`.
    #[must_use]
    pub fn bloom(&self, arguments: &[&str]) -> Output {
        Command::new(bloom())
            .args(arguments)
            .current_dir(&self.inner)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs `bloom`, which must succeed; what it said.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.bloom(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "bloom {arguments:?}: {said}");
        said
    }

    /// Runs `bloom generate` with words separated by blanks, as they are typed in a shell.
    pub fn generate(&self, sentence: &str) {
        let words: Vec<&str> = sentence.split(' ').collect();
        self.ok(&[&["generate"], words.as_slice()].concat());
    }

    /// Runs `bloom`, which must refuse and write nothing; the exit code and what it said.
    #[must_use]
    pub fn refused(&self, arguments: &[&str]) -> String {
        let before = self.tree();
        let output = self.bloom(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "bloom {arguments:?} was not refused: {said}");
        assert_eq!(self.tree(), before, "bloom {arguments:?} was refused and wrote something");
        let place = self.folder.path().canonicalize().unwrap();
        let said = said.replace(&*place.to_string_lossy(), "[FOLDER]");
        let said = said.replace(&*self.folder.path().to_string_lossy(), "[FOLDER]");
        format!("exit {}\n{said}", output.status.code().unwrap_or(-1))
    }

    /// The file's text.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.inner.join(path)).unwrap()
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.inner.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Every file below, with its text, but for locks.
    #[must_use]
    pub fn tree(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_symlink() || path.ends_with(".bloom/lock") {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path
                        .strip_prefix(self.folder.path())
                        .unwrap()
                        .to_string_lossy()
                        .into_owned();
                    files.push((
                        name,
                        String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned(),
                    ));
                }
            }
        }
        files.sort();
        files
    }

    /// Runs cargo, which must succeed. All projects share one target folder.
    pub fn cargo(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(&self.inner)
            .env("CARGO_TARGET_DIR", target().join("generated"))
            .env_remove("RUSTFLAGS")
            .envs(answering_postgres().map(|url| ("DATABASE_URL", url)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            output.status.success(),
            "cargo {arguments:?} in {}:\n{said}",
            self.inner.display()
        );
        said
    }

    /// Formatted, without a warning, and green; the number of tests that ran.
    pub fn passes(&self) -> usize {
        self.cargo(&["fmt", "--check"]);
        self.cargo(&["clippy", "--quiet", "--all-targets", "--", "-D", "warnings"]);
        let said = self.cargo(&["test"]);
        let results = said.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
        let counts = results.filter_map(|line| {
            line.split(' ').next().and_then(|count| count.parse::<usize>().ok())
        });
        counts.sum()
    }

    /// The README's shop.
    #[must_use]
    pub fn shop() -> Self {
        Self::shop_with(&[])
    }

    /// The README's shop, begun with these options.
    #[must_use]
    pub fn shop_with(arguments: &[&str]) -> Self {
        let sandbox = Self::with_project(arguments);
        sandbox.generate("value-object Money amount:i64 currency:enum:EUR,USD");
        sandbox.generate("aggregate Customer name:String:1..100 email:String:email,unique");
        sandbox.generate("aggregate Order customer_id:CustomerId note:String:optional status:enum:draft,placed,cancelled");
        sandbox.generate("entity OrderLine --in Order sku:String:3..20 quantity:u32:1..999 price:Money --while draft");
        let command = |sentence| sandbox.ok(&["generate", "command", "--in", "Order", sentence]);
        command("place: draft -> placed if lines");
        command("cancel(reason:String): draft|placed -> cancelled");
        sandbox.generate("repository Order");
        sandbox
    }

    /// Builds the project; the path of its binary, which no other project of that name replaces.
    #[must_use]
    pub fn binary(&self) -> PathBuf {
        let said = self.cargo(&["build", "--message-format", "json"]);
        let built = said
            .lines()
            .filter_map(|line| line.split_once("\"executable\":\"")?.1.split_once('"'))
            .map(|(path, _)| path)
            .next_back()
            .expect("cargo names the binary");
        // A second name and not a copy: what is being written cannot be run, and a process that another test starts meanwhile
        // would hold a copy open.
        let own = self.path().join("own-binary");
        if fs::hard_link(built, &own).is_err() {
            fs::copy(built, &own).unwrap();
        }
        own
    }
}
