//! The only writer: all or nothing.
//!
//! Before the first file changes, a copy of each and a list of what will be new are on disk below
//! `.bloom/transaction`. They go when everything is written. A run that finds them undoes what another one
//! began.

mod undo;

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Component, Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{failure::Failure, project::RECORDS};
pub(crate) use undo::is_interrupted;
use undo::{finish, prepare, recover};

/// How files begin that are not yet in their place.
const TEMPORARY: &str = ".bloom-";

/// Keeps every other `bloom` out of the project while it lives.
pub(crate) struct Lock {
    _file: File,
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
        // A run that was killed may leave the lock for a moment to the process that it was just starting.
        let mut patience = 10;
        while file.try_lock().is_err() {
            if patience == 0 {
                return Err(Failure::project("another `bloom` is at work in this project")
                    .hint("try again when it is done"));
            }
            patience -= 1;
            thread::sleep(Duration::from_millis(20));
        }
        let undone = recover(root)?;
        Ok((Self { _file: file }, undone))
    }
}

/// Writes the files and removes those that go, all or none.
pub(crate) fn write(
    root: &Path,
    files: &[(String, String)],
    gone: &[String],
) -> Result<(), Failure> {
    let canonical = root.canonicalize().map_err(|error| Failure::io("read", root, &error))?;
    let paths = || files.iter().map(|(path, _)| path).chain(gone);
    for path in paths() {
        stay_inside(root, &canonical, path)?;
    }
    let transaction = root.join(RECORDS).join("transaction");
    let result = prepare(root, &transaction, paths())
        .and_then(|()| write_all(root, files))
        .and_then(|()| remove_all(root, gone));
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
            write(root, files, &[])
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

/// Removes the files, and the folders that they leave empty.
fn remove_all(root: &Path, gone: &[String]) -> Result<(), Failure> {
    for path in gone {
        let target = root.join(path);
        match fs::remove_file(&target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::io("remove", &target, &error));
            }
            _ => {}
        }
        let folders = Path::new(path).ancestors().skip(1);
        for folder in folders.filter(|folder| !folder.as_os_str().is_empty()) {
            if fs::remove_dir(root.join(folder)).is_err() {
                break;
            }
        }
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
        .prefix(TEMPORARY)
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
