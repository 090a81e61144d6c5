//! The conformance suite rejects storages that are broken, each in its own way.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex},
};

use bloom_runtime::{
    domain::Version,
    memory::MemoryStorage,
    ports::{
        Batch, Cipher, Committed, Cursors, Direction, DocumentQuery, DocumentRow, DocumentState,
        EventLog, EventQuery, EventSelection, Expected, Held, Instead, InteractiveStorage,
        LogReader, Moved, NoWork, Outcome, OutdatedDocument, Place, Position, RecordedEvent,
        ReshapedDocument, Selection, Shift, Storage, StoreError, StoredDocument, StoredSnapshot,
        StreamId, StreamSlice, TakeDocument, Truncation, WorkerId,
    },
    testing::conformance::{self, How},
};
use tokio::sync::watch;

/// What is wrong with the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    LostUpdate,
    NoRollback,
    DirtyRead,
    DroppedEvent,
    VersionNotRaised,
    UniquenessIgnored,
    HoleInPositions,
    OutcomeForgotten,
    GuardIgnored,
    CursorForgotten,
    HolderIgnored,
    EpochIgnored,
    AskedForNothing,
    NeverHeldLonger,
    ConditionIgnored,
    HoldIgnored,
    TenantIgnored,
    RemovalIgnored,
    RemovedIsForgotten,
    ShapeForgotten,
    OlderSnapshotWins,
    SnapshotOfAnother,
    BoundaryIgnored,
    ExpectationIgnored,
    TagsIgnored,
    AlwaysForwards,
    KeyKept,
    ReaderIgnored,
    TruncationIgnored,
    PlaceTaken,
}

impl Fault {
    /// How the aggregates are loaded that show it.
    fn how(self) -> How {
        match self {
            Self::OlderSnapshotWins | Self::SnapshotOfAnother => How::Snapshots,
            _ => How::Documents,
        }
    }
}

#[derive(Clone)]
struct Broken {
    storage: MemoryStorage,
    fault: Fault,
    staged: Arc<Mutex<HashMap<String, StoredDocument>>>,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        Self { storage: whole(), fault, staged: Arc::default() }
    }

    fn kept_for(&self, stream: &StreamId) -> StreamId {
        let one = self.fault == Fault::SnapshotOfAnother;
        if one { StreamId { id: String::new(), ..stream.clone() } } else { stream.clone() }
    }

    fn shifted(&self, mut events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
        if self.fault == Fault::HoleInPositions {
            for event in &mut events {
                let position = event.position.get();
                event.position = Position::new(if position > 4 { position + 1 } else { position });
            }
        }
        events
    }
}

impl EventLog for Broken {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        let hole = self.fault == Fault::HoleInPositions && after.get() > 4;
        let after = if hole { Position::new(after.get() - 1) } else { after };
        Ok(self.shifted(self.storage.read(after, limit).await?))
    }

    async fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        Ok(self.shifted(self.storage.read_slice(stream, slice).await?))
    }

    async fn select(
        &self,
        mut selection: EventSelection,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        match self.fault {
            Fault::TagsIgnored => selection.query = EventQuery::all(),
            Fault::AlwaysForwards => selection.direction = Direction::Forwards,
            Fault::TenantIgnored => selection.tenant = None,
            _ => {}
        }
        self.storage.select(selection).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.storage.head().await
    }
}

impl Storage for Broken {
    type Work = NoWork;

    async fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        mut take: TakeDocument<T>,
    ) -> Result<Option<T>, StoreError> {
        if self.fault == Fault::DirtyRead {
            let staged = self.staged.lock().unwrap().get(&stream.id).cloned();
            if let Some(staged) = staged {
                return take(staged.as_row()).map(Some);
            }
        }
        let fault = self.fault;
        let broken = move |row: DocumentRow<'_>| {
            take(match fault {
                Fault::VersionNotRaised => DocumentRow { version: Version::new(1), ..row },
                Fault::ShapeForgotten => DocumentRow { shape: 1, ..row },
                _ => row,
            })
        };
        self.storage.one_document(table, stream, Box::new(broken)).await
    }

    async fn each_document<T: Send + 'static>(
        &self,
        mut query: DocumentQuery,
        mut take: TakeDocument<T>,
    ) -> Result<Vec<T>, StoreError> {
        if self.fault == Fault::ConditionIgnored {
            query.of.condition = bloom_runtime::domain::Condition::All;
        }
        if self.fault == Fault::TenantIgnored {
            let mut found = Vec::new();
            for tenant in ["a", "b", "a'; --"] {
                let of = Selection { tenant: tenant.to_owned(), ..query.of.clone() };
                found.extend(self.storage.documents(DocumentQuery { of, ..query.clone() }).await?);
            }
            return found.iter().map(|document| take(document.as_row())).collect();
        }
        self.storage.each_document(query, take).await
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        self.storage.count(selection).await
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.storage.stream_ids(tenant, aggregate, after, limit).await
    }

    async fn snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        self.storage.snapshot(&self.kept_for(stream)).await
    }

    async fn save_snapshot(
        &self,
        stream: &StreamId,
        snapshot: StoredSnapshot,
    ) -> Result<(), StoreError> {
        let stream = self.kept_for(stream);
        if self.fault == Fault::OlderSnapshotWins {
            // One of another shape takes the place of any.
            let other = StoredSnapshot { shape: String::new(), ..snapshot.clone() };
            self.storage.save_snapshot(&stream, other).await?;
        }
        self.storage.save_snapshot(&stream, snapshot).await
    }

    async fn commit(&self, mut batch: Batch, work: Arc<[NoWork]>) -> Result<Committed, StoreError> {
        match self.fault {
            Fault::LostUpdate => {
                for append in &mut batch.appends {
                    let events = self.storage.read_stream(&append.stream, Version::NEW).await?;
                    append.expected = Version::new(events.len() as u64);
                }
            }
            Fault::NoRollback => {
                let mut result = Ok(Committed::default());
                for append in batch.appends {
                    let one = Batch { appends: vec![append], ..Batch::default() };
                    result = result.and(self.storage.commit(one, Arc::new([])).await);
                }
                return result;
            }
            Fault::DirtyRead => {
                for append in &batch.appends {
                    if let Some(write) = &append.document {
                        let DocumentState::There(body) = write.state.clone() else { continue };
                        let (id, version) = (append.stream.id.clone(), append.version());
                        let document = StoredDocument {
                            id: id.clone(),
                            version,
                            body,
                            shape: 1,
                            is_removed: false,
                        };
                        self.staged.lock().unwrap().insert(id, document);
                    }
                }
            }
            Fault::DroppedEvent => {
                for append in batch.appends.iter_mut().filter(|append| append.events.len() > 1) {
                    append.events.pop();
                }
            }
            Fault::UniquenessIgnored => {
                batch.appends.iter_mut().for_each(|append| append.keys.clear())
            }
            Fault::BoundaryIgnored => batch.boundaries.clear(),
            Fault::ExpectationIgnored => {
                batch.additions.iter_mut().for_each(|one| one.expected = Expected::Any)
            }
            Fault::OutcomeForgotten => batch.outcome = None,
            Fault::GuardIgnored => batch.guards.clear(),
            Fault::RemovalIgnored | Fault::RemovedIsForgotten => {
                for write in batch.appends.iter_mut().filter_map(|append| append.document.as_mut())
                {
                    write.state = match (self.fault, write.state.clone()) {
                        (Fault::RemovalIgnored, DocumentState::Gone) => {
                            DocumentState::There("{}".to_owned())
                        }
                        (Fault::RemovedIsForgotten, DocumentState::Removed(_)) => {
                            DocumentState::Gone
                        }
                        (_, state) => state,
                    };
                }
            }
            _ => {}
        }
        self.storage.commit(batch, work).await
    }

    async fn outdated(
        &self,
        table: &'static str,
        shape: u32,
        limit: usize,
    ) -> Result<Vec<OutdatedDocument>, StoreError> {
        self.storage.outdated(table, shape, limit).await
    }

    async fn reshape(
        &self,
        table: &'static str,
        documents: Vec<ReshapedDocument>,
    ) -> Result<u64, StoreError> {
        self.storage.reshape(table, documents).await
    }

    async fn conceal(&self, batch: Batch) -> Result<Batch, StoreError> {
        self.storage.conceal(batch).await
    }

    async fn drop_snapshot(&self, stream: &StreamId) -> Result<(), StoreError> {
        self.storage.drop_snapshot(stream).await
    }

    async fn forget_key(&self, tenant: &str, subject: &str) -> Result<bool, StoreError> {
        match self.fault {
            Fault::KeyKept => Ok(true),
            _ => self.storage.forget_key(tenant, subject).await,
        }
    }

    async fn outcome(&self, tenant: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
        self.storage.outcome(tenant, key).await
    }

    async fn readers(&self) -> Result<Vec<LogReader>, StoreError> {
        match self.fault {
            Fault::ReaderIgnored => Ok(Vec::new()),
            _ => self.storage.readers().await,
        }
    }

    async fn truncate(&self, truncations: Vec<Truncation>) -> Result<(), StoreError> {
        match self.fault {
            Fault::TruncationIgnored => Ok(()),
            Fault::PlaceTaken => {
                let alike = |one: Truncation| Truncation { instead: Instead::Nothing, ..one };
                self.storage.truncate(truncations.into_iter().map(alike).collect()).await
            }
            _ => self.storage.truncate(truncations).await,
        }
    }

    fn appended(&self) -> watch::Receiver<Position> {
        self.storage.appended()
    }
}

impl InteractiveStorage for Broken {
    type Held = Self;

    async fn hold(&self) -> Result<Self, StoreError> {
        Ok(self.clone())
    }
}

impl Cursors for Broken {
    async fn place(&self, name: &str) -> Result<Place, StoreError> {
        self.storage.place(name).await
    }

    async fn save_cursor(&self, name: &str, position: Position) -> Result<(), StoreError> {
        match self.fault {
            Fault::CursorForgotten => Ok(()),
            _ => self.storage.save_cursor(name, position).await,
        }
    }

    async fn claim(
        &self,
        name: &str,
        seen: &Place,
        shift: &Shift,
    ) -> Result<Option<u64>, StoreError> {
        if self.fault == Fault::HolderIgnored
            && let Some(holder) = &seen.holder
        {
            self.storage.release(name, &holder.worker).await?;
            let seen = self.storage.place(name).await?;
            return self.storage.claim(name, &seen, shift).await;
        }
        self.storage.claim(name, seen, shift).await
    }

    async fn move_cursor(
        &self,
        name: &str,
        epoch: u64,
        shift: &Shift,
        position: Position,
    ) -> Result<Moved, StoreError> {
        if self.fault == Fault::EpochIgnored {
            // Whoever holds it, in whichever epoch, is taken at its word.
            let newest = self.storage.place(name).await?.epoch;
            return self.storage.move_cursor(name, newest, shift, position).await;
        }
        if self.fault == Fault::NeverHeldLonger {
            let shift = shift.clone().holding_for(Shift::SHORTEST);
            return self.storage.move_cursor(name, epoch, &shift, position).await;
        }
        self.storage.move_cursor(name, epoch, shift, position).await
    }

    async fn hand_over(&self, name: &str, epoch: u64, shift: &Shift) -> Result<(), StoreError> {
        self.storage.hand_over(name, epoch, shift).await
    }

    async fn held(&self, worker: &WorkerId) -> Result<Vec<Held>, StoreError> {
        self.storage.held(worker).await
    }

    async fn ask_for(
        &self,
        name: &str,
        holder: &WorkerId,
        worker: &WorkerId,
    ) -> Result<(), StoreError> {
        match self.fault {
            Fault::AskedForNothing => Ok(()),
            _ => self.storage.ask_for(name, holder, worker).await,
        }
    }

    async fn release(&self, name: &str, worker: &WorkerId) -> Result<(), StoreError> {
        self.storage.release(name, worker).await
    }
}

/// A cipher that keeps no secret.
struct NoSecret;

impl Cipher for NoSecret {
    fn new_key(&self) -> Result<Vec<u8>, StoreError> {
        Ok(vec![b'k'])
    }

    fn seal(&self, _: &[u8], _: &str, text: &str) -> Result<String, StoreError> {
        Ok(text.bytes().map(|byte| format!("{byte:02x}")).collect())
    }

    fn open(&self, _: &[u8], _: &str, sealed: &str) -> Result<String, StoreError> {
        let bytes = (0..sealed.len() / 2)
            .map(|at| u8::from_str_radix(&sealed[2 * at..2 * at + 2], 16).unwrap());
        Ok(String::from_utf8(bytes.collect()).unwrap())
    }
}

fn whole() -> MemoryStorage {
    MemoryStorage::new().with_cipher(Arc::new(NoSecret))
}

/// The check fails on the broken storage, and passes on the one it is made from.
async fn rejects<C, D>(
    fault: Fault,
    broken: impl FnOnce(Broken, How) -> C,
    unbroken: impl FnOnce(MemoryStorage, How) -> D,
) where
    C: Future<Output = ()> + Send + 'static,
    D: Future<Output = ()> + Send + 'static,
{
    let failed = tokio::spawn(broken(Broken::new(fault), fault.how())).await.is_err();
    assert!(failed, "{fault:?} was not noticed");
    tokio::spawn(unbroken(whole(), fault.how())).await.expect("a whole storage passes");
}

macro_rules! rejected {
    ($($name:ident: $fault:ident by $check:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            rejects(Fault::$fault, conformance::$check, conformance::$check).await;
        }
    )*};
}

rejected! {
    a_lost_update: LostUpdate by a_conflict_stores_nothing;
    no_rollback: NoRollback by one_failure_undoes_the_whole_batch;
    a_dirty_read: DirtyRead by a_conflict_stores_nothing;
    a_dropped_event: DroppedEvent by the_log_has_every_event_once;
    a_version_not_raised: VersionNotRaised by what_is_saved_is_loaded;
    uniqueness_ignored: UniquenessIgnored by a_unique_value_is_taken_once;
    a_hole_in_the_positions: HoleInPositions by positions_are_dense_under_load;
    an_outcome_forgotten: OutcomeForgotten by outcomes_are_kept_once;
    a_guard_ignored: GuardIgnored by a_guard_is_checked;
    a_cursor_forgotten: CursorForgotten by cursors_are_kept;
    a_holder_ignored: HolderIgnored by places_are_held_by_one;
    an_epoch_ignored: EpochIgnored by places_are_held_by_one;
    what_is_asked_for_ignored: AskedForNothing by places_are_handed_over;
    a_place_never_held_longer: NeverHeldLonger by places_are_held_for_a_time;
    a_boundary_ignored: BoundaryIgnored by one_of_many_crosses_a_boundary;
    an_expectation_ignored: ExpectationIgnored by appends_expect_what_they_say;
    tags_ignored: TagsIgnored by parts_of_the_log_are_read;
    always_forwards: AlwaysForwards by parts_of_the_log_are_read;
    a_condition_ignored: ConditionIgnored by specifications_select;
    a_tenant_ignored: TenantIgnored by tenants_see_what_is_theirs;
    a_removal_ignored: RemovalIgnored by what_is_removed_is_gone;
    a_shape_forgotten: ShapeForgotten by older_documents_are_upcast;
    what_was_removed_forgotten: RemovedIsForgotten by what_is_kept_can_be_restored;
    an_older_snapshot_that_wins: OlderSnapshotWins by snapshots_are_used_where_they_fit;
    a_snapshot_of_another: SnapshotOfAnother by snapshots_are_used_where_they_fit;
    a_key_kept: KeyKept by what_is_personal_is_forgotten;
    a_reader_ignored: ReaderIgnored by nothing_goes_that_is_still_read;
    a_truncation_ignored: TruncationIgnored by old_events_go;
    a_state_untold: PlaceTaken by old_events_go;
    a_hold_ignored: HoldIgnored by what_is_held_is_changed_by_nobody_else;
    a_hold_that_does_not_queue: HoldIgnored by interactive_units_of_work_never_conflict;
}
