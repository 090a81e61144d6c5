//! What brings the tree back: copies and a list, on disk before the first file changes.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::replace;
use crate::{failure::Failure, project::RECORDS};

/// The undo list of a transaction.
#[derive(Default, Serialize, Deserialize)]
struct Undo {
    created: Vec<String>,
    /// Also what was removed.
    replaced: Vec<String>,
    folders: Vec<String>,
}

/// Copies what will be replaced and lists what will be new.
pub(super) fn prepare<'p>(
    root: &Path,
    transaction: &Path,
    paths: impl Iterator<Item = &'p String>,
) -> Result<(), Failure> {
    let mut undo = Undo::default();
    fs::create_dir_all(transaction).map_err(|error| Failure::io("create", transaction, &error))?;
    for path in paths {
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

/// The moment at which the new state counts: the undo list goes.
pub(super) fn finish(transaction: &Path) -> Result<(), Failure> {
    let list = transaction.join("undo.json");
    fs::remove_file(&list).map_err(|error| Failure::io("remove", &list, &error))?;
    let _ = fs::remove_dir_all(transaction);
    Ok(())
}

/// Undoes an unfinished transaction, if there is one.
pub(super) fn recover(root: &Path) -> Result<bool, Failure> {
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
    for path in undo.replaced.iter().chain(&undo.created) {
        sweep(&root.join(path));
    }
    for folder in &undo.folders {
        // A folder that somebody has put something into stays.
        let _ = fs::remove_dir(root.join(folder));
    }
    finish(&transaction)?;
    Ok(true)
}

/// Takes away what a killed run had not yet put in the place of this file.
fn sweep(target: &Path) {
    let Some(entries) = target.parent().and_then(|folder| fs::read_dir(folder).ok()) else {
        return;
    };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(super::TEMPORARY) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a run is at work here, or was interrupted and nobody has cleared up after it.
pub(crate) fn is_interrupted(root: &Path) -> bool {
    root.join(RECORDS).join("transaction").exists()
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
    // The folder of a file that was removed may have gone with it.
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::io("create", folder, &error))?;
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
