//! What the compiler does not see: who may know whom, and how an aggregate is treated. Reads source and compiles nothing.

mod aggregates;
mod boundaries;
mod crates;
mod handlers;
mod purity;
mod rule;
pub(crate) mod sarif;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(crate) use self::{
    rule::{Level, Rule},
    source::Source,
};

/// The `[check]` table of `bloom.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Policy {
    /// The level of a rule, where it is another than Bloom's.
    pub(crate) rules: BTreeMap<Rule, Level>,
    /// Crates that shall not be in the tree.
    pub(crate) forbidden_crates: Vec<String>,
}

impl Policy {
    /// How a rule is taken here.
    pub(crate) fn level(&self, rule: Rule) -> Level {
        self.rules.get(&rule).copied().unwrap_or_else(|| rule.level())
    }
}

/// Something that is not as a rule says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) rule: Rule,
    pub(crate) level: Level,
    pub(crate) message: String,
}

/// Everything that is not as the rules say, in the order of the files.
pub(crate) fn inspect(sources: &[Source], lock: &str, policy: &Policy) -> Vec<Finding> {
    let mut notes = Notes { policy, findings: Vec::new() };
    let modules: BTreeSet<Vec<String>> =
        sources.iter().map(|source| source.module.clone()).collect();
    for source in sources {
        boundaries::inspect(source, &mut notes);
        purity::inspect(source, &modules, &mut notes);
    }
    aggregates::inspect(sources, &mut notes);
    handlers::inspect(sources, &mut notes);
    crates::inspect(lock, &mut notes);
    let mut findings = notes.findings;
    findings.sort();
    findings.dedup();
    findings
}

/// What was found so far.
struct Notes<'p> {
    policy: &'p Policy,
    findings: Vec<Finding>,
}

impl Notes<'_> {
    fn add(&mut self, rule: Rule, source: &Source, at: proc_macro2::Span, message: String) {
        let start = at.start();
        self.add_at(rule, source, start.line, start.column + 1, message);
    }

    fn add_at(&mut self, rule: Rule, source: &Source, line: usize, column: usize, message: String) {
        let level = self.policy.level(rule);
        if level == Level::Off || source.allows(rule, line) {
            return;
        }
        let path = source.path.clone();
        self.findings.push(Finding { path, line, column, rule, level, message });
    }
}
