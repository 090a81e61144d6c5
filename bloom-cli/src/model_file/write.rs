//! From requests to TOML.

use toml_edit::{Array, DocumentMut, Item, Table, value};

use crate::request::{Field, InputError, Sentence, StoredNames, TypeName};

/// The model file of a project.
pub(crate) fn write(context: &str, sentences: &[Sentence]) -> Result<String, InputError> {
    let mut body = table();
    for sentence in sentences {
        match sentence {
            Sentence::ValueObject { name, fields } => {
                let name = TypeName::parse(name)?;
                below(&mut body, &["value"])
                    .insert(name.pascal(), Item::Table(field_table(fields)?));
            }
            Sentence::Aggregate {
                name,
                fields,
                plural,
                create,
                no_change,
                event_sourced,
                stored,
                ..
            } => {
                let mut aggregate = Table::new();
                for (key, text) in [("plural", plural), ("create", create)] {
                    if let Some(text) = text {
                        aggregate.insert(key, value(text));
                    }
                }
                if *no_change {
                    aggregate.insert("change", value(false));
                }
                if *event_sourced {
                    aggregate.insert("event-sourced", value(true));
                }
                if let Some(StoredNames { kind, table }) = stored {
                    let mut names = toml_edit::InlineTable::new();
                    names.insert("kind", kind.into());
                    names.insert("table", table.into());
                    aggregate.insert("stored", value(names));
                }
                if !fields.is_empty() {
                    aggregate.insert("field", Item::Table(field_table(fields)?));
                }
                let name = TypeName::parse(name)?;
                // It gets a heading once it has something to say that is no table.
                let has_tables = aggregate.contains_key("field");
                aggregate.set_implicit(has_tables);
                below(&mut body, &["aggregate"]).insert(name.pascal(), Item::Table(aggregate));
            }
            Sentence::Entity { name, root, fields, list, states, count } => {
                let mut entity = Table::new();
                for (key, text) in [("list", list), ("count", count)] {
                    if let Some(text) = text {
                        entity.insert(key, value(text));
                    }
                }
                if !states.is_empty() {
                    entity.insert("while", value(states.iter().collect::<Array>()));
                }
                entity.insert("field", Item::Table(field_table(fields)?));
                let (root, name) = (TypeName::parse(root)?, TypeName::parse(name)?);
                below(&mut body, &["aggregate", root.pascal(), "entity"])
                    .insert(name.pascal(), Item::Table(entity));
            }
            Sentence::Command { root, sentence } => {
                add_to(aggregate(&mut body, root)?, "commands", sentence);
            }
            Sentence::Repository { root } => {
                aggregate(&mut body, root)?.insert("repository", value(true));
            }
            Sentence::Tables { root, .. } => {
                aggregate(&mut body, root)?.insert("relational", value(true));
            }
            Sentence::Migration { name, .. } => add_to(&mut body, "migrations", name),
            Sentence::Projection { name, root, .. } => {
                add_to(aggregate(&mut body, root)?, "projections", name);
            }
            Sentence::Service { name } => add_to(&mut body, "services", name),
            Sentence::Factory { name, root } => {
                add_to(aggregate(&mut body, root)?, "factories", name);
            }
            Sentence::Policy { name, on } => {
                let name = TypeName::parse(name)?;
                below(&mut body, &["policy"]).insert(name.pascal(), value(on));
            }
            Sentence::Specification { name, root, fields } => {
                let root = TypeName::parse(root)?;
                below(&mut body, &["aggregate", root.pascal(), "specification"])
                    .insert(name, value(fields.iter().collect::<Array>()));
            }
            Sentence::Query { name, root, fields } => {
                let (root, name) = (TypeName::parse(root)?, TypeName::parse(name)?);
                below(&mut body, &["aggregate", root.pascal(), "query"])
                    .insert(name.pascal(), value(fields.iter().collect::<Array>()));
            }
            // Folded into what they were added to.
            Sentence::Field { .. } | Sentence::Variants { .. } | Sentence::Rules { .. } => {}
        }
    }
    let mut document = DocumentMut::new();
    let mut contexts = table();
    // A table without keys of its own is said by what is below it.
    body.set_implicit(
        body.iter().any(|(_, item)| item.is_table())
            && !["migrations", "services"].iter().any(|key| body.contains_key(key)),
    );
    contexts.insert(context, Item::Table(body));
    document.insert("context", Item::Table(contexts));
    Ok(format!("# {HEADING}\n\n{}", document.to_string().trim_start()))
}

const HEADING: &str = "What the project consists of. `bloom model apply` makes the code follow it, `bloom model check` says where they differ.";

fn table() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

/// The table at a path, made where there is none.
fn below<'t>(table: &'t mut Table, path: &[&str]) -> &'t mut Table {
    let mut current = table;
    for key in path {
        let item = current.entry(key).or_insert_with(|| Item::Table(self::table()));
        current = match item {
            Item::Table(inner) => inner,
            other => {
                *other = Item::Table(self::table());
                let Item::Table(inner) = other else { unreachable!("it was just made a table") };
                inner
            }
        };
    }
    current
}

fn aggregate<'t>(body: &'t mut Table, root: &str) -> Result<&'t mut Table, InputError> {
    let root = TypeName::parse(root)?;
    Ok(below(body, &["aggregate", root.pascal()]))
}

/// Adds a text to a list with a line for each.
fn add_to(table: &mut Table, key: &str, text: &str) {
    let item = table.entry(key).or_insert_with(|| value(Array::new()));
    if let Some(array) = item.as_array_mut() {
        array.push_formatted(toml_edit::Value::from(text).decorated("\n    ", ""));
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
}

fn field_table(fields: &[String]) -> Result<Table, InputError> {
    let mut table = Table::new();
    for text in fields {
        let field = Field::parse(text)?;
        table.insert(field.name.plain(), value(field.definition()));
    }
    Ok(table)
}
