//! Reading files and folders, inside the project and around it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::MANIFEST;
use crate::failure::Failure;

pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
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

/// The files of a crate in a Bloom checkout, by their path within it; its tests stay behind.
pub(crate) fn read_tree(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    every_file(folder, |path| !path.split('/').any(|part| part == "target" || part == "tests"))
}

/// Every file below a folder whose path within it is wanted.
pub(super) fn every_file(
    folder: &Path,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        let entries =
            fs::read_dir(&current).map_err(|error| Failure::io("read", &current, &error))?;
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(relative) = path.strip_prefix(folder) else { continue };
            let relative = relative.to_string_lossy().replace('\\', "/");
            // What an editor, a system or an interrupted run keeps beside the files is none of them.
            let hidden = relative
                .rsplit('/')
                .next()
                .is_some_and(|name| name.starts_with('.') && name != ".gitignore");
            if !hidden
                && wanted(&relative)
                && let Some(text) = read(&path)?
            {
                files.push((relative, text));
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
