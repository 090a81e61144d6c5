//! `bloom eject templates`: the templates as files of the project, to be changed.

use std::collections::HashMap;

use super::workshop::Workshop;
use crate::{
    cli::Options,
    failure::{Failure, FailureKind},
    project::TEMPLATES,
    request::error::nearest,
    ui::Ui,
};

pub(super) fn templates(wanted: &[String], options: &Options, ui: Ui) -> Result<(), Failure> {
    let known = bloom_templates::paths();
    let mut texts = HashMap::new();
    let all = vec![String::new()];
    for wanted in if wanted.is_empty() { &all } else { wanted } {
        let below = wanted.trim_end_matches('/');
        let found = known.iter().filter(|path| {
            below.is_empty()
                || path
                    .strip_prefix(below)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let before = texts.len();
        texts.extend(found.filter_map(|path| {
            Some((format!("{TEMPLATES}/{path}"), bloom_templates::get(path)?.to_owned()))
        }));
        if texts.len() == before {
            let failure =
                Failure::new(FailureKind::Input, format!("there is no template `{wanted}`"));
            let near = nearest(wanted, known.iter().map(String::as_str));
            return Err(match near {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`bloom eject templates --dry-run` shows all of them"),
            });
        }
    }
    let workshop = Workshop::open(options, ui)?;
    let changeset = workshop.compare(&texts)?;
    workshop.finish(&changeset)
}
