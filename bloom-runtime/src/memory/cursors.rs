//! Places of readers in memory.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::MemoryStorage;
use crate::ports::{
    Cursors, Held, Holder, LogReader, Moved, Place, Position, Shift, StoreError, WorkerId,
};

/// The places, by the names of the readers.
#[derive(Default)]
pub(super) struct Places(HashMap<String, Kept>);

#[derive(Default)]
struct Kept {
    position: Position,
    epoch: u64,
    lease: Option<Lease>,
}

struct Lease {
    worker: WorkerId,
    until: Instant,
    wanted_by: Option<WorkerId>,
}

impl Lease {
    fn new(shift: &Shift, worker: WorkerId) -> Self {
        Self { worker, until: Instant::now() + shift.lasting(), wanted_by: None }
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
        let Some(Kept { position, epoch, lease }) = self.0.get(name) else {
            return Place::default();
        };
        let holder = lease.as_ref().map(|lease| Holder {
            worker: lease.worker.clone(),
            left: lease.left(),
            wanted_by: lease.wanted_by.clone(),
        });
        Place { position: *position, epoch: *epoch, holder }
    }

    fn claim(&mut self, name: &str, seen: &Place, shift: &Shift) -> Option<u64> {
        let kept = self.0.entry(name.to_owned()).or_default();
        if (kept.epoch, kept.position) != (seen.epoch, seen.position) {
            return None;
        }
        match &mut kept.lease {
            Some(lease) if lease.worker == *shift.worker() => {
                lease.until = Instant::now() + shift.lasting();
            }
            Some(lease) if !lease.left().is_zero() => return None,
            _ => {
                kept.epoch += 1;
                kept.lease = Some(Lease::new(shift, shift.worker().clone()));
            }
        }
        Some(kept.epoch)
    }

    /// The place and its lease, where it is held by this worker in this epoch.
    fn own(&mut self, name: &str, epoch: u64, worker: &WorkerId) -> Option<&mut Kept> {
        let kept = self.0.get_mut(name)?;
        let is_own = kept.lease.as_ref().is_some_and(|lease| lease.worker == *worker);
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
    ) -> Result<Moved, StoreError> {
        let mut state = self.state();
        let Some(kept) = state.places.own(name, epoch, shift.worker()) else {
            return Ok(Moved::Lost);
        };
        kept.position = kept.position.max(position);
        let Some(lease) = &mut kept.lease else { return Ok(Moved::Lost) };
        lease.until = Instant::now() + shift.lasting();
        Ok(if lease.wanted_by.is_some() { Moved::Wanted } else { Moved::Kept })
    }

    async fn hand_over(&self, name: &str, epoch: u64, shift: &Shift) -> Result<(), StoreError> {
        let mut state = self.state();
        if let Some(kept) = state.places.own(name, epoch, shift.worker())
            && let Some(next) = kept.lease.as_mut().and_then(|lease| lease.wanted_by.take())
        {
            kept.epoch += 1;
            kept.lease = Some(Lease::new(shift, next));
        }
        Ok(())
    }

    async fn held(&self, worker: &WorkerId) -> Result<Vec<Held>, StoreError> {
        let state = self.state();
        let all = state.places.0.iter().filter_map(|(name, kept)| {
            let lease = kept.lease.as_ref()?;
            let is_held = !lease.left().is_zero() || lease.worker == *worker;
            let (worker, wanted_by) = (lease.worker.clone(), lease.wanted_by.clone());
            is_held.then(|| Held { name: name.clone(), worker, wanted_by })
        });
        let mut all: Vec<Held> = all.collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    async fn ask_for(
        &self,
        name: &str,
        holder: &WorkerId,
        worker: &WorkerId,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let lease = state.places.0.get_mut(name).and_then(|kept| kept.lease.as_mut());
        if let Some(lease) = lease.filter(|lease| lease.worker == *holder) {
            lease.wanted_by.get_or_insert_with(|| worker.clone());
        }
        Ok(())
    }

    async fn release(&self, name: &str, worker: &WorkerId) -> Result<(), StoreError> {
        if let Some(kept) = self.state().places.0.get_mut(name)
            && let Some(lease) = &mut kept.lease
        {
            if lease.worker == *worker {
                kept.epoch += 1;
                kept.lease = None;
            } else if lease.wanted_by.as_ref() == Some(worker) {
                lease.wanted_by = None;
            }
        }
        Ok(())
    }
}
