//! A PostgreSQL server that a test may kill, and a way to a server that a test may cut.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    io::{Write, stderr},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// A server of its own in a folder of its own.
pub(crate) struct PrivateServer {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    url: String,
}

impl PrivateServer {
    /// Starts one; `None` where PostgreSQL's programs are not installed, which is said.
    pub(crate) async fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("BLOOM_EVERY_TEST").is_none(), "no `initdb` was found");
            let told = writeln!(
                stderr(),
                "left out: what kills a PostgreSQL server, since no `initdb` was found"
            );
            told.expect("somebody listens");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let server = Self {
            programs,
            folder,
            port,
            url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
        };
        if is_root() {
            let path = server.folder.path();
            let given = Command::new("chown").arg("postgres").arg(path).status();
            assert!(given.expect("`chown` runs").success());
        }
        let data = server.data();
        server.command(
            "initdb",
            &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        );
        server.start_again().await;
        Some(server)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Starts it where it was stopped.
    pub(crate) async fn start_again(&self) {
        let settings = format!(
            "-p {} -c listen_addresses=127.0.0.1 -k {}",
            self.port,
            self.folder.path().display()
        );
        let log = self.folder.path().join("log");
        let (data, log) = (self.data(), log.to_string_lossy().into_owned());
        self.command(
            "pg_ctl",
            &["start", "-w", "-t", "60", "-D", &data, "-l", &log, "-o", &settings],
        );
    }

    /// Stops it in the middle of what it does, as if the machine had gone.
    pub(crate) async fn kill(&mut self) {
        let pid = std::fs::read_to_string(PathBuf::from(self.data()).join("postmaster.pid"));
        let pid = pid.expect("it runs").lines().next().expect("a number").to_owned();
        // All of its processes: a postmaster that dies alone leaves its children at work for a moment.
        let group = Command::new("pkill").args(["-KILL", "-P", &pid]).status();
        group.expect("`pkill` runs");
        let killed = Command::new("kill").args(["-KILL", &pid]).status();
        assert!(killed.expect("`kill` runs").success());
        for _ in 0..100 {
            if !PathBuf::from(format!("/proc/{pid}")).exists() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_string_lossy().into_owned()
    }

    fn command(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        // The server refuses to run as root.
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.args(arguments).stderr(Stdio::null()).status();
        assert!(status.expect("it runs").success(), "{arguments:?}");
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        let data = self.data();
        self.command("pg_ctl", &["stop", "-m", "immediate", "-D", &data]);
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

/// Where `initdb` is: on the path, or where Debian keeps it.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = debian.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    std::env::split_paths(&path).chain(debian).find(|folder| folder.join("initdb").is_file())
}

/// What goes wrong next on the way.
#[derive(Default)]
struct Faults {
    lose_answer_to: Option<&'static str>,
    lose_question_with: Option<&'static str>,
}

/// A way to a server that loses something when it is told to.
pub(crate) struct Proxy {
    url: String,
    faults: Arc<Mutex<Faults>>,
}

impl Proxy {
    /// One before the server that the URL names.
    pub(crate) async fn before(url: &str) -> Self {
        let (front, name) = url.rsplit_once('/').expect("a database");
        let (user, server) = front.rsplit_once('@').expect("a user");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let faults: Arc<Mutex<Faults>> = Arc::default();
        let (server, shared) = (server.to_owned(), Arc::clone(&faults));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server answers");
                tokio::spawn(connect(client, server, Arc::clone(&shared)));
            }
        });
        Self { url: format!("{user}@{address}/{name}"), faults }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The server does what the next question with these words says, and its answer is lost with the connection.
    pub(crate) fn lose_next_answer_to(&self, words: &'static str) {
        self.faults.lock().expect("nobody panics").lose_answer_to = Some(words);
    }

    /// The next question with these words is lost with the connection.
    pub(crate) fn lose_next_question_with(&self, words: &'static str) {
        self.faults.lock().expect("nobody panics").lose_question_with = Some(words);
    }
}

async fn connect(client: TcpStream, server: TcpStream, faults: Arc<Mutex<Faults>>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let silent = Arc::new(Mutex::new(false));
    let asking = questions(from_client, to_server, faults, Arc::clone(&silent));
    let answering = answers(from_server, to_client, silent);
    tokio::select! { () = asking => {}, () = answering => {} }
}

async fn questions(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    faults: Arc<Mutex<Faults>>,
    silent: Arc<Mutex<bool>>,
) {
    // A prepared statement is named when it is prepared, and known by its name afterwards.
    let mut prepared = false;
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
        {
            let mut faults = faults.lock().expect("nobody panics");
            let prepares = text.contains("bloom_append");
            prepared |= prepares;
            // The message that binds and executes it carries the account, as the one that prepares it may.
            let executes = |words: &str| {
                prepared
                    && !prepares
                    && words == "bloom_append"
                    && text.contains("conformance_account")
            };
            if faults.lose_question_with.is_some_and(executes) {
                faults.lose_question_with = None;
                return;
            }
            if faults.lose_answer_to.is_some_and(executes) {
                faults.lose_answer_to = None;
                *silent.lock().expect("nobody panics") = true;
            }
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, silent: Arc<Mutex<bool>>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if *silent.lock().expect("nobody panics") {
            // It has answered, so it has committed.
            return;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
