//! The shop as a process: killed again and again while many clients write, it loses nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use bloom_sql::testing::PostgresScratch;
use bloom_tests::{Sandbox, Server, soak};
use serde_json::{Value, json};

/// An event handler that notes each position on the disk before it says that it is done.
const HANDLER: &str = r#"
    fn subscriptions(
        _: &StorageStore<Self::Storage>,
        subscriptions: bloom_runtime::application::Subscriptions<Self::Storage>,
    ) -> bloom_runtime::application::Subscriptions<Self::Storage> {
        use bloom_runtime::{application::{Recorded, Sync}, prelude::*};
        use std::io::Write;
        use crate::shop::domain::CustomerEvent;
        subscriptions.on::<Customer>("noting", Sync(|event: &Recorded<CustomerEvent>| {
            let mut file = std::fs::File::options().append(true).create(true).open("handled.txt")
                .map_err(|_| Invalid::new("file", "the file does not open"))?;
            // In one write: killed between two, the line would go on with the next number.
            let line = format!("{}\n", event.position);
            file.write_all(line.as_bytes()).map_err(|_| Invalid::new("file", "the disk is full"))?;
            Ok(())
        }))
    }
"#;

/// What the binary says.
fn say(folder: &Path, binary: &Path, arguments: &[&str]) -> String {
    let output = Command::new(binary).args(arguments).current_dir(folder).output();
    let output = output.expect("the shop runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}{failed}");
    said
}

/// How the read model stands, which is waited for.
fn read_model(folder: &Path, binary: &Path, end: u64) -> Value {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        let said = say(folder, binary, &["projection", "list", "--json"]);
        let status: Value = serde_json::from_str(said.trim()).expect("one line of JSON");
        if status["position"] == end || std::time::Instant::now() > deadline {
            return status;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// A shop with a handler, its binary, and where it keeps its data if that is not in its folder.
struct Shop {
    sandbox: Sandbox,
    binary: PathBuf,
    _scratch: Option<PostgresScratch>,
}

impl Shop {
    fn on_sqlite() -> Self {
        let (sandbox, binary) = shop(&[]);
        Self { sandbox, binary, _scratch: None }
    }

    /// One whose configuration names a schema of its own; `None` without a server.
    fn on_postgres(test: &str) -> Option<Self> {
        let server = bloom_tests::postgres(test)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let scratch = runtime.expect("a runtime").block_on(PostgresScratch::on(&server));
        let scratch = scratch.expect("the server gives a schema");
        let (sandbox, binary) = shop(&["--db", "postgres"]);
        let path = "config/default.toml";
        let config = sandbox.read(path).replace("postgres://localhost/shop", scratch.url());
        sandbox.write(path, &config);
        Some(Self { sandbox, binary, _scratch: Some(scratch) })
    }
}

fn shop(arguments: &[&str]) -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::with_project(arguments);
    sandbox.generate("aggregate Customer name:String:1..100 email:String:email,unique");
    sandbox.generate("projection CustomerList --from Customer");
    let app = sandbox.read("src/app.rs");
    let end = app.rfind('}').expect("the end of the impl");
    sandbox.write("src/app.rs", &format!("{}{HANDLER}}}\n", &app[..end]));
    let binary = sandbox.binary();
    (sandbox, binary)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
}

fn post(agent: &ureq::Agent, address: &str, email: &str) -> Option<(u16, Value)> {
    let body = json!({ "name": "Ada", "email": email }).to_string();
    let sent = agent
        .post(format!("{address}/customers"))
        .header("content-type", "application/json")
        .send(body);
    let mut answer = sent.ok()?;
    let text = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), serde_json::from_str(&text).ok()?))
}

/// The log, read by the shop's own verb.
fn log(folder: &Path, binary: &Path) -> Vec<Value> {
    let output = Command::new(binary)
        .args(["events", "tail", "--count", "1000000", "--json"])
        .current_dir(folder)
        .stderr(Stdio::null())
        .output()
        .expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn handled(folder: &Path) -> BTreeSet<u64> {
    let text = fs::read_to_string(folder.join("handled.txt")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

#[test]
fn killed_again_and_again_it_loses_nothing() {
    survives(&Shop::on_sqlite(), if soak() { 50 } else { 5 });
}

#[test]
fn killed_again_and_again_it_loses_nothing_on_postgres() {
    if let Some(shop) = Shop::on_postgres("killed_again_and_again_it_loses_nothing_on_postgres") {
        survives(&shop, if soak() { 50 } else { 5 });
    }
}

fn survives(shop: &Shop, kills: u64) {
    const CLIENTS: usize = 32;
    let Shop { sandbox, binary, .. } = shop;
    let folder = sandbox.path();

    let mut server = Server::start(folder, binary);
    let address = Arc::new(RwLock::new(server.address.clone()));
    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    let ledger = Arc::new(Mutex::new(File::create(folder.join("ledger.txt")).expect("a file")));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (address, stop, count, ledger) =
                (Arc::clone(&address), Arc::clone(&stop), Arc::clone(&count), Arc::clone(&ledger));
            thread::spawn(move || {
                let note = |line: String| {
                    let mut file = ledger.lock().expect("no client panics");
                    writeln!(file, "{line}")
                        .and_then(|()| file.sync_data())
                        .expect("the disk works");
                };
                let agent = agent();
                for turn in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let email = format!("c{client}-{turn}@example.com");
                    let address = address.read().expect("no client panics").clone();
                    note(format!("INTENT {email}"));
                    match post(&agent, &address, &email) {
                        Some((201, body)) => {
                            count.fetch_add(1, Ordering::Relaxed);
                            note(format!(
                                "ACK {email} {}",
                                body["id"].as_str().unwrap_or_default()
                            ));
                        }
                        Some((status, body)) => panic!("{status} {body}"),
                        None => thread::sleep(Duration::from_millis(20)),
                    }
                }
            })
        })
        .collect();

    for kill in 0..kills {
        let before = count.load(Ordering::Relaxed);
        while count.load(Ordering::Relaxed) < before + 100 {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(kill * 311 % 5_000));
        server.kill();
        server = Server::start(folder, binary);
        address.write().expect("no client panics").clone_from(&server.address);
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().expect("every answer was one that is documented");
    }

    // The handlers catch up before the shop is stopped for good.
    let events = log(folder, binary);
    let positions: Vec<u64> =
        events.iter().filter_map(|event| event["position"].as_u64()).collect();
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while handled(folder).len() < positions.len() && std::time::Instant::now() < deadline {
        thread::sleep(Duration::from_millis(50));
    }
    let read_model = read_model(folder, binary, positions.len() as u64);
    server.kill();
    assert_eq!(
        read_model["position"],
        positions.len(),
        "the read model has come to the end: {read_model}"
    );
    let rebuilt = say(folder, binary, &["projection", "rebuild", "customer_list"]);
    let built = format!("rebuilt  customer_list  {} events", positions.len());
    assert!(rebuilt.starts_with(&built), "{rebuilt}");

    let expected: Vec<u64> = (1..=positions.len() as u64).collect();
    assert_eq!(positions, expected, "positions have no hole");
    let mut times: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in &events {
        let email = event["body"]["email"].as_str().expect("every event creates").to_owned();
        let id = event["body"]["id"].as_str().expect("with an id").to_owned();
        times.entry(email).or_default().push(id);
    }
    let ledger = fs::read_to_string(folder.join("ledger.txt")).expect("the ledger");
    let (mut intents, mut acknowledged) = (BTreeSet::new(), 0);
    for line in ledger.lines() {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["INTENT", email] => drop(intents.insert((*email).to_owned())),
            ["ACK", email, id] => {
                acknowledged += 1;
                assert_eq!(
                    times.get(*email),
                    Some(&vec![(*id).to_owned()]),
                    "{email} was acknowledged"
                );
            }
            other => panic!("the ledger says {other:?}"),
        }
    }
    for (email, ids) in &times {
        assert!(intents.contains(email) && ids.len() == 1, "{email} is there {} times", ids.len());
    }
    let handled = handled(folder);
    assert_eq!(handled, expected.into_iter().collect(), "every event is handled at least once");
    assert!(acknowledged >= kills * 100, "only {acknowledged} writes");
}

#[test]
fn of_many_with_one_email_one_is_created() {
    one_of_many(&Shop::on_sqlite());
}

#[test]
fn of_many_with_one_email_one_is_created_on_postgres() {
    if let Some(shop) = Shop::on_postgres("of_many_with_one_email_one_is_created_on_postgres") {
        one_of_many(&shop);
    }
}

fn one_of_many(shop: &Shop) {
    const CLIENTS: usize = 32;
    let server = Server::start(shop.sandbox.path(), &shop.binary);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let address = server.address.clone();
            thread::spawn(move || {
                post(&agent(), &address, "ada@example.com").map(|(status, _)| status)
            })
        })
        .collect();
    let statuses: Vec<Option<u16>> =
        clients.into_iter().map(|client| client.join().expect("it ends")).collect();
    server.kill();
    assert_eq!(statuses.iter().filter(|status| **status == Some(201)).count(), 1, "{statuses:?}");
    assert_eq!(
        statuses.iter().filter(|status| **status == Some(409)).count(),
        CLIENTS - 1,
        "{statuses:?}"
    );
}

#[test]
fn it_verifies_its_database() {
    verifies(&Shop::on_sqlite());
}

#[test]
fn it_verifies_its_database_on_postgres() {
    if let Some(shop) = Shop::on_postgres("it_verifies_its_database_on_postgres") {
        verifies(&shop);
    }
}

fn verifies(shop: &Shop) {
    let kills = if soak() { "20" } else { "2" };
    let said =
        say(shop.sandbox.path(), &shop.binary, &["verify", "--kills", kills, "--writers", "16"]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 9, "{said}");
    assert!(lines[1..8].iter().all(|line| line.starts_with("ok ")), "{said}");
    assert!(lines[8].ends_with("nothing was lost, doubled or out of order"), "{said}");
    let left = shop.sandbox.tree().into_iter().map(|(path, _)| path);
    assert_eq!(left.filter(|path| path.contains("verify")).collect::<Vec<_>>(), [""; 0]);
}
