//! Places of readers in memory.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::MemoryStorage;
use crate::ports::{Cursors, Holder, LogReader, Place, Position, Shift, StoreError, WorkerId};

/// The places, by the names of the readers.
#[derive(Default)]
pub(super) struct Places(HashMap<String, Kept>);

#[derive(Default)]
struct Kept {
    position: Position,
    epoch: u64,
    held: Option<Held>,
}

struct Held {
    worker: WorkerId,
    until: Instant,
    wanted_by: Option<WorkerId>,
}

impl Held {
    fn new(shift: &Shift, worker: WorkerId) -> Self {
        Self { worker, until: Instant::now() + shift.lasting, wanted_by: None }
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

impl Places {
    /// Everybody who has a place here, but those that are Bloom's own.
    pub(super) fn readers(&self) -> Vec<LogReader> {
        let all = self.0.iter().filter(|(name, _)| !name.starts_with("bloom."));
        all.map(|(name, kept)| LogReader { name: name.clone(), position: kept.position }).collect()
    }

    fn place(&self, name: &str) -> Place {
        let Some(Kept { position, epoch, held }) = self.0.get(name) else {
            return Place::default();
        };
        let holder = held.as_ref().map(|held| Holder {
            worker: held.worker.clone(),
            left: held.left(),
            wanted_by: held.wanted_by.clone(),
        });
        Place { position: *position, epoch: *epoch, holder }
    }

    fn claim(&mut self, name: &str, seen: &Place, shift: &Shift) -> Option<u64> {
        let kept = self.0.entry(name.to_owned()).or_default();
        if kept.epoch != seen.epoch {
            return None;
        }
        match &mut kept.held {
            Some(held) if held.worker == shift.worker => {
                held.until = Instant::now() + shift.lasting;
            }
            Some(held) if !held.left().is_zero() => return None,
            _ => {
                kept.epoch += 1;
                kept.held = Some(Held::new(shift, shift.worker.clone()));
            }
        }
        Some(kept.epoch)
    }

    /// The place, where it is held by this worker in this epoch.
    fn own(&mut self, name: &str, epoch: u64, worker: &WorkerId) -> Option<&mut Kept> {
        let kept = self.0.get_mut(name)?;
        let is_own = kept.held.as_ref().is_some_and(|held| held.worker == *worker);
        (is_own && kept.epoch == epoch).then_some(kept)
    }
}

impl Cursors for MemoryStorage {
    async fn place(&self, name: &str) -> Result<Place, StoreError> {
        Ok(self.state().places.place(name))
    }

    async fn save_cursor(&self, name: &str, position: Position) -> Result<(), StoreError> {
        self.state().places.0.entry(name.to_owned()).or_default().position = position;
        Ok(())
    }

    async fn claim(
        &self,
        name: &str,
        seen: &Place,
        shift: &Shift,
    ) -> Result<Option<u64>, StoreError> {
        Ok(self.state().places.claim(name, seen, shift))
    }

    async fn move_cursor(
        &self,
        name: &str,
        epoch: u64,
        shift: &Shift,
        position: Position,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(kept) = state.places.own(name, epoch, &shift.worker) else { return Ok(false) };
        kept.position = kept.position.max(position);
        if let Some(held) = &mut kept.held {
            held.until = Instant::now() + shift.lasting;
        }
        Ok(true)
    }

    async fn hand_over(&self, name: &str, epoch: u64, shift: &Shift) -> Result<(), StoreError> {
        let mut state = self.state();
        if let Some(kept) = state.places.own(name, epoch, &shift.worker)
            && let Some(next) = kept.held.as_mut().and_then(|held| held.wanted_by.take())
        {
            kept.epoch += 1;
            kept.held = Some(Held::new(shift, next));
        }
        Ok(())
    }

    async fn held(&self) -> Result<Vec<(String, WorkerId)>, StoreError> {
        let state = self.state();
        let holder = |kept: &Kept| {
            kept.held.as_ref().filter(|held| !held.left().is_zero()).map(|held| held.worker.clone())
        };
        let all = state.places.0.iter();
        Ok(all.filter_map(|(name, kept)| Some((name.clone(), holder(kept)?))).collect())
    }

    async fn ask_for(
        &self,
        name: &str,
        holder: &WorkerId,
        worker: &WorkerId,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let held = state.places.0.get_mut(name).and_then(|kept| kept.held.as_mut());
        if let Some(held) = held.filter(|held| held.worker == *holder) {
            held.wanted_by.get_or_insert_with(|| worker.clone());
        }
        Ok(())
    }

    async fn release(&self, worker: &WorkerId) -> Result<(), StoreError> {
        for kept in self.state().places.0.values_mut() {
            if kept.held.as_ref().is_some_and(|held| held.worker == *worker) {
                kept.epoch += 1;
                kept.held = None;
            }
        }
        Ok(())
    }
}
