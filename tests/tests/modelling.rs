//! The model file: written from a project, applied to one, held against one.

use bloom_tests::Sandbox;

const FILE: &str = "shop.bloom.toml";

/// The shop, and the same in a file.
fn shop_and_file() -> (Sandbox, String) {
    let sandbox = Sandbox::with_project(&[]);
    for sentence in [
        "value-object Money amount:i64 currency:enum:EUR,USD",
        "aggregate Customer name:String:1..100 email:String:email,unique",
        "aggregate Order customer_id:CustomerId note:String:optional status:enum:draft,placed",
        "entity OrderLine --in Order sku:String:3..20 price:Money --while draft --count 1..50",
        "command --in Order place:draft->placed",
        "aggregate Account owner:String:1..9 --create open --event-sourced --no-change",
        "repository Order --relational",
        "repository Customer",
        "projection OrderList --from Order",
        "specification drafts --for Order status",
        "query FindOrders --in Order status note",
        "service Pricing",
        "factory OrderFactory --for Order",
        "policy NotifyCustomer --on order.created",
        "migration visits",
    ] {
        sandbox.generate(sentence);
    }
    let exported = sandbox.bloom(&["model", "export"]);
    (sandbox, String::from_utf8(exported.stdout).expect("text"))
}

/// What a request writes, without Bloom's own notes of it.
fn files(sandbox: &Sandbox) -> Vec<(String, String)> {
    let mut files = sandbox.tree();
    files.retain(|(path, _)| !path.contains("/.bloom/requests/") && !path.ends_with(FILE));
    files
}

#[test]
fn a_project_is_one_page() {
    insta::assert_snapshot!(shop_and_file().1);
}

#[test]
fn a_file_makes_the_project_that_it_was_written_from() {
    let (shop, text) = shop_and_file();
    let sandbox = Sandbox::with_project(&[]);
    sandbox.write(FILE, &text);
    sandbox.ok(&["model", "apply", FILE]);
    // Steps of the schema are numbered in the order in which they came.
    let unnumbered = |sandbox: &Sandbox| -> Vec<String> {
        let mut paths: Vec<String> = files(sandbox)
            .into_iter()
            .map(|(path, _)| match path.split_once("migrations/") {
                Some((folder, name)) => format!("{folder}migrations/{}", &name[5..]),
                None => path,
            })
            .collect();
        paths.sort();
        paths
    };
    assert_eq!(unnumbered(&sandbox), unnumbered(&shop));
    let domain = |sandbox: &Sandbox| -> Vec<(String, String)> {
        let mut files = files(sandbox);
        files.retain(|(path, _)| path.contains("/domain/order") || path.contains("/http/"));
        files
    };
    assert_eq!(domain(&sandbox), domain(&shop));

    let before = sandbox.tree();
    assert!(sandbox.ok(&["model", "check", FILE]).contains("Same"));
    assert!(sandbox.ok(&["model", "apply", FILE]).contains("Unchanged"));
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_file_names_things_in_any_order() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.write(
        FILE,
        "[context.shop.aggregate.Order.field]\ncustomer_id = 'CustomerId'\nprice = 'Money'\n\
         [context.shop.aggregate.Customer]\n[context.shop.value.Money]\namount = 'i64'\n",
    );
    sandbox.ok(&["model", "apply", FILE]);
    let again = Sandbox::with_project(&[]);
    for sentence in [
        "value-object Money amount:i64",
        "aggregate Customer",
        "aggregate Order customer_id:CustomerId price:Money",
    ] {
        again.generate(sentence);
    }
    assert_eq!(
        files(&sandbox)
            .iter()
            .map(|(path, _)| path.as_str())
            .filter(|p| p.ends_with(".rs"))
            .collect::<Vec<_>>(),
        files(&again)
            .iter()
            .map(|(path, _)| path.as_str())
            .filter(|p| p.ends_with(".rs"))
            .collect::<Vec<_>>()
    );
}

#[test]
fn what_can_be_added_is_added_as_by_hand() {
    let (sandbox, text) = shop_and_file();
    let by_hand = shop_and_file().0;
    by_hand.ok(&["add", "field", "Order", "discount:Money:optional"]);
    by_hand.ok(&["add", "variant", "Order", "status", "archived"]);
    by_hand.ok(&["add", "rule", "Customer", "name:String:1..200"]);
    let changed = text
        .replacen(
            "status = \"enum:draft,placed\"",
            "status = \"enum:draft,placed,archived\"\ndiscount = \"Money?\"",
            1,
        )
        .replacen("name = \"String:1..100\"", "name = \"String:1..200\"", 1);
    sandbox.write(FILE, &changed);
    let output = sandbox.bloom(&["model", "check", FILE]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("~ aggregate Order") && said.contains("~ aggregate Customer"), "{said}");
    sandbox.ok(&["model", "apply", FILE]);
    assert_eq!(files(&sandbox), files(&by_hand));
    assert!(sandbox.ok(&["model", "check", FILE]).contains("Same"));
}

#[test]
fn what_steps_of_the_schema_were_made_from_is_not_rewritten() {
    let (sandbox, text) = shop_and_file();
    sandbox.write(FILE, &text.replacen("note = \"String:optional\"", "note = \"String\"", 1));
    let said = sandbox.refused(&["model", "apply", FILE]);
    assert!(said.contains("steps of the schema that may be applied"), "{said}");

    // What nothing was made from is written anew, and it is said what that means.
    sandbox.write(FILE, &text.replacen("owner = \"String:1..9\"", "owner = \"i64\"", 1));
    let said = sandbox.ok(&["model", "apply", FILE]);
    assert!(said.contains("may not be readable any more"), "{said}");
    assert!(sandbox.read("src/shop/domain/account/mod.rs").contains("owner: i64"));
    assert!(sandbox.ok(&["model", "check", FILE]).contains("Same"));
}

#[test]
fn what_the_file_does_not_have_goes_only_when_asked() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("value-object Money amount:i64");
    let kept = sandbox.tree();
    sandbox.generate("aggregate Customer name:String:1..100");
    sandbox.generate("command --in Customer greet");
    sandbox.write(FILE, "[context.shop.value.Money]\namount = 'i64'\n");
    let before = sandbox.tree();
    let said = sandbox.ok(&["model", "apply", FILE]);
    assert!(
        said.contains("`--prune` destroys it") && said.contains("aggregate Customer"),
        "{said}"
    );
    assert_eq!(sandbox.tree(), before);
    sandbox.ok(&["model", "apply", FILE, "--prune"]);
    std::fs::remove_file(sandbox.path().join(FILE)).expect("the file");
    assert_eq!(sandbox.tree(), kept);
}

#[test]
fn a_mistake_has_a_place_and_a_hint() {
    let sandbox = Sandbox::with_project(&[]);
    let mut said = String::new();
    for text in [
        "[context.shop",
        "[context.shop.agregate.Order]",
        "[kontext.shop]",
        "[context.sales.value.Money]\namount = 'i64'",
        "[context.shop.value.Money]\namount = 'i65'",
        "[context.shop.value.Money]\namount = 5",
        "[context.shop.value]\nMoney = 'i64'",
        "[context.shop.aggregate.Order]\nchange = 'no'",
        "[context.shop.aggregate.Order]\ncommands = ['place: draft -> placed']",
        "[context.shop.aggregate.Order]\ncommands = [\n  'place',\n  'place',\n]",
        "[context.shop.aggregate.Order]\ncommands = 'place'",
        "[context.shop.aggregate.Order]\nplural = 5",
        "[context.shop.aggregate.type]",
        "[context.shop.aggregate.Order.field]\ncustomer_id = 'CustomerId'",
        "[context.shop.aggregate.Order.field]\nname = 'String:1..x'\n",
        "[context.shop.aggregate.Order.entity.OrderLine]\nwhile = ['draft']",
        "[context.shop.saga.Checkout]",
        "[context.shop.aggregate.Order]\n[context.shop.aggregate.Order]",
    ] {
        sandbox.write(FILE, text);
        said += &format!("{text}\n{}\n", sandbox.refused(&["model", "apply", FILE]));
    }
    said += &sandbox.refused(&["model", "apply", "elsewhere.toml"]);
    insta::assert_snapshot!(said);
}

#[test]
fn the_schema_knows_what_is_exported() {
    let (sandbox, text) = shop_and_file();
    let schema = sandbox.bloom(&["model", "schema"]).stdout;
    let schema: serde_json::Value = serde_json::from_slice(&schema).expect("the schema is JSON");
    let file: serde_json::Value = toml_edit::de::from_str(&text).expect("the file is TOML");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let wrong: serde_json::Value =
        toml_edit::de::from_str(&text.replacen("repository = true", "repositry = true", 1))
            .expect("TOML");
    assert!(!validator.is_valid(&wrong), "what means nothing is noticed");
}

#[test]
fn a_field_in_the_middle_is_added_once() {
    let (sandbox, text) = shop_and_file();
    sandbox.write(FILE, &text.replacen("note = ", "due = \"Date:optional\"\nnote = ", 1));
    sandbox.ok(&["model", "apply", FILE]);
    let before = sandbox.tree();
    assert!(sandbox.ok(&["model", "check", FILE]).contains("Same"));
    assert!(sandbox.ok(&["model", "apply", FILE]).contains("Unchanged"));
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn what_a_rule_says_nothing_of_stays() {
    let sandbox = Sandbox::with_project(&[]);
    sandbox
        .generate("aggregate Parcel label:String:1..9,index code:String:unique,1..9 size:i64:=3");
    sandbox.ok(&["add", "rule", "Parcel", "label:String:1..20"]);
    sandbox.ok(&["add", "rule", "Parcel", "code:String:1..20"]);
    let said = sandbox.refused(&["add", "rule", "Parcel", "size:i64:0.."]);
    assert!(said.contains("has a default"), "{said}");
    let exported = sandbox.bloom(&["model", "export"]).stdout;
    let exported = String::from_utf8_lossy(&exported);
    for field in
        ["label = \"String:index,1..20\"", "code = \"String:unique,1..20\"", "size = \"i64:=3\""]
    {
        assert!(exported.contains(field), "{exported}");
    }
}

#[test]
fn what_is_stored_is_left_as_it_is_called() {
    let (sandbox, _) = shop_and_file();
    sandbox.ok(&["rename", "aggregate", "Account", "Purse"]);
    let exported = sandbox.bloom(&["model", "export"]).stdout;
    let text = String::from_utf8_lossy(&exported).into_owned();
    let without: String = text
        .lines()
        .filter(|line| !line.starts_with("stored"))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_ne!(without, text);
    sandbox.write(FILE, &without);
    assert!(sandbox.ok(&["model", "check", FILE]).contains("Same"));
    // Where that alone is otherwise, it is said how.
    sandbox.write(FILE, &text.replace("kind = \"account\"", "kind = \"wallet\""));
    let said = sandbox.bloom(&["model", "check", FILE]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("(stored as `account` in"), "{said}");
    assert!(said.contains("(stored as `wallet` in"), "{said}");
    // And a step of the schema is not made otherwise behind anyone's back.
    let heading = "[context.shop.aggregate.Customer]\n";
    let other = text.replacen(heading, &format!("{heading}plural = \"clients\"\n"), 1);
    assert_ne!(other, text);
    sandbox.write(FILE, &other);
    let said = sandbox.refused(&["model", "apply", FILE]);
    assert!(
        said.contains("`migrations/0001_customers.sql` would have been made otherwise"),
        "{said}"
    );
}

#[test]
fn a_project_in_memory_gets_no_tables() {
    let sandbox = Sandbox::with_project(&["--db", "memory"]);
    sandbox.write(FILE, "[context.shop.aggregate.Order]\nprojections = ['OrderList']\n");
    let said = sandbox.refused(&["model", "apply", FILE]);
    assert!(said.contains("needs a schema"), "{said}");
}
