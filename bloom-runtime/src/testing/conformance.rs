//! The conformance suite (below).
