//! What the domain does not do.

use std::collections::BTreeSet;

use syn::{ExprAwait, Signature, spanned::Spanned, visit::Visit};

use super::{
    Notes, Rule,
    boundaries::paths,
    source::{Layer, Source, is_for_tests},
};

/// Crates that talk to the world outside.
const INFRASTRUCTURE: [&str; 24] = [
    "async_nats",
    "axum",
    "bloom_cache",
    "bloom_manage",
    "bloom_metrics",
    "bloom_sql",
    "bloom_web",
    "deadpool_postgres",
    "diesel",
    "http",
    "hyper",
    "lapin",
    "mysql_async",
    "rdkafka",
    "redis",
    "reqwest",
    "rusqlite",
    "sea_orm",
    "sqlx",
    "tokio",
    "tokio_postgres",
    "tonic",
    "tower",
    "ureq",
];

/// What the standard library has of it, and what differs from one run to the next.
const IMPURE: [(&[&str], &str); 13] = [
    (&["std", "env"], "the environment"),
    (&["std", "fs"], "files"),
    (&["std", "net"], "the network"),
    (&["std", "process"], "processes"),
    (&["std", "thread"], "threads"),
    (&["SystemTime", "now"], "a clock"),
    (&["Instant", "now"], "a clock"),
    (&["Timestamp", "now"], "a clock"),
    (&["Utc", "now"], "a clock"),
    (&["Local", "now"], "a clock"),
    (&["Zoned", "now"], "a clock"),
    (&["Uuid", "new_v4"], "a source of ids"),
    (&["Uuid", "now_v7"], "a source of ids"),
];

pub(super) fn inspect(source: &Source, modules: &BTreeSet<Vec<String>>, notes: &mut Notes<'_>) {
    if source.place().is_none_or(|(_, layer)| layer != Layer::Domain) || source.is_test() {
        return;
    }
    for (within, segments, at) in paths(source) {
        // A module of the project may be called like a crate, and so may a variable.
        let is_own = |first: &String| {
            let place = source.module.iter().chain(&within).chain([first]).cloned().collect();
            modules.contains::<Vec<String>>(&place)
        };
        let crates = segments.first().filter(|_| segments.len() > 1);
        if let Some(first) =
            crates.filter(|first| INFRASTRUCTURE.contains(&first.as_str()) && !is_own(first))
        {
            notes.add(Rule::DomainPurity, source, at, format!("the domain knows `{first}`"));
        }
        for (words, what) in IMPURE {
            let names = segments.windows(words.len()).any(|window| window == words);
            if names {
                notes.add(Rule::DomainPurity, source, at, format!("the domain knows {what}"));
            }
        }
    }
    let mut waits = Waits { found: Vec::new() };
    waits.visit_file(&source.file);
    for (at, what) in waits.found {
        notes.add(Rule::DomainPurity, source, at, format!("the domain {what}"));
    }
}

struct Waits {
    found: Vec<(proc_macro2::Span, &'static str)>,
}

impl<'ast> Visit<'ast> for Waits {
    fn visit_signature(&mut self, signature: &'ast Signature) {
        if let Some(word) = &signature.asyncness {
            self.found.push((word.span(), "has an `async fn`"));
        }
    }

    fn visit_expr_await(&mut self, expression: &'ast ExprAwait) {
        self.found.push((expression.await_token.span(), "awaits"));
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }
}
