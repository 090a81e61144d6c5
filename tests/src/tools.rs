//! Programs that a machine may lack, and what is said then.

use std::{
    env,
    io::{self, Write},
    net::TcpStream,
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

/// The URL of a PostgreSQL server that answers: the one in `BLOOM_TEST_POSTGRES`, or the one that listens here.
pub(crate) fn answering_postgres() -> Option<String> {
    let url = env::var("BLOOM_TEST_POSTGRES")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned());
    let server = url.rsplit_once('/')?.0.rsplit_once('@')?.1;
    TcpStream::connect(server).is_ok().then_some(url)
}

/// The URL of a PostgreSQL server; says which test is left out without one.
#[must_use]
pub fn postgres(test: &str) -> Option<String> {
    let answering = answering_postgres();
    if answering.is_none() {
        leave_out(test, "no PostgreSQL server answers");
    }
    answering
}

/// Says that a test is left out, which fails where every test has to run.
fn leave_out(test: &str, reason: &str) {
    assert!(env::var_os("BLOOM_EVERY_TEST").is_none(), "{test} was to run, and {reason}");
    say(test, reason);
}

/// Whether the long tests run, too; says which one is left out when not, which is no failure anywhere.
#[must_use]
pub fn soak_or_leave_out(test: &str) -> bool {
    let soak = crate::soak();
    if !soak {
        say(test, "BLOOM_SOAK=1 is not set");
    }
    soak
}

/// Past the capture of the test's output.
fn say(test: &str, reason: &str) {
    let _ = writeln!(io::stderr(), "left out: {test}, since {reason}");
}
