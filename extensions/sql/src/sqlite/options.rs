//! How a database in a file is used.

/// How a database in a file is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// What a commit has outlived when it is reported.
    pub durability: Durability,
    /// How many connections read at most.
    pub readers: usize,
}

/// What a commit has outlived when it is reported. Whatever was lost, no commit is ever half there, and the log has no hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A power failure, too: SQLite's `synchronous = FULL`.
    PowerFailure,
    /// The end of the program, not that of the machine: a power failure may take the last commits, and with them what others were
    /// told about them. A position of the log may then be given once more, to another event, so nothing outside the file should
    /// remember positions: no read model in another database, no broker. SQLite's `synchronous = NORMAL`.
    EndOfProgram,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { durability: Durability::PowerFailure, readers: 8 }
    }
}

impl SqliteOptions {
    /// The same with another durability.
    #[must_use]
    pub const fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The same with at most so many connections that read.
    #[must_use]
    pub const fn with_readers(mut self, readers: usize) -> Self {
        self.readers = if readers == 0 { 1 } else { readers };
        self
    }
}
