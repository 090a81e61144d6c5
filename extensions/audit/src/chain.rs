//! The chain.

use bloom_runtime::{
    domain::Metadata,
    ports::{Seal, Sealed},
};
use sha2::{Digest, Sha256};

/// Seals each event with a digest of the event and of the seal before it.
///
/// Without a key whoever changes an event can compute all later seals, too; that shows only to those who have noted a seal
/// elsewhere. With a key that is kept away from the database nobody can without it.
#[derive(Clone, Default)]
pub struct HashChain {
    key: Vec<u8>,
}

/// The bytes that SHA-256 takes at a time.
const BLOCK: usize = 64;

impl HashChain {
    /// Without a key.
    #[must_use]
    pub const fn new() -> Self {
        Self { key: Vec::new() }
    }

    /// With a key, as HMAC-SHA-256. It is needed to verify, and must not be lost.
    #[must_use]
    pub fn with_key(key: &[u8]) -> Self {
        // A longer key is its digest, as RFC 2104 says.
        let key = if key.len() > BLOCK { Sha256::digest(key).to_vec() } else { key.to_vec() };
        Self { key }
    }

    fn digest(&self, text: &[u8]) -> Vec<u8> {
        if self.key.is_empty() {
            return Sha256::digest(text).to_vec();
        }
        let padded = |with: u8| {
            let mut block = [with; BLOCK];
            for (byte, key) in block.iter_mut().zip(&self.key) {
                *byte ^= key;
            }
            block
        };
        let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
        Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
    }
}

impl Seal for HashChain {
    fn seal(&self, previous: Option<&str>, event: &Sealed<'_>) -> String {
        let Sealed { tenant, aggregate, id, version, name, revision, body, metadata } = event;
        let unsealed = Metadata { seal: None, ..(*metadata).clone() };
        // JSON, so that no text can run into the next one, and written at once: a map in between would have the order of its fields
        // from a feature that any crate of the program may set.
        let covered = (previous, tenant, aggregate, id, version, name, revision, body, &unsealed);
        // Texts and numbers can always be written.
        let covered = serde_json::to_string(&covered).unwrap_or_default();
        hexadecimal(&self.digest(covered.as_bytes()))
    }
}

/// The key is shown to nobody.
impl std::fmt::Debug for HashChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HashChain").field("has_key", &!self.key.is_empty()).finish()
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digests_are_those_of_the_standards() {
        // FIPS 180-2, B.1, and RFC 4231, test cases 2 and 6.
        let plain = hexadecimal(&HashChain::new().digest(b"abc"));
        assert_eq!(plain, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let keyed = HashChain::with_key(b"Jefe").digest(b"what do ya want for nothing?");
        assert_eq!(
            hexadecimal(&keyed),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = HashChain::with_key(&[0xaa; 131])
            .digest(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(
            hexadecimal(&long),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn a_seal_stays_what_it_was() {
        // Whoever changes how a seal is made makes every history look as if it had been changed.
        let metadata: Metadata = serde_json::from_str(
            r#"{"event_id":"00000000-0000-0000-0000-000000000001","at":"2026-01-02T03:04:05.000006Z","actor":"ada","reason":"x"}"#,
        )
        .expect("metadata");
        let event = Sealed {
            tenant: "acme",
            aggregate: "order",
            id: "1",
            version: 2,
            name: "order.placed",
            revision: 1,
            body: "{}",
            metadata: &metadata,
        };
        let seal = HashChain::new().seal(Some("before"), &event);
        assert_eq!(seal, "e4e622b22c5183153b0daf07d386d90409f627a2edc0f3379c890c1874d35184");
        let sealed = Metadata { seal: Some(seal.clone()), ..metadata.clone() };
        let again = HashChain::new().seal(Some("before"), &Sealed { metadata: &sealed, ..event });
        assert_eq!(again, seal, "its own seal does not count");
    }

    #[test]
    fn the_key_is_not_shown() {
        assert_eq!(format!("{:?}", HashChain::with_key(b"secret")), "HashChain { has_key: true }");
    }
}
