//! A read model of a generated shop goes from following the log to being written with the events, and back, while two programs serve: one
//! that has heard of it and one that has not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use bloom_sql::rusqlite::Connection;
use bloom_tests::{Sandbox, Server};
use serde_json::json;

/// A program of the shop, and the folder in which it runs.
struct Program<'s> {
    folder: &'s Path,
    binary: PathBuf,
}

impl Program<'_> {
    fn serve(&self) -> Server {
        Server::start(self.folder, &self.binary)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let run = Command::new(&self.binary).args(arguments).current_dir(self.folder).output();
        run.expect("the shop runs")
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let failed = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {failed}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} was to be refused");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
}

fn post(server: &Server, name: &str) -> u16 {
    let sent = agent()
        .post(format!("{}/customers", server.address))
        .header("content-type", "application/json")
        .send(json!({ "name": name }).to_string());
    sent.expect("it answers").status().as_u16()
}

fn readiness(server: &Server) -> (u16, String) {
    let asked = agent().get(format!("{}/health/ready", server.address)).call();
    let mut answer = asked.expect("it answers");
    (answer.status().as_u16(), answer.body_mut().read_to_string().expect("a text"))
}

/// Waits until something is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The names in the table of the read model, in order.
fn shown(folder: &Path) -> Vec<String> {
    let database = Connection::open(folder.join("data/shop.db")).expect("the database opens");
    let mut names = database.prepare("SELECT name FROM customer_list ORDER BY name").expect("SQL");
    let names = names.query_map([], |row| row.get(0)).expect("rows");
    names.collect::<Result<_, _>>().expect("texts")
}

#[test]
fn a_read_model_goes_through_the_door_and_back() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Customer name:String:1..100");
    sandbox.generate("projection CustomerList --from Customer");
    let folder = sandbox.path();
    let following = Program { folder, binary: folder.join("following") };
    fs::rename(sandbox.binary(), &following.binary).expect("it is there");
    let app = sandbox.read("src/app.rs");
    let inline = app.replace(".from::<Customer>()", ".from::<Customer>().inline()");
    assert_ne!(app, inline);
    sandbox.write("src/app.rs", &inline);
    sandbox.cargo(&["fmt"]);
    // What was generated before passes with it, too.
    assert!(sandbox.passes() > 20);
    let inline = Program { folder, binary: sandbox.binary() };

    let old = following.serve();
    assert_eq!(post(&old, "ada"), 201);
    let new = inline.serve();
    assert_eq!(post(&new, "bob"), 201);
    until("it follows the log", || shown(folder) == ["ada", "bob"]);
    let list = inline.ok(&["projection", "list"]);
    let awaits = "customer_list  live      at 2 of 2\n  this program registers it otherwise";
    assert!(list.starts_with(awaits), "{list}");

    inline.ok(&["projection", "rebuild", "customer_list"]);
    assert_eq!(inline.ok(&["projection", "list"]).trim(), "customer_list  inline    at 2 of 2");
    assert_eq!(post(&new, "eve"), 201);
    assert_eq!(shown(folder), ["ada", "bob", "eve"]);
    assert_eq!(post(&old, "lost"), 500);
    until("it is shut out", || readiness(&old).0 == 503);
    let (_, why) = readiness(&old);
    assert!(why.contains("`customer_list` is written with the events"), "{why}");
    assert_eq!(readiness(&new).0, 200);
    let refused = following.refused(&["serve", "--address", "127.0.0.1:0"]);
    assert!(refused.contains("register it with `.inline()`"), "{refused}");
    let refused = inline.refused(&["projection", "pause", "customer_list"]);
    assert!(refused.contains("there is nothing that it could wait for"), "{refused}");
    let refused = inline.refused(&["projection", "retire", "customer_list"]);
    assert!(refused.contains("is one of this program's projections"), "{refused}");

    following.ok(&["projection", "rebuild", "customer_list"]);
    assert_eq!((post(&old, "fay"), post(&new, "gus")), (201, 201));
    until("it follows the log", || shown(folder) == ["ada", "bob", "eve", "fay", "gus"]);
    until("nobody is shut out any more", || readiness(&old).0 == 200);
    assert_eq!(following.ok(&["projection", "list"]).trim(), "customer_list  live      at 5 of 5");
}
