//! The only reader: where the project is, what it is called, and what Bloom did in it.

mod files;
mod records;
mod settings;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use files::read;
pub(crate) use files::{read_if_there, read_needed, read_tree, refuse_occupied, workspace_above};
pub(crate) use records::Record;
use settings::Manifest;
pub(crate) use settings::{Database, Settings};

use crate::{
    by_hand,
    failure::Failure,
    inspection::Policy,
    model::Context,
    request::{InputError, Request},
};

/// The file that makes a folder a Bloom project.
pub(crate) const MANIFEST: &str = "bloom.toml";
/// Where Bloom keeps what it did.
pub(crate) const RECORDS: &str = ".bloom";
/// Where a project has templates of its own.
pub(crate) const TEMPLATES: &str = ".bloom/templates";
/// Which version of Bloom wrote the project.
pub(crate) const VERSION_FILE: &str = ".bloom/version";

/// A project, as it is on disk.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) settings: Settings,
    /// How the architecture is checked.
    pub(crate) policy: Policy,
    /// What was asked for, in order.
    pub(crate) records: Vec<Record>,
}

impl Project {
    /// The root of the project that `folder` is in; what is no whole project is refused.
    pub(crate) fn root(folder: &Path) -> Result<PathBuf, Failure> {
        let root = folder.ancestors().find(|folder| folder.join(MANIFEST).is_file()).ok_or_else(|| {
            Failure::project("this is not a Bloom project: there is no `bloom.toml` here or in any folder above")
                .hint("create one with `bloom init shop`, or go into one")
        })?;
        Manifest::read(root)?;
        for needed in ["Cargo.toml", "src/lib.rs", "src/app.rs"] {
            if !root.join(needed).is_file() {
                return Err(Failure::project(format!(
                    "the project is incomplete: `{needed}` is missing"
                ))
                .hint("restore it, for example with `git checkout`"));
            }
        }
        Ok(root.to_owned())
    }

    /// The project with this root.
    pub(crate) fn open(root: PathBuf) -> Result<Self, Failure> {
        let Manifest { project: settings, check: policy } = Manifest::read(&root)?;
        let records = records::read_records(&root)?;
        Ok(Self { root, settings, policy, records })
    }

    /// The context that all requests so far add up to.
    pub(crate) fn context(&self) -> Result<Context, Failure> {
        self.context_of(&self.records, |_, error| {
            Failure::project(format!("a recorded request does not fit any more: {error}")).hint(
                "a file in `.bloom/requests`, or a type that it names, was changed; restore it",
            )
        })
    }

    /// The context that these requests add up to; `unfit` says what it means that one of them does not fit.
    pub(crate) fn context_of(
        &self,
        records: &[Record],
        unfit: impl Fn(&Record, InputError) -> Failure,
    ) -> Result<Context, Failure> {
        let module = self.settings.contexts.first().cloned().unwrap_or_default();
        let mut context = Context::new(module);
        context.highest_step = self.highest_step();
        for record in records {
            let request = record.sentence.request().map_err(|error| unfit(record, error))?;
            self.read_types(&mut context, &request)?;
            context = context.replay(&request).map_err(|error| unfit(record, error))?;
        }
        Ok(context)
    }

    /// The highest number among the steps of the schema that lie here; a number is not given twice.
    pub(crate) fn highest_step(&self) -> usize {
        let Ok(entries) = fs::read_dir(self.root.join("migrations")) else { return 0 };
        let names = entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name()));
        let numbers =
            names.filter_map(|name| name.to_string_lossy().split('_').next()?.parse().ok());
        numbers.max().unwrap_or_default()
    }

    /// Brings in the types that a request names and a person wrote.
    pub(crate) fn read_types(
        &self,
        context: &mut Context,
        request: &Request,
    ) -> Result<(), Failure> {
        let wanted = context.unknown_types(request);
        if wanted.is_empty() {
            return Ok(());
        }
        let domain = format!("src/{}/domain", context.module);
        let files = read_tree(&self.root.join(&domain))?;
        for name in wanted {
            self.read_type(context, &domain, &files, &name, &mut Vec::new())?;
        }
        Ok(())
    }

    /// Brings in one of them, after those that it is made of.
    fn read_type(
        &self,
        context: &mut Context,
        domain: &str,
        files: &[(String, String)],
        name: &str,
        within: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let defined =
            files.iter().find_map(|(path, text)| Some((path, by_hand::definition(text, name)?)));
        let Some((path, definition)) = defined.filter(|_| !context.knows(name)) else {
            return Ok(());
        };
        // What Bloom wrote itself is known as long as it was asked for.
        let base = self.read_base(&format!("{domain}/{path}"))?.unwrap_or_default();
        if by_hand::definition(&base, name).is_some() {
            return Ok(());
        }
        let place = format!("it stands in `{domain}/{path}`");
        let definition = definition.map_err(|error| Failure::from(error).hint(place.as_str()))?;
        if within.iter().any(|outer| outer == name) {
            return Err(Failure::project(format!(
                "`{name}` cannot be the type of a generated field: it is made of itself"
            ))
            .hint(place));
        }
        let visible = files.iter().any(|(path, text)| path == "mod.rs" && names(text, name));
        if !visible {
            return Err(Failure::project(format!(
                "`{name}` stands in `{domain}/{path}`, where others do not see it"
            ))
            .hint(format!("add `pub use ..::{name};` to `{domain}/mod.rs`")));
        }
        within.push(name.to_owned());
        for part in definition.parts() {
            self.read_type(context, domain, files, part, within)?;
        }
        within.pop();
        Ok(context.add_by_hand(name, &definition)?)
    }

    /// The file of the domain in which people wrote a type of this name.
    pub(crate) fn where_defined(&self, name: &str) -> Result<Option<String>, Failure> {
        for context in &self.settings.contexts {
            let domain = format!("src/{context}/domain");
            for (path, text) in self.below(&domain, |path| path.ends_with(".rs"))? {
                let base = self.read_base(&path)?.unwrap_or_default();
                if by_hand::defines(&text, name) && !by_hand::defines(&base, name) {
                    return Ok(Some(path));
                }
            }
        }
        Ok(None)
    }

    /// A file of the project; `None` when it is not there.
    pub(crate) fn read(&self, path: &str) -> Result<Option<String>, Failure> {
        read(&self.root.join(path))
    }

    /// A file as Bloom wrote it last; `None` when it never did.
    pub(crate) fn read_base(&self, path: &str) -> Result<Option<String>, Failure> {
        read(&self.root.join(base_path(path)))
    }

    /// Every Rust file of the project's own, by its path in the project.
    pub(crate) fn code(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut files = Vec::new();
        for folder in ["benches", "examples", "src", "tests"] {
            files.extend(self.below(folder, |path| path.ends_with(".rs"))?);
        }
        Ok(files)
    }

    /// Every file below a folder of the project that is wanted, by its path in the project.
    pub(crate) fn below(
        &self,
        folder: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, String)>, Failure> {
        let path = self.root.join(folder);
        if !path.is_dir() {
            return Ok(Vec::new());
        }
        let files = files::every_file(&path, wanted)?.into_iter();
        Ok(files.map(|(path, text)| (format!("{folder}/{path}"), text)).collect())
    }

    /// Whether git knows of this project and not of what is in it now.
    pub(crate) fn is_dirty(&self) -> bool {
        let status = Command::new("git")
            .args(["status", "--porcelain", "--untracked-files=normal", "."])
            .current_dir(&self.root)
            .stderr(Stdio::null())
            .output();
        status.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
    }

    /// Every file as Bloom wrote it last, by its path in the project.
    pub(crate) fn bases(&self) -> Result<Vec<(String, String)>, Failure> {
        let folder = base_path("");
        let files = self.below(folder.trim_end_matches('/'), |_| true)?.into_iter();
        Ok(files.map(|(path, text)| (path[folder.len()..].to_owned(), text)).collect())
    }

    /// The templates that the project has of its own.
    pub(crate) fn overrides(&self) -> Result<HashMap<String, String>, Failure> {
        let files = self.below(TEMPLATES, |_| true)?.into_iter();
        Ok(files.map(|(path, text)| (path[TEMPLATES.len() + 1..].to_owned(), text)).collect())
    }
}

/// Where the text that Bloom wrote into `path` is kept.
pub(crate) fn base_path(path: &str) -> String {
    format!("{RECORDS}/base/{path}")
}

/// Whether the name stands in the text as a word of its own.
fn names(text: &str, name: &str) -> bool {
    text.split(|sign: char| !(sign.is_alphanumeric() || sign == '_')).any(|word| word == name)
}
