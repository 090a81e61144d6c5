//! `bloom setup`.

use crate::{
    apply::{self, Lock},
    cli::SetupArgs,
    commands::patch,
    failure::Failure,
    project::{Project, workspace_above},
    ui::Ui,
};

pub(super) fn run(arguments: &SetupArgs, ui: Ui) -> Result<(), Failure> {
    let project = Project::open(Project::root(&super::here()?)?)?;
    let Some(checkout) = patch::checkout(arguments.bloom_path.as_deref())? else {
        return Err(Failure::project("the checkout that this `bloom` was built from is gone")
            .hint("say where one is: `bloom setup --bloom-path DIR`"));
    };
    let _lock = Lock::take(&project.root)?;
    let path = ".cargo/config.toml";
    let manifest = project.read("Cargo.toml")?.unwrap_or_default();
    let text = patch::cargo_config(&checkout, &project.settings, &manifest);
    if project.read(path)?.as_deref() == Some(text.as_str()) {
        ui.effect("Unchanged", path);
        return Ok(());
    }
    apply::write(&project.root, &[(path.to_owned(), text)], &[])?;
    ui.effect("Wrote", path);
    if let Some((workspace, _)) = workspace_above(project.root.parent().unwrap_or(&project.root))?
        && let Some((path, text)) =
            patch::workspace_config(&workspace, &checkout, &project.settings, &manifest)?
    {
        apply::write_outside(&path, &text)?;
        ui.effect("Wrote", &path.display().to_string());
    }
    Ok(())
}
