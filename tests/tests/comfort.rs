//! Completion of a project's names, questions for what is missing, and manual pages.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use bloom_tests::{Sandbox, bloom, tool};

fn shop() -> Sandbox {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("value-object Money amount:i64");
    sandbox.generate("aggregate Customer name:String:1..100");
    sandbox.generate("aggregate Order note:String:optional status:enum:draft,placed");
    sandbox.generate("entity OrderLine --in Order sku:String price:Money");
    sandbox.generate("command --in Order place:draft->placed");
    sandbox
}

/// What bash is offered behind these words; the last one is where the cursor is.
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let output = Command::new(bloom())
        .arg("--")
        .args(words)
        .current_dir(sandbox.path())
        .env("COMPLETE", "bash")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .output()
        .expect("bloom runs");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn the_names_of_the_project_are_completed() {
    let sandbox = shop();
    let cases: [(&[&str], &[&str]); 8] = [
        (&["bloom", "generate", "command", "--in", ""], &["Customer", "Order"]),
        (&["bloom", "destroy", "entity", "O"], &["OrderLine"]),
        (&["bloom", "destroy", "value-object", "M"], &["Money"]),
        (&["bloom", "rename", "aggregate", "Cu"], &["Customer"]),
        (&["bloom", "rename", "command", "p"], &["place"]),
        (&["bloom", "add", "field", "O"], &["Order", "OrderLine"]),
        (&["bloom", "add", "variant", "Order", "st"], &["status"]),
        (&["bloom", "check", "--explain", "opaque"], &["opaque-field"]),
    ];
    for (words, expected) in cases {
        assert_eq!(offered(&sandbox, words), expected, "{words:?}");
    }
    // Where there is no project there are no names, and no complaints.
    let elsewhere = Sandbox::new();
    assert_eq!(offered(&elsewhere, &["bloom", "destroy", "entity", "O"]), Vec::<String>::new());
}

#[test]
fn every_shell_is_told_how_to_ask() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = sandbox.bloom(&["completions", shell]);
        let script = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && script.contains("COMPLETE"), "{shell}: {script}");
    }
    let Some(bash) = tool("bash", "the completion script in bash") else { return };
    let script = sandbox.bloom(&["completions", "bash"]).stdout;
    sandbox.write("bloom.bash", &String::from_utf8_lossy(&script));
    let output = Command::new(bash)
        .args(["--norc", "-c", "source ./bloom.bash && complete -p bloom"])
        .current_dir(sandbox.path())
        .output()
        .expect("bash runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains("_clap_complete_bloom"));
}

/// Runs `bloom` on a terminal of its own and types these lines; what stands on the terminal then.
fn on_a_terminal(sandbox: &Sandbox, arguments: &str, lines: &str) -> Option<String> {
    let script = tool("script", "answering questions on a terminal")?;
    let mut child = Command::new(script)
        .args(["--quiet", "--return", "--command"])
        .arg(format!("{} {arguments}", bloom().display()))
        .arg("/dev/null")
        .current_dir(sandbox.path())
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("script runs");
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_person_is_asked_for_what_is_missing() {
    let sandbox = shop();
    let Some(said) =
        on_a_terminal(&sandbox, "generate", "valu\nvalue\nWeight\n\nkg:i64\ngrams:i64\n\n")
    else {
        return;
    };
    for expected in
        ["What to generate?", "`valu` is none of them", "Its name", "one is needed", "Created"]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let weight = sandbox.read("src/shop/domain/weight.rs");
    assert!(weight.contains("kg: i64") && weight.contains("grams: i64"), "{weight}");

    let said = on_a_terminal(&sandbox, "generate entity Remark text:String", "Customer\n");
    let said = said.unwrap_or_default();
    assert!(said.contains("The aggregate (Customer, Order): "), "{said}");
    assert!(sandbox.read("src/shop/domain/customer/mod.rs").contains("remarks: Vec<Remark>"));

    // Somebody who leaves has asked for nothing.
    let before = sandbox.tree();
    let said = on_a_terminal(&sandbox, "rename aggregate", "Order\n\u{4}").unwrap_or_default();
    assert!(said.contains("Usage: bloom rename aggregate <FROM> <TO>"), "{said}");
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_program_is_told_and_never_asked() {
    let sandbox = shop();
    let said = sandbox.refused(&["generate", "entity", "Remark", "text:String"]);
    assert!(said.contains("--in <AGGREGATE>"), "{said}");
    assert!(sandbox.refused(&["generate"]).contains("Usage: bloom generate"));
}

#[test]
fn every_verb_has_a_manual_page() {
    let sandbox = Sandbox::new();
    for (verb, expected) in [
        (&[][..], "bloom"),
        (&["generate", "aggregate"], "Examples:"),
        (&["model", "apply"], "model file"),
        (&["check"], "forbidden"),
    ] {
        let output = sandbox.bloom(&[&["man"], verb].concat());
        let page = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{verb:?}");
        assert!(page.contains(".TH bloom") && page.contains(expected), "{verb:?}: {page}");
    }
    assert!(sandbox.refused(&["man", "generat"]).contains("did you mean `generate`?"));
}
