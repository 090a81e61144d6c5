//! `bloom doctor`: each thing that is known to go wrong is said, with what to do.

use std::process::{Command, Stdio};

use bloom_tests::Sandbox;

fn ask(sandbox: &Sandbox) -> (Option<i32>, String) {
    let output = sandbox.bloom(&["doctor"]);
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_sound_project_is_fine() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Customer name:String:1..100");
    let (code, said) = ask(&sandbox);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("advice") && !said.contains("broken"), "{said}");
    let output = sandbox.bloom(&["doctor", "--json"]);
    let answers: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(answers.as_array().is_some_and(|answers| answers.len() > 8), "{answers}");
}

#[test]
fn what_went_wrong_is_said() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Customer name:String:1..100");
    let path = "src/shop/domain/customer/id.rs";
    let said_after = |what: &str, expected: &str, code: i32| {
        let (found, said) = ask(&sandbox);
        assert!(said.contains(expected), "{what}: {said}");
        assert_eq!(found, Some(code), "{what}: {said}");
    };
    sandbox.write(path, &format!("// ours\n{}", sandbox.read(path)));
    said_after("an edit", "1 of them edited since", 0);
    sandbox.write(path, "<<<<<<< ours\n=======\n>>>>>>> theirs\n");
    said_after("marks", "two versions stand in src/shop/domain/customer/id.rs", 1);
    std::fs::remove_file(sandbox.path().join(path)).expect("it goes");
    said_after("removal", "advice  removed since: src/shop/domain/customer/id.rs", 0);
    sandbox.write(".bloom/version", "0.0.1\n");
    said_after("an old version", "written by bloom 0.0.1", 0);
    sandbox.write(".bloom/templates/nothing.j2", "x");
    said_after("a template of no use", "nothing.j2` takes the place of no template", 0);
    let config = sandbox.read(".cargo/config.toml");
    sandbox.write(".cargo/config.toml", &config.replace("/bloom-runtime", "/nowhere"));
    said_after("a crate that moved", "where it is not", 1);
    sandbox.write(".cargo/config.toml", &config);
    sandbox.write(
        ".bloom/requests/0009-nonsense.json",
        "{\"generate\":\"repository\",\"root\":\"Nobody\"}",
    );
    said_after("a request that does not fit", "broken  a recorded request does not fit", 1);
}

#[test]
fn a_machine_without_rust_is_told_so() {
    let sandbox = Sandbox::new();
    let output = Command::new(bloom_tests::bloom())
        .arg("doctor")
        .env("PATH", sandbox.path())
        .current_dir(sandbox.path())
        .stdin(Stdio::null())
        .output()
        .expect("bloom runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("broken  rustc is not there") && said.contains("rustup.rs"), "{said}");
}
