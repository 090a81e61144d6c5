//! `bloom destroy`: the project as if something had never been asked for.

use bloom_tests::Sandbox;

/// What can be generated for an order, and how it is destroyed.
const ROUND_TRIPS: [(&str, &str); 14] = [
    ("value-object Period first:Date last:Date", "value-object Period"),
    ("aggregate Invoice total:i64 number:String:1..20,unique", "aggregate Invoice"),
    ("aggregate Account owner:String:1..9 --create open --event-sourced", "aggregate Account"),
    ("entity OrderLine --in Order sku:String:3..20 price:Money --while draft", "entity OrderLine"),
    ("command --in Order place:draft->placed", "command place --in Order"),
    ("repository Order", "repository Order"),
    ("repository Order --relational", "repository Order --relational"),
    ("migration visits", "migration visits"),
    ("projection OrderList --from Order", "projection OrderList"),
    ("query FindOrders --in Order", "query FindOrders"),
    ("service Pricing", "service Pricing"),
    ("factory OrderFactory --for Order", "factory OrderFactory"),
    ("policy NotifyCustomer --on order.created", "policy NotifyCustomer"),
    ("specification drafts --for Order status", "specification drafts --for Order"),
];

fn words(sentence: &str) -> Vec<&str> {
    sentence.split(' ').collect()
}

fn shop() -> Sandbox {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("value-object Money amount:i64 currency:enum:EUR,USD");
    sandbox.generate("aggregate Order note:String:optional status:enum:draft,placed");
    sandbox
}

fn destroy(sandbox: &Sandbox, sentence: &str) -> String {
    sandbox.ok(&[&["destroy"], words(sentence).as_slice()].concat())
}

#[test]
fn what_was_generated_and_destroyed_was_never_there() {
    for database in ["sqlite", "postgres"] {
        let sandbox = Sandbox::with_project(&["--db", database]);
        sandbox.generate("value-object Money amount:i64 currency:enum:EUR,USD");
        sandbox.generate("aggregate Order note:String:optional status:enum:draft,placed");
        let before = sandbox.tree();
        for (generated, destroyed) in ROUND_TRIPS {
            sandbox.generate(generated);
            assert_ne!(sandbox.tree(), before, "{generated}");
            let between = sandbox.tree();
            sandbox.ok(&[&["destroy"], words(destroyed).as_slice(), &["--dry-run"]].concat());
            assert_eq!(sandbox.tree(), between, "a dry run writes nothing");
            let said = destroy(&sandbox, destroyed);
            assert_eq!(sandbox.tree(), before, "{destroyed}: {said}");
        }
    }
}

#[test]
fn what_was_destroyed_leaves_what_came_later_as_it_would_be_alone() {
    let [first, second] = ["value-object Period first:Date last:Date", "value-object Size cm:i64"];
    let alone = shop();
    alone.generate(second);
    let both = shop();
    both.generate(first);
    both.generate(second);
    destroy(&both, "value-object Period");
    let files = |sandbox: &Sandbox| -> Vec<(String, String)> {
        // Its request keeps the number that it was given.
        sandbox.tree().into_iter().filter(|(path, _)| !path.contains("/requests/")).collect()
    };
    assert_eq!(files(&both), files(&alone));
}

#[test]
fn what_belongs_to_an_aggregate_goes_with_it() {
    let sandbox = shop();
    let with_money = sandbox.tree();
    for (generated, _) in &ROUND_TRIPS[3..] {
        sandbox.generate(generated);
    }
    destroy(&sandbox, "migration visits");
    destroy(&sandbox, "service Pricing");
    destroy(&sandbox, "aggregate Order");
    sandbox.generate("aggregate Order note:String:optional status:enum:draft,placed");
    assert_eq!(sandbox.tree(), with_money);
}

#[test]
fn what_was_edited_is_not_removed_and_the_edit_is_shown() {
    let sandbox = shop();
    sandbox.generate("aggregate Invoice total:i64");
    let path = "src/shop/domain/invoice/mod.rs";
    let text = sandbox.read(path);
    sandbox.write(path, &format!("{text}\n// ours\n"));
    let said = sandbox.refused(&["destroy", "aggregate", "Invoice"]);
    assert!(said.contains("you changed it, and Bloom wants to remove it"), "{said}");
    assert!(said.contains("+// ours"), "{said}");

    sandbox.ok(&["destroy", "aggregate", "Invoice", "--skip"]);
    assert!(sandbox.read(path).ends_with("// ours\n"), "what was skipped is the user's now");
    assert!(!sandbox.read("src/app.rs").contains("Invoice"));
}

#[test]
fn what_others_are_made_of_stays() {
    let sandbox = shop();
    sandbox.generate("entity OrderLine --in Order sku:String:3..20 price:Money");
    let said = sandbox.refused(&["destroy", "value-object", "Money"]);
    assert!(said.contains("entity OrderLine --in Order"), "{said}");
    let said = sandbox.refused(&["destroy", "aggregate", "Ordre"]);
    assert!(said.contains("did you mean `aggregate Order`?"), "{said}");
}

#[test]
fn edits_elsewhere_stay_when_something_goes() {
    let sandbox = shop();
    let edit = |path: &str, from: &str, to: &str| {
        let text = sandbox.read(path);
        assert!(text.contains(from), "{path} has no `{from}`");
        sandbox.write(path, &text.replacen(from, to, 1));
    };
    edit("src/shop/domain/mod.rs", "pub mod order;", "// the heart of it\npub mod order;");
    edit("src/app.rs", "use ", "// by hand\nuse ");
    let before: Vec<String> =
        ["src/shop/domain/mod.rs", "src/app.rs"].map(|path| sandbox.read(path)).into();
    sandbox.generate("aggregate Invoice total:i64");
    assert!(sandbox.read("src/app.rs").contains("Invoice"));
    destroy(&sandbox, "aggregate Invoice");
    let after: Vec<String> =
        ["src/shop/domain/mod.rs", "src/app.rs"].map(|path| sandbox.read(path)).into();
    assert_eq!(after, before);
}

#[test]
fn the_number_of_a_request_is_not_given_twice() {
    let sandbox = shop();
    sandbox.generate("value-object Period first:Date last:Date");
    sandbox.generate("value-object Size cm:i64");
    destroy(&sandbox, "value-object Period");
    sandbox.generate("value-object Weight kg:i64");
    let mut requests: Vec<String> = sandbox
        .tree()
        .into_iter()
        .filter_map(|(path, _)| path.split_once("/requests/").map(|(_, name)| name.to_owned()))
        .collect();
    requests.sort();
    assert_eq!(
        requests,
        [
            "0001-value-object-money.json",
            "0002-aggregate-order.json",
            "0004-value-object-size.json",
            "0005-value-object-weight.json"
        ]
    );
}

#[test]
fn who_still_names_what_is_gone_is_told() {
    let sandbox = shop();
    sandbox.generate("aggregate Invoice total:i64");
    sandbox.write("src/own.rs", "//! Of an Invoice.\n\npub use crate::shop::domain::Invoice;\n");
    let said = destroy(&sandbox, "aggregate Invoice");
    assert!(said.contains("warning: src/own.rs:3 still names `Invoice`"), "{said}");
    assert_eq!(said.matches("still names").count(), 1, "{said}");
}

#[test]
fn an_import_that_people_need_stays() {
    let sandbox = shop();
    sandbox.ok(&["add", "field", "Order", "price:Money:optional"]);
    let path = "src/shop/domain/order/mod.rs";
    let own = "\nimpl Order {\n    /// Ours.\n    pub fn costs(money: Money) -> i64 {\n        *money.amount()\n    }\n}\n";
    sandbox.write(path, &(sandbox.read(path) + own));
    destroy(&sandbox, "field Order price");
    let text = sandbox.read(path);
    assert!(
        text.contains("Money;\n") || text.contains("Money}") || text.contains("Money,"),
        "{text}"
    );
    assert!(text.ends_with(own), "{text}");
}

#[test]
fn a_word_in_a_text_needs_no_import() {
    let sandbox = shop();
    sandbox.generate("value-object Score points:u32");
    sandbox.ok(&["add", "field", "Order", "score:Score:optional"]);
    let path = "src/shop/domain/order/mod.rs";
    let own = "\n/// The Score of an order.\npub const LABEL: &str = \"Score of an order\";\n";
    sandbox.write(path, &(sandbox.read(path) + own));
    destroy(&sandbox, "field Order score");
    destroy(&sandbox, "value-object Score");
    let text = sandbox.read(path);
    assert!(text.ends_with(own) && text.matches("Score").count() == 2, "{text}");
}

#[test]
fn what_others_bring_in_under_the_same_name_is_not_told() {
    let sandbox = shop();
    sandbox.generate("aggregate Client name:String:1..5");
    let said = destroy(&sandbox, "aggregate Client");
    assert!(!said.contains("still names"), "{said}");
}

#[test]
fn the_number_of_a_step_that_stays_is_not_given_twice() {
    let sandbox = shop();
    sandbox.generate("migration visits");
    sandbox.write("migrations/0002_visits.sql", "CREATE TABLE visits (at TEXT);\n");
    sandbox.ok(&["destroy", "migration", "visits", "--skip"]);
    sandbox.generate("aggregate Invoice total:i64");
    assert!(sandbox.path().join("migrations/0003_invoices.sql").exists());
    assert!(sandbox.read("migrations/0002_visits.sql").contains("visits (at TEXT)"));
}
