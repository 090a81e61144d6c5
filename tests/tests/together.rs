//! Two processes of a generated shop on one database: they share its policies, and one goes on where the other was killed.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use bloom_tests::{Sandbox, Server};
use serde_json::json;

fn post(server: &Server, name: &str) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20))).build().into();
    let sent = agent
        .post(format!("{}/customers", server.address))
        .header("content-type", "application/json")
        .send(json!({ "name": name }).to_string());
    assert_eq!(sent.expect("it answers").status().as_u16(), 201);
}

/// Waits until so many letters are written, and then whether another one comes.
fn letters(folder: &Path, count: usize) -> Vec<String> {
    let read = || {
        let written = fs::read_to_string(folder.join("letters.txt")).unwrap_or_default();
        written.lines().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let begun = Instant::now();
    while read().len() < count {
        assert!(
            begun.elapsed() < Duration::from_secs(40),
            "{} of {count} are written",
            read().len()
        );
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_secs(1));
    read()
}

#[test]
fn each_letter_is_written_once() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Customer name:String:1..100");
    sandbox.generate("policy WelcomeCustomer --on customer.created");
    let policy = "src/shop/application/policies/welcome_customer.rs";
    let written = sandbox.read(policy).replace(
        "// What follows from it is written here.",
        "use std::io::Write as _;
            let letters = std::fs::OpenOptions::new().create(true).append(true).open(\"letters.txt\");
            if let Ok(mut letters) = letters {
                let _ = writeln!(letters, \"{}\", recorded.aggregate_id);
            }",
    );
    assert!(written.contains("letters.txt"), "{written}");
    sandbox.write(policy, &written);
    sandbox.cargo(&["build"]);
    let (folder, binary) = (sandbox.path(), sandbox.binary());

    let one = Server::start(folder, &binary);
    let other = Server::start(folder, &binary);
    for number in 0..10 {
        post(&one, &format!("one {number}"));
        post(&other, &format!("other {number}"));
    }
    let mut all = letters(folder, 20);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 20, "a customer was welcomed twice");

    // Whichever of the two has the policy.
    one.kill();
    post(&other, "left alone");
    assert_eq!(letters(folder, 21).len(), 21);
    let one = Server::start(folder, &binary);
    other.kill();
    post(&one, "left alone, too");
    assert_eq!(letters(folder, 22).len(), 22);
}
