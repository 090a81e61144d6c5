//! The only writer: all or nothing.
//!
//! Before the first file changes, a copy of each and a list of what will be new are on disk below
//! `.bloom/transaction`. They go when everything is written. A run that finds them undoes what another one
//! began.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{failure::Failure, project::RECORDS};

/// Keeps every other `bloom` out of the project while it lives.
pub(crate) struct Lock {
    _file: File,
}

/// The undo list of a transaction.
#[derive(Default, Serialize, Deserialize)]
struct Undo {
    created: Vec<String>,
    replaced: Vec<String>,
    folders: Vec<String>,
}

impl Lock {
    /// Takes the project, and undoes what an interrupted run left. Says whether there was one.
    pub(crate) fn take(root: &Path) -> Result<(Self, bool), Failure> {
        let folder = root.join(RECORDS);
        fs::create_dir_all(&folder).map_err(|error| Failure::io("create", &folder, &error))?;
        let path = folder.join("lock");
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| Failure::io("write", &path, &error))?;
        if file.try_lock().is_err() {
            return Err(Failure::project("another `bloom` is at work in this project")
                .hint("try again when it is done"));
        }
        let undone = recover(root)?;
        Ok((Self { _file: file }, undone))
    }
}

/// Writes the files, all or none.
pub(crate) fn write(root: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    let canonical = root.canonicalize().map_err(|error| Failure::io("read", root, &error))?;
    for (path, _) in files {
        stay_inside(root, &canonical, path)?;
    }
    let transaction = root.join(RECORDS).join("transaction");
    let result = prepare(root, &transaction, files).and_then(|()| write_all(root, files));
    match result {
        Ok(()) => finish(&transaction),
        Err(failure) => match recover(root) {
            Ok(_) => Err(failure),
            Err(worse) => Err(failure
                .hint(format!("and not everything could be undone: {worse}"))
                .hint("the next `bloom` tries again")),
        },
    }
}

/// Writes a new project and what its workspace has to know of it; when that fails, nothing of it stays.
pub(crate) fn create(
    root: &Path,
    files: &[(String, String)],
    outside: &[(PathBuf, String)],
) -> Result<(), Failure> {
    let new: Vec<&Path> = root.ancestors().take_while(|folder| !folder.exists()).collect();
    let before: Vec<(&PathBuf, Option<String>)> =
        outside.iter().map(|(path, _)| (path, fs::read_to_string(path).ok())).collect();
    let undo = || {
        for (path, text) in &before {
            let _ = match text {
                Some(text) => replace(path, text),
                None => fs::remove_file(path).map_err(|error| Failure::io("remove", path, &error)),
            };
        }
        let _ = fs::remove_dir_all(root.join(RECORDS));
        for folder in &new {
            let _ = fs::remove_dir(folder);
        }
    };
    let result = fs::create_dir_all(root)
        .map_err(|error| Failure::io("create", root, &error))
        .and_then(|()| {
            let _lock = Lock::take(root)?;
            // The workspace comes first: should the machine stop in between, cargo says which member is missing.
            for (path, text) in outside {
                write_outside(path, text)?;
            }
            write(root, files)
        });
    if result.is_err() {
        undo();
    }
    result
}

/// Writes a file of the workspace that a project belongs to.
pub(crate) fn write_outside(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::io("create", folder, &error))?;
    }
    replace(path, text)
}

/// Refuses paths that lead out of the project, also through links.
fn stay_inside(root: &Path, canonical: &Path, path: &str) -> Result<(), Failure> {
    let outside = || {
        Failure::project(format!("`{path}` leads out of the project"))
            .hint("Bloom writes inside the project only")
    };
    if Path::new(path).components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err(outside());
    }
    let mut current = root.to_owned();
    for part in Path::new(path).components() {
        current.push(part);
        match fs::symlink_metadata(&current) {
            Ok(metadata) if metadata.is_symlink() => {
                let target = current.canonicalize().map_err(|_| outside())?;
                if !target.starts_with(canonical) {
                    return Err(outside());
                }
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                let parent = current.parent().unwrap_or(root);
                return Err(Failure::project(format!(
                    "`{}` is a file, and a folder is needed there",
                    parent.display()
                )));
            }
            Err(error) => return Err(Failure::io("read", &current, &error)),
        }
    }
    Ok(())
}

/// Copies what will be replaced and lists what will be new.
fn prepare(root: &Path, transaction: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    let mut undo = Undo::default();
    fs::create_dir_all(transaction).map_err(|error| Failure::io("create", transaction, &error))?;
    for (path, _) in files {
        let target = root.join(path);
        if target.exists() {
            let copy = transaction.join(undo.replaced.len().to_string());
            keep(&target, &copy).map_err(|error| Failure::io("copy", &target, &error))?;
            undo.replaced.push(path.clone());
        } else {
            undo.created.push(path.clone());
        }
        let missing =
            Path::new(path).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        for folder in missing.filter(|folder| !root.join(folder).exists()) {
            let folder = folder.to_string_lossy().into_owned();
            if !undo.folders.contains(&folder) {
                undo.folders.push(folder);
            }
        }
    }
    // Innermost first, the order in which they can be removed.
    undo.folders.sort_by_key(|folder| std::cmp::Reverse(folder.matches('/').count()));
    let list = serde_json::to_string(&undo).unwrap_or_default();
    replace(&transaction.join("undo.json"), &list)
}

/// Keeps a file under a second name. What replaces it is another file, so that this one stays as it is; it is copied
/// where there are no such links, and where the target is one that leads elsewhere.
fn keep(target: &Path, copy: &Path) -> io::Result<()> {
    // What an earlier run left under this name may be a file of the project, too: it is let go, never written into.
    let _ = fs::remove_file(copy);
    if fs::symlink_metadata(target)?.is_symlink() || fs::hard_link(target, copy).is_err() {
        fs::copy(target, copy)?;
    }
    Ok(())
}

fn write_all(root: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    for (path, text) in files {
        let target = root.join(path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|error| Failure::io("create", folder, &error))?;
        }
        replace(&target, text)?;
    }
    Ok(())
}

/// Puts a whole file in the place of another in one step.
fn replace(target: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: &io::Error| Failure::io("write", target, error);
    if target.is_dir() {
        return Err(Failure::project(format!(
            "`{}` is a folder, and a file is needed there",
            target.display()
        )));
    }
    // A link stays a link; what it points to was found to be inside.
    let target = target.canonicalize().unwrap_or_else(|_| target.to_owned());
    let folder = target.parent().map_or_else(PathBuf::new, Path::to_owned);
    let mut file = tempfile::Builder::new()
        .prefix(".bloom-")
        .tempfile_in(folder)
        .map_err(|error| failed(&error))?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(|error| failed(&error))?;
    if let Ok(metadata) = fs::metadata(&target) {
        let _ = file.as_file().set_permissions(metadata.permissions());
    } else {
        readable(file.as_file());
    }
    file.persist(&target).map_err(|error| failed(&error.error))?;
    Ok(())
}

/// A temporary file is for its owner alone; a source file is for everyone.
#[cfg(unix)]
fn readable(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    let _ = file.set_permissions(fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn readable(_: &File) {}

/// The moment at which the new state counts: the undo list goes.
fn finish(transaction: &Path) -> Result<(), Failure> {
    let list = transaction.join("undo.json");
    fs::remove_file(&list).map_err(|error| Failure::io("remove", &list, &error))?;
    let _ = fs::remove_dir_all(transaction);
    Ok(())
}

/// Undoes an unfinished transaction, if there is one.
fn recover(root: &Path) -> Result<bool, Failure> {
    let transaction = root.join(RECORDS).join("transaction");
    let list = transaction.join("undo.json");
    let Ok(text) = fs::read_to_string(&list) else {
        // Without a list nothing was written yet.
        let _ = fs::remove_dir_all(&transaction);
        return Ok(false);
    };
    let undo: Undo = serde_json::from_str(&text).map_err(|error| {
        Failure::project(format!("`{}` cannot be read: {error}", list.display()))
            .hint("an interrupted run left it; compare the project with your last commit and remove the folder")
    })?;
    for (index, path) in undo.replaced.iter().enumerate() {
        restore(&transaction.join(index.to_string()), &root.join(path))?;
    }
    for path in &undo.created {
        let target = root.join(path);
        match fs::remove_file(&target) {
            Err(error)
                if error.kind() != io::ErrorKind::NotFound
                    && error.kind() != io::ErrorKind::NotADirectory =>
            {
                return Err(Failure::io("remove", &target, &error));
            }
            _ => {}
        }
    }
    for folder in &undo.folders {
        // A folder that somebody has put something into stays.
        let _ = fs::remove_dir(root.join(folder));
    }
    finish(&transaction)?;
    Ok(true)
}

/// Puts a copy back in its place.
///
/// It is moved, not copied: that needs no room on the disk, and is done or not done. A copy that is gone was moved
/// by an earlier attempt, and a file that is still as it was may be where nothing can be written.
fn restore(copy: &Path, target: &Path) -> Result<(), Failure> {
    match (fs::read(copy), fs::read(target)) {
        (Err(error), _) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        (Ok(before), Ok(now)) if before == now => return Ok(()),
        _ => {}
    }
    let target = target.canonicalize().unwrap_or_else(|_| target.to_owned());
    let moved = match fs::rename(copy, &target) {
        // Another file system is mounted there.
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(copy, &target).map(drop)
        }
        moved => moved,
    };
    moved.map_err(|error| Failure::io("restore", &target, &error))
}
