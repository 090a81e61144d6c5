//! `bloom doctor`.

use std::process::ExitCode;

use crate::{
    diagnosis::{State, machine, project},
    failure::Failure,
    model::english,
    project::Project,
    ui::Ui,
};

pub(super) fn run(json: bool, ui: Ui) -> Result<ExitCode, Failure> {
    english::prepare();
    let mut answers = machine();
    // Outside of a project the machine alone is looked at.
    if Project::root(&super::here()?).is_ok() {
        answers.extend(project(&super::to_read(ui)?)?);
    }
    if json {
        ui.data(&serde_json::to_string_pretty(&answers).unwrap_or_default());
    } else {
        for answer in &answers {
            let word = match answer.state {
                State::Fine => "fine",
                State::Advice => "advice",
                State::Broken => "broken",
            };
            ui.data(&format!("{word:>6}  {}", answer.what));
            if let Some(hint) = &answer.hint {
                ui.data(&format!("        {hint}"));
            }
        }
    }
    let broken = answers.iter().any(|answer| answer.state == State::Broken);
    Ok(if broken { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
