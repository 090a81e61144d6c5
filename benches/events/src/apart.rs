//! The other programs while they run.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStderr, ChildStdin, Stdio},
};

use anyhow::{Context, Result, anyhow, bail};
use events_harness::{Answer, Request};

use crate::{lineup::Entry, programs::Program};

/// Those that run.
pub struct Running(HashMap<Program, Apart>);

impl Running {
    /// Starts whatever these need. Of a program that does not start it is said why, and the others take part without it.
    pub fn start(entries: &[Entry]) -> Self {
        let mut running = HashMap::new();
        for program in Program::ALL {
            let its = entries.iter().filter(|entry| entry.program() == Some(program));
            let names: Vec<&str> = its.map(|entry| entry.name).collect();
            if names.is_empty() {
                continue;
            }
            match Apart::start(program) {
                Ok(apart) => {
                    running.insert(program, apart);
                }
                Err(error) => {
                    eprintln!("left out: {}: {error:#}; {}", names.join(", "), program.needs());
                }
            }
        }
        Self(running)
    }

    /// Whether this one can take part.
    pub fn has(&self, entry: &Entry) -> bool {
        entry.program().is_none_or(|program| self.0.contains_key(&program))
    }

    /// Has one of them do something, and waits for it.
    pub fn ask(&mut self, program: Program, request: &Request) -> Result<f64> {
        self.0.get_mut(&program).context("it was not started")?.ask(request)
    }
}

/// One runs, and waits to be asked. It ends when this value is dropped and its input with it.
struct Apart {
    _child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStderr>,
}

impl Apart {
    /// Builds it if need be, and starts it.
    fn start(program: Program) -> Result<Self> {
        let mut child = program
            .build()?
            .stdin(Stdio::piped())
            // A store of a peer prints what it does.
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("it does not start")?;
        let requests = child.stdin.take().context("it has an input")?;
        let answers = child.stderr.take().context("it has an output")?;
        Ok(Self { _child: child, requests, answers: BufReader::new(answers) })
    }

    /// Has it done, and waits for it.
    fn ask(&mut self, request: &Request) -> Result<f64> {
        writeln!(self.requests, "{}", serde_json::to_string(request)?)?;
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                bail!("its program has ended");
            }
            match serde_json::from_str::<Answer>(&line) {
                Ok(answer) => return answer.map_err(|reason| anyhow!(reason)),
                // An interpreter warns, or says what it dies of, on the same channel.
                Err(_) => eprint!("{line}"),
            }
        }
    }
}
