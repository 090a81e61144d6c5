//! What happened, or would: as aligned lines, as a diff, or as JSON.

use serde::Serialize;
use similar::TextDiff;

use crate::{
    changeset::{Change, Changeset, Effect},
    ui::Ui,
};

/// How the outcome is told.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Form {
    pub(crate) json: bool,
    pub(crate) diff: bool,
    pub(crate) dry_run: bool,
}

#[derive(Serialize)]
struct Document<'c> {
    dry_run: bool,
    changes: Vec<Line<'c>>,
}

#[derive(Serialize)]
struct Line<'c> {
    #[serde(flatten)]
    change: &'c Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

/// Tells what the changeset does.
pub(crate) fn report(ui: Ui, changeset: &Changeset, form: Form) {
    if form.json {
        let changes = changeset.changes.iter();
        let lines =
            changes.map(|change| Line { change, diff: form.diff.then(|| diff(change)) }).collect();
        let document = Document { dry_run: form.dry_run, changes: lines };
        ui.data(&serde_json::to_string_pretty(&document).unwrap_or_default());
        return;
    }
    if form.diff {
        for change in &changeset.changes {
            ui.data(diff(change).trim_end());
        }
    }
    if changeset.changes.is_empty() {
        ui.effect("Unchanged", "everything is there already");
    }
    for change in &changeset.changes {
        let verb = match (change.effect, form.dry_run) {
            (Effect::Created, false) => "Created",
            (Effect::Edited, false) => "Edited",
            (Effect::Removed, false) => "Removed",
            (Effect::Conflict, false) => "Conflict",
            (Effect::Skipped, false) => "Skipped",
            (Effect::Created, true) => "Would create",
            (Effect::Edited, true) => "Would edit",
            (Effect::Removed, true) => "Would remove",
            (Effect::Conflict, true) => "Would mark",
            (Effect::Skipped, true) => "Would skip",
        };
        ui.effect(verb, &change.path);
    }
    if changeset.unformatted {
        ui.warning("rustfmt was not found, so the files are not formatted; `rustup component add rustfmt` brings it");
    }
}

fn diff(change: &Change) -> String {
    if change.effect == Effect::Skipped {
        return String::new();
    }
    let before = change.before.as_deref().unwrap_or_default();
    let old =
        if change.before.is_some() { format!("a/{}", change.path) } else { "/dev/null".to_owned() };
    let new = if change.effect == Effect::Removed {
        "/dev/null".to_owned()
    } else {
        format!("b/{}", change.path)
    };
    TextDiff::from_lines(before, change.after.as_str())
        .unified_diff()
        .header(&old, &new)
        .to_string()
}
