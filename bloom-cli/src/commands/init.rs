//! `bloom init`.

use std::{
    collections::HashMap,
    path::{Component, Path, PathBuf},
};

use heck::ToSnakeCase;

use super::{patch, vendor};
use crate::{
    apply,
    changeset::{Change, Changeset, Effect},
    cli::InitArgs,
    failure::{Failure, FailureKind},
    format::Formatter,
    model::Context,
    plan::Planner,
    project::{Settings, VERSION_FILE, base_path, refuse_occupied, workspace_above},
    render::Templates,
    report::{Form, report},
    request::{InputError, TypeName},
    ui::Ui,
};

pub(super) fn run(arguments: &InitArgs, ui: Ui) -> Result<(), Failure> {
    let root = super::here()?.join(clean(&arguments.path));
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => {
            root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        }
    };
    check_package_name(&name)?;
    let context = match &arguments.context {
        Some(context) => module(context)?,
        None => module(&name)?,
    };
    refuse_occupied(&root)?;

    let parent = root.parent().unwrap_or(&root).to_owned();
    let workspace = workspace_above(&parent)?;
    let settings = Settings {
        name,
        contexts: vec![context.clone()],
        database: arguments.db,
        web: !arguments.no_web,
    };
    let mut formatter = Formatter::start(&parent);
    let mut texts = render(&settings, &Context::new(context), workspace.is_some())?;
    formatter.all(&mut texts);
    let mut files: Vec<(String, String)> = texts.into_iter().collect();
    files.sort();
    let mut records: Vec<(String, String)> =
        files.iter().map(|(path, text)| (base_path(path), text.clone())).collect();
    records.push((VERSION_FILE.to_owned(), format!("{}\n", env!("CARGO_PKG_VERSION"))));
    records.push((".bloom/.gitignore".to_owned(), "/lock\n/transaction\n".to_owned()));

    let checkout = patch::checkout(arguments.bloom_path.as_deref())?;
    let mut outside = Vec::new();
    match (&checkout, arguments.vendor) {
        (Some(checkout), true) => {
            let (copies, table) = vendor::files(checkout, &settings)?;
            records.extend(copies);
            match &workspace {
                None => append_to(&mut files, "Cargo.toml", &table),
                Some(_) => {
                    return Err(Failure::new(
                        FailureKind::Input,
                        "`--vendor` needs a project that is no member of a workspace",
                    )
                    .hint(
                        "a patch counts in the root manifest alone; create the project elsewhere",
                    ));
                }
            }
        }
        (None, true) => {
            return Err(Failure::project("there is no checkout of Bloom to copy from")
                .hint("say where one is with `--bloom-path DIR`"));
        }
        (Some(checkout), false) => {
            records.push((
                ".cargo/config.toml".to_owned(),
                patch::cargo_config(checkout, &settings, ""),
            ));
        }
        (None, false) => ui.warning(
            "no checkout of Bloom was found; cargo will look for its crates on the registry",
        ),
    }
    if let Some((folder, text)) = &workspace {
        outside.extend(add_member(folder, text, &root)?);
        if let Some(checkout) = &checkout {
            outside.extend(patch::workspace_config(folder, checkout, &settings, "")?);
        }
    }

    let changes = files.iter().map(|(path, text)| Change {
        path: path.clone(),
        effect: Effect::Created,
        before: None,
        after: text.clone(),
    });
    let changeset = Changeset { changes: changes.collect(), ..Changeset::default() };
    if !arguments.dry_run {
        files.extend(records);
        apply::create(&root, &files, &outside)?;
    }
    report(ui, &changeset, Form { json: arguments.json, diff: false, dry_run: arguments.dry_run });
    if !arguments.dry_run {
        for (path, _) in &outside {
            ui.effect("Edited", &path.display().to_string());
        }
        ui.next(&format!(
            "cd {} && bloom generate aggregate Customer name:String:1..100",
            arguments.path.display()
        ));
    }
    Ok(())
}

fn render(
    settings: &Settings,
    context: &Context,
    member: bool,
) -> Result<HashMap<String, String>, Failure> {
    let templates = Templates::new(HashMap::new());
    let mut texts = HashMap::new();
    for file in Planner::new(settings, context, member).project() {
        texts.insert(file.path, templates.render(file.template, &file.context)?);
    }
    Ok(texts)
}

fn append_to(files: &mut [(String, String)], path: &str, text: &str) {
    if let Some((_, content)) = files.iter_mut().find(|(name, _)| name == path) {
        content.push('\n');
        content.push_str(text);
    }
}

/// The workspace's manifest with the project among its members; `None` when a pattern covers it.
fn add_member(
    folder: &Path,
    text: &str,
    root: &Path,
) -> Result<Option<(PathBuf, String)>, Failure> {
    let path = folder.join("Cargo.toml");
    let mut document: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| {
            Failure::project(format!(
                "`{}` cannot be read: {}",
                path.display(),
                error.to_string().trim()
            ))
        })?;
    let relative = root.strip_prefix(folder).unwrap_or(root).to_string_lossy().replace('\\', "/");
    let Some(workspace) = document.get_mut("workspace").and_then(toml_edit::Item::as_table_mut)
    else {
        return Err(Failure::project(format!(
            "`{}` has a `[workspace]` that is not a table",
            path.display()
        )));
    };
    let members =
        workspace.entry("members").or_insert_with(|| toml_edit::value(toml_edit::Array::new()));
    let Some(members) = members.as_array_mut() else {
        return Err(Failure::project(format!("`members` in `{}` is not a list", path.display())));
    };
    let covered = members.iter().filter_map(toml_edit::Value::as_str).any(|member| {
        match member.strip_suffix("/*") {
            Some(folder) => Path::new(&relative).parent() == Some(Path::new(folder)),
            None => member == relative,
        }
    });
    if covered {
        return Ok(None);
    }
    let spread = members.iter().any(|member| {
        member
            .decor()
            .prefix()
            .and_then(|prefix| prefix.as_str())
            .is_some_and(|prefix| prefix.contains('\n'))
    });
    members.push(relative);
    if spread && let Some(last) = members.iter_mut().last() {
        last.decor_mut().set_prefix("\n    ");
    }
    Ok(Some((path, document.to_string())))
}

/// `a/../b` as `b`.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean
}

/// What cargo accepts without a warning, and what can be a crate beside those that are always there.
pub(super) fn check_package_name(name: &str) -> Result<(), InputError> {
    const TAKEN: [&str; 16] = [
        "test",
        "core",
        "std",
        "alloc",
        "proc-macro",
        "proc_macro",
        "self",
        "super",
        "crate",
        "bloom",
        "build",
        "deps",
        "examples",
        "incremental",
        "serde",
        "axum",
    ];
    let hint = "choose another with `--name`";
    if name.is_empty() {
        return Err(InputError::new("the project has no name").hint(hint));
    }
    if name.chars().count() > 64 {
        return Err(
            InputError::new("the name of the project has more than 64 characters").hint(hint)
        );
    }
    if let Some(odd) =
        name.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(*c)))
    {
        let suggestion: String = name
            .to_snake_case()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        let suggestion = suggestion.replace('_', "-");
        return Err(InputError::new(format!(
            "`{odd}` cannot be part of the project name `{name}`"
        ))
        .hint(format!("use a to z, digits and `-`; for example `--name {suggestion}`")));
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(InputError::new(format!(
            "the project name `{name}` does not begin with a letter"
        ))
        .hint(hint));
    }
    if TAKEN.contains(&name) || name.starts_with("bloom-") || name.starts_with("bloom_") {
        return Err(InputError::new(format!(
            "`{name}` is the name of something that cargo or Bloom brings"
        ))
        .hint(hint));
    }
    TypeName::parse(name).map(drop).map_err(|error| error.hint(hint))
}

/// A context's name as a module.
fn module(name: &str) -> Result<String, InputError> {
    Ok(TypeName::parse(name)?.snake())
}
