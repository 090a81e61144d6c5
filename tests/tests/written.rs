//! What is written, said and planned, word for word: one snapshot for each request.

use std::fmt::Write;

use bloom_tests::Sandbox;

/// Every file of a new project, but for what Bloom keeps for itself.
fn files(sandbox: &Sandbox) -> String {
    let mut text = String::new();
    for (path, content) in sandbox.tree() {
        if !path.contains("/.bloom/") && !path.contains("/.cargo/") {
            writeln!(text, "=== {path}\n{content}").expect("text");
        }
    }
    text
}

/// The plan of a request as data, and each file that it creates or changes.
fn request(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let out = |more: &[&str]| {
        let output = sandbox.bloom(&[&["generate"], arguments, more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let data = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}{data}");
        (data, said)
    };
    let before = sandbox.tree();
    let (plan, _) = out(&["--dry-run", "--json"]);
    let (changes, said) = out(&["--dry-run", "--diff"]);
    assert_eq!(sandbox.tree(), before, "a dry run writes nothing");
    let (_, done) = out(&[]);
    let would = said.replace("Would create", "   Created").replace("Would edit", "    Edited");
    assert_eq!(would, done, "a dry run says what is done");
    format!("$ bloom generate {}\n{done}\n{plan}\n{changes}", arguments.join(" "))
}

#[test]
fn new_projects() {
    for (name, arguments) in [
        ("sqlite_and_web", &[][..]),
        ("postgres", &["--db", "postgres"]),
        ("memory_without_web", &["--db", "memory", "--no-web", "--context", "sales"]),
    ] {
        let sandbox = Sandbox::with_project(arguments);
        insta::assert_snapshot!(name, files(&sandbox));
    }
}

#[test]
fn each_request_of_the_shop() {
    let sandbox = Sandbox::with_project(&[]);
    let requests: [(&str, &[&str]); 16] = [
        ("value_object", &["value-object", "Money", "amount:i64", "currency:enum:EUR,USD"]),
        (
            "aggregate",
            &["aggregate", "Customer", "name:String:1..100", "email:String:email,unique"],
        ),
        (
            "aggregate_with_state",
            &[
                "aggregate",
                "Order",
                "customer_id:CustomerId",
                "note:String:optional",
                "status:enum:draft,placed,cancelled",
            ],
        ),
        (
            "entity",
            &[
                "entity",
                "OrderLine",
                "--in",
                "Order",
                "sku:String:3..20",
                "quantity:u32:1..999",
                "price:Money",
                "--while",
                "draft",
            ],
        ),
        ("command_with_a_guard", &["command", "--in", "Order", "place: draft -> placed if lines"]),
        (
            "command_with_an_argument",
            &["command", "--in", "Order", "cancel(reason:String): draft|placed -> cancelled"],
        ),
        ("query", &["query", "FindOrders", "status", "customer_id", "--in", "Order"]),
        ("specification", &["specification", "OpenOrders", "status", "--for", "Order"]),
        ("service", &["service", "Pricing"]),
        ("factory", &["factory", "OrderFactory", "--for", "Order"]),
        ("policy", &["policy", "NotifyCustomer", "--on", "order.placed"]),
        ("repository", &["repository", "Order"]),
        ("tables", &["repository", "Order", "--relational"]),
        ("migration", &["migration", "visits"]),
        ("projection", &["projection", "OrderList", "--from", "Order"]),
        (
            "event_sourced",
            &["aggregate", "Account", "owner:String:1..100", "--create", "open", "--event-sourced"],
        ),
    ];
    for (name, arguments) in requests {
        insta::assert_snapshot!(name, request(&sandbox, arguments));
    }
}

#[test]
fn every_type_and_rule() {
    let sandbox = Sandbox::with_project(&["--no-web"]);
    let fields = [
        "text:String:1..10",
        "flag:bool",
        "small:i32:-5..5",
        "large:i64:index",
        "count:u32:=3",
        "total:u64:optional",
        "ratio:f64:0..1",
        "price:Decimal:0..",
        "token:Uuid:unique",
        "day:Date",
        "seen_at:Timestamp:optional",
        "extra:Json",
        "kind:enum:a,b",
        "site:String:url",
        "mail:String:email",
        "tags:String:list(1..5)",
        "code:String:matches=^[A-Z]{2,4}$",
    ];
    insta::assert_snapshot!(request(&sandbox, &[&["aggregate", "Thing"], &fields[..]].concat()));
}

#[test]
fn snippets() {
    let sandbox = Sandbox::new();
    let said = |editor| {
        let output = sandbox.bloom(&["snippets", editor]);
        String::from_utf8(output.stdout).expect("text")
    };
    insta::assert_snapshot!("snippets_of_vscode", said("vscode"));
    insta::assert_snapshot!("snippets_of_rustrover", said("rustrover"));
}

#[test]
fn help() {
    let sandbox = Sandbox::new();
    let mut told = String::new();
    for verb in [
        &[][..],
        &["init"],
        &["setup"],
        &["completions"],
        &["snippets"],
        &["man"],
        &["generate"],
        &["generate", "value-object"],
        &["generate", "aggregate"],
        &["generate", "entity"],
        &["generate", "command"],
        &["generate", "repository"],
        &["generate", "migration"],
        &["generate", "specification"],
        &["generate", "projection"],
        &["generate", "query"],
        &["generate", "service"],
        &["generate", "factory"],
        &["generate", "policy"],
        &["add"],
        &["add", "field"],
        &["add", "variant"],
        &["add", "rule"],
        &["rename"],
        &["rename", "aggregate"],
        &["rename", "command"],
        &["destroy"],
        &["destroy", "aggregate"],
        &["destroy", "command"],
        &["list"],
        &["routes"],
        &["graph"],
        &["check"],
        &["doctor"],
        &["model"],
        &["model", "apply"],
        &["model", "check"],
        &["model", "export"],
        &["model", "schema"],
        &["upgrade"],
        &["eject", "templates"],
        &["db", "use"],
    ] {
        let output = sandbox.bloom(&[verb, &["--help"]].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        writeln!(told, "$ bloom {} --help\n{text}", verb.join(" ")).expect("text");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn an_error_is_data_for_a_program() {
    let sandbox = Sandbox::with_project(&[]);
    let output = sandbox.bloom(&["generate", "aggregate", "Order", "note:Strin", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let error: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(error["error"]["kind"], "input");
    let hints = error["error"]["hints"].as_array().expect("hints");
    assert!(hints.iter().any(|hint| hint == "did you mean `String`?"), "{error:#}");

    // What cannot even be parsed, too.
    let output = sandbox.bloom(&["generate", "aggregate", "Order", "--josn", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let error: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(error["error"]["message"], "unexpected argument '--josn' found");
    let hints = error["error"]["hints"].as_array().expect("hints");
    assert_eq!(hints[0], "a similar argument exists: '--json'");
}
