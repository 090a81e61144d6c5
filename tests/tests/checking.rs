//! `bloom check`: each rule is noticed when it is broken, where it is broken, and what was generated breaks none.

use bloom_tests::Sandbox;

fn shop() -> Sandbox {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("value-object Money amount:i64 currency:enum:EUR,USD");
    sandbox.generate("aggregate Order note:String:optional status:enum:draft,placed");
    sandbox.generate("entity OrderLine --in Order sku:String:3..20 price:Money --while draft");
    sandbox.generate("command --in Order place:draft->placed");
    sandbox.generate("aggregate Account owner:String:1..9 --create open --event-sourced");
    sandbox.generate("repository Order --relational");
    sandbox.generate("projection OrderList --from Order");
    sandbox.generate("specification drafts --for Order status");
    sandbox
}

/// The exit code, and what was printed.
fn check(sandbox: &Sandbox, arguments: &[&str]) -> (Option<i32>, String) {
    let output = sandbox.bloom(&[&["check"], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &said)
}

fn append(sandbox: &Sandbox, path: &str, text: &str) {
    sandbox.write(path, &(sandbox.read(path) + text));
}

#[test]
fn what_only_looks_like_it_breaks_no_rule() {
    let sandbox = shop();
    // Words that are crates elsewhere.
    sandbox.generate("aggregate Tower http:String redis:i64:optional");
    let path = "src/shop/domain/order/mod.rs";
    append(
        &sandbox,
        path,
        "\nimpl Order {\n    /// Its note, for addresses.\n    pub fn slug(&self) -> Option<String> {\n        self.note.as_ref().map(|note| note.replace(' ', \"-\"))\n    }\n}\n",
    );
    sandbox.write(
        "src/shop/domain/order/tests/clock.rs",
        "use std::time::SystemTime;\nfn now() -> SystemTime { SystemTime::now() }\n",
    );
    append(
        &sandbox,
        "src/shop/domain/money.rs",
        "\n#[cfg(any(test, feature = \"x\"))]\nmod tests_of_all { use std::fs; }\n",
    );
    sandbox.write("tests/fixtures/logo.png", "x");
    std::fs::write(sandbox.path().join("src/logo.png"), [0, 255]).expect("a picture");
    let (code, said) = check(&sandbox, &[]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_is_generated_breaks_no_rule() {
    for database in ["sqlite", "memory"] {
        let sandbox = Sandbox::with_project(&["--db", database]);
        sandbox.generate("aggregate Order status:enum:draft,placed");
        assert_eq!(check(&sandbox, &[]).0, Some(0), "{:?}", check(&sandbox, &[]));
    }
    let (code, said) = check(&shop(), &[]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn each_rule_is_noticed_where_it_is_broken() {
    let sandbox = shop();
    let manifest = sandbox.read("bloom.toml");
    let edit = |path: &str, from: &str, to: &str| {
        let text = sandbox.read(path);
        assert!(text.contains(from), "{path} has no `{from}`");
        sandbox.write(path, &text.replacen(from, to, 1));
    };
    append(
        &sandbox,
        "src/shop/domain/money.rs",
        "\nuse crate::shop::ports::Orders as _;\nuse super::super::application::{Handlers, ShopApp as _};\n\
         fn reach() -> std::io::Result<String> {\n    let _ = crate::app::App::SERVICE;\n    std::fs::read_to_string(\"x\")\n}\n\
         async fn later() {\n    tokio::task::yield_now().await;\n}\n\
         #[cfg(test)]\nmod unpunished {\n    use std::fs;\n}\n",
    );
    append(
        &sandbox,
        "src/shop/application/mod.rs",
        "\nuse crate::shop::adapters::http as _;\n\n/// Nobody's.\n#[derive(Command)]\npub struct Nothing;\n\
         \n/// Handled, and not said so.\n#[derive(Command)]\npub struct Forgotten;\n\npub struct ForgottenHandler;\n\
         impl<U: UnitOfWork> Handler<Forgotten, U> for ForgottenHandler {}\n",
    );
    edit(
        "src/shop/domain/order/mod.rs",
        "    note: Option<String>",
        "    pub note: Option<String>",
    );
    edit(
        "src/shop/domain/order/mod.rs",
        "impl Order {\n",
        "impl Order {\n    pub fn quietly(&mut self) {\n        self.note = None;\n        self.hidden();\n        let _ = self.note.as_deref().map(|note| note.replace(' ', \"-\"));\n    }\n\n    fn hidden(&mut self) {\n        self.lines[0].count += 1;\n        self.lines.clear();\n        std::mem::swap(&mut self.note, &mut None);\n    }\n\n    fn a_part_of_apply(&mut self) {\n        self.note = None;\n    }\n\n",
    );
    sandbox.write(
        "src/sales/domain/mod.rs",
        "use crate::shop::domain::{Money, Order, OrderEvent};\nuse crate::shop::ports::Orders;\n",
    );
    sandbox.write(
        "bloom.toml",
        &(manifest.replace("contexts = [\"shop\"]", "contexts = [\"shop\", \"sales\"]")
            + "\n[check]\nforbidden-crates = [\"openssl\"]\n"),
    );
    sandbox.write("Cargo.lock", "[[package]]\nname = \"openssl\"\n");
    let (code, said) = check(&sandbox, &[]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(said);

    let (code, sarif) = check(&sandbox, &["--format", "sarif"]);
    assert_eq!(code, Some(1));
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("SARIF is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), said.lines().filter(|line| line.contains(" [")).count());
    let known = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in results {
        assert!(known.iter().any(|rule| rule["id"] == result["ruleId"]), "{result}");
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].is_u64());
    }
}

#[test]
fn a_rule_can_be_taken_otherwise() {
    let sandbox = shop();
    append(
        &sandbox,
        "src/shop/domain/money.rs",
        "\n// bloom: allow(domain-purity) it is only a demonstration\nuse std::fs as _;\n",
    );
    assert_eq!(check(&sandbox, &[]).0, Some(0));
    append(&sandbox, "src/shop/domain/money.rs", "\nuse std::net as _;\n");
    let (code, said) = check(&sandbox, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the network") && !said.contains("files "), "{said}");

    let manifest = sandbox.read("bloom.toml");
    sandbox.write("bloom.toml", &format!("{manifest}\n[check.rules]\ndomain-purity = \"note\"\n"));
    assert_eq!(check(&sandbox, &[]).0, Some(0));
    assert!(check(&sandbox, &["--notes"]).1.contains("note: the domain knows the network"));

    sandbox.write("bloom.toml", &format!("{manifest}\n[check.rules]\ndomain-purty = \"note\"\n"));
    let said = sandbox.refused(&["check"]);
    assert!(said.contains("unknown variant `domain-purty`"), "{said}");
}

#[test]
fn every_rule_is_explained() {
    let sandbox = shop();
    let mut said = String::new();
    for rule in [
        "layer-direction",
        "context-boundary",
        "domain-purity",
        "public-state",
        "state-outside-apply",
        "opaque-field",
        "unhandled-message",
        "unregistered-handler",
        "unread-event",
        "forbidden-crate",
    ] {
        said += &check(&sandbox, &["--explain", rule]).1;
        said += "\n";
    }
    insta::assert_snapshot!(said);
    assert!(sandbox.refused(&["check", "--explain", "nonsense"]).contains("possible values"));
}

#[test]
fn what_does_not_parse_is_said() {
    let sandbox = shop();
    append(&sandbox, "src/shop/domain/money.rs", "\nfn (\n");
    let said = sandbox.refused(&["check"]);
    assert!(said.contains("src/shop/domain/money.rs:"), "{said}");
}
