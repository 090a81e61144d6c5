//! Requests in which something is called otherwise.

use std::collections::HashMap;

use super::{Field, FieldType, InputError, Sentence, TypeName};

impl Sentence {
    /// The same request where types are called otherwise.
    pub(crate) fn renamed(&self, types: &HashMap<String, String>) -> Result<Self, InputError> {
        let mut sentence = self.clone();
        let owner = |name: &mut String| -> Result<(), InputError> {
            if let Some(to) = types.get(TypeName::parse(name)?.pascal()) {
                name.clone_from(to);
            }
            Ok(())
        };
        let all = |texts: &mut Vec<String>| -> Result<(), InputError> {
            texts.iter_mut().try_for_each(|text| field(text, types))
        };
        match &mut sentence {
            Self::ValueObject { name, fields } | Self::Aggregate { name, fields, .. } => {
                owner(name)?;
                all(fields)?;
            }
            Self::Entity { name, root, fields, .. } => {
                owner(name)?;
                owner(root)?;
                all(fields)?;
            }
            Self::Command { root, sentence } => {
                owner(root)?;
                *sentence = types_in(sentence, types);
            }
            Self::Field { owner: name, field: text } | Self::Rules { owner: name, field: text } => {
                owner(name)?;
                field(text, types)?;
            }
            Self::Variants { owner: name, .. }
            | Self::Repository { root: name }
            | Self::Tables { root: name, .. }
            | Self::Projection { root: name, .. }
            | Self::Specification { root: name, .. }
            | Self::Query { root: name, .. }
            | Self::Factory { root: name, .. } => owner(name)?,
            Self::Policy { on, .. } => {
                if let Some((root, event)) = on.split_once('.')
                    && let Some(to) = types.get(TypeName::parse(root)?.pascal())
                {
                    *on = format!("{}.{event}", TypeName::parse(to)?.snake());
                }
            }
            Self::Migration { .. } | Self::Service { .. } => {}
        }
        Ok(sentence)
    }
}

/// A field that has a type which is called otherwise; any other stays as it was typed.
fn field(text: &mut String, types: &HashMap<String, String>) -> Result<(), InputError> {
    let mut parsed = Field::parse(text)?;
    if let FieldType::Named(name) = &parsed.ty
        && let Some(to) = types.get(name.pascal())
    {
        parsed.ty = FieldType::Named(TypeName::parse(to)?);
        *text = parsed.to_string();
    }
    Ok(())
}

/// A command in whose arguments types are called otherwise: they stand behind a `:`.
fn types_in(sentence: &str, types: &HashMap<String, String>) -> String {
    let mut text = String::new();
    let mut parts = sentence.split(':');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let word_start = part.len() - part.trim_start().len();
        let rest = &part[word_start..];
        let length =
            rest.find(|sign: char| !(sign.is_alphanumeric() || sign == '_')).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let word = types.get(word).map_or(word, String::as_str);
        text.push(':');
        text.push_str(&part[..word_start]);
        text.push_str(word);
        text.push_str(after);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Sentence;

    #[test]
    fn types_are_called_otherwise_and_nothing_else_is() {
        let types = HashMap::from([
            ("Money".to_owned(), "Price".to_owned()),
            ("Order".to_owned(), "Purchase".to_owned()),
        ]);
        let command = Sentence::Command {
            root: "order".to_owned(),
            sentence: "pay(amount:Money, note: String?): draft|Money -> paid if lines".to_owned(),
        };
        assert_eq!(
            command.renamed(&types).expect("a command"),
            Sentence::Command {
                root: "Purchase".to_owned(),
                sentence: "pay(amount:Price, note: String?): draft|Money -> paid if lines"
                    .to_owned(),
            }
        );
        let value = Sentence::ValueObject {
            name: "Offer".to_owned(),
            fields: vec!["price:Money?".to_owned(), "kind:enum:Money,Order".to_owned()],
        };
        assert_eq!(
            value.renamed(&types).expect("a value object"),
            Sentence::ValueObject {
                name: "Offer".to_owned(),
                fields: vec!["price:Price:optional".to_owned(), "kind:enum:Money,Order".to_owned()],
            }
        );
    }
}
