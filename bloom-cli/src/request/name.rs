//! Names in every spelling, checked before anything is written.

use heck::{ToKebabCase, ToPascalCase, ToSnakeCase};

use super::{
    error::InputError,
    reserved::{FIELDS, IN_SCOPE, KEYWORDS, MODULES, NEVER_RAW},
};

const LONGEST: usize = 64;

/// The name of a type: `OrderItem`, however it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeName(String);

impl TypeName {
    pub(crate) fn parse(text: &str) -> Result<Self, InputError> {
        let pascal = words(text, "name")?.to_pascal_case();
        let snake = pascal.to_snake_case();
        if KEYWORDS.contains(&snake.as_str()) {
            return Err(InputError::new(format!(
                "`{text}` is a word of Rust and cannot be a name"
            ))
            .hint(format!("say what kind it is, for example `{pascal}Info`")));
        }
        if IN_SCOPE.contains(&pascal.as_str()) {
            return Err(InputError::new(format!(
                "`{pascal}` is a name of Rust or Bloom that would be hidden"
            ))
            .hint(format!("say what kind it is, for example `Sales{pascal}`")));
        }
        if MODULES.contains(&snake.as_str()) {
            return Err(InputError::new(format!(
                "`{pascal}` needs the module `{snake}`, which means something else"
            ))
            .hint(format!("say what kind it is, for example `Sales{pascal}`")));
        }
        Ok(Self(pascal))
    }

    /// A name made of others, which were checked.
    pub(crate) fn joined(parts: &[&str]) -> Self {
        Self(parts.iter().map(|part| part.to_pascal_case()).collect())
    }

    pub(crate) fn pascal(&self) -> &str {
        &self.0
    }

    pub(crate) fn snake(&self) -> String {
        self.0.to_snake_case()
    }

    /// In words: `order item`.
    pub(crate) fn label(&self) -> String {
        self.snake().replace('_', " ")
    }
}

impl std::fmt::Display for TypeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a field, argument, state or method: `customer_id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FieldName(String);

impl FieldName {
    pub(crate) fn parse(text: &str) -> Result<Self, InputError> {
        let name = words(text, "field")?.to_snake_case();
        if let Some((_, why)) = FIELDS.iter().find(|(reserved, _)| *reserved == name) {
            return Err(InputError::new(format!("`{name}` cannot be the name of a field: {why}")));
        }
        if NEVER_RAW.contains(&name.as_str()) {
            return Err(InputError::new(format!(
                "`{name}` is a word of Rust that cannot be a name"
            )));
        }
        Ok(Self(name))
    }

    /// The name of a variant or a verb: any word.
    pub(crate) fn word(text: &str, what: &str) -> Result<Self, InputError> {
        let name = words(text, what)?.to_snake_case();
        if NEVER_RAW.contains(&name.as_str()) {
            return Err(InputError::new(format!(
                "`{name}` is a word of Rust that cannot be a name"
            )));
        }
        Ok(Self(name))
    }

    /// As a column, in JSON and in paths.
    pub(crate) fn plain(&self) -> &str {
        &self.0
    }

    /// As Rust code, with `r#` where it is needed.
    pub(crate) fn ident(&self) -> String {
        identifier(&self.0)
    }

    pub(crate) fn pascal(&self) -> String {
        self.0.to_pascal_case()
    }

    pub(crate) fn kebab(&self) -> String {
        self.0.to_kebab_case()
    }

    /// In words: `customer id`.
    pub(crate) fn label(&self) -> String {
        self.0.replace('_', " ")
    }
}

impl std::fmt::Display for FieldName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// `name` as Rust code, with `r#` where it is needed.
pub(crate) fn identifier(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("r#{name}") } else { name.to_owned() }
}

/// Letters, digits, and something between words: the parts common to every name.
fn words<'t>(text: &'t str, what: &str) -> Result<&'t str, InputError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InputError::new(format!("the {what} is empty")));
    }
    if text.chars().count() > LONGEST {
        return Err(InputError::new(format!("the {what} has more than {LONGEST} characters"))
            .hint("names become file names and table names; choose a shorter one"));
    }
    if let Some(odd) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || " _-".contains(*c))) {
        let why = if odd.is_alphabetic() {
            "names become file names, tables and URLs, so they have the letters a to z"
        } else {
            "names have letters, digits, and `_`, `-` or blanks between words"
        };
        return Err(
            InputError::new(format!("`{odd}` cannot be part of the {what} `{text}`")).hint(why)
        );
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(InputError::new(format!("the {what} `{text}` does not begin with a letter")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_one_name() {
        for text in ["order item", "order-item", "order_item", "OrderItem", "orderItem"] {
            assert_eq!(TypeName::parse(text).unwrap().pascal(), "OrderItem", "{text}");
        }
    }

    #[test]
    fn what_cannot_be_a_type_is_refused() {
        let long = "a".repeat(300);
        for text in [
            "",
            " ",
            "type",
            "Self",
            "async",
            "Option",
            "Box",
            "String",
            "Result",
            "Straße",
            "订单",
            "../../etc/x",
            "1a",
            "a.b",
            "tests",
            "values",
            &long,
        ] {
            assert!(TypeName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_keyword_can_be_a_field() {
        for text in ["type", "use", "match"] {
            let name = FieldName::parse(text).unwrap();
            assert_eq!((name.plain(), name.ident()), (text, format!("r#{text}")));
        }
        for text in ["id", "version", "self", "Self", "at", "super", "crate", ""] {
            assert!(FieldName::parse(text).is_err(), "{text}");
        }
    }
}
