//! Blobs in memory.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hasher},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    application::SystemClock,
    domain::{Invalid, Timestamp},
    ports::{
        Blob, BlobEntry, BlobInfo, BlobKey, BlobStorage, BlobTag, Clock, NewBlob, Page,
        PageRequest, PutIf, ServiceError,
    },
};

/// A [`BlobStorage`] in memory. Clones share the same blobs.
///
/// As in a file system, `a` and `a/b` cannot both be there; as in most object stores, a tag follows from the content.
#[derive(Clone)]
pub struct MemoryBlobStorage {
    blobs: Arc<Mutex<BTreeMap<BlobKey, Blob>>>,
    clock: Arc<dyn Clock>,
}

impl MemoryBlobStorage {
    /// An empty one, with the machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self { blobs: Arc::default(), clock: Arc::new(SystemClock::default()) }
    }

    /// Takes the time from another clock; clones made before keep theirs.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn blobs(&self) -> MutexGuard<'_, BTreeMap<BlobKey, Blob>> {
        // A panic cannot leave it half-changed: each change is one call.
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryBlobStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl BlobStorage for MemoryBlobStorage {
    async fn put(
        &self,
        key: &BlobKey,
        blob: NewBlob,
        condition: PutIf,
    ) -> Result<BlobTag, ServiceError> {
        blob.check()?;
        let NewBlob { content, content_type } = blob;
        let tag = tag_of(&content);
        let info = BlobInfo {
            size: content.len() as u64,
            content_type,
            tag: tag.clone(),
            modified: whole_seconds(self.clock.now()),
        };
        let mut blobs = self.blobs();
        check_condition(key, blobs.get(key), &condition)?;
        if blobs.keys().any(|other| other.is_below(key) || key.is_below(other)) {
            let message = "must not be a folder of a blob, nor lie below one";
            return Err(Invalid::new("nested", message).at("key").into());
        }
        blobs.insert(key.clone(), Blob { info, content });
        Ok(tag)
    }

    async fn get(&self, key: &BlobKey) -> Result<Blob, ServiceError> {
        self.blobs().get(key).cloned().ok_or_else(|| missing(key))
    }

    async fn get_range(&self, key: &BlobKey, range: Range<u64>) -> Result<Vec<u8>, ServiceError> {
        let blobs = self.blobs();
        let content = &blobs.get(key).ok_or_else(|| missing(key))?.content;
        let index = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        let bytes = content.get(index(range.start)..index(range.end)).unwrap_or_default();
        if bytes.is_empty() {
            let message = format!("must begin within the {} bytes of the blob", content.len());
            return Err(Invalid::new("range", message).at("range").into());
        }
        Ok(bytes.to_vec())
    }

    async fn info(&self, key: &BlobKey) -> Result<Option<BlobInfo>, ServiceError> {
        Ok(self.blobs().get(key).map(|blob| blob.info.clone()))
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), ServiceError> {
        self.blobs().remove(key);
        Ok(())
    }

    async fn list(
        &self,
        folder: Option<&BlobKey>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<BlobEntry>, ServiceError> {
        let after = after.map(BlobKey::new).transpose().map_err(|invalid| invalid.at("after"))?;
        let blobs = self.blobs();
        let mut found = blobs.iter().filter(|(key, _)| {
            folder.is_none_or(|folder| key.is_below(folder))
                && after.as_ref().is_none_or(|after| *key > after)
        });
        let items: Vec<BlobEntry> =
            found.by_ref().take(limit.clamp(1, PageRequest::MAX)).map(entry).collect();
        let next = found.next().and_then(|_| items.last()).map(|last| last.key.to_string());
        Ok(Page { items, next })
    }
}

fn check_condition(
    key: &BlobKey,
    present: Option<&Blob>,
    condition: &PutIf,
) -> Result<(), ServiceError> {
    let what = || format!("the blob `{key}`");
    match condition {
        PutIf::Absent if present.is_some() => Err(ServiceError::AlreadyExists { what: what() }),
        PutIf::Unchanged(tag) if present.is_none_or(|blob| blob.info.tag != *tag) => {
            Err(ServiceError::Changed { what: what() })
        }
        PutIf::Always | PutIf::Absent | PutIf::Unchanged(_) => Ok(()),
    }
}

fn missing(key: &BlobKey) -> ServiceError {
    ServiceError::NotFound { what: format!("blob `{key}`") }
}

fn entry((key, blob): (&BlobKey, &Blob)) -> BlobEntry {
    let BlobInfo { size, tag, modified, .. } = blob.info.clone();
    BlobEntry { key: key.clone(), size, tag, modified }
}

fn tag_of(content: &[u8]) -> BlobTag {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    BlobTag::new(format!("{:016x}", hasher.finish()))
}

fn whole_seconds(now: Timestamp) -> Timestamp {
    let micros = now.as_micros();
    Timestamp::from_micros(micros - micros.rem_euclid(1_000_000)).unwrap_or(now)
}
