//! `bloom upgrade` and `bloom eject`: new templates reach old projects, and what people changed stays.

use bloom_tests::Sandbox;

const OWN: &str = ".bloom/templates/aggregate/domain/id.rs.j2";
const ID: &str = "src/shop/domain/customer/id.rs";

/// A project of which one file was written by another template, as an older version of Bloom would have.
fn written_by_an_older_template() -> Sandbox {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.ok(&["eject", "templates", "aggregate/domain/id.rs.j2"]);
    let template = sandbox.read(OWN);
    let older = template.replacen("//!", "//! As it used to be.\n//!", 1);
    assert_ne!(older, template);
    sandbox.write(OWN, &older);
    sandbox.generate("aggregate Customer name:String:1..100");
    assert!(sandbox.read(ID).contains("As it used to be."));
    std::fs::remove_file(sandbox.path().join(OWN)).expect("the template goes");
    sandbox
}

#[test]
fn what_is_up_to_date_is_left_alone() {
    for database in ["sqlite", "postgres", "memory"] {
        let sandbox = Sandbox::with_project(&["--db", database]);
        sandbox.generate("aggregate Customer name:String:1..100");
        if database != "memory" {
            sandbox.generate("repository Customer --relational");
            sandbox.generate("projection CustomerList --from Customer");
        }
        let before = sandbox.tree();
        let said = sandbox.ok(&["upgrade"]);
        assert!(said.contains("Unchanged"), "{said}");
        assert_eq!(sandbox.tree(), before);
    }
}

#[test]
fn a_newer_template_reaches_what_was_edited_elsewhere() {
    let sandbox = written_by_an_older_template();
    let edited = sandbox.read(ID) + "\n/// Ours.\npub const OURS: u8 = 1;\n";
    sandbox.write(ID, &edited);
    let said = sandbox.ok(&["upgrade", "--dry-run"]);
    assert!(said.contains(&format!("Would edit {ID}")), "{said}");
    assert_eq!(sandbox.read(ID), edited);

    sandbox.ok(&["upgrade"]);
    let text = sandbox.read(ID);
    assert!(!text.contains("As it used to be."), "{text}");
    assert!(text.ends_with("/// Ours.\npub const OURS: u8 = 1;\n"), "{text}");
}

#[test]
fn where_both_changed_the_same_both_versions_are_there() {
    let sandbox = written_by_an_older_template();
    let ours = sandbox.read(ID).replacen("As it used to be.", "As WE want it.", 1);
    sandbox.write(ID, &ours);
    let output = sandbox.bloom(&["upgrade"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("Conflict {ID}")), "{said}");
    let text = sandbox.read(ID);
    for part in ["<<<<<<<", "As WE want it.", ">>>>>>>"] {
        assert!(text.contains(part), "{text}");
    }
    // Somebody decides, and it stays decided.
    sandbox.write(ID, &ours);
    let said = sandbox.ok(&["upgrade"]);
    assert!(said.contains("Unchanged"), "{said}");
    assert_eq!(sandbox.read(ID), ours);
}

#[test]
fn an_ejected_template_keeps_what_was_changed_in_it_and_gets_what_is_new() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.ok(&["eject", "templates", "aggregate/domain/id.rs.j2"]);
    let newest = sandbox.read(OWN);
    // The template as an older version of Bloom ejected it, with a line that came since missing.
    let last = newest.lines().last().expect("a template has lines");
    let older = newest.strip_suffix(&format!("{last}\n")).expect("the last line").to_owned();
    let base = format!(".bloom/base/{OWN}");
    assert_eq!(sandbox.read(&base), newest);
    sandbox.write(&base, &older);
    sandbox.write(OWN, &format!("// In our style.\n{older}"));

    sandbox.ok(&["upgrade"]);
    assert_eq!(sandbox.read(OWN), format!("// In our style.\n{newest}"));
    assert_eq!(sandbox.read(&base), newest);
    sandbox.generate("aggregate Customer name:String:1..100");
    assert!(sandbox.read(ID).starts_with("// In our style.\n"));
}

#[test]
fn every_template_can_be_ejected_and_changes_nothing() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Customer name:String:1..100");
    sandbox.ok(&["eject", "templates"]);
    assert!(sandbox.ok(&["upgrade"]).contains("Unchanged"));
    assert!(sandbox.ok(&["eject", "templates", "aggregate/"]).contains("Unchanged"));
    let said = sandbox.refused(&["eject", "templates", "agregate/domain/id.rs.j2"]);
    assert!(said.contains("did you mean `aggregate/domain/id.rs.j2`?"), "{said}");
}

#[test]
fn steps_of_the_schema_stay_as_they_were_applied() {
    let sandbox = Sandbox::with_project(&[]);
    let template = ".bloom/templates/aggregate/migration.sql.j2";
    sandbox.ok(&["eject", "templates", "aggregate/migration.sql.j2"]);
    sandbox.write(template, &format!("-- older\n{}", sandbox.read(template)));
    sandbox.generate("aggregate Customer name:String:1..100");
    std::fs::remove_file(sandbox.path().join(template)).expect("the template goes");
    let said = sandbox.ok(&["upgrade"]);
    assert!(said.contains("Unchanged"), "{said}");
    assert!(sandbox.read("migrations/0001_customers.sql").starts_with("-- older\n"));
}
