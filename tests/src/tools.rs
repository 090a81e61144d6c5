//! Programs that a machine may lack, and what is said then.

use std::{
    env,
    io::{self, Write},
    path::PathBuf,
};

/// The program, or `None` after saying which test is left out without it.
///
/// With `BLOOM_EVERY_TEST=1`, as in CI, a test that would be left out fails.
pub fn tool(name: &str, test: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        leave_out(test, &format!("`{name}` is not installed"));
    }
    found
}

/// Says that a test is left out, past the capture of the test's output.
pub fn leave_out(test: &str, reason: &str) {
    assert!(env::var_os("BLOOM_EVERY_TEST").is_none(), "{test} was to run, and {reason}");
    let _ = writeln!(io::stderr(), "left out: {test}, since {reason}");
}
