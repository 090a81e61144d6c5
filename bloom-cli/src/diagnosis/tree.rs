//! What became of what Bloom wrote.

use super::Answer;
use crate::{
    failure::Failure,
    project::{Database, Project, TEMPLATES, VERSION_FILE, read_if_there},
};

/// Looks through a project.
pub(crate) fn project(project: &Project) -> Result<Vec<Answer>, Failure> {
    let settings = &project.settings;
    let mut answers = vec![Answer::fine(format!(
        "the project `{}` at {}",
        settings.name,
        project.root.display()
    ))];
    answers.push(match project.context() {
        Ok(context) => Answer::fine(format!(
            "{} requests that add up; aggregates: {}, value objects: {}",
            project.records.len(),
            context.aggregates.len(),
            context.values.iter().filter(|value| !value.by_hand).count()
        )),
        Err(failure) => Answer::broken(failure.message, failure.hints.join("; ")),
    });
    answers.push(version(project)?);
    answers.extend(files(project)?);
    answers.extend(crates(project)?);
    answers.extend(templates(project)?);
    if settings.database == Database::Postgres && std::env::var_os("DATABASE_URL").is_none() {
        answers.push(Answer::advice(
            "DATABASE_URL is not set, and the project keeps its data on a PostgreSQL server",
            "`docker compose up --detach database` starts the one in `compose.yaml`",
        ));
    }
    Ok(answers)
}

fn version(project: &Project) -> Result<Answer, Failure> {
    let own = env!("CARGO_PKG_VERSION");
    let written = project.read(VERSION_FILE)?;
    Ok(match written.as_deref().map(str::trim) {
        Some(written) if written == own => {
            Answer::fine(format!("written by bloom {own}, this one"))
        }
        Some(written) => Answer::advice(
            format!("written by bloom {written}, and this is {own}"),
            "`bloom upgrade` brings what is new; `bloom upgrade --diff --dry-run` shows it first",
        ),
        None => Answer::advice(
            "nothing says which version of Bloom wrote it",
            "`bloom upgrade` notes it and brings what is new",
        ),
    })
}

/// Which files are not as they were written. That is as it should be; it is good to know before an upgrade.
fn files(project: &Project) -> Result<Vec<Answer>, Failure> {
    let (mut edited, mut removed, mut marked) = (0, Vec::new(), Vec::new());
    let mut all = 0;
    for (path, base) in project.bases()? {
        all += 1;
        match project.read(&path)? {
            None => removed.push(path),
            Some(text) if text == base => {}
            Some(text) => {
                edited += 1;
                if text.lines().any(|line| line.starts_with("<<<<<<<")) {
                    marked.push(path);
                }
            }
        }
    }
    let mut answers =
        vec![Answer::fine(format!("{all} files that Bloom wrote, {edited} of them edited since"))];
    if !removed.is_empty() {
        answers.push(Answer::advice(
            format!("removed since: {}", removed.join(", ")),
            "that is fine, as long as Bloom has not to change them again; `bloom destroy` takes out what belongs together",
        ));
    }
    if !marked.is_empty() {
        answers.push(Answer::broken(
            format!("two versions stand in {}", marked.join(", ")),
            "choose between what is above and below `=======`, and take out the marks",
        ));
    }
    Ok(answers)
}

/// Where cargo finds Bloom's crates.
fn crates(project: &Project) -> Result<Vec<Answer>, Failure> {
    let Some(text) = project.read(".cargo/config.toml")? else { return Ok(Vec::new()) };
    let Ok(document) = text.parse::<toml_edit::DocumentMut>() else {
        return Ok(vec![Answer::broken(
            "`.cargo/config.toml` is no TOML",
            "`bloom setup` writes it again",
        )]);
    };
    let patches = document.get("patch").and_then(|patch| patch.get("crates-io"));
    let Some(patches) = patches.and_then(toml_edit::Item::as_table_like) else {
        return Ok(Vec::new());
    };
    let mut answers = Vec::new();
    for (name, item) in patches.iter().filter(|(name, _)| name.starts_with("bloom-")) {
        let path = item.get("path").and_then(toml_edit::Item::as_str).unwrap_or_default();
        if read_if_there(&project.root.join(path).join("Cargo.toml"))?.is_none() {
            answers.push(Answer::broken(
                format!("cargo is told to look for `{name}` in `{path}`, where it is not"),
                "`bloom setup`, or `bloom setup --bloom-path DIR`, says where it is",
            ));
        }
    }
    if answers.is_empty() {
        answers.push(Answer::fine("cargo finds Bloom's crates"));
    }
    Ok(answers)
}

fn templates(project: &Project) -> Result<Vec<Answer>, Failure> {
    let mut answers = Vec::new();
    let mut own: Vec<String> = project.overrides()?.into_keys().collect();
    own.sort();
    for path in own {
        if bloom_templates::get(&path).is_none() {
            answers.push(Answer::advice(
                format!("`{TEMPLATES}/{path}` takes the place of no template"),
                "`bloom eject templates --dry-run` shows what they are called",
            ));
        } else if project.read_base(&format!("{TEMPLATES}/{path}"))?.is_none() {
            answers.push(Answer::advice(
                format!(
                    "`{TEMPLATES}/{path}` was not ejected, so `bloom upgrade` leaves it as it is"
                ),
                "eject it, and bring in your changes, to get what is new",
            ));
        }
    }
    Ok(answers)
}
