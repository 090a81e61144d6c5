//! What is missing is asked for, when a person is there to answer; a program is told what is missing.

use std::{ffi::OsString, io};

use clap::{
    Arg, ArgAction, Command, CommandFactory, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{cli::Cli, ui};

/// The command line with what was missing, or `None` when nobody can be asked or nobody answers.
pub(crate) fn complete(mut words: Vec<OsString>, error: &Error) -> Option<Vec<OsString>> {
    if !ui::has_a_person() {
        return None;
    }
    let mut root = Cli::command();
    root.build();
    let command = said(&root, &words);
    match error.kind() {
        ErrorKind::MissingRequiredArgument => {
            let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
                return None;
            };
            for usage in missing {
                let argument = command.get_arguments().find(|one| usage_of(one) == *usage)?;
                words.extend(answers(argument).ok()??);
            }
            Some(words)
        }
        // A verb was said that has others below it, and nothing else.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
            if command.get_name() != root.get_name() =>
        {
            let known: Vec<&Command> =
                command.get_subcommands().filter(|one| one.get_name() != "help").collect();
            ui::say(&format!("What to {}?", command.get_name()));
            for one in &known {
                let about = one.get_about().map(ToString::to_string).unwrap_or_default();
                ui::say(&format!("  {:14} {about}", one.get_name()));
            }
            loop {
                let answer = ui::ask("> ").ok()??;
                let answer = answer.trim();
                let chosen = known.iter().find(|one| {
                    one.get_name() == answer || one.get_all_aliases().any(|alias| alias == answer)
                });
                if let Some(chosen) = chosen {
                    words.push(chosen.get_name().into());
                    return Some(words);
                }
                ui::say(&format!("`{answer}` is none of them; write its name, or press Ctrl-C"));
            }
        }
        _ => None,
    }
}

/// The verb that was said.
fn said<'c>(root: &'c Command, words: &[OsString]) -> &'c Command {
    let mut command = root;
    for word in words.iter().skip(1) {
        match word.to_str().and_then(|word| command.find_subcommand(word)) {
            Some(below) => command = below,
            None if word.to_string_lossy().starts_with('-') => {}
            None => break,
        }
    }
    command
}

/// As clap names it in its errors: `<NAME>`, `--in <AGGREGATE>`.
fn usage_of(argument: &Arg) -> String {
    argument.to_string()
}

/// What a person says of an argument; `None` when they left.
fn answers(argument: &Arg) -> io::Result<Option<Vec<OsString>>> {
    let about = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let known: Vec<String> = argument
        .get::<clap_complete::ArgValueCandidates>()
        .map(|names| {
            let all = names.candidates();
            all.iter().map(|one| one.get_value().to_string_lossy().into_owned()).collect()
        })
        .unwrap_or_default();
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    let several = matches!(argument.get_action(), ArgAction::Append)
        || argument.get_num_args().is_some_and(|range| range.max_values() > 1);
    let mut words = Vec::new();
    if several {
        ui::say(&format!("{about}{known}; an empty line when that is all"));
        while let Some(answer) = ui::ask("> ")? {
            match answer.trim() {
                "" if words.is_empty() => ui::say("one is needed"),
                "" => return Ok(Some(words)),
                answer => words.push(answer.into()),
            }
        }
        return Ok(None);
    }
    loop {
        let Some(answer) = ui::ask(&format!("{about}{known}: "))? else { return Ok(None) };
        let answer = answer.trim();
        if !answer.is_empty() {
            if let Some(option) = argument.get_long() {
                words.push(format!("--{option}").into());
            }
            words.push(answer.into());
            return Ok(Some(words));
        }
    }
}
