//! A generated application as a process.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// An application that serves; it is gone with the test.
pub struct Server {
    child: Child,
    /// Where it listens, with the scheme.
    pub address: String,
}

impl Server {
    /// Starts the binary in this folder, on a port of its own.
    #[must_use]
    pub fn start(folder: &Path, binary: &Path) -> Self {
        let mut child = Command::new(binary)
            .args(["serve", "--address", "127.0.0.1:0"])
            .current_dir(folder)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
        Self { child, address }
    }

    /// Ends it with SIGKILL.
    pub fn kill(self) {}
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
