//! What is published works without the checkout it was packed from.

use std::{fs, path::Path, process::Command};

use bloom_tests::{Sandbox, workspace};

const CRATES: [&str; 7] = [
    "bloom",
    "bloom-macros",
    "bloom-manage",
    "bloom-runtime",
    "bloom-sql",
    "bloom-templates",
    "bloom-web",
];

/// Runs a program that must succeed.
fn run(program: &str, arguments: &[&str], folder: &Path) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", bloom_tests::target().join("packaged"))
        .output()
        .expect(program);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

#[test]
fn what_is_packed_creates_a_shop_that_passes() {
    let mut sandbox = Sandbox::new();
    run(env!("CARGO"), &["package", "--workspace", "--no-verify", "--allow-dirty"], workspace());

    let packed = bloom_tests::target().join("packaged/package");
    let mut patch = "[patch.crates-io]\n".to_owned();
    for name in CRATES {
        let archive = packed.join(format!("{name}-0.1.0.crate"));
        run("tar", &["xzf", &archive.to_string_lossy()], sandbox.path());
        let path = sandbox.path().join(format!("{name}-0.1.0"));
        patch.push_str(&format!("{name} = {{ path = {:?} }}\n", path.to_string_lossy()));
    }
    sandbox.write(".cargo/config.toml", &patch);
    run(
        env!("CARGO"),
        &["install", "--quiet", "--debug", "--path", "bloom-0.1.0", "--root", "installed"],
        sandbox.path(),
    );

    let bloom = sandbox.path().join("installed/bin/bloom").to_string_lossy().into_owned();
    run(&bloom, &["init", "shop"], sandbox.path());
    sandbox.enter("shop");
    let config = sandbox.path().join(".cargo/config.toml");
    assert!(!config.exists(), "{:?}", fs::read_to_string(config));
    for sentence in [
        "generate aggregate Customer name:String:1..100 email:String:email,unique",
        "generate aggregate Order customer_id:CustomerId status:enum:draft,placed",
        "generate entity OrderLine --in Order sku:String:3..20 --while draft",
        "generate repository Order",
    ] {
        run(&bloom, &sentence.split(' ').collect::<Vec<_>>(), sandbox.path());
    }
    assert!(sandbox.passes() > 40);
}
