//! The five rules of the architecture, and proof that each is noticed when it is broken.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use bloom_tests::workspace;

/// Every Rust file below a folder: its path from there, and its code without comments and tests.
fn sources(folder: &str) -> Vec<(String, String)> {
    let root = workspace().join(folder);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).expect("a folder of the workspace") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name =
                    path.strip_prefix(&root).expect("below").to_string_lossy().replace('\\', "/");
                files.push((name, code(&fs::read_to_string(&path).expect("text"))));
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has no source");
    files
}

fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn tree(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(workspace())
        .output()
        .expect("cargo tree runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

// Rule 1: the runtime depends on no extension, and its tree stays small.

const EXTENSIONS: [&str; 7] = [
    "bloom-audit",
    "bloom-cache",
    "bloom-manage",
    "bloom-metrics",
    "bloom-privacy",
    "bloom-sql",
    "bloom-web",
];

fn runtime_tree_violations(tree: &BTreeSet<String>) -> Vec<String> {
    let mut found: Vec<String> =
        tree.iter().filter(|name| EXTENSIONS.contains(&name.as_str())).cloned().collect();
    let others = tree.iter().filter(|name| *name != "bloom-runtime").count();
    if others >= 40 {
        found.push(format!("{others} crates"));
    }
    found
}

#[test]
fn the_runtime_is_lean_and_knows_no_extension() {
    assert_eq!(runtime_tree_violations(&tree("bloom-runtime")), Vec::<String>::new());
    let fat: BTreeSet<String> =
        (0..41).map(|number| format!("crate-{number}")).chain(["bloom-sql".to_owned()]).collect();
    assert_eq!(runtime_tree_violations(&fat), ["bloom-sql", "42 crates"]);
}

// Rule 2: domain <- ports <- application <- memory, testing.

const LAYERS: [&str; 5] = ["domain", "ports", "application", "memory", "testing"];

fn arrow_violations(files: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, code) in files {
        let Some(layer) = path.split('/').next() else { continue };
        let Some(rank) = LAYERS.iter().position(|known| *known == layer) else { continue };
        for (other_rank, other) in LAYERS.iter().enumerate() {
            let sideways = rank >= 3 && other_rank >= 3 && rank != other_rank && layer != "testing";
            if (other_rank > rank || sideways) && mentions(code, other) {
                found.push(format!("{path} uses {other}"));
            }
        }
        if layer == "domain"
            && (code.contains("async ") || code.contains(".await") || code.contains("tokio"))
        {
            found.push(format!("{path} is async"));
        }
        if layer == "ports" && code.contains("rusqlite") {
            found.push(format!("{path} has an adapter"));
        }
    }
    found
}

/// Whether the code imports from a layer of the runtime, by whatever form of path.
fn mentions(code: &str, layer: &str) -> bool {
    let paths = [
        format!("crate::{layer}"),
        format!("bloom_runtime::{layer}"),
        format!("super::super::{layer}"),
    ];
    if paths.iter().any(|path| code.contains(path.as_str())) {
        return true;
    }
    // `use crate::{ domain::.., layer::.. }`
    code.split("use crate::{").skip(1).any(|rest| {
        let inside = rest.split("\n};").next().unwrap_or_default();
        inside
            .split([',', '\n'])
            .any(|part| part.trim().starts_with(&format!("{layer}::")) || part.trim() == layer)
    })
}

#[test]
fn arrows_point_one_way() {
    assert_eq!(arrow_violations(&sources("bloom-runtime/src")), Vec::<String>::new());
    let broken = |path: &str, code: &str| vec![(path.to_owned(), code.to_owned())];
    assert_eq!(arrow_violations(&broken("domain/a.rs", "use crate::ports::Clock;")).len(), 1);
    assert_eq!(
        arrow_violations(&broken("ports/a.rs", "use crate::{\n    application::App,\n};")).len(),
        1
    );
    assert_eq!(
        arrow_violations(&broken("application/a.rs", "use crate::memory::MemoryStorage;")).len(),
        1
    );
    assert_eq!(
        arrow_violations(&broken("memory/a.rs", "use crate::testing::FixedClock;")).len(),
        1
    );
    assert_eq!(arrow_violations(&broken("domain/a.rs", "pub async fn now() {}")).len(), 1);
    assert!(
        arrow_violations(&broken("testing/a.rs", "use crate::memory::MemoryStorage;")).is_empty()
    );
}

fn cycles(files: &[(String, String)]) -> Vec<String> {
    // A module of the runtime's top level names another one: the edges must have no way back.
    let mut edges: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, code) in files {
        let from = path.split('/').next().unwrap_or_default();
        for to in LAYERS.iter().filter(|to| **to != from && mentions(code, to)) {
            edges.insert((from.to_owned(), (*to).to_owned()));
        }
    }
    edges
        .iter()
        .filter(|(from, to)| edges.contains(&(to.clone(), from.clone())))
        .map(|(from, to)| format!("{from} <-> {to}"))
        .collect()
}

#[test]
fn layers_have_no_cycle() {
    assert_eq!(cycles(&sources("bloom-runtime/src")), Vec::<String>::new());
    let file = |path: &str, code: &str| (path.to_owned(), code.to_owned());
    let broken = [
        file("domain/a.rs", "use crate::ports::Clock;"),
        file("ports/b.rs", "use crate::domain::Spec;"),
    ];
    assert_eq!(cycles(&broken).len(), 2);
}

// Rule 3: an extension never reaches into another one.

fn inner_reach(files: &[(String, String)], others: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, code) in files {
        for other in others {
            for rest in code.split(&format!("{other}::")).skip(1) {
                let name: String =
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                // A lower-case name is a module; `axum` and `utoipa` are re-exported on purpose.
                let is_module = name.starts_with(|c: char| c.is_lowercase())
                    && rest[name.len()..].starts_with("::");
                if is_module && !["axum", "utoipa", "migration"].contains(&name.as_str()) {
                    found.push(format!("{path} reaches into {other}::{name}"));
                }
            }
        }
    }
    found
}

#[test]
fn extensions_use_only_what_others_offer() {
    for (extension, others) in [
        ("extensions/sql/src", ["bloom_web", "bloom_manage"]),
        ("extensions/web/src", ["bloom_sql", "bloom_manage"]),
        ("extensions/manage/src", ["bloom_sql", "bloom_web"]),
    ] {
        assert_eq!(inner_reach(&sources(extension), &others), Vec::<String>::new());
    }
    for package in EXTENSIONS.into_iter().filter(|package| *package != "bloom-manage") {
        let tree = tree(package);
        let others = EXTENSIONS.into_iter().filter(|other| *other != package);
        assert_eq!(
            others.filter(|other| tree.contains(*other)).collect::<Vec<_>>(),
            Vec::<&str>::new()
        );
    }
    let broken = [("a.rs".to_owned(), "use bloom_sql::sqlite::writer::Writer;".to_owned())];
    assert_eq!(inner_reach(&broken, &["bloom_sql"]).len(), 1);
}

// Rule 4: a capability is a crate, a driver a feature, and drivers of one crate have the same files.

fn unlike_drivers(drivers: &[(String, BTreeSet<String>)]) -> Vec<String> {
    let Some((_, first)) = drivers.first() else { return Vec::new() };
    drivers.iter().filter(|(_, files)| files != first).map(|(name, _)| name.clone()).collect()
}

#[test]
fn drivers_are_features_with_the_same_files() {
    const DRIVERS: [&str; 2] = ["postgres", "sqlite"];
    // What has no like on the other side: an answer is lost only where a network lies between, and only there is what waits sent and asked
    // together, and can one process tell another.
    const ALONE: [(&str, &str); 5] = [
        ("postgres", "arrays.rs"),
        ("postgres", "loads.rs"),
        ("postgres", "lost.rs"),
        ("postgres", "notify.rs"),
        ("postgres", "projection_role.rs"),
    ];
    let manifest =
        fs::read_to_string(workspace().join("extensions/sql/Cargo.toml")).expect("a manifest");
    let found = DRIVERS.map(|driver| {
        assert!(manifest.contains(&format!("\n{driver} = [")), "the driver {driver} is no feature");
        let files = sources(&format!("extensions/sql/src/{driver}"))
            .into_iter()
            .map(|(path, _)| path)
            .filter(|path| !ALONE.contains(&(driver, path)))
            .collect();
        (driver.to_owned(), files)
    });
    assert_eq!(unlike_drivers(&found), Vec::<String>::new());
    let folders = fs::read_dir(workspace().join("extensions/sql/src")).expect("a folder");
    let mut folders: Vec<String> = folders
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    // What is no driver is what all drivers do.
    folders.retain(|folder| !["copy", "projection", "testing"].contains(&folder.as_str()));
    assert_eq!(folders, DRIVERS);
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let unlike = [("a".to_owned(), set(&["read.rs"])), ("b".to_owned(), set(&["reader.rs"]))];
    assert_eq!(unlike_drivers(&unlike), ["b"]);
}

// Rule 5: in the command line only `project` reads the tree, only `apply` writes it, only `ui` prints.

fn tree_access(files: &[(String, String)]) -> Vec<String> {
    const READS: [&str; 6] =
        ["fs::read", "read_dir", "read_to_string", ".is_file()", ".exists()", "File::open"];
    const WRITES: [&str; 7] = [
        "fs::write",
        "create_dir",
        "fs::remove",
        "fs::rename",
        "fs::copy",
        "File::create",
        "persist",
    ];
    const PRINTS: [&str; 5] = ["println!", "eprintln!", "print!(", "stdout()", "stderr()"];
    let mut found = Vec::new();
    for (path, code) in files {
        let mut look = |words: &[&str], verb: &str, allowed: &[&str]| {
            // A module that has grown into a folder is still the same module.
            let module = path.split_once('/').map_or(path.as_str(), |(folder, _)| folder);
            if allowed.contains(&path.as_str()) || allowed.contains(&module) {
                return;
            }
            for word in words.iter().filter(|word| code.contains(**word)) {
                found.push(format!("{path} {verb}: {word}"));
            }
        };
        // `format` hands texts to rustfmt in a folder of its own outside the tree, and looks for rustfmt; `patch`
        // asks where Bloom is.
        let reads = [
            "project",
            "apply",
            "format/mod.rs",
            "format/rustfmt.rs",
            "format/toolchain.rs",
            "commands/patch.rs",
        ];
        look(&READS, "reads", &reads);
        look(&WRITES, "writes", &["apply", "format/rustfmt.rs"]);
        look(&PRINTS, "prints", &["ui.rs"]);
    }
    found
}

#[test]
fn only_project_reads_only_apply_writes_only_ui_prints() {
    assert_eq!(tree_access(&sources("bloom-cli/src")), Vec::<String>::new());
    let broken = |path: &str, code: &str| vec![(path.to_owned(), code.to_owned())];
    assert_eq!(tree_access(&broken("plan.rs", "fs::write(path, text)")).len(), 1);
    assert_eq!(tree_access(&broken("render/mod.rs", "std::fs::read_to_string(path)")).len(), 2);
    assert_eq!(tree_access(&broken("commands/init.rs", "println!(\"done\")")).len(), 1);
    assert!(tree_access(&broken("apply/undo.rs", "fs::write(path, text)")).is_empty());
}

// And what every project of its kind checks.

#[test]
fn every_crate_uses_the_one_lint_table() {
    for manifest in [
        "bloom-cli",
        "bloom-macros",
        "bloom-runtime",
        "docs",
        "templates",
        "tests",
        "extensions/audit",
        "extensions/cache",
        "extensions/manage",
        "extensions/metrics",
        "extensions/privacy",
        "extensions/sql",
        "extensions/web",
    ] {
        let text =
            fs::read_to_string(workspace().join(manifest).join("Cargo.toml")).expect("a manifest");
        assert!(text.contains("[lints]\nworkspace = true"), "{manifest}");
    }
}

#[test]
fn every_source_file_is_of_a_size_one_can_read() {
    let folders =
        ["bloom-cli/src", "bloom-macros/src", "bloom-runtime/src", "extensions", "templates/src"];
    let lines =
        |path: &Path| fs::read_to_string(path).map(|text| text.lines().count()).unwrap_or_default();
    for folder in folders {
        for (path, _) in sources(folder) {
            let count = lines(&workspace().join(folder).join(&path));
            assert!(count <= 600, "{folder}/{path} has {count} lines");
        }
    }
}
