//! `bloom rename`: other names in code and files, the same ones where something is stored.

use bloom_tests::Sandbox;

fn shop() -> Sandbox {
    let sandbox = Sandbox::with_project(&[]);
    for sentence in [
        "value-object Money amount:i64 currency:enum:EUR,USD",
        "aggregate Customer name:String:1..100",
        "aggregate Order customer_id:CustomerId note:String:optional status:enum:draft,placed",
        "entity OrderLine --in Order sku:String:3..20 price:Money",
        "command --in Order place:draft->placed",
        "repository Order --relational",
        "projection OrderList --from Order",
        "specification drafts --for Order status",
        "query FindOrders --in Order",
        "factory OrderFactory --for Order",
        "policy NotifyCustomer --on order.placed",
    ] {
        sandbox.generate(sentence);
    }
    sandbox
}

/// The project without what Bloom keeps for itself.
fn code(sandbox: &Sandbox) -> Vec<(String, String)> {
    let mut files = sandbox.tree();
    files.retain(|(path, _)| !path.contains("/.bloom/"));
    files
}

#[test]
fn there_and_back_is_as_before() {
    let sandbox = shop();
    let before = code(&sandbox);
    for (there, back) in [
        (["aggregate", "Order", "Purchase"], ["aggregate", "Purchase", "Order"]),
        (["value-object", "Money", "Price"], ["value-object", "Price", "Money"]),
        (["aggregate", "Customer", "Person"], ["aggregate", "Person", "Customer"]),
    ] {
        let unchanged = sandbox.tree();
        sandbox.ok(&[&["rename"], &there[..], &["--dry-run"]].concat());
        assert_eq!(sandbox.tree(), unchanged, "a dry run writes nothing");
        sandbox.ok(&[&["rename"], &there[..]].concat());
        let names = |sandbox: &Sandbox| -> Vec<String> {
            code(sandbox).into_iter().map(|(path, _)| path).collect()
        };
        let old = there[1].to_lowercase();
        let left: Vec<String> =
            names(&sandbox).into_iter().filter(|path| path.contains(&format!("/{old}/"))).collect();
        assert_eq!(left, Vec::<String>::new());
        sandbox.ok(&[&["rename"], &back[..]].concat());
        assert_eq!(code(&sandbox), before, "{there:?}");
    }
}

#[test]
fn what_is_stored_keeps_its_name() {
    let sandbox = shop();
    let stored = |sandbox: &Sandbox| -> Vec<String> {
        let output = sandbox.bloom(&["list", "--json"]);
        let list: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let of = |aggregate: &serde_json::Value| -> Vec<String> {
            let all = aggregate["behaviours"].as_array().expect("behaviours").iter();
            all.map(|one| one["stored"].as_str().expect("a name").to_owned()).collect()
        };
        list["contexts"][0]["aggregates"]
            .as_array()
            .expect("aggregates")
            .iter()
            .flat_map(of)
            .collect()
    };
    let before = stored(&sandbox);
    sandbox.ok(&["rename", "aggregate", "Order", "Purchase"]);
    sandbox.ok(&["rename", "command", "place", "submit", "--in", "Purchase"]);
    assert_eq!(stored(&sandbox), before);
    assert!(sandbox.read("src/app.rs").contains("Documents::in_table(\"orders\")"));
    assert!(sandbox.read("src/shop/domain/purchase/mod.rs").contains("name = \"order\""));
    assert!(
        sandbox
            .read("src/shop/adapters/http/purchase/mod.rs")
            .contains("\"/purchases/{id}/submit\"")
    );

    // What comes later under the old name would be mistaken for it.
    let said = sandbox.refused(&["generate", "aggregate", "Order"]);
    assert!(said.contains("`Purchase` is stored as `order`"), "{said}");
    // And what is added later is named as the rest.
    sandbox.ok(&["add", "field", "Purchase", "weight:u32:optional"]);
    assert!(
        sandbox.read("src/shop/domain/purchase/events.rs").contains("\"order.weight_changed\"")
    );
}

#[test]
fn what_people_wrote_goes_with_it() {
    let sandbox = shop();
    let own = "src/shop/domain/order/pricing.rs";
    sandbox.write(own, "//! Prices of an Order.\n\nuse super::Order;\n\n/// \"Order\" in a text.\npub const WHAT: fn(&Order) -> &str = |_| \"Order\";\n");
    let module = "src/shop/domain/order/mod.rs";
    sandbox.write(
        module,
        &sandbox.read(module).replacen("mod id;", "mod id; // the key\npub mod pricing;", 1),
    );
    let said = sandbox.ok(&["rename", "aggregate", "Order", "Purchase"]);
    assert!(said.contains("Created src/shop/domain/purchase/pricing.rs"), "{said}");
    assert_eq!(
        sandbox.read("src/shop/domain/purchase/pricing.rs"),
        "//! Prices of an Order.\n\nuse super::Purchase;\n\n/// \"Order\" in a text.\npub const WHAT: fn(&Purchase) -> &str = |_| \"Order\";\n"
    );
    let module = sandbox.read("src/shop/domain/purchase/mod.rs");
    assert!(module.contains("mod id; // the key\npub mod pricing;"), "{module}");
    assert!(!sandbox.path().join("src/shop/domain/order").exists());
}

#[test]
fn what_cannot_be_is_refused() {
    let sandbox = shop();
    let mut said = String::new();
    for words in [
        "aggregate Ordr Purchase",
        "aggregate Order Customer",
        "aggregate Order Money",
        "aggregate Order type",
        "aggregate Order Sheep",
        "value-object Money Order",
        "value-object Mony Price",
        "command place create --in Order",
        "command plac submit --in Order",
        "command place submit --in Ordr",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let arguments = [&["rename"], words.as_slice()].concat();
        said += &format!("$ bloom {}\n{}\n", arguments.join(" "), sandbox.refused(&arguments));
    }
    sandbox.write("src/shop/domain/broken.rs", "fn Order(\n");
    said += &sandbox.refused(&["rename", "aggregate", "Order", "Purchase"]);
    insta::assert_snapshot!(said);
}

#[test]
fn steps_of_the_schema_stay_whatever_comes_next() {
    let sandbox = shop();
    let steps = |sandbox: &Sandbox| -> Vec<(String, String)> {
        let files = code(sandbox).into_iter();
        files.filter(|(path, _)| path.contains("/migrations/")).collect()
    };
    let before = steps(&sandbox);
    sandbox.ok(&["rename", "aggregate", "Order", "Purchase"]);
    sandbox.ok(&["add", "field", "Purchase", "weight:u32:optional"]);
    sandbox.ok(&["generate", "command", "--in", "Purchase", "pay"]);
    sandbox.ok(&["upgrade"]);
    assert_eq!(steps(&sandbox), before);
}

#[test]
fn what_stands_where_something_would_go_is_not_overwritten() {
    let sandbox = shop();
    for (path, words) in [
        ("src/shop/domain/price.rs", ["value-object", "Money", "Price"]),
        ("src/shop/domain/purchase/mod.rs", ["aggregate", "Order", "Purchase"]),
    ] {
        sandbox.write(path, "//! Ours.\n");
        let said = sandbox.refused(&[&["rename"], &words[..]].concat());
        assert!(said.contains(&format!("{path}: it is there already")), "{said}");
        let said = sandbox.refused(&[&["rename"], &words[..], &["--skip"]].concat());
        assert!(said.contains(&format!("{path}: it is there already")), "{said}");
        std::fs::remove_file(sandbox.path().join(path)).expect("it goes");
    }
    // Modules of other people have their own names.
    sandbox.write("src/reports/mod.rs", "pub mod order;\n");
    sandbox.write(
        "src/reports/order.rs",
        "use crate::shop::domain::Order;\npub type All = Vec<Order>;\n",
    );
    sandbox.ok(&["rename", "aggregate", "Order", "Purchase"]);
    assert_eq!(sandbox.read("src/reports/mod.rs"), "pub mod order;\n");
    assert_eq!(
        sandbox.read("src/reports/order.rs"),
        "use crate::shop::domain::Purchase;\npub type All = Vec<Purchase>;\n"
    );
}

#[test]
fn what_is_skipped_goes_along_with_what_was_written_in_it() {
    let sandbox = shop();
    let path = "src/shop/domain/order/mod.rs";
    let text = sandbox.read(path);
    let first = text.lines().next().expect("a line").to_owned();
    sandbox.write(path, &text.replacen(&first, "//! An Order, in our words.", 1));
    // A template that says it otherwise makes it a conflict.
    sandbox.ok(&["eject", "templates", "aggregate/domain/mod.rs.j2"]);
    let template = ".bloom/templates/aggregate/domain/mod.rs.j2";
    sandbox.write(template, &sandbox.read(template).replacen("//! ", "//! In other words: ", 1));
    let said = sandbox.refused(&["rename", "aggregate", "Order", "Purchase"]);
    assert!(said.contains(&format!("{path}:1: you changed")), "{said}");
    sandbox.ok(&["rename", "aggregate", "Order", "Purchase", "--skip"]);
    let text = sandbox.read("src/shop/domain/purchase/mod.rs");
    assert!(
        text.starts_with("//! An Order, in our words.\n") && text.contains("struct Purchase"),
        "{text}"
    );
}

#[test]
fn what_others_call_alike_stays() {
    let sandbox = shop();
    sandbox.generate("aggregate Bid kind:enum:order,credit status:enum:draft,placed");
    sandbox.generate("command --in Bid place:draft->placed");
    let own = "src/shop/domain/bids.rs";
    sandbox.write(
        own,
        "use std::time::Duration;\nuse super::{Bid, BidKind, Money};\npub struct Wait { pub money: Duration }\nimpl Iterator for Wait {\n    type Item = Money;\n    fn next(&mut self) -> Option<Money> { None }\n}\npub fn f(bid: &mut Bid, w: &Wait) { bid.place(); let _ = (BidKind::Order, w.money()); }\n",
    );
    let domain = "src/shop/domain/mod.rs";
    sandbox.write(
        domain,
        &sandbox.read(domain).replacen("pub mod bid;", "pub mod bid;\npub mod bids;", 1),
    );
    let bid = |sandbox: &Sandbox| -> Vec<(String, String)> {
        code(sandbox).into_iter().filter(|(path, _)| path.contains("/bid")).collect()
    };
    let before = bid(&sandbox);
    let said = sandbox.ok(&["rename", "command", "place", "submit", "--in", "Order"]);
    assert!(said.contains("src/shop/domain/bids.rs:8: `.place(..)`"), "{said}");
    assert_eq!(bid(&sandbox), before);
    sandbox.ok(&["rename", "aggregate", "Order", "Purchase"]);
    assert_eq!(bid(&sandbox), before);
    sandbox.ok(&["rename", "value-object", "Money", "Item"]);
    let text = sandbox.read(own);
    assert!(text.contains("use super::{Bid, BidKind, Item};"), "{text}");
    assert!(text.contains("Option<Item>") && text.contains("w.money()"), "{text}");
    sandbox.ok(&["destroy", "command", "place", "--in", "Bid"]);
}

#[test]
fn a_context_that_is_called_like_an_aggregate_stays() {
    let mut sandbox = Sandbox::new();
    sandbox.ok(&["init", "orders"]);
    sandbox.enter("orders");
    sandbox.generate("aggregate Order note:String:optional");
    sandbox.ok(&["rename", "aggregate", "Order", "Purchase"]);
    assert!(sandbox.read("src/main.rs").contains("orders::app::App"));
    assert!(sandbox.read("src/orders/domain/purchase/mod.rs").contains("struct Purchase"));
    assert!(!sandbox.path().join("src/purchases").exists());
    assert!(sandbox.ok(&["upgrade"]).contains("Unchanged"));
}

#[test]
fn what_was_removed_stays_removed() {
    let sandbox = shop();
    std::fs::remove_file(sandbox.path().join("src/shop/domain/order/tests.rs")).expect("it goes");
    sandbox.ok(&["rename", "aggregate", "Order", "Purchase"]);
    assert!(!sandbox.path().join("src/shop/domain/purchase/tests.rs").exists());
}

#[test]
fn a_helper_of_the_tests_keeps_its_name() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Client name:String:1..9");
    let own = "tests/suite/http/mine.rs";
    let text = "//! By hand.\n\nuse super::client;\n\n#[test]\nfn one() {\n    let _ = (client(), crate::http::client());\n}\n";
    sandbox.write(own, text);
    let module = "tests/suite/http/mod.rs";
    sandbox
        .write(module, &sandbox.read(module).replacen("mod client;", "mod client;\nmod mine;", 1));
    sandbox.ok(&["rename", "aggregate", "Client", "Customer"]);
    assert_eq!(sandbox.read(own), text);
    let text = sandbox.read(module);
    assert!(text.contains("mod customer;\nmod mine;") && text.contains("fn client()"), "{text}");
}
