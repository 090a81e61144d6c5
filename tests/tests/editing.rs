//! Files that people have edited: what they wrote stays, byte for byte.

use bloom_tests::Sandbox;

fn shop() -> Sandbox {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Customer name:String:1..100");
    sandbox.generate("aggregate Order note:String:optional status:enum:draft,placed,cancelled");
    sandbox
}

#[test]
fn the_same_request_again_says_unchanged() {
    let sandbox = shop();
    let before = sandbox.tree();
    let said = sandbox.ok(&["generate", "aggregate", "Customer", "name:String:1..100"]);
    assert!(said.contains("Unchanged"), "{said}");
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_nothing() {
    let sandbox = shop();
    let before = sandbox.tree();
    let arguments = ["generate", "entity", "OrderLine", "sku:String:3..20", "--in", "Order"];
    let output = sandbox.bloom(&[&arguments[..], &["--dry-run", "--json"]].concat());
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the plan is JSON");
    assert_eq!(sandbox.tree(), before);
    let paths = |plan: &serde_json::Value| -> Vec<String> {
        let changes = plan["changes"].as_array().expect("changes").iter();
        changes
            .map(|change| {
                format!(
                    "{} {}",
                    change["effect"].as_str().unwrap_or_default(),
                    change["path"].as_str().unwrap_or_default()
                )
            })
            .collect()
    };
    let planned = paths(&plan);
    assert!(planned.contains(&"created src/shop/domain/order/line.rs".to_owned()), "{planned:?}");
    assert!(planned.contains(&"edited src/shop/domain/order/mod.rs".to_owned()), "{planned:?}");

    let output = sandbox.bloom(&[&arguments[..], &["--json"]].concat());
    let done: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("the outcome is JSON");
    assert_eq!(paths(&done), planned, "what was shown is what was done");
}

#[test]
fn reordered_and_commented_files_keep_their_order_and_comments() {
    let sandbox = shop();
    let domain = sandbox.read("src/shop/domain/mod.rs");
    let reordered = domain
        .replace(
            "pub mod customer;\npub mod order;\n",
            "// the heart of it\npub mod order; // sold here\npub mod customer;\n",
        )
        .replace("//! What the business knows.", "//! What WE know.");
    assert_ne!(reordered, domain);
    sandbox.write("src/shop/domain/mod.rs", &reordered);
    let app = sandbox.read("src/app.rs").replace(
        "        StorageStore::shared(storage)",
        "        // one line each\n        StorageStore::shared(storage)",
    );
    sandbox.write("src/app.rs", &app);

    sandbox.generate("aggregate Invoice total:i64");
    let after = sandbox.read("src/shop/domain/mod.rs");
    for kept in [
        "// the heart of it\npub mod order; // sold here\npub mod customer;\n",
        "//! What WE know.",
    ] {
        assert!(after.contains(kept), "{after}");
    }
    assert!(after.contains("pub mod invoice;"), "{after}");
    let without: Vec<&str> =
        after.lines().filter(|line| !line.to_lowercase().contains("invoice")).collect();
    let before: Vec<&str> = reordered.lines().collect();
    assert_eq!(without, before, "everything else is as it was");
    let app = sandbox.read("src/app.rs");
    assert!(app.contains("// one line each") && app.contains(".aggregate::<Invoice>("), "{app}");
}

#[test]
fn methods_and_rules_of_ones_own_stay() {
    let sandbox = shop();
    let path = "src/shop/domain/order/mod.rs";
    let own = sandbox.read(path).replace(
        "impl EventSourced for Order {",
        "impl Order {\n    /// Ours.\n    pub fn is_new(&self) -> bool { self.version().get()   ==   1 } // not formatted\n}\n\nimpl EventSourced for Order {",
    );
    let own = own.replace(
        "        if self.note != note {",
        "        // our reason\n        if self.note != note {",
    );
    sandbox.write(path, &own);

    sandbox.generate("entity OrderLine --in Order sku:String:3..20 --while draft");
    sandbox.ok(&["generate", "command", "--in", "Order", "place: draft -> placed if lines"]);
    let after = sandbox.read(path);
    for kept in [
        "{ self.version().get()   ==   1 } // not formatted",
        "// our reason\n        if self.note != note {",
    ] {
        assert!(after.contains(kept), "{after}");
    }
    for added in [
        "lines: Vec<OrderLine>,",
        "pub fn place(",
        "pub fn add_line(",
        "lines: Vec::new(),",
        "OrderEvent::Placed { .. } => {",
    ] {
        assert!(after.contains(added), "{added} is missing in:\n{after}");
    }
    sandbox.cargo(&["fmt"]);
    assert!(sandbox.passes() > 30);
}

#[test]
fn a_conflict_is_refused_and_can_be_decided() {
    let sandbox = shop();
    let path = "src/shop/adapters/http/order/mod.rs";
    let ours = sandbox.read(path).replace("#[openapi(", "#[openapi(tags((name = \"ours\")), ");
    let arguments = ["generate", "command", "--in", "Order", "place: draft -> placed"];

    sandbox.write(path, &ours);
    let said = sandbox.refused(&arguments);
    assert!(said.contains(path) && said.contains("struct Description"), "{said}");
    sandbox.ok(&[&arguments[..], &["--skip"]].concat());
    assert_eq!(sandbox.read(path), ours);

    let sandbox = shop();
    sandbox.write(path, &ours);
    sandbox.ok(&[&arguments[..], &["--force"]].concat());
    assert!(!sandbox.read(path).contains("ours") && sandbox.read(path).contains("place_order"));
}

#[test]
fn what_bloom_does_not_want_to_change_may_be_changed() {
    let sandbox = shop();
    sandbox.write("src/shop/domain/order/id.rs", "//! ours\n");
    sandbox.ok(&["generate", "command", "--in", "Order", "place: draft -> placed"]);
    let path = "src/shop/domain/order/mod.rs";
    let edited = sandbox
        .read(path)
        .replace("OrderStatus::Draft => {}", "OrderStatus::Draft => { /* ours */ }");
    sandbox.write(path, &edited);
    sandbox.ok(&["generate", "command", "--in", "Order", "undo_place: placed -> draft"]);
    sandbox.generate("entity OrderLine --in Order sku:String:3..20");
    assert_eq!(sandbox.read("src/shop/domain/order/id.rs"), "//! ours\n");
    assert!(sandbox.read(path).contains("/* ours */"));
}

#[test]
fn an_interrupted_run_is_undone_by_the_next() {
    let sandbox = shop();
    let before = sandbox.tree();
    // What a run leaves that is killed after it has replaced one file and created another.
    sandbox.write(".bloom/transaction/0", &sandbox.read("src/app.rs"));
    sandbox.write(
        ".bloom/transaction/undo.json",
        r#"{"created":["src/shop/domain/half/mod.rs"],"replaced":["src/app.rs"],"folders":["src/shop/domain/half"]}"#,
    );
    sandbox.write("src/app.rs", "half");
    sandbox.write("src/shop/domain/half/mod.rs", "half");
    let said = sandbox.ok(&["generate", "aggregate", "Customer", "name:String:1..100"]);
    assert!(said.contains("was interrupted"), "{said}");
    assert_eq!(sandbox.tree(), before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_killed_at_any_moment_leaves_all_or_nothing() {
    use std::process::Command;
    let whole = shop();
    let start = std::time::Instant::now();
    whole.generate("aggregate Invoice total:i64");
    let took = start.elapsed();
    for hundredth in (0..50).step_by(10).chain((50..110).step_by(2)) {
        let wait = took * hundredth / 100;
        let sandbox = shop();
        let before = sandbox.tree();
        let mut child = Command::new(bloom_tests::bloom())
            .args(["generate", "aggregate", "Invoice", "total:i64"])
            .current_dir(sandbox.path())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(wait);
        let _ = child.kill();
        let _ = child.wait();
        // The next run, whatever it does, finds a whole project.
        sandbox.ok(&["generate", "aggregate", "Customer", "name:String:1..100"]);
        let after: Vec<_> =
            sandbox.tree().into_iter().filter(|(path, _)| !path.contains("/.bloom-")).collect();
        let has_record = after.iter().any(|(path, _)| path.ends_with("-aggregate-invoice.json"));
        let has_code = after
            .iter()
            .any(|(path, text)| path.ends_with("src/app.rs") && text.contains("Invoice"));
        assert_eq!(has_record, has_code, "half a request after {wait:?}");
        if !has_record {
            assert_eq!(after, before, "half a request after {wait:?}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_moves_and_removes_files_is_all_or_nothing_when_killed() {
    use std::process::Command;
    for (words, sign) in [
        (["rename", "aggregate", "Order", "Purchase"], "src/shop/domain/purchase/mod.rs"),
        (["destroy", "aggregate", "Order", "--quiet"], "src/shop/domain/customer/mod.rs"),
    ] {
        let done = shop();
        let start = std::time::Instant::now();
        done.ok(&words);
        let took = start.elapsed();
        let after = done.tree();
        let mut seen = [0, 0];
        // It writes at the end, which is where it is stopped most often.
        for hundredth in (20..50).step_by(10).chain((50..110).step_by(2)) {
            let wait = took * hundredth / 100;
            let sandbox = shop();
            let before = sandbox.tree();
            let mut child = Command::new(bloom_tests::bloom())
                .args(words)
                .current_dir(sandbox.path())
                .stderr(std::process::Stdio::null())
                .spawn()
                .expect("it starts");
            std::thread::sleep(wait);
            let _ = child.kill();
            let _ = child.wait();
            // Whoever looks next sees a whole project.
            sandbox.ok(&["list"]);
            let now = sandbox.tree();
            let index = usize::from(now == after);
            assert!(now == before || now == after, "half of {words:?} after {wait:?}");
            seen[index] += 1;
            assert!(index == 0 || sandbox.path().join(sign).exists());
        }
        assert!(seen[0] > 0, "{words:?} was never stopped: {seen:?}");
    }
}

#[test]
fn a_template_of_ones_own_is_used() {
    let sandbox = shop();
    sandbox.write(".bloom/templates/aggregate/domain/id.rs.j2", "//! Our id of {{ a.label }}.\nuse bloom_runtime::prelude::*;\n\n/// Ours.\n#[derive(Identity)]\npub struct {{ a.pascal }}Id(Uuid);\n");
    sandbox.generate("aggregate Invoice total:i64");
    assert!(sandbox.read("src/shop/domain/invoice/id.rs").starts_with("//! Our id of invoice."));
    sandbox.write(".bloom/templates/aggregate/domain/id.rs.j2", "{{ a.nonsense }}");
    let said = sandbox.refused(&["generate", "aggregate", "Payment"]);
    assert!(said.contains("aggregate/domain/id.rs.j2"), "{said}");
}

/// Runs git in the sandbox; what it printed.
fn git(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
        .args(arguments)
        .current_dir(sandbox.path())
        .output()
        .expect("git runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {said}");
    said
}

#[test]
fn two_branches_that_both_generate_can_be_merged() {
    let sandbox = shop();
    git(&sandbox, &["init", "--quiet", "--initial-branch", "main"]);
    let commit = |what: &str| {
        git(&sandbox, &["add", "--all"]);
        git(&sandbox, &["commit", "--quiet", "--message", what]);
    };
    // What each branch adds to a shared list is kept, as in any list that two people add to.
    std::fs::write(sandbox.path().join(".gitattributes"), "*.rs merge=union\n").unwrap();
    commit("shop");
    git(&sandbox, &["checkout", "--quiet", "-b", "stock"]);
    sandbox.generate("aggregate Widget name:String:1..100");
    sandbox.generate("repository Widget");
    commit("widgets");
    git(&sandbox, &["checkout", "--quiet", "main"]);
    sandbox.generate("aggregate Supplier name:String:1..100");
    commit("suppliers");
    git(&sandbox, &["merge", "--quiet", "--message", "both", "stock"]);

    // Each keeps the migration that was written for it, whatever comes next.
    sandbox.generate("aggregate Invoice name:String:1..100");
    let app = sandbox.read("src/app.rs");
    let migrations: Vec<&str> = app
        .match_indices("../migrations/")
        .map(|(at, lead)| app[at + lead.len()..].split('.').next().unwrap_or_default())
        .collect();
    assert_eq!(
        migrations,
        ["0001_customers", "0002_orders", "0003_suppliers", "0003_widgets", "0004_invoices"]
    );
    let records = sandbox.tree().into_iter().map(|(path, _)| path);
    let newest = records.filter(|path| path.contains("/.bloom/requests/")).max();
    assert_eq!(newest.as_deref(), Some("shop/.bloom/requests/0005-aggregate-invoice.json"));
}

#[test]
fn a_type_that_is_made_of_itself_is_refused() {
    let sandbox = shop();
    let text = "#[derive(ValueObject)]\npub struct Category { name: String, below: Vec<Group> }\n#[derive(ValueObject)]\npub struct Group { of: Vec<Category> }\n";
    sandbox.write("src/shop/domain/category.rs", text);
    let domain = sandbox.read("src/shop/domain/mod.rs");
    sandbox.write(
        "src/shop/domain/mod.rs",
        &format!("{domain}\npub use category::{{Category, Group}};\n"),
    );
    // What an editor keeps beside it is not read.
    std::fs::write(sandbox.path().join("src/shop/domain/.category.rs.swp"), [0, 255])
        .expect("a file");
    let said = sandbox.refused(&["generate", "aggregate", "Thing", "category:Category"]);
    assert!(
        said.contains("`Category` cannot be the type of a generated field: it is made of itself"),
        "{said}"
    );
}

#[test]
fn a_file_keeps_its_line_ends_and_its_mark() {
    let sandbox = shop();
    let path = "src/shop/domain/order/mod.rs";
    let own = "\nimpl Order {\n    /// Ours.\n    pub fn ours() {}\n}\n";
    let text = format!("\u{feff}{}{own}", sandbox.read(path)).replace('\n', "\r\n");
    sandbox.write(path, &text);
    sandbox.generate("entity OrderLine --in Order sku:String:3..20");
    let after = sandbox.read(path);
    assert!(after.starts_with('\u{feff}') && after.contains("pub fn add_line"), "{after}");
    assert_eq!(
        after.matches('\n').count(),
        after.matches("\r\n").count(),
        "no line ends otherwise"
    );
    sandbox.ok(&["destroy", "entity", "OrderLine"]);
    assert_eq!(sandbox.read(path), text);
}

#[test]
fn blocks_of_ones_own_may_stand_before_those_of_bloom() {
    let sandbox = shop();
    let path = "src/shop/domain/order/mod.rs";
    let own =
        "impl Order {\n    /// Ours.\n    pub fn ours() {}\n}\n\nimpl Order {\n    /// Begins";
    let text = sandbox.read(path).replacen("impl Order {\n    /// Begins", own, 1);
    sandbox.write(path, &text);
    sandbox.generate("entity OrderLine --in Order sku:String:3..20");
    let after = sandbox.read(path);
    let ours = after.find("pub fn ours").expect("ours");
    assert!(ours < after.find("pub fn create").expect("create"), "{after}");
    assert!(after.contains("pub fn add_line"), "{after}");
    sandbox.ok(&["destroy", "entity", "OrderLine"]);
    assert_eq!(sandbox.read(path), text);
}

#[test]
fn what_an_interrupted_run_left_is_undone_before_anything_is_said() {
    let sandbox = shop();
    let whole = sandbox.tree();
    let list = r#"{"created":["src/new.rs"],"replaced":["src/lib.rs"],"folders":[]}"#;
    for verb in
        [&["list"][..], &["check"], &["doctor"], &["generate", "migration", "x", "--dry-run"]]
    {
        sandbox.write(".bloom/transaction/0", &sandbox.read("src/lib.rs"));
        sandbox.write(".bloom/transaction/undo.json", list);
        sandbox.write("src/new.rs", "half");
        sandbox.write("src/.bloom-x1y2z3", "not yet in its place");
        sandbox.write("src/lib.rs", "half");
        let said = sandbox.ok(verb);
        assert!(said.contains("an earlier run was interrupted"), "{verb:?}: {said}");
        assert_eq!(sandbox.tree(), whole, "{verb:?}");
    }
}

#[test]
fn what_a_command_makes_superfluous_goes() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Doc name:String:1..5 kind:enum:a,b");
    let path = "src/shop/application/doc/change_doc_kind.rs";
    assert!(sandbox.path().join(path).exists());
    sandbox.ok(&["generate", "command", "--in", "Doc", "finish: a -> b"]);
    assert!(!sandbox.path().join(path).exists());
    assert!(sandbox.ok(&["check"]).contains("Checked"));
    sandbox.ok(&["destroy", "command", "finish", "--in", "Doc"]);
    assert!(sandbox.path().join(path).exists());
}

#[test]
fn features_that_rules_need_come_and_go_around_what_was_edited_in_the_manifest() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Order note:String:optional");
    let edited = sandbox
        .read("Cargo.toml")
        .replace("bloom-runtime = \"0.1\"", "bloom-runtime = \"0.1.0\" # as tested\nregex = \"1\"");
    sandbox.write("Cargo.toml", &edited);

    sandbox.ok(&["add", "field", "Order", "site:String:optional,url"]);
    let runtime = "bloom-runtime = { version = \"0.1.0\", features = [\"url\"] } # as tested\n";
    let with_url = edited.replace("bloom-runtime = \"0.1.0\" # as tested\n", runtime);
    assert_eq!(sandbox.read("Cargo.toml"), with_url);

    sandbox.ok(&["destroy", "field", "Order", "site"]);
    assert_eq!(sandbox.read("Cargo.toml"), edited);
}
