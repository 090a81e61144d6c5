//! A number for a text that is the same in every program and for ever.

/// FNV-1a, of 64 bits. It guards against accidents and spreads things evenly, and keeps no secret.
pub(crate) fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
