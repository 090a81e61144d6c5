//! What the requests of a project add up to: what came later is folded into what it was added to.

use crate::request::{Field, FieldType, InputError, Request, Sentence, TypeName};

/// The same project, asked for at once.
pub(crate) fn effective<'s>(
    sentences: impl Iterator<Item = &'s Sentence>,
) -> Result<Vec<Sentence>, InputError> {
    let mut whole: Vec<Sentence> = Vec::new();
    for sentence in sentences {
        let (owner, change) = match sentence.request()? {
            Request::Field { owner, field } => (owner, Later::Field(field)),
            Request::Rules { owner, field } => (owner, Later::Rules(field)),
            Request::Variants { owner, field, variants } => {
                (owner, Later::Variants(field, variants))
            }
            _ => {
                whole.push(sentence.asked());
                continue;
            }
        };
        if let Some(fields) = whole.iter_mut().find_map(|sentence| fields_of(sentence, &owner)) {
            change.fold_into(fields)?;
        }
    }
    Ok(whole)
}

/// What was said of a field later.
enum Later {
    Field(Field),
    Rules(Field),
    Variants(crate::request::FieldName, Vec<crate::request::Variant>),
}

impl Later {
    fn fold_into(self, fields: &mut Vec<String>) -> Result<(), InputError> {
        let name = match &self {
            Self::Field(field) => {
                fields.push(field.to_string());
                return Ok(());
            }
            Self::Rules(field) => &field.name,
            Self::Variants(name, _) => name,
        };
        for text in fields {
            let mut known = Field::parse(text)?;
            if known.name != *name {
                continue;
            }
            match &self {
                Self::Rules(field) => {
                    known.rules.clone_from(&field.rules);
                    known.list.clone_from(&field.list);
                }
                Self::Variants(_, more) => {
                    if let FieldType::Enum(variants) = &mut known.ty {
                        variants.extend(more.iter().cloned());
                    }
                }
                Self::Field(_) => {}
            }
            *text = known.to_string();
        }
        Ok(())
    }
}

/// The fields that were asked for with an aggregate or an entity of this name.
fn fields_of<'s>(sentence: &'s mut Sentence, owner: &TypeName) -> Option<&'s mut Vec<String>> {
    match sentence {
        Sentence::Aggregate { name, fields, .. } | Sentence::Entity { name, fields, .. } => {
            TypeName::parse(name).is_ok_and(|name| name == *owner).then_some(fields)
        }
        _ => None,
    }
}
