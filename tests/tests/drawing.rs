//! `bloom list`, `bloom routes` and `bloom graph`: what is there, in words and in pictures.

use std::process::{Command, Stdio};

use bloom_tests::{Sandbox, tool};

fn shop() -> Sandbox {
    let sandbox = Sandbox::with_project(&[]);
    for sentence in [
        "value-object Money amount:i64 currency:enum:EUR,USD",
        "aggregate Customer name:String:1..100 email:String:email,unique",
        "aggregate Order customer_id:CustomerId note:String:optional status:enum:draft,placed,cancelled",
        "entity OrderLine --in Order sku:String:3..20 price:Money --while draft",
        "aggregate Account owner:String:1..9 --create open --event-sourced --no-change",
        "projection OrderList --from Order",
        "repository Order",
        "specification drafts --for Order status",
        "migration visits",
    ] {
        sandbox.generate(sentence);
    }
    sandbox.ok(&["generate", "command", "--in", "Order", "place: draft -> placed if lines"]);
    sandbox.generate("policy NotifyCustomer --on order.placed");
    sandbox.generate("policy Welcome --on customer.created");
    sandbox.ok(&[
        "generate",
        "command",
        "--in",
        "Order",
        "cancel(reason:String): draft|placed -> cancelled",
    ]);
    sandbox
}

fn printed(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let output = sandbox.bloom(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn what_there_is() {
    let sandbox = shop();
    let all = ["list", "routes"].map(|verb| printed(&sandbox, &[verb])).join("\n");
    insta::assert_snapshot!(all);
    let list: serde_json::Value =
        serde_json::from_str(&printed(&sandbox, &["list", "--json"])).expect("JSON");
    assert_eq!(list["contexts"][0]["aggregates"][1]["behaviours"][3]["stored"], "order.placed");
    let routes: serde_json::Value =
        serde_json::from_str(&printed(&sandbox, &["routes", "--json"])).expect("JSON");
    // Each route that is listed is one that the project has.
    for route in routes.as_array().expect("routes") {
        let path = route["path"].as_str().expect("a path");
        let has = sandbox
            .tree()
            .iter()
            .any(|(file, text)| file.contains("/http/") && text.contains(&format!("{path:?}")));
        assert!(has, "{path} is nowhere");
    }
}

#[test]
fn a_project_without_http_has_no_routes() {
    let sandbox = Sandbox::with_project(&["--no-web"]);
    sandbox.generate("aggregate Customer name:String:1..100");
    assert_eq!(printed(&sandbox, &["routes"]), "");
    assert!(printed(&sandbox, &["list"]).contains("Customer (aggregate)"));
}

#[test]
fn pictures_in_mermaid_and_svg() {
    let sandbox = shop();
    for view in ["events", "contexts", "aggregates"] {
        for format in ["mermaid", "svg"] {
            let picture = printed(&sandbox, &["graph", "--format", format, "--view", view]);
            insta::assert_snapshot!(format!("{view}_{format}"), picture);
        }
    }
}

/// A page as a browser has it once its script has run, without a network.
fn in_a_browser(sandbox: &Sandbox, chromium: &std::path::Path, address: &str) -> String {
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-quic"])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!("--user-data-dir={}", sandbox.outside().join("browser").display()))
        .args(["--virtual-time-budget=5000", "--dump-dom", address])
        .stdin(Stdio::null())
        .output()
        .expect("chromium runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_page_can_be_searched() {
    let Some(chromium) = tool("chromium", "looking at the drawing in a browser") else { return };
    let sandbox = shop();
    let file = sandbox.outside().join("shop.html");
    std::fs::write(&file, printed(&sandbox, &["graph"])).expect("the page is written");
    let address = format!("file://{}#view=aggregates&search=money", file.display());
    let page = in_a_browser(&sandbox, &chromium, &address);
    assert!(page.contains("2 found</output>"), "{page}");
    let class = |name: &str| {
        let at = page.rfind(&format!("data-name=\"{name}\"")).expect(name);
        page[..at].rsplit('<').next().unwrap_or_default().to_owned()
    };
    assert!(class("Money").contains("found"), "{}", class("Money"));
    assert!(class("OrderLine").contains("found"), "{}", class("OrderLine"));
    assert!(class("Customer").contains("faded"), "{}", class("Customer"));
    assert!(
        page.contains("id=\"event-model\" aria-labelledby=\"tab-event-model\" hidden"),
        "{page}"
    );
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "{page}");
}
