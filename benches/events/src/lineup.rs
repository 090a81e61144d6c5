//! Who takes part, and in what.

use events_harness::{Kind, Open};

use crate::{bloom, hand_postgres, hand_sqlite};

/// A table: what everybody stores in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A server.
    Postgres,
    /// A file.
    Sqlite,
    /// Nothing that lasts.
    Memory,
}

/// What somebody is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one that is compared.
    Bloom,
    /// What cannot be beaten by much.
    Limit,
    /// Another framework, which promises the same.
    Peer,
    /// Stands there to be seen, since it does or promises something else.
    Aside,
}

/// A row of a table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name, also in the other program.
    pub name: &'static str,
    /// What it is compared as.
    pub role: Role,
    /// How it is opened; `None` for one that lives in the other program.
    pub open: Option<Open>,
    /// Whether it takes part in scenarios that only read and in no others.
    pub reads_only: bool,
    /// Whether it takes no part in these: it would not read.
    pub writes_only: bool,
}

impl Entry {
    /// One in this program.
    const fn here(name: &'static str, role: Role, open: Open) -> Self {
        Self { name, role, open: Some(open), reads_only: false, writes_only: false }
    }

    /// One in the other program.
    const fn apart(name: &'static str, role: Role) -> Self {
        Self { name, role, open: None, reads_only: false, writes_only: false }
    }

    /// The same, for scenarios that write.
    const fn writing(mut self) -> Self {
        self.writes_only = true;
        self
    }

    /// The same, for scenarios that only read.
    const fn reading(mut self) -> Self {
        self.reads_only = true;
        self
    }
}

impl Backend {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Postgres, Self::Sqlite, Self::Memory];

    /// The head of its table.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite, WAL, synchronous FULL unless it says NORMAL",
            Self::Memory => "Memory",
        }
    }

    /// The columns.
    pub fn kinds(self) -> Vec<Kind> {
        let new = |clients| Kind::NewStream { clients };
        match self {
            Self::Postgres => vec![
                new(1),
                new(8),
                new(32),
                Kind::HotStream,
                Kind::Many,
                Kind::Rehydrate,
                Kind::CatchUp,
            ],
            Self::Sqlite => vec![new(1), new(32), Kind::Many, Kind::Rehydrate],
            Self::Memory => vec![new(1), Kind::HotStream, Kind::Many],
        }
    }

    /// The rows.
    pub fn entries(self) -> Vec<Entry> {
        use Role::{Aside, Bloom, Limit, Peer};
        match self {
            Self::Postgres => vec![
                Entry::here("Bloom", Bloom, bloom::postgres),
                Entry::here("Bloom with bloom-cache", Aside, bloom::postgres_cached).writing(),
                Entry::here("by hand", Limit, hand_postgres::limit),
                Entry::here("by hand, decoded", Aside, hand_postgres::decoding).reading(),
                Entry::apart("cqrs-es", Peer),
                Entry::apart("disintegrate", Peer),
                Entry::apart("esrs", Peer),
                Entry::apart("evento", Peer),
            ],
            Self::Sqlite => vec![
                Entry::here("Bloom", Bloom, bloom::sqlite),
                Entry::here("by hand", Limit, hand_sqlite::full),
                Entry::here("by hand, decoded", Aside, hand_sqlite::decoding).reading(),
                Entry::here("by hand, NORMAL", Aside, hand_sqlite::normal),
                Entry::apart("cqrs-es on SQLite", Peer),
                Entry::apart("cqrs-es on SQLite, NORMAL", Aside),
                Entry::apart("evento on SQLite", Peer),
            ],
            Self::Memory => vec![
                Entry::here("Bloom", Bloom, bloom::memory),
                Entry::apart("cqrs-es in memory", Peer),
            ],
        }
    }
}
