//! A file of SQLite for one test.

use std::{
    env,
    fs::DirBuilder,
    io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// A database file in a folder of its own, which goes away with this value.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use bloom_sql::{Migrations, SqliteStorage, testing::SqliteScratch};
///
/// let scratch = SqliteScratch::new()?;
/// SqliteStorage::migrate(scratch.path(), &Migrations::new())?;
/// let storage = SqliteStorage::open(scratch.path(), &Migrations::new())?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SqliteScratch {
    folder: PathBuf,
    path: PathBuf,
}

impl SqliteScratch {
    /// One in the folder for temporary files, readable by this user alone.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        // In containers every process has the same number.
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let name = format!("bloom-test-{}-{number}-{now}", process::id());
        let folder = env::temp_dir().join(name);
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // It fails where one is, so nobody can have put something there before.
        builder.create(&folder)?;
        Ok(Self { path: folder.join("test.db"), folder })
    }

    /// The path of the database file, which [`SqliteStorage::migrate`](crate::SqliteStorage::migrate) makes.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SqliteScratch {
    fn drop(&mut self) {
        // What is left is a folder that says whose it is.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_another_and_goes_with_its_value() {
        let (one, other) = (SqliteScratch::new().unwrap(), SqliteScratch::new().unwrap());
        assert_ne!(one.path(), other.path());
        std::fs::write(one.path(), "kept").unwrap();
        let folder = one.folder.clone();
        drop(one);
        assert!(!folder.exists());
        assert!(other.folder.exists());
    }
}
