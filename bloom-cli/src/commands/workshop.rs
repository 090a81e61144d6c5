//! What every verb that changes a project does: take it, work out what becomes of each file, write, and tell.

use std::{
    collections::{BTreeSet, HashMap},
    thread,
};

use crate::{
    apply::{self, Lock, is_interrupted},
    changeset::{Changeset, Effect, OnConflict, Renaming, Seen, carry, check, compare},
    cli::Options,
    edit::Names,
    failure::Failure,
    format::{Formatter, Formatting, has_settings},
    model::{Context, english},
    plan::{PlannedFile, Planner},
    project::{Project, Record, Settings, workspace_above},
    render::{Templates, WIDTH},
    report::{Form, report},
    ui::Ui,
};

/// A project that this process alone changes.
pub(super) struct Workshop {
    pub(super) project: Project,
    /// The templates that the project has of its own.
    pub(super) overrides: HashMap<String, String>,
    formatter: Formatter,
    on_conflict: OnConflict,
    options: Options,
    ui: Ui,
    _lock: Option<Lock>,
}

/// What a project shall become.
pub(super) struct Next<'n> {
    settings: &'n Settings,
    before: &'n Context,
    after: &'n Context,
    reach: Reach,
    /// What is called otherwise.
    names: Option<&'n Names>,
    /// Whether steps of the schema that are there have to follow from what comes next as they are.
    frozen: bool,
}

impl<'n> Next<'n> {
    pub(super) fn new(
        settings: &'n Settings,
        before: &'n Context,
        after: &'n Context,
        reach: Reach,
    ) -> Self {
        Self { settings, before, after, reach, names: None, frozen: false }
    }

    pub(super) fn named(self, names: &'n Names) -> Self {
        Self { names: Some(names), ..self }
    }

    pub(super) fn frozen(self) -> Self {
        Self { frozen: true, ..self }
    }
}

/// Which files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those of what differs. Something was added, so none goes.
    Added,
    /// Those of what differs, and some may go.
    Differing,
    /// All.
    Everything,
    /// All, and none goes.
    Present,
}

impl Workshop {
    /// Takes the project that the command was called in, unless nothing will be written.
    pub(super) fn open(options: &Options, ui: Ui) -> Result<Self, Failure> {
        english::prepare();
        let root = Project::root(&super::here()?)?;
        // What an interrupted run left is undone also where nothing is to be written: it would be seen otherwise.
        let shall_lock = !options.dry_run || is_interrupted(&root);
        let lock = if shall_lock { Some(Lock::take(&root)?) } else { None };
        if let Some((_, true)) = &lock {
            ui.warning("an earlier run was interrupted; what it had begun was undone");
        }
        let formatter = Formatter::start(&root);
        let project = Project::open(root)?;
        let overrides = project.overrides()?;
        let on_conflict = match (options.force, options.skip) {
            (true, _) => OnConflict::Force,
            (_, true) => OnConflict::Skip,
            _ => OnConflict::Refuse,
        };
        let lock = lock.map(|(lock, _)| lock);
        let options = options.clone();
        Ok(Self { project, overrides, formatter, on_conflict, options, ui, _lock: lock })
    }

    /// What becomes of each file.
    pub(super) fn evolve(&mut self, next: &Next<'_>) -> Result<Changeset, Failure> {
        let Next { settings, before, after, reach, names, .. } = *next;
        let root = &self.project.root;
        let member = workspace_above(root.parent().unwrap_or(root))?.is_some();
        let planner = Planner::new(settings, after, member);
        let mut files = match reach {
            Reach::Everything | Reach::Present => planner.everything(),
            Reach::Added | Reach::Differing => planner.differing(before),
        };
        let earlier = match reach {
            Reach::Added | Reach::Present => Vec::new(),
            Reach::Differing => {
                Planner::new(&self.project.settings, before, member).differing(after)
            }
            Reach::Everything => Planner::new(&self.project.settings, before, member).everything(),
        };
        let planned: BTreeSet<String> = files.iter().map(|file| file.path.clone()).collect();
        let gone: BTreeSet<String> = earlier
            .iter()
            .map(|file| file.path.clone())
            .filter(|path| !planned.contains(path))
            .collect();
        let templates = Templates::new(self.overrides.clone());
        if next.frozen {
            self.refuse_other_migrations(&templates, &earlier, &files)?;
        }
        if reach != Reach::Everything {
            let mut kept = Vec::new();
            for file in files {
                // A step of the schema may be applied somewhere, so it counts as it is.
                let is_step = file.path.starts_with("migrations/");
                if !is_step || self.project.read_base(&file.path)?.is_none() {
                    kept.push(file);
                }
            }
            files = kept;
        }
        let (texts, formatting) = self.written(&templates, files)?;
        let Some(names) = names else {
            let seen = Seen::plain(&self.project);
            return compare(&self.project, &seen, &texts, &gone, formatting, self.on_conflict);
        };
        let renaming = Renaming::new(names, &gone, &planned);
        let seen = Seen::renamed(&self.project, &renaming);
        let mut changeset =
            compare(&self.project, &seen, &texts, &gone, formatting, self.on_conflict)?;
        let is_planned = |path: &str| texts.contains_key(path) || gone.contains(path);
        let doubts = carry(&self.project, &renaming, &mut changeset, is_planned)?;
        if !doubts.is_empty() {
            self.ui.warning(&format!(
                "left as they are, since others may have methods of that name: {}",
                doubts.join(", ")
            ));
        }
        Ok(changeset)
    }

    /// Refuses what would have made a step of the schema otherwise than it was made.
    fn refuse_other_migrations(
        &self,
        templates: &Templates,
        earlier: &[PlannedFile],
        files: &[PlannedFile],
    ) -> Result<(), Failure> {
        let steps = |files: &[PlannedFile]| -> Result<HashMap<String, String>, Failure> {
            let steps = files.iter().filter(|file| file.path.starts_with("migrations/"));
            steps
                .map(|file| {
                    Ok((file.path.clone(), templates.render(file.template, &file.context)?))
                })
                .collect()
        };
        let (before, after) = (steps(earlier)?, steps(files)?);
        // `migrations/0001_orders.sql` is the first step, whatever else it is called.
        let number = |path: &str| path.split('_').next().unwrap_or_default().to_owned();
        for (path, text) in &after {
            let was = before.iter().find(|(other, _)| number(other) == number(path));
            if let Some((was, before)) = was
                && (was != path || before != text)
            {
                return Err(Failure::project(format!(
                    "`{was}` would have been made otherwise, and may be applied somewhere"
                ))
                .hint("write what changes as a step of its own: `bloom generate migration NAME`")
                .hint("or destroy what it belongs to, and generate it again"));
            }
        }
        Ok(())
    }

    /// Adds to the changeset how the requests are recorded from now on.
    pub(super) fn record(&self, changeset: &mut Changeset, records: &[Record]) {
        let before = &self.project.records;
        for record in records.iter().filter(|record| !before.contains(record)) {
            changeset.records.push((record.path.clone(), record.text()));
        }
        let kept: BTreeSet<&str> = records.iter().map(|record| record.path.as_str()).collect();
        let gone = before.iter().filter(|record| !kept.contains(record.path.as_str()));
        changeset.forgotten.extend(gone.map(|record| record.path.clone()));
    }

    /// Writes it, unless that was not wanted, and tells.
    pub(super) fn finish(&self, changeset: &Changeset) -> Result<(), Failure> {
        if !self.options.dry_run {
            let (mut files, mut gone) = (changeset.records.clone(), changeset.forgotten.clone());
            for change in &changeset.changes {
                match change.effect {
                    Effect::Created | Effect::Edited | Effect::Conflict => {
                        files.push((change.path.clone(), change.after.clone()));
                    }
                    Effect::Removed => gone.push(change.path.clone()),
                    Effect::Skipped => {}
                }
            }
            apply::write(&self.project.root, &files, &gone)?;
        }
        self.tell(changeset);
        Ok(())
    }

    /// Tells what the changeset does.
    pub(super) fn tell(&self, changeset: &Changeset) {
        let Options { json, diff, dry_run, .. } = self.options;
        report(self.ui, changeset, Form { json, diff, dry_run });
    }

    /// Says that what is about to change was not committed, so that it cannot be told from what will be.
    pub(super) fn say_when_dirty(&self) {
        if !self.options.dry_run && self.project.is_dirty() {
            self.ui.warning("there are changes that git does not know; commit them first if you want to tell them from what is written now");
        }
    }

    /// From now on both versions are written where they cannot be merged, unless something else was asked for.
    pub(super) fn mark_conflicts(&mut self) {
        if self.on_conflict == OnConflict::Refuse {
            self.on_conflict = OnConflict::Mark;
        }
    }

    /// What becomes of files that are no Rust and need no format.
    pub(super) fn compare(&self, texts: &HashMap<String, String>) -> Result<Changeset, Failure> {
        let seen = Seen::plain(&self.project);
        compare(&self.project, &seen, texts, &BTreeSet::new(), Formatting::Done, self.on_conflict)
    }

    /// The texts of the files by path, formatted.
    ///
    /// The files that need no rustfmt are the longest ones: they are rendered and checked while it is at work on the others.
    fn written(
        &mut self,
        templates: &Templates,
        files: Vec<PlannedFile>,
    ) -> Result<(HashMap<String, String>, Formatting), Failure> {
        let render = |files: Vec<PlannedFile>| -> Result<HashMap<String, String>, Failure> {
            let texts = files.into_iter().map(|file| {
                let text = templates.render(file.template, &file.context)?;
                Ok((file.path, text))
            });
            texts.collect()
        };
        let own_style = has_settings(&self.project.root);
        let (laid_out, loose): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| {
            file.laid_out && !own_style && !templates.is_overridden(file.template)
        });
        let mut texts = render(loose)?;
        let formatter = &mut self.formatter;
        let (laid_out, formatting) = thread::scope(|scope| {
            let formatting = scope.spawn(|| formatter.all(&mut texts));
            let laid_out = render(laid_out).and_then(|laid_out| {
                laid_out.iter().try_for_each(|(path, text)| check(path, text))?;
                Ok(laid_out)
            });
            (laid_out, formatting.join().unwrap_or(Formatting::Refused))
        });
        // Unusual names make lines that have to be broken somewhere.
        let (mut wide, narrow): (HashMap<_, _>, HashMap<_, _>) = laid_out?
            .into_iter()
            .partition(|(_, text)| text.lines().any(|line| line.len() > WIDTH));
        let formatting = formatting.and(formatter.all(&mut wide));
        texts.extend(wide);
        texts.extend(narrow);
        Ok((texts, formatting))
    }
}
