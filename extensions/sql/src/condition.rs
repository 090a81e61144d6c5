//! Conditions as SQL, as far as databases agree; what they say differently is a [`Dialect`].
//!
//! Values are bound, never written into the text. Where a field is absent a comparison gives NULL, which selects nothing;
//! only a negation has to make a plain no of it. So what stands outside of negations can be answered by an index.

use bloom_runtime::{
    domain::{Condition, FieldPath, Json, Kind, Relation, SortKey},
    ports::Selection,
};

/// What a comparison looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operand<'p> {
    /// A field of the document.
    Field(&'p FieldPath),
    /// An item of the list that is looked through.
    Item,
}

/// How one database says it.
pub(crate) trait Dialect {
    /// A bound value.
    type Parameter;
    const TRUE: &'static str;
    const FALSE: &'static str;

    /// The expression of an operand and the value it is compared with; `None` for a value that no such field can have.
    fn comparison(
        operand: Operand<'_>,
        kind: Kind,
        value: &Json,
    ) -> Option<(String, Self::Parameter)>;
    /// The place of the parameter with this number, from 1.
    fn mark(number: usize, kind: Kind) -> String;
    /// The column of the tenant where it must not be what rows are looked for by.
    const TENANT_BESIDES: &'static str = "tenant";

    /// That a value is among those that a statement gives, of which there are few.
    fn among(statement: &str) -> String {
        format!("IN ({statement})")
    }

    /// A parameter that is a text.
    fn text(text: &str) -> Self::Parameter;
    /// A parameter that is a whole number.
    fn integer(integer: i64) -> Self::Parameter;
    /// Whether a statement has the most rows it gives as a number, and not as a parameter.
    const WRITES_LIMITS: bool = false;
    /// The expression by which a field is sorted.
    fn sorted(path: &FieldPath, kind: Kind) -> String;
    /// The field as text.
    fn text_of(path: &FieldPath) -> String;
    /// Whether a text begins with another.
    fn starts_with(text: &str, start: &str) -> String;
    /// Whether a text has another in it.
    fn contains(text: &str, part: &str) -> String;
    /// Whether a row belongs to the tenant; `is_everyone` where all rows do.
    fn of_tenant(mark: &str, _is_everyone: bool) -> String {
        format!("tenant = {mark}")
    }
    /// Whether the field is absent.
    fn is_null(path: &FieldPath) -> String;
    /// What a list is looked through as.
    fn items(path: &FieldPath) -> String;
}

/// A part of a statement, and the values bound in it.
pub(crate) struct Statement<D: Dialect> {
    parameters: Vec<D::Parameter>,
}

impl<D: Dialect> Statement<D> {
    pub(crate) const fn new() -> Self {
        Self { parameters: Vec::new() }
    }

    /// Binds a value; its place.
    pub(crate) fn bind(&mut self, parameter: D::Parameter, kind: Kind) -> String {
        self.parameters.push(parameter);
        D::mark(self.parameters.len(), kind)
    }

    pub(crate) fn into_parameters(self) -> Vec<D::Parameter> {
        self.parameters
    }

    /// What is selected. Whose it is stands outside of what somebody asks, so that no question gets around it.
    pub(crate) fn selection(&mut self, selection: &Selection) -> String {
        let mark = self.bind(D::text(&selection.tenant), Kind::Text);
        let tenant = D::of_tenant(&mark, selection.tenant.is_empty());
        let removed = if selection.removed { "NOT NULL" } else { "NULL" };
        let condition = self.condition(&selection.condition);
        format!("{tenant} AND removed_at IS {removed} AND ({condition})")
    }

    /// The condition over a column `body` and a column `id`.
    pub(crate) fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::All => D::TRUE.to_owned(),
            Condition::Compare { path, kind, relation, value } => {
                self.compare(Operand::Field(path), *kind, sign(*relation), value)
            }
            Condition::In { path, kind, values } => {
                let any = values
                    .iter()
                    .map(|value| self.compare(Operand::Field(path), *kind, "=", value));
                joined::<D>(&any.collect::<Vec<_>>(), " OR ")
            }
            Condition::IsNull(path) => D::is_null(path),
            Condition::StartsWith(_, text) | Condition::ContainsText(_, text)
                if text.contains('\0') =>
            {
                D::FALSE.to_owned()
            }
            Condition::StartsWith(path, text) => {
                let mark = self.bind(D::text(text), Kind::Text);
                D::starts_with(&D::text_of(path), &mark)
            }
            Condition::ContainsText(path, text) => {
                let mark = self.bind(D::text(text), Kind::Text);
                D::contains(&D::text_of(path), &mark)
            }
            Condition::Has { path, kind, value } => {
                let equal = self.compare(Operand::Item, *kind, "=", value);
                format!("EXISTS (SELECT 1 FROM {} WHERE {equal})", D::items(path))
            }
            Condition::IdAfter(id) => format!("id > {}", self.bind(D::text(id), Kind::Text)),
            Condition::And(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.condition(part)).collect();
                joined::<D>(&parts, " AND ")
            }
            Condition::Or(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.condition(part)).collect();
                joined::<D>(&parts, " OR ")
            }
            Condition::Not(part) => {
                format!("NOT coalesce({}, {})", self.condition(part), D::FALSE)
            }
            _ => D::FALSE.to_owned(),
        }
    }

    fn compare(&mut self, operand: Operand<'_>, kind: Kind, sign: &str, value: &Json) -> String {
        if let (Kind::Text, Some(text)) = (kind, value.as_str())
            && let Some((before, _)) = text.split_once('\0')
        {
            // No store keeps NUL, and not every one can be asked for it. A text without it comes before this one just when it
            // comes before what stands before the NUL, or is that.
            let sign = match sign {
                "<" | "<=" => "<=",
                ">" | ">=" => ">",
                _ => return D::FALSE.to_owned(),
            };
            return self.compare(operand, kind, sign, &Json::from(before));
        }
        match D::comparison(operand, kind, value) {
            Some((expression, parameter)) => {
                format!("{expression} {sign} {}", self.bind(parameter, kind))
            }
            None => D::FALSE.to_owned(),
        }
    }
}

/// What comes behind `ORDER BY`.
pub(crate) fn order<D: Dialect>(keys: &[SortKey]) -> String {
    let keys = keys.iter().map(|key| {
        let direction = if key.descending { "DESC NULLS LAST" } else { "ASC NULLS FIRST" };
        format!("{} {direction}, ", D::sorted(&key.path, key.kind))
    });
    keys.collect::<String>() + "id"
}

const fn sign(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "=",
        Relation::Less => "<",
        Relation::AtMost => "<=",
        Relation::Greater => ">",
        Relation::AtLeast => ">=",
    }
}

/// The parts with a word between them, as a tree that is no deeper than it has to be: SQLite limits the depth.
fn joined<D: Dialect>(parts: &[String], word: &str) -> String {
    match parts {
        [] if word == " AND " => D::TRUE.to_owned(),
        [] => D::FALSE.to_owned(),
        [part] => part.clone(),
        parts if parts.len() <= 8 => format!("({})", parts.join(word)),
        parts => {
            let (left, right) = parts.split_at(parts.len() / 2);
            format!("({}{word}{})", joined::<D>(left, word), joined::<D>(right, word))
        }
    }
}

/// A table's name, quoted.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
