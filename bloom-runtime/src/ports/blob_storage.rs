//! Files by key: invoices, pictures, exports.

use std::{fmt, future::Future, ops::Range};

use serde::{Deserialize, Serialize};

use super::{Page, ServiceError};
use crate::domain::{Invalid, Timestamp};

/// Keeps contents that fit into memory, whole or not at all; large ones are read in ranges.
///
/// Who has put a blob sees it, and so does everybody else. No call belongs to a unit of work: put a blob before the commit
/// that refers to it, under a key of its own, and what is lost when the commit fails is only space.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use bloom_runtime::{
///     memory::MemoryBlobStorage,
///     ports::{BlobKey, BlobStorage, NewBlob, PutIf},
/// };
///
/// let blobs = MemoryBlobStorage::new();
/// let key = BlobKey::new("invoices/2026/7.txt")?;
/// blobs.put(&key, NewBlob::new("paid", "text/plain"), PutIf::Absent).await?;
/// assert_eq!(blobs.get(&key).await?.content, b"paid");
/// # Ok::<(), bloom_runtime::ports::ServiceError>(()) }).unwrap();
/// ```
pub trait BlobStorage: Send + Sync + 'static {
    /// Stores a blob, in place of the one that is there, and gives its tag.
    ///
    /// Whether `a` and `a/b` can both be there depends on the driver.
    ///
    /// # Errors
    /// [`ServiceError::AlreadyExists`] or [`ServiceError::Changed`] when `condition` does not hold,
    /// [`ServiceError::Unsupported`] when the driver cannot check it in one step with the write.
    fn put(
        &self,
        key: &BlobKey,
        blob: NewBlob,
        condition: PutIf,
    ) -> impl Future<Output = Result<BlobTag, ServiceError>> + Send;

    /// The whole blob.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    fn get(&self, key: &BlobKey) -> impl Future<Output = Result<Blob, ServiceError>> + Send;

    /// The bytes of a range, cut off at the end of the blob.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], or [`ServiceError::Invalid`] when the range is empty or begins behind the last byte.
    fn get_range(
        &self,
        key: &BlobKey,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Vec<u8>, ServiceError>> + Send;

    /// What is known of a blob; `None` when there is none.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn info(
        &self,
        key: &BlobKey,
    ) -> impl Future<Output = Result<Option<BlobInfo>, ServiceError>> + Send;

    /// Removes a blob. That there is none is no error.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn delete(&self, key: &BlobKey) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// The blobs below `folder` at any depth, or all of them, in the bytewise order of their keys; from the cursor `after`,
    /// taken from [`Page::next`].
    ///
    /// A page has at most `limit` items, and never more than 1,000; the last one may be empty. What is put or deleted
    /// meanwhile may be there or not.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a cursor that is none.
    fn list(
        &self,
        folder: Option<&BlobKey>,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<BlobEntry>, ServiceError>> + Send;
}

/// The name of a blob: parts separated by `/`, such as `invoices/2026/7.pdf`, that object stores and file systems take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobKey(String);

impl BlobKey {
    /// The most bytes a key may have.
    pub const MAX: usize = 1_024;
    /// The most bytes a part may have.
    pub const MAX_PART: usize = 255;

    /// The key with this text.
    ///
    /// # Errors
    /// `blob_key`, when it is too long, when a part is empty, `.` or `..`, or when there is a backslash or a control
    /// character in it.
    pub fn new(key: impl Into<String>) -> Result<Self, Invalid> {
        let key = key.into();
        let is_part = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.len() <= Self::MAX_PART
                && !part.contains(|character: char| character.is_control() || character == '\\')
        };
        if key.len() <= Self::MAX && key.split('/').all(is_part) {
            Ok(Self(key))
        } else {
            Err(Invalid::new("blob_key", "must be a key such as invoices/2026/7.pdf"))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it lies below `folder`: `a/b/c` does below `a`, and `ab` does not.
    #[must_use]
    pub fn is_below(&self, folder: &Self) -> bool {
        self.0.strip_prefix(&folder.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for BlobKey {
    type Error = Invalid;

    fn try_from(key: String) -> Result<Self, Invalid> {
        Self::new(key)
    }
}

impl From<BlobKey> for String {
    fn from(key: BlobKey) -> Self {
        key.0
    }
}

/// A blob to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBlob {
    /// The bytes.
    pub content: Vec<u8>,
    /// What they are, such as `image/png`.
    pub content_type: String,
}

impl NewBlob {
    /// These bytes as this media type.
    pub fn new(content: impl Into<Vec<u8>>, content_type: impl Into<String>) -> Self {
        Self { content: content.into(), content_type: content_type.into() }
    }

    /// What every implementation checks first.
    ///
    /// # Errors
    /// `content_type`, unless it can be sent as a media type.
    pub fn check(&self) -> Result<(), Invalid> {
        let text = &self.content_type;
        let is_sendable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if is_sendable && text.contains('/') {
            Ok(())
        } else {
            Err(Invalid::new("content_type", "must be a media type such as image/png")
                .at("content_type"))
        }
    }
}

/// What must hold for a blob to be stored, checked in one step with the write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PutIf {
    /// Nothing: the last one wins.
    #[default]
    Always,
    /// There is no blob under this key.
    Absent,
    /// The blob under this key still has this tag.
    Unchanged(BlobTag),
}

/// Stands for the content of a blob: other tags, other contents. The same content put again may have the same tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlobTag(String);

impl BlobTag {
    /// The tag with the text that the storage uses.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A blob with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// What is known of it.
    pub info: BlobInfo,
    /// The bytes.
    pub content: Vec<u8>,
}

/// What is known of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobInfo {
    /// The number of bytes.
    pub size: u64,
    /// What they are, as it was said when they were put.
    pub content_type: String,
    /// Stands for the content.
    pub tag: BlobTag,
    /// When it was put, by the clock of the storage; whole seconds.
    pub modified: Timestamp,
}

/// A blob in a list, where storages do not tell its media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobEntry {
    /// The key.
    pub key: BlobKey,
    /// The number of bytes.
    pub size: u64,
    /// Stands for the content.
    pub tag: BlobTag,
    /// When it was put, by the clock of the storage; whole seconds.
    pub modified: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_that_file_systems_and_object_stores_take() {
        let long = "x".repeat(BlobKey::MAX_PART + 1);
        for wrong in ["", "/a", "a/", "a//b", "a/../b", ".", "a\\b", "a\nb", long.as_str()] {
            assert!(BlobKey::new(wrong).is_err(), "{wrong:?}");
        }
        assert!(serde_json::from_str::<BlobKey>(r#""a/../b""#).is_err());
        assert_eq!(serde_json::from_str::<BlobKey>(r#""a/b c""#).ok(), BlobKey::new("a/b c").ok());
    }

    #[test]
    fn no_media_type_smuggles_a_header() {
        assert!(NewBlob::new("", "text/plain; charset=utf-8").check().is_ok());
        assert!(NewBlob::new("", "text/plain\r\nx: y").check().is_err());
    }
}
