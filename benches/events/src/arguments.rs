//! What the command line says.

use anyhow::{Context, Result, bail};
use events_harness::Sizes;

use crate::lineup::{Backend, Entry, Home};

/// How it is run.
pub struct Arguments {
    /// How often everybody does everything.
    pub rounds: usize,
    /// The tables.
    pub backends: Vec<Backend>,
    /// How much there is of everything.
    pub sizes: Sizes,
    /// Whether whoever lives in another program stays out.
    pub near: bool,
    /// The one column that is measured, if it is only one.
    pub column: Option<String>,
}

impl Arguments {
    /// From the words after the name of the program.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let (mut rounds, mut near, mut column) = (None, false, None);
        let (mut backends, mut sizes) = (Backend::ALL.to_vec(), Sizes::FULL);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--rounds" => {
                    let number = words.next().context("--rounds takes a number")?;
                    rounds = Some(number.parse::<usize>().context("--rounds takes a number")?);
                }
                "--only" => backends = vec![backend(words.next().as_deref())?],
                "--column" => column = Some(words.next().context("--column takes a name")?),
                "--near" => near = true,
                "--quick" => sizes = Sizes::QUICK,
                other => bail!(
                    "`{other}` is not known; there are --rounds, --only, --column, --near and --quick"
                ),
            }
        }
        let usual = if sizes == Sizes::QUICK { 1 } else { 5 };
        Ok(Self { rounds: rounds.unwrap_or(usual).max(1), backends, sizes, near, column })
    }

    /// Whether somebody takes part.
    pub const fn takes(&self, entry: &Entry) -> bool {
        !self.near || matches!(entry.home, Home::Here(_))
    }
}

/// The table with this name.
fn backend(word: Option<&str>) -> Result<Backend> {
    match word {
        Some("pg") => Ok(Backend::Postgres),
        Some("sqlite") => Ok(Backend::Sqlite),
        Some("memory") => Ok(Backend::Memory),
        _ => bail!("--only takes pg, sqlite or memory"),
    }
}
