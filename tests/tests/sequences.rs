//! Verbs in any order: whatever was asked for, the project stays one that Bloom would have written.

use bloom_tests::{Sandbox, soak};
use proptest::{
    prelude::*,
    test_runner::{RngSeed, TestRunner},
};

/// What may be asked for. Much of it does not fit when it comes, and is refused then.
const REQUESTS: [&str; 54] = [
    "generate value-object Money amount:i64 currency:enum:EUR,USD",
    "generate value-object Period first:Date last:Date",
    "generate value-object Offer price:Money during:Period?",
    "generate aggregate Customer name:String:1..100 email:String:email,unique",
    "generate aggregate Order customer_id:CustomerId note:String? status:enum:draft,placed,cancelled",
    "generate aggregate Invoice order_id:OrderId total:Money",
    "generate aggregate Account owner:String:1..9 --create open --event-sourced --no-change",
    "generate entity OrderLine --in Order sku:String:3..20 price:Money --while draft --count ..50",
    "generate entity Remark --in Customer text:String:1..80",
    "generate command --in Order place:draft->placed",
    "generate command --in Order cancel(reason:String):draft|placed->cancelled",
    "generate command --in Account deposit(amount:Money)",
    "generate repository Order",
    "generate repository Order --relational",
    "generate repository Customer",
    "generate projection OrderList --from Order",
    "generate projection Balance --from Account",
    "generate specification drafts --for Order status",
    "generate migration visits",
    "add field Order discount:Money?",
    "add field OrderLine weight:u32?",
    "add field Customer phones:String[]",
    "add variant Order status archived",
    "add rule Customer name:String:1..200",
    "add rule Order note:String:optional,..500",
    "rename aggregate Order Purchase",
    "rename aggregate Purchase Order",
    "rename aggregate Customer Client",
    "rename aggregate Client Customer",
    "rename value-object Money Price",
    "rename value-object Price Money",
    "rename command place submit --in Order",
    "destroy value-object Offer",
    "destroy aggregate Invoice",
    "destroy aggregate Order",
    "destroy aggregate Account",
    "destroy entity Remark",
    "destroy command cancel --in Order",
    "destroy repository Order --relational",
    "destroy projection OrderList",
    "destroy field Order discount",
    "destroy variant Order status archived",
    "destroy rule Customer name",
    "destroy specification drafts --for Order",
    "generate query FindOrders --in Order",
    "generate query CustomersByName --in Customer name",
    "destroy query FindOrders",
    "generate service Pricing",
    "generate factory OrderFactory --for Order",
    "destroy service Pricing",
    "destroy factory OrderFactory",
    "generate policy NotifyCustomer --on order.created",
    "generate policy Announce --on order.cancelled",
    "destroy policy NotifyCustomer",
];

/// Carries them out, and looks after each whether the project is as it should be.
fn carry_out(steps: &[usize]) -> Result<Sandbox, TestCaseError> {
    let sandbox = Sandbox::with_project(&[]);
    let told = |said: &[u8]| String::from_utf8_lossy(said).into_owned();
    let mut done: Vec<&str> = Vec::new();
    for step in steps {
        let request = REQUESTS[*step];
        let before = sandbox.tree();
        let words: Vec<&str> = request.split(' ').collect();
        let output = sandbox.bloom(&words);
        let said = told(&output.stderr);
        done.push(request);
        if output.status.success() {
            let again = sandbox.bloom(&["upgrade"]);
            let said = told(&again.stderr);
            prop_assert!(said.contains("Unchanged"), "after {done:#?}: {said}");
            let checked = sandbox.bloom(&["check"]);
            prop_assert!(checked.status.success(), "{done:#?}: {}", told(&checked.stdout));
            let model = told(&sandbox.bloom(&["model", "export"]).stdout);
            std::fs::write(sandbox.outside().join("model.toml"), model).expect("a file");
            let same = sandbox.bloom(&["model", "check", "../model.toml"]);
            prop_assert!(same.status.success(), "{done:#?}: {}", told(&same.stdout));
        } else {
            let code = output.status.code().unwrap_or(-1);
            prop_assert!(code == 2 || code == 3, "{done:#?}: {code}: {said}");
            let after: Vec<_> = sandbox.tree();
            prop_assert_eq!(after, before, "{:#?} was refused and wrote something", done);
        }
    }
    Ok(sandbox)
}

fn runner(cases: u32) -> TestRunner {
    // The same ones for every change, so that none is refused by chance; others in the long tier.
    let rng_seed = if soak() { RngSeed::Random } else { RngSeed::Fixed(2026) };
    let config =
        ProptestConfig { cases, rng_seed, max_shrink_iters: 40, ..ProptestConfig::default() };
    TestRunner::new(config)
}

#[test]
fn any_sequence_leaves_a_project_that_bloom_would_have_written() {
    let steps = proptest::collection::vec(0..REQUESTS.len(), 30);
    let cases = if soak() { 100 } else { 4 };
    runner(cases).run(&steps, |steps| carry_out(&steps).map(drop)).unwrap();
}

#[test]
fn a_sequence_of_everything_compiles() {
    // All that is generated and added first, so that the rest has something to change.
    let mut steps: Vec<usize> = (0..25).collect();
    steps.extend([44, 45, 25, 27, 29, 39, 42]);
    let sandbox = carry_out(&steps).expect("each step leaves a whole project");
    let said = sandbox.cargo(&["check", "--all-targets"]);
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn random_sequences_compile() {
    if !bloom_tests::soak_or_leave_out("compiling what random sequences leave") {
        return;
    }
    let steps = proptest::collection::vec(0..REQUESTS.len(), 30);
    runner(15)
        .run(&steps, |steps| {
            let sandbox = carry_out(&steps)?;
            sandbox.cargo(&["check", "--all-targets"]);
            Ok(())
        })
        .unwrap();
}
