//! Every mistake gets a clear error and an exit code, and nothing is written. One snapshot shows them all.

use std::fmt::Write;

use bloom_tests::Sandbox;

fn tell(sandbox: &Sandbox, lines: &[&[&str]]) -> String {
    let mut told = String::new();
    for arguments in lines {
        let shown: Vec<String> =
            arguments
                .iter()
                .map(|word| {
                    if word.len() > 70 { format!("{}…", &word[..20]) } else { (*word).to_owned() }
                })
                .map(|word| {
                    if word.is_empty() || word.contains([' ', '>', '|', '(']) {
                        format!("'{word}'")
                    } else {
                        word
                    }
                })
                .collect();
        let said = sandbox.refused(arguments).replace(&"a".repeat(300), "aaa…");
        writeln!(told, "$ bloom {}\n{said}", shown.join(" ")).expect("text");
    }
    told
}

fn shop() -> Sandbox {
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("value-object Money amount:i64 currency:enum:EUR,USD");
    sandbox.generate("aggregate Customer name:String:1..100");
    sandbox
        .generate("aggregate Order note:String:optional status:enum:draft,placed,packed,shipped");
    sandbox.generate("entity OrderLine --in Order sku:String:3..20");
    sandbox.ok(&["generate", "command", "--in", "Order", "place: draft -> placed if lines"]);
    sandbox
}

#[test]
fn projects() {
    let sandbox = Sandbox::new();
    sandbox.write("full/something", "");
    sandbox.write("a-file", "");
    let long = "a".repeat(300);
    insta::assert_snapshot!(tell(
        &sandbox,
        &[
            &["init", "test"],
            &["init", "core"],
            &["init", "std"],
            &["init", "1a"],
            &["init", "a b"],
            &["init", "Shop"],
            &["init", ""],
            &["init", &long],
            &["init", "full"],
            &["init", "a-file"],
            &["init", "a-file/shop"],
            &["init", "shop", "--context", "type"],
            &["init", "shop", "--bloom-path", "full"],
            &["generate", "aggregate", "Order"],
            &["setup"],
            &["init", "shop", "--db", "oracle"],
            &["generte"],
        ]
    ));
}

#[test]
fn names() {
    let long = "a".repeat(300);
    insta::assert_snapshot!(tell(
        &shop(),
        &[
            &["generate", "aggregate", "type"],
            &["generate", "aggregate", "Self"],
            &["generate", "aggregate", "async"],
            &["generate", "aggregate", "Option"],
            &["generate", "aggregate", "Box"],
            &["generate", "aggregate", "String"],
            &["generate", "aggregate", "Result"],
            &["generate", "aggregate", "Straße"],
            &["generate", "aggregate", "订单"],
            &["generate", "aggregate", "../../etc/x"],
            &["generate", "aggregate", ""],
            &["generate", "aggregate", &long],
            &["generate", "aggregate", "2nd"],
            &["generate", "aggregate", "Sheep"],
            &["generate", "aggregate", "Money"],
            &["generate", "aggregate", "Currency"],
            &["generate", "aggregate", "OrderLine"],
            &["generate", "value-object", "Order", "a:u32"],
            &["generate", "aggregate", "Order", "other:u32"],
            &["generate", "aggregate", "Invoice", "--plural", "orders"],
        ]
    ));
}

#[test]
fn fields() {
    insta::assert_snapshot!(tell(
        &shop(),
        &[
            &["generate", "aggregate", "A", "x:u32", "x:u32"],
            &["generate", "aggregate", "A", "id:Uuid"],
            &["generate", "aggregate", "A", "version:u32"],
            &["generate", "aggregate", "A", "self:u32"],
            &["generate", "aggregate", "A", "check:String"],
            &["generate", "aggregate", "A", "uow:bool"],
            &["generate", "aggregate", "A", "name"],
            &["generate", "aggregate", "A", "name:Strin"],
            &["generate", "aggregate", "A", "price:Mony"],
            &["generate", "aggregate", "A", "invoice:InvoiceId"],
            &["generate", "aggregate", "A", "order:Order"],
            &["generate", "aggregate", "A", "line:OrderLine"],
            &["generate", "aggregate", "A", "kind:enum"],
            &["generate", "aggregate", "A", "kind:enum:a,a"],
            &["generate", "aggregate", "A", "n:u32:email"],
            &["generate", "aggregate", "A", "n:u32:9..1"],
            &["generate", "aggregate", "A", "s:String:matches=("],
            &["generate", "value-object", "V"],
            &["generate", "value-object", "V", "currency:enum:A,B"],
            &["generate", "entity", "E", "--in", "Ordr", "a:u32"],
            &["generate", "entity", "E", "--in", "Order", "a:u32", "--as", "lines"],
            &["generate", "entity", "E", "--in", "Order", "a:u32", "--while", "open"],
            &["generate", "entity", "E", "--in", "Customer", "a:u32", "--while", "open"],
            &["generate", "entity", "E", "--in", "Order", "a:u32", "--count", "5..1"],
            &["generate", "aggregate", "A", "kind:enum:a,b,optional"],
            &["generate", "aggregate", "A", "s:String:email,url"],
            &["generate", "entity", "E", "--in", "Order", "thing:u32", "--as", "things"],
            &["generate", "repository", "Invoice"],
            &["generate", "projection", "OrderList", "--from", "Ordr"],
            &["generate", "projection", "Orders", "--from", "Order"],
            &["generate", "projection", "Customer", "--from", "Order"],
            &["generate", "projection", "BloomEvents", "--from", "Order"],
            &["generate", "projection", "OrdersLines", "--from", "Order"],
            &["generate", "projection", "View", "--from", "Order"],
            &["generate", "specification", "Big", "--for", "Ordr"],
            &["generate", "specification", "Big", "stauts", "--for", "Order"],
            &["generate", "specification", "Big", "lines", "--for", "Order"],
            &["generate", "specification", "crate", "--for", "Order"],
            &[
                "generate",
                "specification",
                "Big",
                "a",
                "b",
                "c",
                "d",
                "e",
                "f",
                "g",
                "h",
                "--for",
                "Order"
            ],
        ]
    ));
}

#[test]
fn queries() {
    insta::assert_snapshot!(tell(
        &shop(),
        &[
            &["generate", "query", "FindOrders", "--in", "Ordr"],
            &["generate", "query", "FindOrders", "--in", "Order", "stat"],
            &["generate", "query", "ListOrders", "--in", "Order"],
            &["generate", "query", "PlaceOrder", "--in", "Order"],
            &["generate", "query", "OrderView", "--in", "Order"],
            &["generate", "query", "ShopApp", "--in", "Order"],
            &["generate", "query", "State", "--in", "Order"],
            &["generate", "query", "Routing", "--in", "Order"],
            &["generate", "query", "Order", "--in", "Order"],
            &["generate", "query", "type", "--in", "Order"],
        ],
    ));
}

#[test]
fn commands() {
    insta::assert_snapshot!(tell(
        &shop(),
        &[
            &["generate", "command", "--in", "Order", "pay: placd -> shipped"],
            &["generate", "command", "--in", "Order", "pay: placed -> paid"],
            &["generate", "command", "--in", "Order", "ship: packed -> shipped"],
            &["generate", "command", "--in", "Order", "pack: placed -> packed if parcels"],
            &["generate", "command", "--in", "Order", "pack: placed -> packed if status"],
            &["generate", "command", "--in", "Order", "place: draft -> packed"],
            &["generate", "command", "--in", "Order", "note"],
            &["generate", "command", "--in", "Order", "change_note(note:String)"],
            &["generate", "command", "--in", "Order", "annotate(note:u32)"],
            &["generate", "command", "--in", "Order", "set(status:String)"],
            &["generate", "command", "--in", "Order", "again emits Placed"],
            &["generate", "command", "--in", "Customer", "block: active -> blocked"],
            &["generate", "command", "--in", "Order", "fold"],
        ]
    ));
}

#[test]
fn policies() {
    let sandbox = shop();
    sandbox.generate("aggregate Ticket mode:enum:open,closed");
    sandbox.generate("policy Announce --on ticket.mode_changed");
    insta::assert_snapshot!(tell(
        &sandbox,
        &[
            &["generate", "policy", "Welcome", "--on", "placed"],
            &["generate", "policy", "Welcome", "--on", "ordr.placed"],
            &["generate", "policy", "Welcome", "--on", "order.place"],
            &["generate", "policy", "Welcome", "--on", "order.shipped"],
            &["generate", "policy", "Welcome", "--on", "order.placed.twice"],
            &["generate", "policy", "Order", "--on", "order.placed"],
            &["generate", "policy", "Announce", "--on", "order.placed"],
            &["generate", "policy", "PlaceOrder", "--on", "order.placed"],
            &["generate", "policy", "ListOrdersHandler", "--on", "order.placed"],
            &["generate", "policy", "Serde", "--on", "order.placed"],
            &["generate", "aggregate", "Policies", "--plural", "policy-list"],
            // What becomes state is no longer changed by itself.
            &["generate", "command", "--in", "Ticket", "close: open -> closed"],
            &["destroy", "policy", "Welcome"],
        ]
    ));
}

#[test]
fn places() {
    let sandbox = shop();
    let broken = sandbox.read("src/app.rs").replace("impl Application", "impl impl Application");
    sandbox.write("src/app.rs", &broken);
    let mut told = tell(&sandbox, &[&["generate", "aggregate", "Invoice"]]);

    let sandbox = shop();
    sandbox.write("src/shop/domain/invoice.rs", "");
    sandbox.write("src/shop/domain/payment", "");
    told += &tell(&sandbox, &[&["generate", "aggregate", "Payment"]]);

    let sandbox = shop();
    std::fs::remove_file(sandbox.path().join("src/lib.rs")).expect("it is there");
    told += &tell(&sandbox, &[&["generate", "aggregate", "Invoice"]]);

    let sandbox = shop();
    sandbox.write("bloom.toml", "[project]\nname = ");
    told += &tell(&sandbox, &[&["generate", "aggregate", "Invoice"]]);

    let sandbox = shop();
    let path = "src/shop/adapters/http/order/mod.rs";
    sandbox.write(
        path,
        &sandbox.read(path).replace("#[openapi(", "#[openapi(tags((name = \"ours\")), "),
    );
    told +=
        &tell(&sandbox, &[&["generate", "command", "--in", "Order", "reopen: placed -> draft"]]);
    insta::assert_snapshot!(told);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_that_leads_out() {
    let sandbox = shop();
    let outside = sandbox.outside().join("outside");
    std::fs::create_dir(&outside).expect("a folder");
    std::os::unix::fs::symlink(&outside, sandbox.path().join("src/shop/domain/invoice"))
        .expect("a link");
    let said = sandbox.refused(&["generate", "aggregate", "Invoice"]);
    assert!(said.contains("leads out of the project"), "{said}");
    assert_eq!(std::fs::read_dir(&outside).expect("a folder").count(), 0);
}

#[test]
fn two_at_once_are_told_apart() {
    let sandbox = shop();
    let lock = std::fs::File::options()
        .write(true)
        .open(sandbox.path().join(".bloom/lock"))
        .expect("the lock");
    lock.lock().expect("it is free");
    let said = sandbox.refused(&["generate", "aggregate", "Invoice"]);
    assert!(said.contains("another `bloom` is at work"), "{said}");
    lock.unlock().expect("it was taken");
    sandbox.generate("aggregate Invoice");
}

#[test]
fn databases() {
    let sandbox = shop();
    sandbox.generate("aggregate Account owner:String --create open --event-sourced");
    let mut told = tell(
        &sandbox,
        &[
            &["db"],
            &["db", "use"],
            &["db", "use", "mysql"],
            &["generate", "migration", ""],
            &["generate", "migration", "../x"],
            &["generate", "migration", "1st"],
            &["generate", "repository", "Nothing", "--relational"],
            &["generate", "repository", "Account", "--relational"],
        ],
    );
    // What somebody wrote in the same line is not written over.
    let manifest = sandbox.read("Cargo.toml");
    let changed = manifest.replace("features = [\"sqlite\", \"web\"]", "features = [\"sqlite\"]");
    assert_ne!(manifest, changed);
    sandbox.write("Cargo.toml", &changed);
    told.push_str(&tell(&sandbox, &[&["db", "use", "postgres"]]));
    let memory = Sandbox::with_project(&["--db", "memory"]);
    told.push_str(&tell(&memory, &[&["generate", "migration", "visits"]]));
    insta::assert_snapshot!(told);
}
