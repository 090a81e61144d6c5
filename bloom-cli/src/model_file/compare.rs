//! What a model file says, held against what a project is.

use serde::Serialize;

use crate::request::{
    AggregateRequest, EntityRequest, Field, FieldType, InputError, Request, Sentence, StoredNames,
};

/// One thing that is otherwise in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    pub(crate) kind: Kind,
    /// What it is: `aggregate Order`.
    pub(crate) key: String,
    /// As the project has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<String>,
    /// As the file has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    #[serde(skip)]
    pub(crate) wanted: Option<Sentence>,
    #[serde(skip)]
    pub(crate) was: Option<Sentence>,
}

/// How it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// In the file alone.
    Added,
    /// In both, and not the same.
    Changed,
    /// In the project alone.
    Removed,
}

/// Everything that differs.
pub(crate) fn difference(
    project: &[Sentence],
    file: &[Sentence],
) -> Result<Vec<Difference>, InputError> {
    let mut found = Vec::new();
    let keys = |sentences: &[Sentence]| -> Result<Vec<String>, InputError> {
        sentences.iter().map(Sentence::key).collect()
    };
    let (known, wanted) = (keys(project)?, keys(file)?);
    for (key, sentence) in wanted.iter().zip(file) {
        let was = known.iter().position(|other| other == key).map(|index| &project[index]);
        let kind = match was {
            None => Kind::Added,
            Some(was) if in_one_order(was)? == in_one_order(sentence)? => continue,
            Some(_) => Kind::Changed,
        };
        let (mut project, mut file) = (was.map(Sentence::words), sentence.words());
        // How it is stored is said nowhere on the command line.
        if project.as_ref() == Some(&file) {
            project = project.zip(was).map(|(words, was)| words + &stored(was));
            file += &stored(sentence);
        }
        found.push(Difference {
            kind,
            key: key.clone(),
            project,
            file: Some(file),
            wanted: Some(sentence.clone()),
            was: was.cloned(),
        });
    }
    for (key, sentence) in known.iter().zip(project) {
        if !wanted.contains(key) {
            found.push(Difference {
                kind: Kind::Removed,
                key: key.clone(),
                project: Some(sentence.words()),
                file: None,
                wanted: None,
                was: Some(sentence.clone()),
            });
        }
    }
    Ok(found)
}

fn stored(sentence: &Sentence) -> String {
    match sentence {
        Sentence::Aggregate { stored: Some(StoredNames { kind, table }), .. } => {
            format!(" (stored as `{kind}` in `{table}`)")
        }
        _ => " (stored as its name says)".to_owned(),
    }
}

/// What is asked for. In which order fields are named says nothing: what was added later comes last.
fn in_one_order(sentence: &Sentence) -> Result<Request, InputError> {
    let mut request = sentence.asked().request()?;
    if let Request::Aggregate(AggregateRequest { fields, .. })
    | Request::Entity(EntityRequest { fields, .. }) = &mut request
    {
        fields.sort_by(|one, other| one.name.plain().cmp(other.name.plain()));
    }
    Ok(request)
}

/// The requests that lead from one to the other and leave what is stored readable; `None` when there are none.
pub(crate) fn additions(
    was: &Sentence,
    wanted: &Sentence,
) -> Result<Option<Vec<Sentence>>, InputError> {
    let (mut was, mut wanted) = (was.asked(), wanted.asked());
    let (Some((owner, before)), Some((_, after))) =
        (take_fields(&mut was), take_fields(&mut wanted))
    else {
        return Ok(None);
    };
    // All but the fields is the same.
    if was != wanted {
        return Ok(None);
    }
    let parse = |texts: Vec<String>| -> Result<Vec<Field>, InputError> {
        texts.iter().map(|text| Field::parse(text)).collect()
    };
    let (before, after) = (parse(before)?, parse(after)?);
    if before.iter().any(|field| after.iter().all(|other| other.name != field.name)) {
        return Ok(None);
    }
    let mut sentences = Vec::new();
    for field in &after {
        match before.iter().find(|known| known.name == field.name) {
            None if field.optional || field.list.is_some() => {
                sentences.push(Sentence::Field { owner: owner.clone(), field: field.to_string() })
            }
            None => return Ok(None),
            Some(known) if known == field => {}
            Some(known) => match one_change(&owner, known, field) {
                Some(sentence) => sentences.push(sentence),
                None => return Ok(None),
            },
        }
    }
    // What is added later comes last, wherever the file has it.
    Ok((!sentences.is_empty()).then_some(sentences))
}

fn one_change(owner: &str, known: &Field, field: &Field) -> Option<Sentence> {
    let owner = owner.to_owned();
    if let (FieldType::Enum(was), FieldType::Enum(is)) = (&known.ty, &field.ty) {
        let same = Field { ty: field.ty.clone(), ..known.clone() } == *field;
        let more = is.strip_prefix(was.as_slice())?;
        let variants = more.iter().map(|variant| variant.text.clone()).collect();
        return same.then_some(Sentence::Variants {
            owner,
            field: field.name.plain().to_owned(),
            variants,
        });
    }
    let same = Field { rules: field.rules.clone(), ..known.clone() } == *field;
    let ruled = same && !field.rules.is_empty();
    ruled.then(|| Sentence::Rules { owner, field: field.to_string() })
}

/// The name, and the fields, which are gone from it.
fn take_fields(sentence: &mut Sentence) -> Option<(String, Vec<String>)> {
    match sentence {
        Sentence::Aggregate { name, fields, .. } | Sentence::Entity { name, fields, .. } => {
            Some((name.clone(), std::mem::take(fields)))
        }
        _ => None,
    }
}
