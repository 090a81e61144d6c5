//! The shop, seen by those who know only its HTTP interface: a fuzzer that reads its description, and a browser.

use std::process::{Command, Stdio};

use bloom_tests::{Sandbox, Server, tool};

/// The shop with queries. All tests here build the same one, since one replaces the binary of another.
fn shop() -> Sandbox {
    let sandbox = Sandbox::shop();
    sandbox.generate("query FindOrders --in Order");
    sandbox.generate("query FindCustomers --in Customer");
    sandbox
}

#[test]
fn a_fuzzer_finds_no_fault_and_nothing_undocumented() {
    let Some(schemathesis) = tool("schemathesis", "fuzzing the shop by its OpenAPI description")
    else {
        return;
    };
    let sandbox = shop();
    let binary = sandbox.binary();
    let server = Server::start(sandbox.path(), &binary);
    let output = Command::new(schemathesis)
        .args(["run", &format!("{}/openapi.json", server.address), "--no-color"])
        // What a description cannot say may be refused: the character NUL, or 309.0 for an integer.
        .args(["--exclude-checks", "positive_data_acceptance", "--max-examples", "40"])
        .current_dir(sandbox.path())
        .stdin(Stdio::null())
        .output()
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Tested: 18"), "every operation was called: {said}");
    let passed =
        said.lines().find_map(|line| line.trim().split_once(" generated, ")?.1.split_once(' '));
    let count: usize = passed.and_then(|(count, _)| count.parse().ok()).unwrap_or_default();
    assert!(count > 500, "{said}");
}

#[test]
fn the_docs_are_shown_without_a_network() {
    let Some(chromium) = tool("chromium", "looking at /docs in a browser") else { return };
    let sandbox = shop();
    let binary = sandbox.binary();
    let server = Server::start(sandbox.path(), &binary);
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-quic"])
        // No name and no address is reached but the shop's own.
        .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        .arg(format!("--user-data-dir={}", sandbox.path().join("browser").display()))
        .args(["--virtual-time-budget=10000", "--dump-dom", &format!("{}/docs", server.address)])
        .stdin(Stdio::null())
        .output()
        .expect("chromium runs");
    let page = String::from_utf8_lossy(&output.stdout);
    for path in ["/customers", "/orders/{id}/place", "/orders/{id}/lines/{line_id}"] {
        assert!(page.contains(path), "{path} is not shown: {page}");
    }
    for summary in ["Places an order.", "Adds an order line to an order."] {
        assert!(page.contains(summary), "`{summary}` is not shown: {page}");
    }
    assert!(
        !page.contains("src=\"http") && !page.contains("href=\"http"),
        "something is loaded from elsewhere: {page}"
    );
}
