//! What is generated is formatted, compiles without a warning, passes clippy, and its tests pass.
//!
//! All projects share one target folder, and run one after another, since cargo would lock it anyway.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bloom_tests::Sandbox;

fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn the_bare_project() {
    let _turn = one_at_a_time();
    for arguments in [
        &[][..],
        &["--db", "memory"],
        &["--no-web"],
        &["--context", "sales", "--no-web", "--db", "memory"],
    ] {
        let sandbox = Sandbox::with_project(arguments);
        assert!(sandbox.passes() >= 2, "{arguments:?}");
    }
}

#[test]
fn the_shop() {
    let _turn = one_at_a_time();
    let sandbox = Sandbox::shop();
    assert!(sandbox.passes() > 60);
}

#[test]
fn a_shop_that_grew_and_was_renamed() {
    let _turn = one_at_a_time();
    let sandbox = Sandbox::shop();
    sandbox.generate("projection OrderList --from Order");
    sandbox.generate("query FindOrders --in Order");
    sandbox.generate("service Pricing");
    sandbox.generate("factory OrderFactory --for Order");
    sandbox.generate("policy NotifyCustomer --on order.placed");
    sandbox.generate("policy Welcome --on customer.created");
    for addition in [
        "field Order discount:Money:optional",
        "field Order tags:String:list",
        "field OrderLine remarks:String:1..80,list",
        "variant Order status archived lost",
        "rule Customer name:String:2..60",
        "rule Order note:String:optional,..2000",
    ] {
        let words: Vec<&str> = addition.split(' ').collect();
        sandbox.ok(&[&["add"], words.as_slice()].concat());
    }
    // What people wrote themselves is renamed with it, and what is stored is not.
    let root = sandbox.read("src/shop/domain/order/mod.rs");
    sandbox.write(
        "src/shop/domain/order/mod.rs",
        &format!("{root}\nimpl Order {{\n    /// Whether it is a small order.\n    #[must_use]\n    pub fn is_small(&self) -> bool {{\n        self.lines().len() < 2\n    }}\n}}\n"),
    );
    sandbox.write(
        "src/shop/domain/spelled.rs",
        "//! By hand.\n\nuse bloom_runtime::prelude::*;\n\nuse super::{Order, OrderId, order::OrderStatus};\n\n/// An order in words.\n#[must_use]\npub fn spelled(order: &Order) -> String {\n    let id: &OrderId = order.id();\n    let draft = *order.status() == OrderStatus::Draft;\n    format!(\"order {id:?} {draft}\")\n}\n",
    );
    let domain = sandbox.read("src/shop/domain/mod.rs");
    sandbox.write(
        "src/shop/domain/mod.rs",
        &domain.replacen("pub mod services;", "pub mod services;\npub mod spelled;", 1),
    );
    let migrations = |sandbox: &Sandbox| -> Vec<(String, String)> {
        let files = sandbox.tree().into_iter();
        files
            .filter(|(path, _)| path.contains("/migrations/") && !path.contains("/.bloom/"))
            .collect()
    };
    let before = migrations(&sandbox);
    for renaming in [
        "aggregate Order Purchase",
        "aggregate Customer Client",
        "value-object Money Price",
        "command place submit --in Purchase",
    ] {
        let words: Vec<&str> = renaming.split(' ').collect();
        sandbox.ok(&[&["rename"], words.as_slice()].concat());
    }
    assert_eq!(migrations(&sandbox), before, "the schema stays");
    let events = sandbox.read("src/shop/domain/purchase/events.rs");
    assert!(events.contains("\"order.placed\"") && events.contains("\"order.line_added\""));
    assert!(sandbox.read("src/shop/domain/spelled.rs").contains("\"order {id:?} {draft}\""));
    assert!(sandbox.ok(&["upgrade"]).contains("Unchanged"));
    assert!(sandbox.passes() > 60);
}

#[test]
fn the_shop_on_postgres() {
    if bloom_tests::postgres("the_shop_on_postgres").is_none() {
        return;
    }
    let _turn = one_at_a_time();
    let sandbox = Sandbox::shop_with(&["--db", "postgres"]);
    sandbox.generate("aggregate Account owner:String:1..100,index credit:Decimal:index huge:u64:optional,index --event-sourced");
    sandbox.generate("aggregate Listed level:u32:=3,index flag:bool:=true,index since:Timestamp:index kind:enum(a,b):index");
    sandbox
        .generate("aggregate Noted any:Json more:Json:optional far:u64 prices:Money:list xmin:i64");
    for root in ["Order", "Listed", "Account", "Noted"] {
        sandbox.generate(&format!("projection {root}Overview --from {root}"));
    }
    sandbox.generate("policy NotifyCustomer --on order.placed");
    assert!(sandbox.passes() > 70);

    for root in ["Order", "Listed"] {
        sandbox.generate(&format!("repository {root} --relational"));
    }
    let said = sandbox.cargo(&["test", "--test", "suite", "store::"]);
    assert!(said.contains("test result: ok. 5 passed"), "{said}");
}

#[test]
fn the_shop_without_web_and_in_memory() {
    let _turn = one_at_a_time();
    for arguments in [&["--no-web"][..], &["--db", "memory"]] {
        let sandbox = Sandbox::with_project(arguments);
        sandbox.generate("aggregate Customer name:String:1..100 email:String:email,unique");
        sandbox.generate("aggregate Order customer_id:CustomerId status:enum:draft,placed");
        sandbox.generate("entity OrderLine --in Order sku:String:3..20 --while draft --count 1..3");
        sandbox.ok(&["generate", "command", "--in", "Order", "place: draft -> placed if lines"]);
        sandbox.generate("repository Order");
        sandbox.generate("query FindOrders --in Order");
        sandbox.generate("aggregate Mark label:String --no-change");
        sandbox.generate("policy Announce --on mark.created");
        sandbox.generate("policy NotifyCustomer --on order.line_added");
        assert!(sandbox.passes() > 20, "{arguments:?}");
    }
}

#[test]
fn every_type_and_rule() {
    let _turn = one_at_a_time();
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("value-object Money amount:i64:0.. currency:enum:EUR,USD");
    sandbox.generate(
        "value-object Period first:Date last:Date note:String:..50,optional tags:String:list",
    );
    sandbox.generate("value-object Offer price:Money during:Period:optional");
    sandbox.generate(
        "value-object Basket prices:Money:list(1..3) codes:String:list(2..2),1..9 days:Date:list(..2) marks:u32:list(1..)",
    );
    sandbox.generate(
        "aggregate Everything text:String flag:bool small:i32 large:i64 count:u32 huge:u64 ratio:f64 \
         exact:Decimal key:Uuid day:Date moment:Timestamp any:Json kind:enum:plain,fancy price:Money offer:Offer \
         basket:Basket",
    );
    sandbox.generate(
        "aggregate Ruled name:String:1..100 email:String:email,unique site:String:url,optional \
         code:String:matches=^[A-Z]{2}-[0-9]+$ small:i32:-5..5 large:i64:1.. ratio:f64:0..1 exact:Decimal:0..100 \
         huge:u64:..10,index level:u32:=3 active:bool:=true",
    );
    sandbox.generate(
        "aggregate Listed texts:String:list names:String:list,1..20 bounded:String:list(1..3),2..9 bills:Money:list(1..2) others:EverythingId:list(0..2) \
         numbers:u32:list prices:Money:list keys:Uuid:list kinds:enum(a,b):list days:Date:list(0..2) any:Json:list",
    );
    sandbox.generate(
        "aggregate Optional text:String:optional name:String:optional,1..20 number:u64:optional price:Money:optional \
         other:ListedId:optional kind:enum(a,b):optional day:Date:optional any:Json:optional exact:Decimal:optional",
    );
    sandbox.generate("entity Part --in Everything text:String name:String:1..9 price:Money:optional ratio:f64 any:Json --count 1..3");
    sandbox.generate("entity Remark --in Everything text:String:1..9,optional marks:u32:list");
    for root in ["Everything", "Ruled", "Listed", "Optional"] {
        sandbox.generate(&format!("repository {root}"));
    }
    sandbox.generate("specification AskedSome --for Everything text flag small large count huge");
    sandbox.generate("specification AskedOthers --for Everything exact key day moment kind");
    sandbox
        .generate("specification AskedRuled --for Ruled name email site code level active exact");
    sandbox.generate(
        "specification AskedOptional --for Optional text name number other kind day exact",
    );
    for root in ["Everything", "Ruled", "Optional"] {
        sandbox.generate(&format!("query Find{root} --in {root}"));
        sandbox.generate(&format!("factory {root}Factory --for {root}"));
    }
    for root in ["Everything", "Ruled", "Listed", "Optional"] {
        sandbox.generate(&format!("projection {root}Overview --from {root}"));
    }
    assert!(sandbox.passes() > 150);

    // The same in tables of their own.
    for root in ["Everything", "Ruled", "Listed", "Optional"] {
        sandbox.generate(&format!("repository {root} --relational"));
    }
    let said = sandbox.cargo(&["test", "--test", "suite", "store::"]);
    assert!(said.contains("test result: ok. 7 passed"), "{said}");
}

#[test]
fn names_of_every_sort() {
    let _turn = one_at_a_time();
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate(
        "aggregate Post type:String use:u32:optional match:String:1..9 yield:i64 ref:enum:a,b",
    );
    sandbox.generate("aggregate Sheep name:String --plural flock --create shear --no-change");
    sandbox.generate("aggregate Empty");
    // Words that the code around them might have used for itself.
    sandbox.generate("aggregate Place folder:String");
    sandbox.generate("aggregate Found store:String");
    sandbox.generate("entity FoundLine --in Found found:String --as finds");
    sandbox.generate("aggregate Client name:String:1..100");
    sandbox.generate("entity Path --in Client label:String");
    sandbox.generate("aggregate Shop f:u64 formatter:String");
    sandbox.ok(&[
        "generate",
        "command",
        "--in",
        "Shop",
        "fill(f:u64, state:String:3..5,matches=^[A-Z]+$)",
    ]);
    sandbox.ok(&[
        "generate",
        "aggregate",
        "Coded",
        "a:String:6..7,email",
        "b:String:matches=^\"#$",
        "c:String:30..,email",
        "d:String:..0",
    ]);
    sandbox.generate(
        "aggregate InternationalShipmentConfirmationDocument internationalShipmentConfirmationReference:String:1..40",
    );
    sandbox.generate("entity Item --in Empty type:String:1..9 --as things");
    sandbox.ok(&["generate", "command", "--in", "Post", "move(type:String): a -> b"]);
    sandbox.ok(&["generate", "command", "--in", "Empty", "touch"]);
    sandbox.ok(&[
        "generate",
        "command",
        "--in",
        "Empty",
        "sort_things(by:String:1..9) if things emits Sorted",
    ]);
    sandbox.generate("repository Post");
    sandbox.generate("repository Sheep");
    sandbox.generate("value-object Money amount:i64 currency:enum:EUR,USD");
    sandbox.generate(
        "aggregate Seen tenant:String view:u32 xmin:i64 price:Money price_amount:i64 removed_at:Date",
    );
    for root in ["Post", "Sheep", "Empty", "Place", "Shop", "Seen"] {
        sandbox.generate(&format!("projection {root}List --from {root}"));
    }
    sandbox.generate(
        "projection InternationalShipmentConfirmationDocumentOverview --from InternationalShipmentConfirmationDocument",
    );
    assert!(sandbox.passes() > 40);
}

/// A test of the read model of accounts, whose rows are the same when their first events are gone.
const RESUMED: &str = r#"
#[tokio::test]
async fn the_state_stands_for_old_events() -> Result<(), Box<dyn std::error::Error>> {
    let place = &SqliteScratch::new()?;
    let store = open(place);
    let projector = Projector::new(store.storage(), App::projections()).reading(store.shapes());
    let id = AccountId::from(Uuid::from_u128(1));
    let eur = |amount| Money::new(amount, ::shop::shop::domain::Currency::Eur);
    let owner = AccountOwner::new("Ada")?;
    let mut uow = store.begin().await?;
    uow.repository()
        .add(Account::open(id, owner, eur(5)?, Timestamp::UNIX_EPOCH))?;
    uow.commit().await?;
    for _ in 0..2 {
        let mut uow = store.begin().await?;
        let mut account: Account = uow.repository().get(&id).await?;
        account.deposit(eur(1)?, Timestamp::UNIX_EPOCH);
        uow.repository().save(account)?;
        uow.commit().await?;
    }
    projector.catch_up().await?;
    let before = store.storage().query(ROWS, Vec::new()).await?;
    let retention = bloom_runtime::application::Retention::before("9000-01-01T00:00:00Z".parse()?);
    let retained = store.truncate(&retention, |_| Ok(())).await?;
    assert_eq!(retained.events, 2);
    projector.rebuild("account_balance", |_| {}).await?;
    assert_eq!(store.storage().query(ROWS, Vec::new()).await?, before);
    assert_eq!(before.len(), 1);
    Ok(())
}
"#;

#[test]
fn an_event_sourced_aggregate() {
    let _turn = one_at_a_time();
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("value-object Money amount:i64 currency:enum:EUR,USD");
    sandbox.generate("aggregate Account owner:String:1..100,unique balance:Money --create open --event-sourced --no-change");
    sandbox.ok(&[
        "generate",
        "command",
        "--in",
        "Account",
        "deposit(amount:Money) emits Deposited",
    ]);
    sandbox.generate("repository Account");
    sandbox.generate("projection AccountBalance --from Account");
    let suite = "tests/suite/projections/account_balance.rs";
    let tests = sandbox.read(suite);
    sandbox.write(suite, &format!("{tests}{RESUMED}"));
    assert!(sandbox.passes() > 15);
    assert!(sandbox.read("src/app.rs").contains(".aggregate::<Account>(Events::folded())"));

    // One line of `app.rs` decides; the domain and its tests stay as they are.
    let app = sandbox.read("src/app.rs");
    let app = app
        .replace("Events::folded()", "Documents::in_table(\"accounts\")")
        .replace("Events, ", "Documents, ");
    sandbox.write("src/app.rs", &app.replace("Migrations::new()", "Migrations::new().with(\"0001_accounts\", bloom_sql::migration::documents(\"accounts\"))"));
    sandbox.cargo(&["fmt"]);
    assert!(sandbox.passes() > 15);
}

#[test]
fn a_member_of_a_workspace() {
    let _turn = one_at_a_time();
    let mut sandbox = Sandbox::new();
    sandbox.write(
        "Cargo.toml",
        "# ours\n[workspace]\nresolver = \"3\"\nmembers = [\"tool\"] # kept\n",
    );
    sandbox.write(
        "tool/Cargo.toml",
        "[package]\nname = \"tool\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    sandbox.write("tool/src/lib.rs", "");
    sandbox.ok(&["init", "services/shop"]);
    let manifest = sandbox.read("Cargo.toml");
    assert!(
        manifest.contains("# ours")
            && manifest.contains("# kept")
            && manifest.contains("\"services/shop\""),
        "{manifest}"
    );
    sandbox.enter("services/shop/src/shop");
    sandbox.generate("aggregate Customer name:String:1..100");
    sandbox.enter("../..");
    assert!(sandbox.passes() > 10);
    // Cargo run at the root finds Bloom, too.
    sandbox.enter("../..");
    sandbox.cargo(&["clippy", "--quiet", "--workspace", "--", "-D", "warnings"]);
}

#[test]
fn a_vendored_project_builds_elsewhere() {
    let _turn = one_at_a_time();
    let mut sandbox = Sandbox::new();
    sandbox.ok(&["init", "shop", "--vendor"]);
    std::fs::rename(sandbox.path().join("shop"), sandbox.path().join("elsewhere"))
        .expect("it moves");
    sandbox.enter("elsewhere");
    assert!(!sandbox.path().join(".cargo").exists(), "nothing points to the checkout");
    sandbox.generate("aggregate Customer name:String:1..100");
    assert!(sandbox.passes() > 10);
}

#[test]
fn twenty_five_aggregates() {
    let _turn = one_at_a_time();
    let sandbox = Sandbox::with_project(&[]);
    for number in 1..=25 {
        sandbox
            .generate(&format!("aggregate Thing{number}x name:String:1..100 state:enum:new,used"));
    }
    sandbox.ok(&["generate", "command", "--in", "Thing7x", "use_up: new -> used"]);
    sandbox.generate("policy ReplaceWhatWasUsedUp --on thing7x.up_used");
    sandbox.generate("policy Welcome --on thing10x.created");
    sandbox.cargo(&["fmt", "--check"]);
    sandbox.cargo(&["clippy", "--quiet", "--all-targets", "--", "-D", "warnings"]);
    sandbox.cargo(&["test", "--quiet"]);
}

#[test]
fn a_use_case_with_sql_of_its_own() {
    let _turn = one_at_a_time();
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("aggregate Customer name:String:1..100 --no-change");
    let edit = |path: &str, changes: &[(&str, &str)]| {
        let mut text = sandbox.read(path);
        for (from, to) in changes {
            assert!(text.contains(from), "{path} has no {from}");
            text = text.replace(from, to);
        }
        sandbox.write(path, &text);
    };
    // As the guide has it: a port for the use case, and its adapters.
    sandbox.write(
        "src/shop/ports/visits.rs",
        "//! Who has been here.\n\nuse crate::shop::domain::CustomerId;\n\n/// Notes visits.\npub trait Visits {\n    /// Notes one.\n    fn visited(&mut self, who: CustomerId);\n}\n",
    );
    sandbox.write(
        "src/shop/adapters/visits.rs",
        r#"//! Visits in a table of their own.

use bloom_runtime::{application::BufferedUnitOfWork, memory::MemoryStorage};
use bloom_sql::{SqlUnitOfWork, SqliteStorage, parameters};

use crate::shop::{domain::CustomerId, ports::Visits};

impl Visits for BufferedUnitOfWork<SqliteStorage> {
    fn visited(&mut self, who: CustomerId) {
        self.execute("INSERT INTO visits (who) VALUES ($1)", parameters![who.to_string()]);
    }
}

/// In memory nobody counts them.
impl Visits for BufferedUnitOfWork<MemoryStorage> {
    fn visited(&mut self, _: CustomerId) {}
}
"#,
    );
    let append = |path: &str, text: &str| {
        let before = sandbox.read(path);
        sandbox.write(path, &format!("{before}\n{text}\n"));
    };
    append("src/shop/ports/mod.rs", "mod visits;\n\npub use visits::Visits;");
    append("src/shop/adapters/mod.rs", "mod visits;");
    edit(
        "src/shop/application/customer/create_customer.rs",
        &[
            (
                "use crate::shop::domain::{Customer, CustomerId, CustomerName};",
                "use crate::shop::{domain::{Customer, CustomerId, CustomerName}, ports::Visits};",
            ),
            ("<U: UnitOfWork>", "<U: UnitOfWork + Visits>"),
            ("        Ok(uow", "        uow.visited(*customer.id());\n        Ok(uow"),
        ],
    );
    sandbox
        .write("migrations/0000_visits.sql", "CREATE TABLE visits (who TEXT NOT NULL) STRICT;\n");
    edit(
        "src/app.rs",
        &[(
            "Migrations::new()",
            "Migrations::new().with(\"0000_visits\", include_str!(\"../migrations/0000_visits.sql\"))",
        )],
    );
    for path in [
        "src/shop/adapters/http/mod.rs",
        "src/shop/adapters/http/customer/mod.rs",
        "src/shop/adapters/http/customer/handlers.rs",
    ] {
        edit(path, &[("S: Store>", "S: Store<UnitOfWork: crate::shop::ports::Visits>>")]);
    }
    sandbox.cargo(&["fmt"]);
    assert!(sandbox.passes() > 10);
}

#[test]
fn types_that_a_person_wrote() {
    let _turn = one_at_a_time();
    let sandbox = Sandbox::with_project(&[]);
    sandbox.generate("value-object Money amount:i64 currency:enum:EUR,USD");
    sandbox.write(
        "src/shop/domain/parcel.rs",
        r#"//! Parcels.

use bloom_runtime::prelude::*;

use super::Money;

/// What a parcel is like.
#[derive(Eq, ValueObject)]
pub struct Parcel {
    #[value(range = 1..=30_000)]
    grams: u32,
    #[value(items = 1..=3)]
    labels: Vec<Label>,
    size: Size,
    insured: Option<Money>,
}

/// What is written on it.
#[derive(Eq, ValueObject)]
pub struct Label(#[value(chars = 1..=20)] String);

/// How large it is.
#[derive(ValueObject)]
pub enum Size {
    Small,
    #[value("XXL")]
    Huge,
}

/// Who carries it.
#[derive(Identity)]
pub struct CarrierId(Uuid);
"#,
    );
    let arguments = [
        "generate",
        "aggregate",
        "Shipment",
        "parcel:Parcel",
        "spare:Parcel:optional",
        "carrier:CarrierId",
        "label:Label",
        "sizes:Size:list(1..2)",
    ];
    let said = sandbox.refused(&arguments);
    assert!(said.contains("add `pub use ..::Parcel;` to `src/shop/domain/mod.rs`"), "{said}");
    let domain = sandbox.read("src/shop/domain/mod.rs");
    let declared = domain.replace("pub mod services;", "pub mod parcel;\npub mod services;");
    sandbox.write(
        "src/shop/domain/mod.rs",
        &format!("{declared}\npub use parcel::{{CarrierId, Label, Parcel, Size}};\n"),
    );
    sandbox.ok(&arguments);
    sandbox.generate("entity Stop --in Shipment label:Label size:Size");
    sandbox.generate("repository Shipment");
    sandbox.cargo(&["fmt"]);
    sandbox.ok(&["rename", "aggregate", "Shipment", "Delivery"]);
    assert!(sandbox.ok(&["upgrade"]).contains("Unchanged"));
    assert!(sandbox.passes() > 40);
}

/// A snippet with what stands in its places before one fills them in.
fn filled(body: &str) -> String {
    let mut text = String::new();
    let mut defaults = std::collections::BTreeMap::new();
    let mut rest = body;
    while let Some(at) = rest.find('$') {
        let (before, behind) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('\\') {
            text.push_str(before);
            text.push('$');
            rest = &behind[1..];
            continue;
        }
        text.push_str(before);
        if let Some(place) = behind.strip_prefix("${") {
            let (place, behind) = place.split_once('}').expect("it ends");
            let (number, default) = place.split_once(':').expect("it has a default");
            defaults.insert(number.to_owned(), default.to_owned());
            text.push_str(default);
            rest = behind;
        } else {
            let number = &behind[1..2];
            text.push_str(defaults.get(number).map_or("", String::as_str));
            rest = &behind[2..];
        }
    }
    text + rest
}

#[test]
fn snippets_are_code_that_compiles() {
    let _turn = one_at_a_time();
    let sandbox = Sandbox::with_project(&[]);
    let said = sandbox.bloom(&["snippets", "vscode"]).stdout;
    let all: serde_json::Value = serde_json::from_slice(&said).expect("JSON");
    let all: std::collections::BTreeMap<String, String> = all
        .as_object()
        .expect("an object")
        .values()
        .map(|snippet| {
            let lines = snippet["body"].as_array().expect("lines").iter();
            let lines: Vec<&str> = lines.filter_map(serde_json::Value::as_str).collect();
            let prefix = snippet["prefix"].as_str().expect("a prefix");
            (prefix.to_owned(), filled(&lines.join("\n")))
        })
        .collect();
    let mut text = TRIED.to_owned();
    for (prefix, code) in &all {
        let place = format!("    // {prefix}\n");
        if text.contains(&place) {
            text = text.replace(&place, &format!("{code}\n"));
        } else {
            text.push_str(&format!("\n{code}\n"));
        }
    }
    assert_eq!(all.len(), 12);
    assert!(!text.contains("    // b"), "{text}");
    sandbox.write("src/shop/domain/tried.rs", &text);
    let domain = sandbox.read("src/shop/domain/mod.rs");
    sandbox.write("src/shop/domain/mod.rs", &format!("{domain}\npub mod tried;\n"));
    sandbox.cargo(&["check", "--quiet"]);
}

/// An aggregate around the snippets that stand in something.
const TRIED: &str = r#"//! Tried out.

use bloom_runtime::{EventSourced, prelude::*};
use bloom_sql::{View, parameters};

/// The id.
#[derive(Identity)]
pub struct InvoiceId(Uuid);

/// What happens.
#[derive(DomainEvent)]
pub enum InvoiceEvent {
    /// Made.
    #[event(name = "invoice.made", rev = 1)]
    Made { id: InvoiceId },
    // bevent
    /// Priced.
    #[event(name = "invoice.priced", rev = 2, from = PricedV1)]
    Priced { cents: i64 },
}

/// Why it refuses.
#[derive(DomainError)]
pub enum InvoiceError {
    // berror
}

/// An invoice.
#[derive(Aggregate)]
#[aggregate(event = InvoiceEvent)]
pub struct Invoice {
    #[aggregate(id)]
    id: InvoiceId,
    paid: bool,
    #[aggregate(changes)]
    changes: Changes<InvoiceEvent>,
}

impl Invoice {
    // bdecide
}

impl EventSourced for Invoice {
    fn begin(event: &InvoiceEvent) -> Option<Self> {
        let InvoiceEvent::Made { id } = event else { return None };
        Some(Self { id: *id, paid: false, changes: Changes::new() })
    }

    fn apply(&mut self, event: &InvoiceEvent) {
        match event {
    // bapply
            _ => {}
        }
    }
}

/// A statement.
///
/// # Errors
/// What the database says.
pub async fn write(view: &mut View<'_>, tenant: &str, id: &str) -> Result<(), StoreError> {
    // bexecute
    Ok(())
}
"#;
