//! A project moves from SQLite to PostgreSQL with its data, and nobody who uses it notices.

use std::{
    path::Path,
    process::{Command, Output},
};

use bloom_sql::testing::PostgresScratch;
use bloom_tests::{Sandbox, Server};
use serde_json::{Value, json};

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn post(agent: &ureq::Agent, url: &str, body: &Value) -> Value {
    let mut answer = agent
        .post(url)
        .header("content-type", "application/json")
        .send(body.to_string())
        .expect("the server answers");
    assert_eq!(answer.status(), 201);
    serde_json::from_str(&answer.body_mut().read_to_string().expect("a body")).expect("JSON")
}

/// The answer and its version.
fn get(agent: &ureq::Agent, url: &str) -> (Value, String) {
    let mut answer = agent.get(url).call().expect("the server answers");
    assert_eq!(answer.status(), 200, "{url}");
    let tag = answer.headers().get("etag").map(|tag| tag.to_str().expect("a tag").to_owned());
    let body = answer.body_mut().read_to_string().expect("a body");
    (serde_json::from_str(&body).expect("JSON"), tag.unwrap_or_default())
}

fn run(sandbox: &Sandbox, binary: &Path, arguments: &[&str]) -> Output {
    Command::new(binary).args(arguments).current_dir(sandbox.path()).output().expect("it runs")
}

fn said(output: &Output) -> String {
    let Output { stdout, stderr, .. } = output;
    format!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
}

#[test]
fn from_sqlite_to_postgres() {
    let Some(server) = bloom_tests::postgres("from_sqlite_to_postgres") else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let scratch = runtime.expect("a runtime").block_on(PostgresScratch::on(&server));
    let scratch = scratch.expect("the server gives a schema");

    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Customer name:String:1..100 email:String:email,unique");
    // What somebody has changed stays.
    let manifest = sandbox.read("Cargo.toml") + "\n[profile.release]\nlto = true\n";
    sandbox.write("Cargo.toml", &manifest);
    let domain = |sandbox: &Sandbox| -> Vec<(String, String)> {
        let is_kept = |path: &str| {
            !path.contains(".bloom/")
                && (path.contains("/domain/") || path.contains("/application/"))
        };
        sandbox.tree().into_iter().filter(|(path, _)| is_kept(path)).collect()
    };
    let before = domain(&sandbox);
    let binary = sandbox.binary();
    let agent = agent();
    let old = Server::start(sandbox.path(), &binary);
    for number in 1..=5 {
        let body = json!({ "name": format!("Customer {number}"), "email": format!("c{number}@example.com") });
        post(&agent, &format!("{}/customers", old.address), &body);
    }
    let (listed, _) = get(&agent, &format!("{}/customers", old.address));
    let one = listed["items"][2]["id"].as_str().expect("an id").to_owned();
    let shown = get(&agent, &format!("{}/customers/{one}", old.address));
    old.kill();

    sandbox.ok(&["db", "use", "postgres"]);
    assert_eq!(before, domain(&sandbox), "the domain has changed");
    assert!(sandbox.read("Cargo.toml").contains("lto = true"));
    assert!(sandbox.ok(&["db", "use", "postgres"]).contains("Unchanged"));
    let config =
        sandbox.read("config/default.toml").replace("postgres://localhost/shop", scratch.url());
    sandbox.write("config/default.toml", &config);

    // The program for the new database alone says how to get the other one.
    let binary = sandbox.binary();
    let copy = ["db", "copy", "--from", "sqlite:data/shop.db"];
    let alone = run(&sandbox, &binary, &copy);
    assert!(!alone.status.success());
    let told = said(&alone);
    assert!(told.contains("--features bloom-manage/sqlite"), "{told}");

    let arguments = ["run", "--quiet", "--features", "bloom-manage/sqlite", "--"];
    // The environment of the tests names another database than the configuration.
    let copied = sandbox.cargo(&[&arguments[..], &copy[..], &["--to", scratch.url()]].concat());
    assert!(copied.contains("copied           5  customers"), "{copied}");
    let new = Server::start(sandbox.path(), &binary);
    assert_eq!(get(&agent, &format!("{}/customers", new.address)).0, listed);
    assert_eq!(get(&agent, &format!("{}/customers/{one}", new.address)), shown);
    // It goes on where it was: a unique value is taken, and positions follow.
    let taken = json!({ "name": "Again", "email": "c3@example.com" });
    let answer = agent
        .post(format!("{}/customers", new.address))
        .header("content-type", "application/json")
        .send(taken.to_string())
        .expect("the server answers");
    assert_eq!(answer.status(), 409);
    post(
        &agent,
        &format!("{}/customers", new.address),
        &json!({ "name": "Six", "email": "c6@example.com" }),
    );
    let tail = said(&run(&sandbox, &binary, &["events", "tail", "-n", "1"]));
    assert!(tail.trim_start().starts_with("6 "), "{tail}");

    let again = run(&sandbox, &binary, &["db", "copy", "--from", scratch.url()]);
    assert!(
        !again.status.success() && said(&again).contains("the same database"),
        "{}",
        said(&again)
    );
}
