//! The only reader: where the project is, what it is called, and what Bloom did in it.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    by_hand,
    failure::Failure,
    model::Context,
    request::{InputError, Request, Sentence},
};

/// The file that makes a folder a Bloom project.
pub(crate) const MANIFEST: &str = "bloom.toml";
/// Where Bloom keeps what it did.
pub(crate) const RECORDS: &str = ".bloom";

/// A project, as it is on disk.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) sentences: Vec<Sentence>,
}

/// The `[project]` table of `bloom.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) contexts: Vec<String>,
    pub(crate) database: Database,
    pub(crate) web: bool,
}

/// The storage of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Database {
    /// An embedded database in one file.
    Sqlite,
    /// A PostgreSQL server, which `DATABASE_URL` names.
    Postgres,
    /// Nothing survives the process.
    Memory,
}

impl Database {
    /// Whether it is asked in SQL.
    pub(crate) fn is_sql(self) -> bool {
        self != Self::Memory
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    project: Settings,
}

impl Settings {
    fn read(root: &Path) -> Result<Self, Failure> {
        let path = root.join(MANIFEST);
        let text = read(&path)?.unwrap_or_default();
        let manifest: Manifest = toml_edit::de::from_str(&text).map_err(|error| {
            Failure::project(format!(
                "`{}` cannot be read: {}",
                path.display(),
                error.to_string().trim()
            ))
        })?;
        Ok(manifest.project)
    }
}

impl Project {
    /// The root of the project that `folder` is in; what is no whole project is refused.
    pub(crate) fn root(folder: &Path) -> Result<PathBuf, Failure> {
        let root = folder.ancestors().find(|folder| folder.join(MANIFEST).is_file()).ok_or_else(|| {
            Failure::project("this is not a Bloom project: there is no `bloom.toml` here or in any folder above")
                .hint("create one with `bloom init shop`, or go into one")
        })?;
        Settings::read(root)?;
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
        let settings = Settings::read(&root)?;
        let sentences = Self::read_sentences(&root)?;
        Ok(Self { root, settings, sentences })
    }

    fn read_sentences(root: &Path) -> Result<Vec<Sentence>, Failure> {
        let folder = root.join(RECORDS).join("requests");
        let mut paths: Vec<PathBuf> = match fs::read_dir(&folder) {
            Ok(entries) => {
                entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Failure::io("read", &folder, &error)),
        };
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        let mut sentences = Vec::new();
        for path in paths {
            let text = read(&path)?.unwrap_or_default();
            sentences.push(serde_json::from_str(&text).map_err(|error| {
                Failure::project(format!("`{}` cannot be read: {error}", path.display()))
                    .hint("restore it, for example with `git checkout`")
            })?);
        }
        Ok(sentences)
    }

    /// The context that all requests so far add up to.
    pub(crate) fn context(&self) -> Result<Context, Failure> {
        let module = self.settings.contexts.first().cloned().unwrap_or_default();
        let mut context = Context::new(module);
        for sentence in &self.sentences {
            let stale = |error: InputError| {
                Failure::project(format!("a recorded request does not fit any more: {error}")).hint(
                    "a file in `.bloom/requests`, or a type that it names, was changed; restore it",
                )
            };
            let request = sentence.request().map_err(stale)?;
            self.read_types(&mut context, &request)?;
            context = context.replay(&request).map_err(stale)?;
        }
        Ok(context)
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

    /// A file of the project; `None` when it is not there.
    pub(crate) fn read(&self, path: &str) -> Result<Option<String>, Failure> {
        read(&self.root.join(path))
    }

    /// A file as Bloom wrote it last; `None` when it never did.
    pub(crate) fn read_base(&self, path: &str) -> Result<Option<String>, Failure> {
        read(&self.root.join(base_path(path)))
    }

    /// The templates that the project has of its own.
    pub(crate) fn overrides(&self) -> Result<HashMap<String, String>, Failure> {
        let folder = self.root.join(RECORDS).join("templates");
        let mut overrides = HashMap::new();
        let mut folders = vec![folder.clone()];
        while let Some(current) = folders.pop() {
            let entries = match fs::read_dir(&current) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Failure::io("read", &current, &error)),
            };
            for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
                if path.is_dir() {
                    folders.push(path);
                } else if let (Ok(relative), Some(text)) =
                    (path.strip_prefix(&folder), read(&path)?)
                {
                    overrides.insert(relative.to_string_lossy().replace('\\', "/"), text);
                }
            }
        }
        Ok(overrides)
    }

    /// The path of the record of the next request.
    pub(crate) fn next_record(&self, sentence: &Sentence) -> Result<String, InputError> {
        let name = sentence.key()?.replace(' ', "-").to_lowercase();
        Ok(format!("{RECORDS}/requests/{:04}-{name}.json", self.sentences.len() + 1))
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

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(None),
        Err(error) => Err(Failure::io("read", path, &error)),
    }
}

/// The nearest folder from `folder` up whose `Cargo.toml` says `[workspace]`.
pub(crate) fn workspace_above(folder: &Path) -> Result<Option<(PathBuf, String)>, Failure> {
    for folder in folder.ancestors() {
        let path = folder.join("Cargo.toml");
        if let Some(text) = read(&path)?
            && text.lines().any(|line| line.trim_start().starts_with("[workspace"))
        {
            return Ok(Some((folder.to_owned(), text)));
        }
    }
    Ok(None)
}

/// The files of a crate in a Bloom checkout, by their path within it.
pub(crate) fn read_tree(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        let entries =
            fs::read_dir(&current).map_err(|error| Failure::io("read", &current, &error))?;
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            // What an editor or a system keeps beside the files is no file of the crate.
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                if name != "target" && name != "tests" {
                    folders.push(path);
                }
            } else if let (Ok(relative), Some(text)) = (path.strip_prefix(folder), read(&path)?) {
                files.push((relative.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Refuses to begin a project where something is already.
pub(crate) fn refuse_occupied(root: &Path) -> Result<(), Failure> {
    if root.join(MANIFEST).exists() {
        return Err(Failure::project(format!("`{}` is a Bloom project already", root.display())));
    }
    if root.is_file() {
        return Err(Failure::project(format!(
            "`{}` is a file, and a folder is needed there",
            root.display()
        )));
    }
    let Ok(entries) = fs::read_dir(root) else { return Ok(()) };
    let occupied = entries.filter_map(Result::ok).any(|entry| entry.file_name() != ".git");
    if occupied {
        return Err(Failure::project(format!("`{}` is not empty", root.display()))
            .hint("choose another folder"));
    }
    Ok(())
}

/// A file that has to be there.
pub(crate) fn read_needed(path: &Path) -> Result<String, Failure> {
    read(path)?.ok_or_else(|| Failure::project(format!("`{}` is missing", path.display())))
}

/// A file outside the project; `None` when it is not there.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<String>, Failure> {
    read(path)
}
