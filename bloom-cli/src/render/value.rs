//! Value objects, newtypes and enums for their templates.

use serde::Serialize;

use super::{
    field::{self, FieldView, body_struct, inclusive, parse_uses, rule, sample_uses},
    imports,
    invalid::invalid,
    sample::{argument, newtype_inner, of_field, of_value},
};
use crate::{
    model::{Cardinality, Leaf, ModelField, Newtype, ValueObject},
    request::{Range, Variant, name::identifier},
};

/// A value object of the context.
#[derive(Debug, Serialize)]
pub(crate) struct ValueView {
    pub(crate) pascal: String,
    pub(crate) snake: String,
    snake_ident: String,
    label: String,
    #[serde(rename = "Label")]
    capital_label: String,
    article: String,
    #[serde(rename = "Article")]
    capital_article: String,
    derives: &'static str,
    uses: String,
    test_uses: String,
    http_uses: String,
    body_mods: Vec<String>,
    prelude: bool,
    checked: bool,
    fields: Vec<PartView>,
    enums: Vec<EnumView>,
    sample: String,
    /// The types its module exports.
    #[serde(skip)]
    pub(crate) types: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PartView {
    #[serde(flatten)]
    field: FieldView,
    invalid: Vec<InvalidView>,
}

#[derive(Debug, Serialize)]
struct InvalidView {
    name: &'static str,
    args: String,
}

/// An enum.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EnumView {
    pub(crate) pascal: String,
    pub(crate) snake: String,
    pub(crate) label: String,
    pub(crate) variants: Vec<VariantView>,
}

/// A variant of an enum.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct VariantView {
    pub(crate) pascal: String,
    pub(crate) snake: String,
    pub(crate) text: String,
}

impl From<&Variant> for VariantView {
    fn from(variant: &Variant) -> Self {
        Self {
            pascal: variant.name.pascal(),
            snake: variant.name.plain().to_owned(),
            text: variant.text.clone(),
        }
    }
}

/// The enums that are written for these fields.
pub(super) fn enums(fields: &[ModelField]) -> Vec<EnumView> {
    let own = fields.iter().filter_map(|field| match &field.leaf {
        Leaf::Enum { name, variants, own: true } => Some(EnumView {
            pascal: name.pascal().to_owned(),
            snake: field.name.plain().to_owned(),
            label: field.name.label(),
            variants: variants.iter().map(VariantView::from).collect(),
        }),
        _ => None,
    });
    own.collect()
}

impl ValueView {
    pub(crate) fn new(value: &ValueObject) -> Self {
        let label = value.name.label();
        let article = crate::model::english::article(&label);
        let own: Vec<String> = value.fields.iter().flat_map(ModelField::own_types).collect();
        let uses: Vec<String> = value
            .fields
            .iter()
            .flat_map(ModelField::types)
            .filter(|name| !own.contains(name))
            .collect();
        let test_uses = value.fields.iter().flat_map(sample_uses).filter(|name| {
            !own.contains(name) && !uses.contains(name) && *name != value.name.pascal()
        });
        let mut http_uses: Vec<String> = vec![value.name.pascal().to_owned()];
        http_uses.extend(value.fields.iter().flat_map(parse_uses));
        http_uses.extend(value.fields.iter().flat_map(field::body_uses));
        let snake = value.name.snake();
        let mut body_mods: Vec<String> = value.fields.iter().filter_map(body_struct).collect();
        body_mods.sort();
        body_mods.dedup();
        let is_eq = value.fields.iter().all(|field| field.leaf.is_eq());
        let is_copy = value.fields.iter().all(ModelField::is_copy);
        let fields: Vec<PartView> =
            value.fields.iter().map(|field| part(value, field, &snake)).collect();
        Self {
            pascal: value.name.pascal().to_owned(),
            snake_ident: identifier(&snake),
            snake,
            capital_label: crate::model::english::capital(&label),
            label,
            capital_article: crate::model::english::capital(article),
            article: article.to_owned(),
            derives: match (is_copy, is_eq) {
                (_, true) => "Eq, ",
                _ => "",
            },
            uses: imports(uses.clone()),
            test_uses: imports(test_uses),
            http_uses: imports(http_uses),
            body_mods,
            prelude: true,
            checked: fields.iter().any(|part| part.field.checked),
            fields,
            enums: enums(&value.fields),
            sample: of_value(value, false).map(|sample| sample.rust).unwrap_or_default(),
            types: std::iter::once(value.name.pascal().to_owned()).chain(own).collect(),
        }
    }
}

fn part(value: &ValueObject, field: &ModelField, owner: &str) -> PartView {
    let mut wrong: Vec<(&'static str, String)> = Vec::new();
    if let (Some(rules), Cardinality::One) = (&field.inline, &field.cardinality) {
        let invalid = invalid(rules.inner, &rules.rules);
        wrong.extend(invalid.into_iter().map(|wrong| (wrong.name, wrong.rust)));
    }
    if let Some(length) = &field.length {
        wrong.extend(wrong_lengths(field, length));
    }
    let cases = wrong.into_iter().map(|(name, wrong)| {
        let arguments = value.fields.iter().map(|other| {
            if other.name == field.name {
                return wrong.clone();
            }
            of_field(other, false).map(|part| argument(other, &part)).unwrap_or_default()
        });
        InvalidView { name, args: arguments.collect::<Vec<_>>().join(", ") }
    });
    PartView { invalid: cases.collect(), field: FieldView::new(field, &identifier(owner)) }
}

/// Lists that are just too short or too long.
fn wrong_lengths(field: &ModelField, length: &Range) -> Vec<(&'static str, String)> {
    let single = ModelField { cardinality: Cardinality::One, length: None, ..field.clone() };
    let Some(item) = of_field(&single, false) else { return Vec::new() };
    let list = |count: i128| match count {
        0 => "Vec::new()".to_owned(),
        1 => format!("vec![{}]", item.rust),
        count => format!("vec![{}; {count}]", item.rust),
    };
    let low = length.low.filter(|low| *low > 0).map(|low| ("too_few", list(low - 1)));
    let high = length.high.map(|high| ("too_many", list(high + 1)));
    low.into_iter().chain(high).collect()
}

/// A newtype in `values.rs`.
#[derive(Debug, Serialize)]
pub(crate) struct NewtypeView {
    pub(crate) pascal: String,
    pub(crate) snake: String,
    doc: String,
    derives: &'static str,
    rule: String,
    inner: String,
    pub(crate) cases: Vec<CaseView>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CaseView {
    name: String,
    assert: String,
}

/// The newtypes that are written for a field of `owner`.
pub(super) fn newtypes(owner: &str, field: &ModelField) -> Vec<NewtypeView> {
    let mut views = Vec::new();
    let article = crate::model::english::article(owner);
    let doc = format!("The {} of {article} {owner}.", field.name.label());
    if let Leaf::Newtype(newtype) = &field.leaf
        && newtype.own
    {
        let doc = if field.is_list() {
            format!("One of the {} of {article} {owner}.", field.name.label())
        } else {
            doc.clone()
        };
        views.push(newtype_view(newtype, doc));
    }
    if let Cardinality::Bounded { name, length, own: true } = &field.cardinality {
        let derives = if field.leaf.is_eq() { "Eq, " } else { "" };
        let cases = bounded_cases(field, name.pascal(), length);
        views.push(NewtypeView {
            pascal: name.pascal().to_owned(),
            snake: name.snake(),
            doc,
            derives,
            rule: format!("items = {}", inclusive(length, "")),
            inner: format!("Vec<{}>", field.leaf.ty()),
            cases,
        });
    }
    views
}

fn newtype_view(newtype: &Newtype, doc: String) -> NewtypeView {
    let name = newtype.name.pascal();
    let mut cases: Vec<CaseView> = Vec::new();
    if let Some(valid) = newtype_inner(newtype, false) {
        let assert = format!("assert!({name}::new({}).is_ok());", valid.rust);
        cases.push(CaseView { name: "accepts_what_keeps_its_rules".into(), assert });
    }
    for (edge, rust) in edges(newtype) {
        let assert = format!("assert!({name}::new({rust}).is_ok());");
        cases.push(CaseView { name: format!("accepts_{edge}"), assert });
    }
    for wrong in invalid(newtype.inner, &newtype.rules) {
        let assert = format!(
            "let error = {name}::new({}).expect_err(\"a rule is broken\");\nassert!(error.violations().iter().any(|violation| violation.code == {:?}));",
            wrong.rust, wrong.code
        );
        cases.push(CaseView { name: format!("refuses_what_is_{}", wrong.name), assert });
    }
    NewtypeView {
        pascal: name.to_owned(),
        snake: newtype.name.snake(),
        doc,
        derives: if newtype.inner == crate::request::Primitive::F64 { "" } else { "Eq, " },
        rule: rule(newtype.inner, &newtype.rules),
        inner: newtype.inner.name().to_owned(),
        cases,
    }
}

/// The values just inside the bounds, when the range is the only rule.
fn edges(newtype: &Newtype) -> Vec<(&'static str, String)> {
    use crate::request::{Item, Primitive};
    let [Item::Range(range)] = newtype.rules.as_slice() else { return Vec::new() };
    let value = |number: i128| match newtype.inner {
        Primitive::String => {
            super::sample::repeated_letter(usize::try_from(number).unwrap_or_default())
        }
        Primitive::F64 => format!("{number}.0"),
        Primitive::Decimal => format!("Decimal::from({number})"),
        _ => number.to_string(),
    };
    let low = range.low.map(|low| ("its_lower_bound", value(low)));
    let high = range.high.map(|high| ("its_upper_bound", value(high)));
    low.into_iter().chain(high).collect()
}

fn bounded_cases(field: &ModelField, name: &str, length: &Range) -> Vec<CaseView> {
    let single = ModelField { cardinality: Cardinality::One, ..field.clone() };
    let Some(item) = of_field(&single, false) else { return Vec::new() };
    let list = |count: i128| format!("vec![{}; {count}]", item.rust);
    let mut cases = Vec::new();
    let mut case = |name_of_case: &str, count: i128, fits: bool| {
        let value = if count == 0 { "Vec::new()".to_owned() } else { list(count) };
        let assert = if fits {
            format!("assert!({name}::new({value}).is_ok());")
        } else {
            format!("assert!({name}::new({value}).is_err());")
        };
        cases.push(CaseView { name: name_of_case.to_owned(), assert });
    };
    if let Some(low) = length.low {
        case("accepts_the_fewest", low, true);
        if low > 0 {
            case("refuses_fewer", low - 1, false);
        }
    }
    if let Some(high) = length.high {
        case("accepts_the_most", high, true);
        case("refuses_more", high + 1, false);
    }
    cases
}
