//! `bloom check`.

use std::process::ExitCode;

use crate::{
    cli::{CheckArgs, CheckFormat},
    failure::Failure,
    inspection::{Level, Rule, Source, inspect, sarif},
    ui::Ui,
};

pub(super) fn run(arguments: &CheckArgs, ui: Ui) -> Result<ExitCode, Failure> {
    if let Some(rule) = arguments.explain {
        ui.data(&format!("{}: {}\n\n{}", rule.name(), rule.summary(), rule.explanation()));
        return Ok(ExitCode::SUCCESS);
    }
    let project = super::to_read(ui)?;
    let mut sources = Vec::new();
    for (path, text) in project.below("src", |path| path.ends_with(".rs"))? {
        let file = crate::edit::parsed(&text).map_err(|error| Failure::syntax(&path, &error))?;
        sources.push(Source::new(&path, &text, file, &project.settings.contexts));
    }
    let lock = project.read("Cargo.lock")?.unwrap_or_default();
    let findings = inspect(&sources, &lock, &project.policy);
    let failing = findings.iter().filter(|one| one.level < Level::Note).count();
    let (shown, notes): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|one| arguments.notes || one.level != Level::Note);

    let data = |value| ui.data(&serde_json::to_string_pretty(&value).unwrap_or_default());
    match arguments.format {
        CheckFormat::Json => data(serde_json::json!(shown)),
        CheckFormat::Sarif => data(sarif::report(&shown)),
        CheckFormat::Text => {
            for one in &shown {
                let (path, line, column) = (&one.path, one.line, one.column);
                let (level, rule) = (one.level.word(), one.rule.name());
                ui.data(&format!("{path}:{line}:{column}: {level}: {} [{rule}]", one.message));
            }
            let files = sources.len();
            if failing == 0 {
                let more = match notes.len() {
                    0 => String::new(),
                    count => format!("; `--notes` shows {count} more things to know"),
                };
                ui.effect("Checked", &format!("{files} files, {} rules{more}", Rule::ALL.len()));
            } else {
                ui.next("`bloom check --explain RULE` says why there is a rule, and what to do");
            }
        }
    }
    Ok(if failing == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
