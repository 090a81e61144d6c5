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
    sandbox.write("src/shop/domain/broken.rs", "fn (\n");
    said += &sandbox.refused(&["rename", "aggregate", "Order", "Purchase"]);
    insta::assert_snapshot!(said);
}
