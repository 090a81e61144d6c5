//! Taking old events out of the log.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::summary::Kept;
use crate::{
    application::{composition::Composition, store::StorageStore, tenancy::Tenancy},
    domain::{Timestamp, Version},
    ports::{
        Cursors, Lifecycle, LogReader, Position, RecordedEvent, Storage, StoreError, StreamId,
        Truncation,
    },
};

/// Which events are old.
///
/// ```
/// use bloom_runtime::{application::Retention, domain::Timestamp};
///
/// let at = Timestamp::UNIX_EPOCH;
/// // `wealth` may not have begun to read yet: nothing is taken away from it.
/// let retention = Retention::before(at).read_by(["wealth"]);
/// ```
#[derive(Debug, Clone)]
pub struct Retention {
    before: Timestamp,
    readers: BTreeSet<String>,
    is_trial: bool,
}

impl Retention {
    /// Those that happened before this.
    #[must_use]
    pub fn before(at: Timestamp) -> Self {
        Self { before: at, readers: BTreeSet::new(), is_trial: false }
    }

    /// Names readers of the log, which hold it back also when they have not begun yet.
    #[must_use]
    pub fn read_by<N: Into<String>>(mut self, readers: impl IntoIterator<Item = N>) -> Self {
        self.readers.extend(readers.into_iter().map(Into::into));
        self
    }

    /// Only counts what would go.
    #[must_use]
    pub const fn as_trial(mut self) -> Self {
        self.is_trial = true;
        self
    }
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retained {
    /// How many events went.
    pub events: u64,
    /// Of how many aggregates.
    pub aggregates: u64,
    /// Everything up to here has been looked at.
    pub position: Position,
    /// How many aggregates keep their events, and why.
    pub kept: BTreeMap<Kept, u64>,
    /// Who has not come as far as is old, so that the log was truncated up to there only.
    pub held_back: Option<LogReader>,
}

impl Retained {
    /// The place up to which was looked, kept beside those of readers.
    pub(super) const CURSOR: &str = "bloom.retention";
}

impl<S: Storage + Cursors> StorageStore<S> {
    /// Takes old events out of the log, some at a time, whoever's they are; `archive` is given them first, as they are stored, and none goes
    /// of which it has failed. Broken off, it goes on where it was; `archive` may then be given an event again, which its position tells.
    ///
    /// Their positions stay, under the name of [`Lifecycle::Truncated`], so that no reader meets a hole, and the state of the aggregate takes the place of
    /// the last event that goes, [`Lifecycle::Genesis`], however it is kept; so the last event stays, and the only one before it. Nothing goes that a
    /// reader of the log has still to read. An aggregate that is audited, or whose old events have tags or something personal, keeps them.
    ///
    /// # Errors
    /// When the storage is out of reach, an event cannot be read, or `archive` fails; what was done before stays done.
    /// [`StoreError::NoTenant`] when tenants have storages of their own: it is done for each, with [`for_tenant`](Self::for_tenant).
    pub async fn truncate(
        &self,
        retention: &Retention,
        mut archive: impl FnMut(&[RecordedEvent]) -> Result<(), StoreError> + Send,
    ) -> Result<Retained, StoreError> {
        if matches!(self.inner.tenancy, Tenancy::Apart(_)) {
            return Err(StoreError::NoTenant);
        }
        const PAGE: usize = 500;
        let storage = &self.inner.storage;
        let slowest = slowest(&**storage, &retention.readers).await?;
        let limit = slowest.as_ref().map_or(Position::new(u64::MAX), |reader| reader.position);
        let mut position = storage.cursor(Retained::CURSOR).await?;
        let mut retained = Retained { position, ..Retained::default() };
        // Those that are counted, so that none is twice.
        let (mut tried, mut keeps, mut is_known) = (HashSet::new(), HashSet::new(), true);
        loop {
            let mut page = storage.read(position, PAGE).await?;
            let is_old = |event: &RecordedEvent| event.metadata.at < retention.before;
            let old = page.iter().take_while(|event| is_old(event));
            let readable = old.clone().take_while(|event| event.position <= limit).count();
            if readable < old.count() {
                retained.held_back = slowest.clone();
            }
            page.truncate(readable);
            let Some(last) = page.last().map(|event| event.position) else { return Ok(retained) };
            let mut truncations = Vec::new();
            let (mut events, mut aggregates) = (0, 0);
            for stream in streams(page) {
                let goes = |event: &RecordedEvent| is_old(event) && event.position <= limit;
                match truncation(&self.inner, &stream, goes).await? {
                    Ok(Some(_)) if retention.is_trial && !tried.insert(stream.clone()) => {}
                    Ok(Some((gone, truncation))) => {
                        (events, aggregates) = (events + gone.len() as u64, aggregates + 1);
                        if !retention.is_trial {
                            archive(&gone)?;
                        }
                        truncations.push(truncation);
                    }
                    Ok(None) => {}
                    Err(why) => {
                        is_known &= why != Kept::Unknown;
                        if keeps.insert(stream) {
                            *retained.kept.entry(why).or_default() += 1;
                        }
                    }
                }
            }
            if !retention.is_trial {
                match storage.truncate(truncations).await {
                    // It has begun meanwhile.
                    Err(StoreError::StillRead { reader: name, position }) => {
                        retained.held_back = Some(LogReader { name, position });
                        return Ok(retained);
                    }
                    done => done?,
                }
                // Another program may know what this one does not.
                if is_known {
                    storage.save_cursor(Retained::CURSOR, last).await?;
                }
            }
            retained.events += events;
            retained.aggregates += aggregates;
            position = last;
            retained.position = last;
        }
    }
}

/// The reader that has come the least far.
async fn slowest<S: Storage>(
    storage: &S,
    named: &BTreeSet<String>,
) -> Result<Option<LogReader>, StoreError> {
    let known = storage.readers().await?;
    let begins = |name: &&String| known.iter().all(|reader| reader.name != **name);
    let beginning = named.iter().filter(begins).cloned();
    let beginning = beginning.map(|name| LogReader { name, position: Position::START });
    let all = beginning.chain(known.iter().cloned());
    Ok(all.min_by_key(|reader| reader.position))
}

fn streams(events: Vec<RecordedEvent>) -> BTreeSet<StreamId> {
    let there = events.into_iter().filter(|event| event.name != Lifecycle::Truncated.name());
    there.map(|event| event.stream).collect()
}

type Found = Result<Option<(Vec<RecordedEvent>, Truncation)>, Kept>;

/// What goes of a stream.
async fn truncation<S: Storage>(
    store: &Composition<S>,
    stream: &StreamId,
    goes: impl Fn(&RecordedEvent) -> bool,
) -> Result<Found, StoreError> {
    let Some(summary) = store.summary(&stream.aggregate) else { return Ok(Err(Kept::Unknown)) };
    let mut events = store.storage.read_stream(stream, Version::NEW).await?;
    let old = events.iter().take_while(|event| goes(event)).count();
    // What was put in the place of others has gone before.
    let is_news = |events: &[RecordedEvent]| {
        events.iter().any(|event| event.name != Lifecycle::Genesis.name())
    };
    let (up_to, instead) = match summary.instead(&events, old)? {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Ok(None)),
        Err(why) => return Ok(Err(why)),
    };
    events.retain(|event| event.version <= up_to);
    if !is_news(&events) {
        return Ok(Ok(None));
    }
    let truncation = Truncation { stream: stream.clone(), up_to, instead };
    Ok(Ok(Some((events, truncation))))
}
