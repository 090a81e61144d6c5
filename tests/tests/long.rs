//! What takes too long for every change: run with `BLOOM_SOAK=1`.

use std::{fs, process::Command};

use bloom_tests::{Sandbox, soak_or_leave_out, tool, workspace};

/// How many lines begin with this and hold that.
fn count(requests: &str, start: &str, part: &str) -> usize {
    requests.lines().filter(|line| line.starts_with(start) && line.contains(part)).count()
}

#[test]
fn a_vocabulary_that_nobody_here_wrote() {
    if !soak_or_leave_out("a project with the words of schema.org") {
        return;
    }
    let path = workspace().join("tests/vocabulary/schema_org.txt");
    let requests = fs::read_to_string(path).expect("the vocabulary");
    assert!(count(&requests, "aggregate ", "") >= 60);
    assert!(count(&requests, "aggregate ", "_status:enum") >= 40);
    assert!(count(&requests, "value-object ", "") >= 30);
    assert!(count(&requests, "entity ", "") >= 20);
    for part in [
        "String",
        "bool",
        "i32",
        "i64",
        "u32",
        "u64",
        "f64",
        "Decimal",
        "Date",
        "Timestamp",
        "Json",
        "enum:",
        "Id",
        ":optional",
        ":list",
        "list(1..5)",
        "email",
        "url",
        "unique",
        "index",
        "=unknown",
        "matches=",
        "--event-sourced",
        "--no-change",
        "--count",
        "emits",
    ] {
        assert!(requests.contains(part), "{part}");
    }
    let sandbox = Sandbox::with_project(&[]);
    for line in requests.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix("command --in ").and_then(|rest| rest.split_once(' ')) {
            Some((root, sentence)) => {
                drop(sandbox.ok(&["generate", "command", "--in", root, sentence]));
            }
            None => sandbox.generate(line),
        }
    }
    assert!(sandbox.passes() > 1_000);
}

#[test]
fn no_mutant_of_the_shops_domain_survives() {
    if !soak_or_leave_out("cargo-mutants over the shop's domain") {
        return;
    }
    let Some(mutants) = tool("cargo-mutants", "cargo-mutants over the shop's domain") else {
        return;
    };
    let sandbox = Sandbox::shop();
    // Mutants are made of what git knows.
    let made = Command::new("git").args(["init", "--quiet"]).current_dir(sandbox.path()).status();
    assert!(made.expect("git runs").success());
    let output = Command::new(mutants)
        .args(["mutants", "--file", "src/shop/domain/**", "--no-shuffle", "--colors", "never"])
        .current_dir(sandbox.path())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let caught =
        said.lines().any(|line| line.contains("mutants tested") && line.contains("caught"));
    assert!(caught && !said.contains("missed"), "{said}");
}
