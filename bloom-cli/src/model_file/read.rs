//! From TOML to requests.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use super::{ModelFileError, Place, Placed};
use crate::request::{Field, InputError, Sentence, StoredNames, error::nearest};

/// The requests that the file makes of this context, in the order in which they stand there.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub(crate) fn read(text: &str, context: &str) -> Result<Vec<Placed>, ModelFileError> {
    let document = Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ModelFileError {
            place: Place::of(text, at),
            message: error.message().to_owned(),
            hint: None,
        }
    })?;
    let mut reader = Reader { text, placed: Vec::new() };
    reader.document(document.as_table(), context)?;
    Ok(reader.placed)
}

struct Reader<'t> {
    text: &'t str,
    placed: Vec<Placed>,
}

type Read<T> = Result<T, ModelFileError>;

impl Reader<'_> {
    fn document(&mut self, table: &dyn TableLike, known: &str) -> Read<()> {
        self.only(table, &["context"])?;
        let Some(contexts) = table.get("context") else { return Ok(()) };
        let contexts = self.table(contexts, "context")?;
        for (name, item) in contexts.iter() {
            if name != known {
                return Err(self
                    .wrong(
                        self.key(contexts, name),
                        format!("the project has the context `{known}` and none called `{name}`"),
                    )
                    .hint("a project has one context so far".to_owned()));
            }
            let context = self.table(item, name)?;
            self.only(
                context,
                &["value", "aggregate", "services", "migrations", "saga", "policy"],
            )?;
            if context.contains_key("saga") {
                return Err(self.wrong(
                    self.key(context, "saga"),
                    "`saga` has a place here, and is not written by `bloom` yet".to_owned(),
                ));
            }
            for (name, item, at) in self.entries(context, "value")? {
                let fields = self.fields(self.table(item, name)?)?;
                let sentence = Sentence::ValueObject { name: name.to_owned(), fields };
                self.push(sentence, at)?;
            }
            for (name, item, at) in self.entries(context, "aggregate")? {
                self.aggregate(name, self.table(item, name)?, at)?;
            }
            for (name, item, at) in self.entries(context, "policy")? {
                let Some(on) = item.as_str() else {
                    let at = item.span().unwrap_or_default();
                    return Err(self
                        .wrong(at, format!("the policy `{name}` does not say of what it hears"))
                        .hint(format!("write `{name} = \"order.placed\"`, for example")));
                };
                let sentence = Sentence::Policy { name: name.to_owned(), on: on.to_owned() };
                self.push(sentence, at)?;
            }
            for (name, at) in self.strings(context, "services")? {
                self.push(Sentence::Service { name }, at)?;
            }
            for (name, at) in self.strings(context, "migrations")? {
                self.push(Sentence::Migration { name, number: None }, at)?;
            }
        }
        Ok(())
    }

    fn aggregate(&mut self, name: &str, table: &dyn TableLike, at: Range<usize>) -> Read<()> {
        self.only(
            table,
            &[
                "field",
                "plural",
                "create",
                "change",
                "event-sourced",
                "stored",
                "repository",
                "relational",
                "entity",
                "commands",
                "specification",
                "query",
                "factories",
                "projections",
            ],
        )?;
        let root = name.to_owned();
        let fields = match table.get("field") {
            Some(item) => self.fields(self.table(item, "field")?)?,
            None => Vec::new(),
        };
        let sentence = Sentence::Aggregate {
            name: root.clone(),
            fields,
            plural: self.string(table, "plural")?,
            create: self.string(table, "create")?,
            no_change: !self.flag(table, "change", true)?,
            event_sourced: self.flag(table, "event-sourced", false)?,
            stored: self.stored(table)?,
            migration: None,
        };
        self.push(sentence, at.clone())?;
        for (name, item, at) in self.entries(table, "entity")? {
            let entity = self.table(item, name)?;
            self.only(entity, &["field", "list", "while", "count"])?;
            let fields = match entity.get("field") {
                Some(item) => self.fields(self.table(item, "field")?)?,
                None => Vec::new(),
            };
            let sentence = Sentence::Entity {
                name: name.to_owned(),
                root: root.clone(),
                fields,
                list: self.string(entity, "list")?,
                states: self
                    .strings(entity, "while")?
                    .into_iter()
                    .map(|(state, _)| state)
                    .collect(),
                count: self.string(entity, "count")?,
            };
            self.push(sentence, at)?;
        }
        for (sentence, at) in self.strings(table, "commands")? {
            self.push(Sentence::Command { root: root.clone(), sentence }, at)?;
        }
        let of = |key: &str| self.key(table, key);
        let (repository, tables) = (of("repository"), of("relational"));
        if self.flag(table, "repository", false)? {
            self.push(Sentence::Repository { root: root.clone() }, repository)?;
        }
        if self.flag(table, "relational", false)? {
            self.push(Sentence::Tables { root: root.clone(), number: None }, tables)?;
        }
        for (name, item, at) in self.entries(table, "specification")? {
            let fields = self.list(item, name)?.into_iter().map(|(field, _)| field).collect();
            let sentence =
                Sentence::Specification { name: name.to_owned(), root: root.clone(), fields };
            self.push(sentence, at)?;
        }
        for (name, item, at) in self.entries(table, "query")? {
            let fields = self.list(item, name)?.into_iter().map(|(field, _)| field).collect();
            self.push(Sentence::Query { name: name.to_owned(), root: root.clone(), fields }, at)?;
        }
        for (name, at) in self.strings(table, "factories")? {
            self.push(Sentence::Factory { name, root: root.clone() }, at)?;
        }
        for (name, at) in self.strings(table, "projections")? {
            self.push(Sentence::Projection { name, root: root.clone(), number: None }, at)?;
        }
        Ok(())
    }

    /// A request, which has to make sense by itself.
    fn push(&mut self, sentence: Sentence, at: Range<usize>) -> Read<()> {
        sentence.request().map_err(|error| self.input(at.clone(), error))?;
        let key = sentence.key().map_err(|error| self.input(at.clone(), error))?;
        let twice = self.placed.iter().find(|placed| placed.sentence.key().is_ok_and(|k| k == key));
        if let Some(first) = twice {
            return Err(self
                .wrong(at, format!("`{key}` is there twice"))
                .hint(format!("first in line {}", first.place.line)));
        }
        let place = Place::of(self.text, at.start);
        self.placed.push(Placed { sentence, place });
        Ok(())
    }

    /// `name = "String:1..100"`, each checked where it stands.
    fn fields(&self, table: &dyn TableLike) -> Read<Vec<String>> {
        let mut fields = Vec::new();
        for (name, item) in table.iter() {
            let Some(definition) = item.as_str() else {
                return Err(self
                    .wrong(
                        item.span().unwrap_or_default(),
                        format!("the field `{name}` has no type"),
                    )
                    .hint(format!("write `{name} = \"String:1..100\"`, for example")));
            };
            let text = format!("{name}:{definition}");
            Field::parse(&text)
                .map_err(|error| self.input(item.span().unwrap_or_default(), error))?;
            fields.push(text);
        }
        Ok(fields)
    }

    /// The tables or values below a key, in the order of the file.
    fn entries<'d>(
        &self,
        table: &'d dyn TableLike,
        key: &str,
    ) -> Read<Vec<(&'d str, &'d Item, Range<usize>)>> {
        let Some(item) = table.get(key) else { return Ok(Vec::new()) };
        let inner = self.table(item, key)?;
        let mut entries: Vec<_> =
            inner.iter().map(|(name, item)| (name, item, self.key(inner, name))).collect();
        entries.sort_by_key(|(_, _, at)| at.start);
        Ok(entries)
    }

    fn table<'d>(&self, item: &'d Item, name: &str) -> Read<&'d dyn TableLike> {
        item.as_table_like().ok_or_else(|| {
            self.wrong(item.span().unwrap_or_default(), format!("`{name}` is a table here"))
        })
    }

    fn string(&self, table: &dyn TableLike, key: &str) -> Read<Option<String>> {
        let Some(item) = table.get(key) else { return Ok(None) };
        match item.as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => {
                Err(self.wrong(item.span().unwrap_or_default(), format!("`{key}` is a text here")))
            }
        }
    }

    /// `stored = { kind = "order", table = "orders" }`.
    fn stored(&self, table: &dyn TableLike) -> Read<Option<StoredNames>> {
        let Some(item) = table.get("stored") else { return Ok(None) };
        let stored = self.table(item, "stored")?;
        self.only(stored, &["kind", "table"])?;
        match (self.string(stored, "kind")?, self.string(stored, "table")?) {
            (Some(kind), Some(table)) => Ok(Some(StoredNames { kind, table })),
            _ => Err(self.wrong(
                self.key(table, "stored"),
                "`stored` has a `kind` and a `table`".to_owned(),
            )),
        }
    }

    fn flag(&self, table: &dyn TableLike, key: &str, otherwise: bool) -> Read<bool> {
        let Some(item) = table.get(key) else { return Ok(otherwise) };
        item.as_bool().ok_or_else(|| {
            self.wrong(
                item.span().unwrap_or_default(),
                format!("`{key}` is `true` or `false` here"),
            )
        })
    }

    fn strings(&self, table: &dyn TableLike, key: &str) -> Read<Vec<(String, Range<usize>)>> {
        table.get(key).map_or(Ok(Vec::new()), |item| self.list(item, key))
    }

    fn list(&self, item: &Item, key: &str) -> Read<Vec<(String, Range<usize>)>> {
        let wrong = |at: Option<Range<usize>>| {
            self.wrong(at.unwrap_or_default(), format!("`{key}` is a list of texts here"))
        };
        let array = item.as_array().ok_or_else(|| wrong(item.span()))?;
        let texts = array.iter().map(|value: &Value| {
            let at = value.span();
            let text = value.as_str().ok_or_else(|| wrong(at.clone()))?;
            Ok((text.to_owned(), at.unwrap_or_default()))
        });
        texts.collect()
    }

    /// No other keys than these.
    fn only(&self, table: &dyn TableLike, known: &[&str]) -> Read<()> {
        if let Some((key, _)) = table.iter().find(|(key, _)| !known.contains(key)) {
            let hint = match nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            return Err(self
                .wrong(self.key(table, key), format!("`{key}` means nothing here"))
                .hint(hint));
        }
        Ok(())
    }

    /// Where a key stands.
    fn key(&self, table: &dyn TableLike, key: &str) -> Range<usize> {
        let at = table.get_key_value(key).and_then(|(key, item)| key.span().or(item.span()));
        at.unwrap_or_default()
    }

    fn wrong(&self, at: Range<usize>, message: String) -> ModelFileError {
        ModelFileError { place: Place::of(self.text, at.start), message, hint: None }
    }

    fn input(&self, at: Range<usize>, error: InputError) -> ModelFileError {
        ModelFileError {
            place: Place::of(self.text, at.start),
            message: error.message,
            hint: error.hint,
        }
    }
}

impl ModelFileError {
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
