//! Taking out what no program runs any more.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bloom_runtime::ports::Storage;

use super::{checkpoint, error::ProjectionError, head, projector::Projector, shutting_out::listed};
use crate::{parameters, queries::SqlStorage, value::SqlValue};

impl<L: Storage, S: SqlStorage> Projector<L, S> {
    /// Forgets a projection that this program does not have any more: how far it had come, what it had set aside, and that it is written with
    /// the events. It holds back no truncation from then on, and nobody is refused for its sake. Its tables stay as they are until a migration
    /// drops them: a program that brings it back has to rebuild it first.
    ///
    /// # Errors
    /// [`ProjectionError::StillThere`] when it is one of this program's, [`ProjectionError::Unknown`] when nobody knows it, and when the database is
    /// out of reach.
    pub async fn retire(&self, name: &str) -> Result<(), ProjectionError> {
        if self.followed(name).is_ok() {
            return Err(ProjectionError::StillThere { name: name.to_owned() });
        }
        let (wanted, was_there) = (name.to_owned(), Arc::new(AtomicBool::new(false)));
        let told = Arc::clone(&was_there);
        checkpoint::commit_as(self.views(), None, move |transaction| {
            let (wanted, told) = (wanted.clone(), Arc::clone(&told));
            Box::pin(async move {
                const PARKED: &str = "DELETE FROM bloom_parked WHERE name = $1";
                const PLACES: &str = "DELETE FROM bloom_projections WHERE name = $1";
                let places = transaction.execute(PLACES, &parameters![wanted.as_str()]).await?;
                transaction.execute(PARKED, &parameters![wanted.as_str()]).await?;
                let (_, mut roster) = head::hold(transaction).await?;
                let is_listed = roster.generation(&wanted).is_some();
                if is_listed {
                    roster.strike(&wanted);
                    head::list(transaction, &roster).await?;
                }
                told.store(places > 0 || is_listed, Ordering::Relaxed);
                Ok(())
            })
        })
        .await?;
        if was_there.load(Ordering::Relaxed) {
            return Ok(());
        }
        let known = self.retirable().await?;
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Err(ProjectionError::Unknown { name: name.to_owned(), known })
    }

    /// The projections that the database knows and this program does not, in order.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn retirable(&self) -> Result<Vec<String>, ProjectionError> {
        const SQL: &str = "SELECT DISTINCT name FROM bloom_projections";
        let rows = self.views().query(SQL, parameters![]).await?;
        let mut names: BTreeSet<String> = rows
            .into_iter()
            .flatten()
            .filter_map(|value| match value {
                SqlValue::Text(name) => Some(name),
                _ => None,
            })
            .collect();
        names.extend(listed(self.views()).await?.names().into_iter().map(ToOwned::to_owned));
        Ok(names.into_iter().filter(|name| self.followed(name).is_err()).collect())
    }
}
