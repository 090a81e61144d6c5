//! XChaCha20-Poly1305, with keys that may themselves be encrypted.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use bloom_runtime::ports::{Cipher, StoreError};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Key, KeyInit, Payload},
};

/// The length of a nonce, which stands before what is encrypted.
const NONCE: usize = 24;

/// Encrypts with XChaCha20-Poly1305 under a key of 256 bits for each person.
///
/// The keys lie in the database, beside what they encrypt: whoever has a copy of the database from before somebody was forgotten has their
/// key. With a [master key](Self::under), which is kept elsewhere, the events in a copy alone say nothing; its documents do, so copies have to be
/// thrown away in time for what is forgotten to be forgotten by them.
///
/// ```
/// use bloom_privacy::PersonalCipher;
/// use bloom_runtime::ports::Cipher;
///
/// let cipher = PersonalCipher::under("b7Zw2QW1b3lXk0nO8e0m3kq2c1x9v8u7t6s5r4q3p2o")?;
/// let key = cipher.new_key()?;
/// let sealed = cipher.seal(&key, "here", "Ada")?;
/// assert_eq!(cipher.open(&key, "here", &sealed)?, "Ada");
/// assert!(cipher.open(&key, "elsewhere", &sealed).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct PersonalCipher {
    master: Option<Key<XChaCha20Poly1305>>,
}

impl PersonalCipher {
    /// With keys that are stored as they are.
    #[must_use]
    pub const fn new() -> Self {
        Self { master: None }
    }

    /// With keys that are stored encrypted under this one: 32 bytes in base64, as `openssl rand -base64 32` prints them. It comes from where secrets
    /// are kept, and without it nothing personal can be read any more.
    ///
    /// # Errors
    /// When it is something else.
    pub fn under(master: &str) -> Result<Self, MasterKeyError> {
        let text = master.trim().trim_end_matches('=');
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| MasterKeyError)?;
        let key = Key::<XChaCha20Poly1305>::try_from(&bytes[..]).map_err(|_| MasterKeyError)?;
        Ok(Self { master: Some(key) })
    }

    /// The cipher with the key of a person.
    fn of(&self, stored: &[u8]) -> Result<XChaCha20Poly1305, StoreError> {
        let plain = match &self.master {
            None => stored.to_vec(),
            Some(master) => opened(&XChaCha20Poly1305::new(master), "key", stored)
                .ok_or_else(|| foreign("a person's key was not made under this master key"))?,
        };
        let key = Key::<XChaCha20Poly1305>::try_from(&plain[..])
            .map_err(|_| foreign("a person's key has another length; is it under a master key?"))?;
        Ok(XChaCha20Poly1305::new(&key))
    }
}

/// A master key that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MasterKeyError;

impl fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a master key is 32 bytes in base64, such as `openssl rand -base64 32` prints")
    }
}

impl std::error::Error for MasterKeyError {}

impl Cipher for PersonalCipher {
    fn new_key(&self) -> Result<Vec<u8>, StoreError> {
        let key = Key::<XChaCha20Poly1305>::try_generate().map_err(no_randomness)?;
        match &self.master {
            None => Ok(key.to_vec()),
            Some(master) => sealed(&XChaCha20Poly1305::new(master), "key", &key),
        }
    }

    fn seal(&self, key: &[u8], place: &str, text: &str) -> Result<String, StoreError> {
        let bytes = sealed(&self.of(key)?, place, text.as_bytes())?;
        Ok(STANDARD_NO_PAD.encode(bytes))
    }

    fn open(&self, key: &[u8], place: &str, sealed: &str) -> Result<String, StoreError> {
        let cipher = self.of(key)?;
        let bytes = STANDARD_NO_PAD.decode(sealed).ok();
        let text = bytes.and_then(|bytes| opened(&cipher, place, &bytes));
        text.and_then(|text| String::from_utf8(text).ok()).ok_or_else(|| StoreError::Corrupt {
            place: format!("the personal value `{place}`"),
            source: "it is not what was encrypted".into(),
        })
    }
}

fn sealed(cipher: &XChaCha20Poly1305, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce = XNonce::try_generate().map_err(no_randomness)?;
    let payload = Payload { msg: plain, aad: place.as_bytes() };
    let sealed = cipher.encrypt(&nonce, payload).map_err(|_| foreign("it is too long"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn opened(cipher: &XChaCha20Poly1305, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    let nonce = XNonce::try_from(nonce).ok()?;
    cipher.decrypt(&nonce, Payload { msg: sealed, aad: place.as_bytes() }).ok()
}

fn foreign(what: &'static str) -> StoreError {
    StoreError::Internal(what.into())
}

fn no_randomness(error: impl fmt::Display) -> StoreError {
    StoreError::Internal(format!("the system gives no randomness: {error}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASTER: &str = "b7Zw2QW1b3lXk0nO8e0m3kq2c1x9v8u7t6s5r4q3p2o";

    #[test]
    fn what_was_changed_does_not_open() {
        let cipher = PersonalCipher::new();
        let (key, other) = (cipher.new_key().unwrap(), cipher.new_key().unwrap());
        let sealed = cipher.seal(&key, "here", "Ada").unwrap();
        assert_ne!(sealed, cipher.seal(&key, "here", "Ada").unwrap(), "it tells who is alike");
        assert!(cipher.open(&other, "here", &sealed).is_err());
        for changed in ["", "AAAA", &sealed[4..], &format!("{}A", &sealed[..sealed.len() - 1])] {
            if changed != sealed {
                assert!(cipher.open(&key, "here", changed).is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn keys_under_a_master_key_need_it() {
        let cipher = PersonalCipher::under(MASTER).unwrap();
        let key = cipher.new_key().unwrap();
        let sealed = cipher.seal(&key, "here", "Ada").unwrap();
        let again = PersonalCipher::under(&format!("{MASTER}=\n")).unwrap();
        assert_eq!(again.open(&key, "here", &sealed).unwrap(), "Ada");
        let other = PersonalCipher::under(&MASTER.replace('b', "c")).unwrap();
        assert!(other.open(&key, "here", &sealed).is_err());
        assert!(PersonalCipher::new().open(&key, "here", &sealed).is_err());
        for wrong in ["", "short", "no base64!", &MASTER[..40]] {
            assert_eq!(PersonalCipher::under(wrong).err(), Some(MasterKeyError), "{wrong}");
        }
    }
}
