//! The other program, which holds the frameworks that cannot be linked together with Bloom.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStderr, ChildStdin, Command, Stdio},
};

use anyhow::{Context, Result, anyhow, bail};
use events_harness::{Answer, Request};

/// It runs, and waits to be asked. It ends when this value is dropped and its input with it.
pub struct Apart {
    _child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStderr>,
}

impl Apart {
    /// Builds it if need be, and starts it.
    pub fn start() -> Result<Self> {
        const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/Cargo.toml");
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let cargo = |command| {
            let mut cargo = Command::new(&program);
            cargo.args([command, "--quiet", "--release", "--manifest-path", MANIFEST]);
            cargo
        };
        // Apart from running it, so that what the compiler says is no answer.
        if !cargo("build").status().context("cargo does not run")?.success() {
            bail!("the other program does not build");
        }
        let mut child = cargo("run")
            .stdin(Stdio::piped())
            // A store of a peer prints what it does.
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take().context("it has an input")?;
        let answers = child.stderr.take().context("it has an output")?;
        Ok(Self { _child: child, requests, answers: BufReader::new(answers) })
    }

    /// Has it done, and waits for it.
    pub fn ask(&mut self, request: &Request) -> Result<f64> {
        writeln!(self.requests, "{}", serde_json::to_string(request)?)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer: Answer =
            serde_json::from_str(&line).with_context(|| format!("no answer but `{line}`"))?;
        answer.map_err(|reason| anyhow!(reason))
    }
}
