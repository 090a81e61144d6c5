//! What the machine refuses: a disk without room, folders without permission. The project stays as it was.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use bloom_tests::{Sandbox, bloom, tool};

/// Runs `bloom` where no file can be written beyond so many blocks of 512 bytes, as if the disk were
/// full in the middle of it.
fn with_little_room(sandbox: &Sandbox, blocks: usize, arguments: &str) -> Output {
    // Without a handler the signal would end the process; with it ignored, writing fails, as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" {arguments}");
    Command::new("sh")
        .args(["-c", &script, &bloom().to_string_lossy()])
        .current_dir(sandbox.path())
        .output()
        .expect("sh runs")
}

#[test]
fn a_full_disk_leaves_the_project_as_it_was() {
    for request in [
        "generate entity OrderLine --in Order sku:String:3..20 quantity:u32:1..999 --while draft",
        "rename aggregate Order Purchase",
        "destroy command place --in Order",
        "add field Order weight:u32:optional",
    ] {
        let sandbox = Sandbox::with_project(&[]);
        sandbox.generate("aggregate Order note:String:optional status:enum:draft,placed,cancelled");
        sandbox.generate("command --in Order place:draft->placed");
        let before = sandbox.tree();
        let mut stopped = 0;
        for blocks in 0.. {
            let output = with_little_room(&sandbox, blocks, request);
            let said = String::from_utf8_lossy(&output.stderr);
            if output.status.success() {
                break;
            }
            assert_eq!(output.status.code(), Some(4), "{request}, {blocks} blocks: {said}");
            assert!(said.contains("error: cannot") && said.contains("too large"), "{said}");
            assert_eq!(sandbox.tree(), before, "{request}, {blocks} blocks: {said}");
            stopped += 1;
        }
        assert!(stopped > 5, "{request} stopped {stopped} times");
        assert_ne!(sandbox.tree(), before, "with room it is done");
    }
}

/// Runs `bloom` as one who is not root; `None` where root cannot become another.
fn as_nobody(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let root = Command::new("id").arg("-u").output().expect("id runs").stdout == b"0\n";
    let mut command = if root {
        let mut command = Command::new(tool("setpriv", "writing without permission")?);
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(bloom());
        command
    } else {
        Command::new(bloom())
    };
    Some(command.args(arguments).current_dir(folder).output().expect("it runs"))
}

fn permit(sandbox: &Sandbox, path: &str, mode: u32) {
    let path = sandbox.path().join(path);
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn without_permission_nothing_is_written() {
    let sandbox = Sandbox::with_project(&[]);
    for folder in [sandbox.outside().to_owned(), sandbox.path().to_owned()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    permit(&sandbox, ".bloom", 0o555);
    let before = sandbox.tree();
    let request = ["generate", "aggregate", "Customer", "name:String:1..100"];
    let Some(output) = as_nobody(sandbox.path(), &request) else { return };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains(".bloom/lock`: Permission denied"), "{said}");
    assert_eq!(sandbox.tree(), before);

    let Some(output) = as_nobody(sandbox.path(), &["init", "inner"]) else { return };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("Permission denied"), "{said}");
    assert_eq!(sandbox.tree(), before);
    permit(&sandbox, ".bloom", 0o755);
}

#[test]
fn a_folder_in_the_middle_that_cannot_be_written_undoes_the_rest() {
    let sandbox = Sandbox::with_project(&[]);
    let everything = |mode| {
        let output = Command::new("chmod")
            .args(["-R", mode, &sandbox.outside().to_string_lossy()])
            .output()
            .expect("chmod runs");
        assert!(output.status.success());
    };
    everything("a+rwX");
    permit(&sandbox, "tests/suite", 0o555);
    let before = sandbox.tree();
    let refused = |request: &[&str]| {
        let before = sandbox.tree();
        let Some(output) = as_nobody(sandbox.path(), request) else { return };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains("tests/suite") && said.contains("Permission denied"), "{said}");
        assert_eq!(sandbox.tree(), before, "{said}");
    };
    let request = ["generate", "aggregate", "Customer", "name:String:1..100"];
    refused(&request);
    assert_eq!(sandbox.tree(), before);
    permit(&sandbox, "tests/suite", 0o755);
    sandbox.ok(&request);
    everything("a+rwX");
    for folder in ["tests/suite", "tests/suite/http", "tests/suite/store"] {
        permit(&sandbox, folder, 0o555);
    }
    refused(&["destroy", "aggregate", "Customer"]);
    refused(&["rename", "aggregate", "Customer", "Client"]);
    for folder in ["tests/suite", "tests/suite/http", "tests/suite/store"] {
        permit(&sandbox, folder, 0o755);
    }
}

/// What a project's own binary does is asked of it through cargo, from the root of the project, and its code is the code.
#[test]
fn short_forms_are_handed_to_the_projects_own_binary() {
    let sandbox = Sandbox::with_project(&[]);
    let cargo = sandbox.outside().join("cargo");
    fs::write(&cargo, "#!/bin/sh\npwd\necho \"$@\"\nexit 7\n").expect("a script");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("it may run");
    for verb in ["migrate", "events", "projection", "verify"] {
        let output = Command::new(bloom())
            .args([verb, "up", "--json", "--help"])
            .env("CARGO", &cargo)
            .current_dir(sandbox.path().join("src"))
            .output()
            .expect("it runs");
        let root = sandbox.path().canonicalize().expect("a folder");
        let said = format!("{}\nrun --quiet -- {verb} up --json --help\n", root.display());
        assert_eq!(String::from_utf8_lossy(&output.stdout), said);
        assert_eq!(output.status.code(), Some(7));
    }
}

#[test]
fn a_template_of_ones_own_needs_cargo_generate() {
    let sandbox = Sandbox::new();
    let output = Command::new(bloom_tests::bloom())
        .args(["init", "shop", "--template", "../ours"])
        // A cargo that knows no `generate`.
        .env("CARGO", "/bin/false")
        .current_dir(sandbox.path())
        .stdin(Stdio::null())
        .output()
        .expect("bloom runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("cargo install cargo-generate --locked"), "{said}");
    assert!(!sandbox.path().join("shop").exists());
    let said = sandbox.refused(&["init", "shop", "--template", "../ours", "--db", "memory"]);
    assert!(said.contains("cannot be used with"), "{said}");
}
