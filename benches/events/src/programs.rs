//! How each of the other programs is built, started and, where that fails, helped.

use std::{
    path::Path,
    process::{Command, Output},
};

use anyhow::{Context, Result, bail};

/// A program beside this one, which holds frameworks that this one cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// Those of Rust that cannot be linked together with Bloom.
    Rust,
    /// Those of Python.
    Python,
    /// Those of Node.js.
    Node,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Python, Self::Node];

    /// What somebody has to do who does not have what it is built and run with.
    pub const fn needs(self) -> &'static str {
        match self {
            Self::Rust => "install cargo, and let it reach crates.io",
            Self::Python => {
                "install Python 3.11 or newer with venv (python3-venv on Debian), and let pip reach PyPI"
            }
            Self::Node => "install Node.js 20 or newer with npm, and let npm reach its registry",
        }
    }

    /// Builds it if need be; how it is started.
    pub fn build(self) -> Result<Command> {
        match self {
            Self::Rust => rust(),
            Self::Python => python(),
            Self::Node => node(),
        }
    }
}

/// Cargo builds it, and says itself what it has to say.
fn rust() -> Result<Command> {
    const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/Cargo.toml");
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let cargo = |command| {
        let mut cargo = Command::new(&program);
        cargo.args([command, "--quiet", "--release", "--manifest-path", MANIFEST]);
        cargo
    };
    // Apart from running it, so that what the compiler says is no answer.
    if !cargo("build").status().context("cargo does not run")?.success() {
        bail!("it does not build");
    }
    Ok(cargo("run"))
}

/// A virtual environment has its packages. Making it again where it is changes nothing, and mends one that was left half made.
fn python() -> Result<Command> {
    const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers-python");
    const ENVIRONMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/peers-python");
    done("python3", Command::new("python3").args(["-m", "venv", ENVIRONMENT]))?;
    let interpreter = Path::new(ENVIRONMENT).join("bin/python");
    let mut pip = Command::new(&interpreter);
    pip.args(["-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r"]);
    done("pip", pip.arg(Path::new(SOURCES).join("requirements.txt")))?;
    let mut python = Command::new(interpreter);
    // No folder of compiled modules appears among the sources.
    python.arg("-B").arg(Path::new(SOURCES).join("main.py"));
    Ok(python)
}

/// Its packages lie beside it, where Node.js looks for them, and are installed anew only if they are not as they should be.
fn node() -> Result<Command> {
    const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers-node");
    let npm = |command| {
        let mut npm = Command::new("npm");
        npm.args([command, "--no-audit", "--no-fund"]).current_dir(SOURCES);
        npm
    };
    let installed = npm("ls").output().context("npm does not run")?;
    if !installed.status.success() {
        done("npm", &mut npm("ci"))?;
    }
    done("node", Command::new("node").arg("--version"))?;
    let mut node = Command::new("node");
    node.arg(Path::new(SOURCES).join("main.mjs"));
    Ok(node)
}

/// Waits for it. Where it fails, the first line that it said is the reason.
fn done(name: &str, command: &mut Command) -> Result<()> {
    let Output { status, stdout, stderr } =
        command.output().with_context(|| format!("{name} does not run"))?;
    if status.success() {
        return Ok(());
    }
    let (stderr, stdout) = (String::from_utf8_lossy(&stderr), String::from_utf8_lossy(&stdout));
    let said = stderr.lines().chain(stdout.lines()).find(|line| !line.trim().is_empty());
    bail!("{name} says: {}", said.unwrap_or("nothing"))
}
