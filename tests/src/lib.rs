//! What the tests of the workspace share: running `bloom`, projects to run it in, and their applications.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on fails"
)]

mod sandbox;
mod server;
mod tools;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

pub use sandbox::Sandbox;
pub use server::Server;
pub use tools::{postgres, soak_or_leave_out, tool};

/// The checkout.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The `bloom` of this checkout, built once.
#[must_use]
pub fn bloom() -> &'static Path {
    static BLOOM: OnceLock<PathBuf> = OnceLock::new();
    BLOOM.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "bloom"])
            .current_dir(workspace())
            .status()
            .unwrap();
        assert!(built.success(), "bloom does not build");
        target().join("debug/bloom")
    })
}

/// The folder cargo builds this workspace in.
#[must_use]
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// Whether the long tests run, too.
#[must_use]
pub fn soak() -> bool {
    std::env::var_os("BLOOM_SOAK").is_some_and(|value| value == "1")
}
