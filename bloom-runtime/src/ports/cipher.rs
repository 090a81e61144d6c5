//! Encrypting what is personal.

use super::StoreError;
use crate::domain::Uuid;

/// Encrypts the personal fields of events. A storage is given one; `bloom-privacy` has one.
pub trait Cipher: Send + Sync + 'static {
    /// A new key, as it is stored: itself, or encrypted with a key that is kept elsewhere.
    ///
    /// # Errors
    /// When there is no randomness to be had, or whoever keeps the other key is out of reach.
    fn new_key(&self) -> Result<Vec<u8>, StoreError>;

    /// The text, encrypted with the key, as a text. `place` is where it stands: it is opened nowhere else.
    ///
    /// # Errors
    /// When the key is none of this cipher's.
    fn seal(&self, key: &[u8], place: &str, text: &str) -> Result<String, StoreError>;

    /// The text that was sealed with the key for this place.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it was not, or has been changed.
    fn open(&self, key: &[u8], place: &str, sealed: &str) -> Result<String, StoreError>;
}

/// The key of a person, as long as it is not forgotten.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectKey {
    /// Whose data it is; empty where tenants are not kept apart.
    pub tenant: String,
    /// The person.
    pub subject: String,
    /// What tells it from an earlier key of the same person.
    pub id: Uuid,
    /// The key as it is stored.
    pub key: Vec<u8>,
}

/// A key is shown to nobody.
impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubjectKey").field("subject", &self.subject).finish_non_exhaustive()
    }
}
