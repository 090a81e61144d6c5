//! What stands in `Cargo.lock`.

use super::{Finding, Level, Notes, Rule};

pub(super) fn inspect(lock: &str, notes: &mut Notes<'_>) {
    let level = notes.policy.level(Rule::ForbiddenCrate);
    if level == Level::Off {
        return;
    }
    for (index, line) in lock.lines().enumerate() {
        let name = line.strip_prefix("name = \"").and_then(|rest| rest.strip_suffix('"'));
        if let Some(name) =
            name.filter(|name| notes.policy.forbidden_crates.iter().any(|other| other == name))
        {
            notes.findings.push(Finding {
                path: "Cargo.lock".to_owned(),
                line: index + 1,
                column: 1,
                rule: Rule::ForbiddenCrate,
                level,
                message: format!("the crate `{name}` is in the tree"),
            });
        }
    }
}
