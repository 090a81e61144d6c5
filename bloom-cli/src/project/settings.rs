//! `bloom.toml`: what a project is called and what it is made of.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{MANIFEST, files::read};
use crate::{failure::Failure, inspection::Policy};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
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
pub(super) struct Manifest {
    pub(super) project: Settings,
    #[serde(default)]
    pub(super) check: Policy,
}

impl Manifest {
    pub(super) fn read(root: &Path) -> Result<Self, Failure> {
        let path = root.join(MANIFEST);
        let text = read(&path)?.unwrap_or_default();
        toml_edit::de::from_str(&text).map_err(|error| {
            Failure::project(format!(
                "`{}` cannot be read: {}",
                path.display(),
                error.to_string().trim()
            ))
        })
    }
}
