//! Who takes part, and in what.

use events_harness::{Kind, Open};

use crate::{bloom, hand_postgres, hand_sqlite, programs::Program};

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

/// Where somebody lives.
#[derive(Debug, Clone, Copy)]
pub enum Home {
    /// In this program, which opens it.
    Here(Open),
    /// In another one, which is asked.
    Apart(Program),
}

/// A row of a table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name, also in its program.
    pub name: &'static str,
    /// What it is compared as.
    pub role: Role,
    /// Where it lives.
    pub home: Home,
    /// Whether it takes part in scenarios that only read and in no others.
    pub reads_only: bool,
    /// Whether it takes no part in these: it would not read.
    pub writes_only: bool,
}

impl Entry {
    /// One in this program.
    const fn here(name: &'static str, role: Role, open: Open) -> Self {
        Self { name, role, home: Home::Here(open), reads_only: false, writes_only: false }
    }

    /// One in another program.
    const fn apart(name: &'static str, role: Role, program: Program) -> Self {
        Self { name, role, home: Home::Apart(program), reads_only: false, writes_only: false }
    }

    /// The other program that it needs.
    pub const fn program(&self) -> Option<Program> {
        match self.home {
            Home::Here(_) => None,
            Home::Apart(program) => Some(program),
        }
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
        use Program::{Node, Python, Rust};
        use Role::{Aside, Bloom, Limit, Peer};
        match self {
            Self::Postgres => vec![
                Entry::here("Bloom", Bloom, bloom::postgres),
                Entry::here("Bloom with bloom-cache", Aside, bloom::postgres_cached).writing(),
                Entry::here("by hand", Limit, hand_postgres::limit),
                Entry::here("by hand, decoded", Aside, hand_postgres::decoding).reading(),
                Entry::apart("cqrs-es", Peer, Rust),
                Entry::apart("disintegrate", Peer, Rust),
                Entry::apart("esrs", Peer, Rust),
                Entry::apart("evento", Peer, Rust),
                Entry::apart("pyeventsourcing", Peer, Python),
                Entry::apart("Emmett", Peer, Node),
            ],
            Self::Sqlite => vec![
                Entry::here("Bloom", Bloom, bloom::sqlite),
                Entry::here("Bloom, NORMAL", Aside, bloom::sqlite_normal),
                Entry::here("by hand", Limit, hand_sqlite::full),
                Entry::here("by hand, decoded", Aside, hand_sqlite::decoding).reading(),
                Entry::here("by hand, NORMAL", Aside, hand_sqlite::normal),
                Entry::apart("cqrs-es on SQLite", Peer, Rust),
                Entry::apart("cqrs-es on SQLite, NORMAL", Aside, Rust),
                Entry::apart("evento on SQLite", Peer, Rust),
            ],
            Self::Memory => vec![
                Entry::here("Bloom", Bloom, bloom::memory),
                Entry::apart("cqrs-es in memory", Peer, Rust),
            ],
        }
    }
}
