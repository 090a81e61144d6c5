//! Migrations: numbered, additive, shown before they run, and never changed once they have.

use std::{borrow::Cow, fmt};

use crate::digest::fnv1a;

/// One step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// What orders it and names it, such as `0002_orders`.
    pub name: Cow<'static, str>,
    /// The statements.
    pub sql: Cow<'static, str>,
}

impl Migration {
    pub(crate) const fn fixed(name: &'static str, sql: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), sql: Cow::Borrowed(sql) }
    }

    /// A digest of the statements, with which a change of an applied migration is noticed, by accident and not by an attacker.
    #[must_use]
    pub fn checksum(&self) -> String {
        let text = self.sql.replace("\r\n", "\n");
        format!("{:016x}", fnv1a(text.bytes()))
    }
}

/// The migrations of a program, in order. Bloom's own, which a driver brings, come before them.
#[derive(Debug, Clone, Default)]
pub struct Migrations(Vec<Migration>);

impl Migrations {
    /// None but Bloom's own.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one.
    #[must_use]
    pub fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        sql: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.0.push(Migration { name: name.into(), sql: sql.into() });
        self
    }

    /// Compares them, behind Bloom's own, with what a database has applied.
    ///
    /// # Errors
    /// When an applied migration has been changed or is unknown here.
    pub fn plan<'m>(
        &'m self,
        own: &'m [Migration],
        applied: &[(String, String)],
    ) -> Result<Vec<(&'m Migration, MigrationState)>, MigrationError> {
        let all = || own.iter().chain(&self.0);
        if let Some((name, _)) =
            applied.iter().find(|(name, _)| all().all(|known| known.name != *name))
        {
            return Err(MigrationError::Unknown { name: name.clone() });
        }
        all()
            .map(|migration| match applied.iter().find(|(name, _)| *name == migration.name) {
                None => Ok((migration, MigrationState::Pending)),
                Some((_, checksum)) if *checksum == migration.checksum() => {
                    Ok((migration, MigrationState::Applied))
                }
                Some(_) => Err(MigrationError::Changed { name: migration.name.to_string() }),
            })
            .collect()
    }
}

/// The statement that creates a table of documents in SQLite.
///
/// A generated project has it written out in a file of its own; this is for tests and for code without one.
#[must_use]
pub fn documents(table: &str) -> String {
    format!(
        "CREATE TABLE \"{table}\" (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    shape      INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    removed_at INTEGER,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
"
    )
}

/// The statement that creates a table of documents in PostgreSQL.
///
/// A generated project has it written out in a file of its own; this is for tests and for code without one.
#[must_use]
pub fn postgres_documents(table: &str) -> String {
    format!(
        "CREATE TABLE \"{table}\" (
    tenant     text COLLATE \"C\" NOT NULL,
    id         text COLLATE \"C\" NOT NULL,
    version    bigint           NOT NULL,
    shape      integer          NOT NULL,
    body       jsonb            NOT NULL,
    created_at bigint           NOT NULL,
    updated_at bigint           NOT NULL,
    removed_at bigint,
    PRIMARY KEY (tenant, id)
);
"
    )
}

/// The statements that make a PostgreSQL server keep the rows of tenants apart in a table of documents, whatever a program asks, for
/// programs that say for whom they ask (`PostgresOptions::with_row_security`).
///
/// Everybody else sees nothing in the table, but superusers and roles with `BYPASSRLS`, who see everything. The planner then uses no
/// index on a field of the document for these programs, since such an expression might tell what it sees; it reads the rows of the
/// tenant by its key. It suits many tenants with moderate data each.
#[must_use]
pub fn row_security(table: &str) -> String {
    format!(
        "ALTER TABLE \"{table}\" ENABLE ROW LEVEL SECURITY;
ALTER TABLE \"{table}\" FORCE ROW LEVEL SECURITY;
CREATE POLICY bloom_tenant ON \"{table}\"
USING (tenant = current_setting('bloom.tenant', true) OR current_setting('bloom.every_tenant', true) = 'on');
"
    )
}

/// The same for Bloom's own tables: events and their tags, streams, snapshots, the keys of people, unique values, and the outcomes of
/// commands.
#[must_use]
pub fn row_security_of_bloom() -> String {
    [
        "bloom_events",
        "bloom_tags",
        "bloom_streams",
        "bloom_snapshots",
        "bloom_subjects",
        "bloom_keys",
        "bloom_outcomes",
    ]
    .map(row_security)
    .concat()
}

/// Whether a database has a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// It has.
    Applied,
    /// Not yet.
    Pending,
}

impl fmt::Display for MigrationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
        })
    }
}

/// Why a database cannot be migrated, or not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The statements differ from those that ran.
    #[error(
        "migration `{name}` was changed after it was applied; restore it and write a new one instead"
    )]
    Changed {
        /// The migration.
        name: String,
    },
    /// The database is newer than the program.
    #[error(
        "the database has migration `{name}`, which this program does not know; run a newer program"
    )]
    Unknown {
        /// The migration.
        name: String,
    },
    /// The program is newer than the database.
    #[error("the database lacks {}; run the `migrate up` verb first", .names.join(", "))]
    Pending {
        /// The migrations.
        names: Vec<String>,
    },
    /// The role that connects sees all rows whatever the policies say.
    #[error(
        "row-level security is asked for, and the role that connects passes by it: connect as one without SUPERUSER and BYPASSRLS"
    )]
    RowSecurityPassedBy,
    /// Projections cannot write in the role that they were given.
    #[error("projections are to write as the role `{role}`: {problem}")]
    ProjectionRole {
        /// The role.
        role: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The statements do not run; the database is as it was.
    #[error("migration `{name}` failed and was rolled back")]
    Failed {
        /// The migration.
        name: String,
        /// What the database says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database cannot be reached.
    #[error("the database cannot be opened")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use super::*;

    static OWN: [Migration; 1] =
        [Migration::fixed("0000_bloom", "CREATE TABLE bloom_events (position)")];

    fn applied(migrations: &Migrations) -> Vec<(String, String)> {
        let all = OWN.iter().chain(&migrations.0);
        all.map(|migration| (migration.name.to_string(), migration.checksum())).collect()
    }

    #[test]
    fn what_is_missing_is_pending() {
        let old = applied(&Migrations::new());
        let new = Migrations::new().with("0001_orders", "CREATE TABLE orders (id TEXT)");
        let states: Vec<_> =
            new.plan(&OWN, &old).unwrap().into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, [MigrationState::Applied, MigrationState::Pending]);
    }

    #[test]
    fn a_changed_migration_is_refused() {
        let old = applied(&Migrations::new().with("0001_orders", "CREATE TABLE orders (id TEXT)"));
        let new = Migrations::new().with("0001_orders", "CREATE TABLE orders (id BLOB)");
        assert!(matches!(new.plan(&OWN, &old), Err(MigrationError::Changed { .. })));
    }

    #[test]
    fn line_ends_are_no_change() {
        let unix = Migration { name: "a".into(), sql: "SELECT 1;\nSELECT 2;\n".into() };
        let windows = Migration { name: "a".into(), sql: "SELECT 1;\r\nSELECT 2;\r\n".into() };
        assert_eq!(unix.checksum(), windows.checksum());
    }

    #[test]
    fn a_newer_database_is_refused() {
        let newer = applied(&Migrations::new().with("0001_orders", "SELECT 1"));
        assert!(matches!(
            Migrations::new().plan(&OWN, &newer),
            Err(MigrationError::Unknown { .. })
        ));
    }
}
