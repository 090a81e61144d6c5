//! A field in every form that a template needs.

use serde::Serialize;

use super::{
    index::{postgres_index, sqlite_index},
    sample::{self, Sample},
};
use crate::{
    model::{Cardinality, Leaf, ModelField, Newtype},
    request::{Item, Primitive, Range},
};

/// A field, spelt out.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FieldView {
    pub(crate) name: String,
    pub(crate) plain: String,
    pub(crate) pascal: String,
    pub(crate) label: String,
    pub(crate) ty: String,
    pub(crate) ref_ty: String,
    pub(crate) from_ref: String,
    pub(crate) unique: bool,
    /// What an index on it holds, in SQLite and in PostgreSQL.
    pub(crate) sqlite_index: String,
    pub(crate) postgres_index: String,
    /// The `#[value(..)]` of a part of a value object.
    pub(crate) rule: String,
    pub(crate) initial: Option<String>,
    pub(crate) initial_json: String,
    pub(crate) in_ty: String,
    pub(crate) in_attrs: String,
    pub(crate) out_attrs: String,
    pub(crate) out_ty: String,
    pub(crate) out: String,
    pub(crate) checked: bool,
    pub(crate) parse: String,
    pub(crate) taken: String,
    pub(crate) sample: String,
    pub(crate) json: String,
    pub(crate) other: Option<String>,
    pub(crate) other_json: Option<String>,
    pub(crate) getter_sample: String,
    pub(crate) getter_other: Option<String>,
    /// Domain types in its type.
    pub(crate) uses: String,
}

impl FieldView {
    /// The view of a field of `owner`, a variable in whose terms `out` is written.
    pub(crate) fn new(field: &ModelField, owner: &str) -> Self {
        let name = field.name.ident();
        let copy = field.is_copy();
        let first = sample::of_field(field, false)
            .unwrap_or(Sample { rust: "()".into(), json: "null".into() });
        let second = sample::of_field(field, true).filter(|second| *second != first);
        let (in_ty, _) = body_type(field);
        Self {
            plain: field.name.plain().to_owned(),
            pascal: field.name.pascal(),
            label: field.name.label(),
            ty: field.ty(),
            ref_ty: ref_ty(field),
            from_ref: if copy { format!("*{name}") } else { format!("{name}.clone()") },
            unique: field.unique,
            sqlite_index: sqlite_index(field),
            postgres_index: postgres_index(field),
            rule: part_rule(field),
            initial: None,
            initial_json: String::new(),
            in_attrs: schema(field, true),
            out_attrs: schema(field, false),
            out_ty: in_ty.clone(),
            in_ty,
            out: out(field, &format!("{owner}.{name}()")),
            checked: is_checked(field),
            parse: parse(field),
            taken: if is_checked(field) { format!("{name}?") } else { format!("body.{name}") },
            getter_sample: getter_sample(field, &first),
            getter_other: second.as_ref().map(|second| getter_sample(field, second)),
            sample: first.rust,
            json: first.json,
            other: second.as_ref().map(|second| second.rust.clone()),
            other_json: second.map(|second| second.json),
            uses: super::imports(field.types()),
            name,
        }
    }
}

/// The rules of a part of a value object.
fn part_rule(field: &ModelField) -> String {
    let of_value = field.inline.as_ref().map(|rules| rule(rules.inner, &rules.rules));
    let of_list = field.length.as_ref().map(|length| format!("items = {}", inclusive(length, "")));
    of_value.into_iter().chain(of_list).collect::<Vec<_>>().join(", ")
}

/// `chars = 1..=100, email`
pub(super) fn rule(inner: Primitive, rules: &[Item]) -> String {
    let parts = rules.iter().map(|rule| match rule {
        Item::Range(range) if inner == Primitive::String => {
            format!("chars = {}", inclusive(range, ""))
        }
        Item::Range(range) if inner == Primitive::F64 => {
            format!("range = {}", inclusive(range, ".0"))
        }
        Item::Range(range) => format!("range = {}", inclusive(range, "")),
        Item::Email => "email".to_owned(),
        Item::Url => "url".to_owned(),
        Item::Matches(pattern) => format!("matches = {}", raw_literal(pattern)),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// `1..=100`, or `1..`
pub(super) fn inclusive(range: &Range, suffix: &str) -> String {
    let end = |end: Option<i128>| end.map(|end| format!("{end}{suffix}")).unwrap_or_default();
    match range.high {
        Some(_) => format!("{}..={}", end(range.low), end(range.high)),
        None => format!("{}..", end(range.low)),
    }
}

/// A pattern as a literal that needs no escapes.
fn raw_literal(text: &str) -> String {
    if !text.contains(['"', '\\']) {
        return format!("\"{text}\"");
    }
    let hashes =
        (0..).map(|count| "#".repeat(count)).find(|hashes| !text.contains(&format!("\"{hashes}")));
    let hashes = hashes.unwrap_or_default();
    format!("r{hashes}\"{text}\"{hashes}")
}

fn wrap(cardinality: &Cardinality, leaf: &str) -> String {
    match cardinality {
        Cardinality::One => leaf.to_owned(),
        Cardinality::Optional => format!("Option<{leaf}>"),
        Cardinality::List | Cardinality::Bounded { .. } => format!("Vec<{leaf}>"),
    }
}

/// The type in a body, and the type that its description says.
fn body_type(field: &ModelField) -> (String, String) {
    let primitive = |primitive: Primitive| match primitive {
        Primitive::Uuid | Primitive::Date | Primitive::Timestamp | Primitive::Decimal => {
            (primitive.name().to_owned(), "String".to_owned())
        }
        Primitive::Json => ("Json".to_owned(), "serde_json::Value".to_owned()),
        plain => (plain.name().to_owned(), plain.name().to_owned()),
    };
    let (leaf, described) = match &field.leaf {
        Leaf::Primitive(inner) => primitive(*inner),
        Leaf::Newtype(newtype) => primitive(newtype.inner),
        Leaf::Id(name) | Leaf::Enum { name, .. } => (name.pascal().to_owned(), "String".to_owned()),
        Leaf::Struct(value) => (format!("{}Body", value.name), format!("{}Body", value.name)),
    };
    (wrap(&field.cardinality, &leaf), wrap(&field.cardinality, &described))
}

/// The attributes that describe a field of a body.
fn schema(field: &ModelField, incoming: bool) -> String {
    let (ty, described) = body_type(field);
    let mut parts: Vec<String> = Vec::new();
    if ty != described {
        parts.push(format!("value_type = {described}"));
    }
    let (primitive, rules): (Option<Primitive>, &[Item]) = match (&field.leaf, &field.inline) {
        (Leaf::Newtype(Newtype { inner, rules, .. }), _) => (Some(*inner), rules),
        (Leaf::Primitive(primitive), Some(rules)) => (Some(*primitive), &rules.rules),
        (Leaf::Primitive(primitive), None) => (Some(*primitive), &[]),
        _ => (None, &[]),
    };
    let single = matches!(field.cardinality, Cardinality::One | Cardinality::Optional);
    if single {
        parts.extend(format_of(field, primitive, rules));
        if incoming {
            parts.extend(rules.iter().flat_map(|rule| limits(primitive, rule)));
        }
        if let Leaf::Enum { variants, .. } = &field.leaf {
            let texts: Vec<&str> = variants.iter().map(|variant| variant.text.as_str()).collect();
            parts.push(format!("pattern = \"^({})$\"", texts.join("|")));
            parts.push(format!("example = {:?}", texts.first().copied().unwrap_or_default()));
        }
    }
    let length = match &field.cardinality {
        Cardinality::Bounded { length, .. } => Some(length),
        _ => field.length.as_ref(),
    };
    if let (Some(length), true) = (length, incoming) {
        parts.extend(length.low.map(|low| format!("min_items = {low}")));
        parts.extend(length.high.map(|high| format!("max_items = {high}")));
    }
    let mut attributes = Vec::new();
    if incoming {
        if field.default.is_some() {
            attributes.push(format!("#[serde(default = \"default_{}\")]", field.name));
        } else if matches!(field.cardinality, Cardinality::List) && field.length.is_none() {
            attributes.push("#[serde(default)]".to_owned());
        }
    }
    if !parts.is_empty() {
        attributes.push(format!("#[schema({})]", parts.join(", ")));
    }
    attributes.join("\n")
}

fn format_of(field: &ModelField, primitive: Option<Primitive>, rules: &[Item]) -> Option<String> {
    let format = match (primitive, &field.leaf) {
        (Some(Primitive::Uuid), _) | (_, Leaf::Id(_)) => "\"uuid\"",
        (Some(Primitive::Date), _) => "Date",
        (Some(Primitive::Timestamp), _) => "DateTime",
        (Some(Primitive::Decimal), _) => "\"decimal\"",
        (Some(Primitive::String), _) if rules.contains(&Item::Email) => "Email",
        (Some(Primitive::String), _) if rules.contains(&Item::Url) => "\"uri\"",
        _ => return None,
    };
    let pattern = if primitive == Some(Primitive::Decimal) {
        ", pattern = r\"^-?[0-9]{1,20}([.][0-9]{1,8})?$\""
    } else {
        ""
    };
    Some(format!("format = {format}{pattern}"))
}

fn limits(primitive: Option<Primitive>, rule: &Item) -> Vec<String> {
    let (low, high) = match primitive {
        Some(Primitive::String) => ("min_length", "max_length"),
        // A decimal travels as text, which has no smallest.
        Some(Primitive::Decimal) => return Vec::new(),
        _ => ("minimum", "maximum"),
    };
    match rule {
        Item::Range(range) => {
            let low = range.low.map(|number| format!("{low} = {number}"));
            let high = range.high.map(|number| format!("{high} = {number}"));
            low.into_iter().chain(high).collect()
        }
        Item::Matches(pattern) => vec![format!("pattern = {}", raw_literal(pattern))],
        Item::Email | Item::Url => Vec::new(),
    }
}

fn is_checked(field: &ModelField) -> bool {
    matches!(field.leaf, Leaf::Newtype(_) | Leaf::Struct(_))
        || matches!(field.cardinality, Cardinality::Bounded { .. })
}

/// The expression that checks a field of `body` and gives an `Option`.
fn parse(field: &ModelField) -> String {
    let (plain, name) = (field.name.plain(), field.name.ident());
    let constructor = match &field.leaf {
        Leaf::Newtype(newtype) => Some(format!("{}::new", newtype.name)),
        Leaf::Struct(value) => Some(format!("{}::try_from", value.name)),
        _ => None,
    };
    match (&field.cardinality, constructor) {
        (Cardinality::One, Some(new)) => format!("check.field(\"{plain}\", {new}(body.{name}))"),
        (Cardinality::Optional, Some(new)) => {
            format!("check.optional(\"{plain}\", body.{name}, {new})")
        }
        (Cardinality::List, Some(new)) => format!("check.list(\"{plain}\", body.{name}, {new})"),
        (Cardinality::Bounded { name: list, .. }, Some(new)) => format!(
            "check.list(\"{plain}\", body.{name}, {new}).and_then(|{name}| check.field(\"{plain}\", {list}::new({name})))"
        ),
        (Cardinality::Bounded { name: list, .. }, None) => {
            format!("check.field(\"{plain}\", {list}::new(body.{name}))")
        }
        (_, None) => format!("Some(body.{name})"),
    }
}

/// The domain types that `parse` names.
pub(super) fn parse_uses(field: &ModelField) -> Vec<String> {
    let mut uses = match &field.leaf {
        Leaf::Newtype(newtype) => vec![newtype.name.pascal().to_owned()],
        Leaf::Struct(value) => vec![value.name.pascal().to_owned()],
        _ => Vec::new(),
    };
    if let Cardinality::Bounded { name, .. } = &field.cardinality {
        uses.push(name.pascal().to_owned());
    }
    uses
}

/// The domain types that stand in a body as they are.
pub(super) fn body_uses(field: &ModelField) -> Vec<String> {
    match &field.leaf {
        Leaf::Id(name) | Leaf::Enum { name, .. } => vec![name.pascal().to_owned()],
        _ => Vec::new(),
    }
}

/// The value objects that travel as bodies of their own.
pub(super) fn body_struct(field: &ModelField) -> Option<String> {
    match &field.leaf {
        Leaf::Struct(value) => Some(format!("{}::{}Body", value.name.snake(), value.name)),
        _ => None,
    }
}

/// The domain types that the samples of a field name.
pub(super) fn sample_uses(field: &ModelField) -> Vec<String> {
    let mut uses = match &field.leaf {
        Leaf::Primitive(_) => Vec::new(),
        Leaf::Struct(value) => {
            let mut uses: Vec<String> = value.fields.iter().flat_map(sample_uses).collect();
            uses.push(value.name.pascal().to_owned());
            uses
        }
        leaf => vec![leaf.ty()],
    };
    if let Cardinality::Bounded { name, .. } = &field.cardinality {
        uses.push(name.pascal().to_owned());
    }
    uses
}

/// The view of a value from its getter.
fn out(field: &ModelField, getter: &str) -> String {
    let text =
        |leaf: &Leaf| matches!(leaf, Leaf::Newtype(newtype) if newtype.inner == Primitive::String);
    let json =
        |leaf: &Leaf| matches!(leaf, Leaf::Newtype(newtype) if newtype.inner == Primitive::Json);
    let unwrapped = |value: &str| match &field.leaf {
        leaf if text(leaf) => format!("{value}.as_str().to_owned()"),
        leaf if json(leaf) => format!("{value}.get().clone()"),
        _ => format!("{value}.get()"),
    };
    let list = |items: &str| match &field.leaf {
        Leaf::Newtype(_) => format!("{items}.iter().map(|item| {}).collect()", unwrapped("item")),
        Leaf::Struct(value) => format!("{items}.iter().map({}Body::from).collect()", value.name),
        _ => format!("{items}.to_vec()"),
    };
    match (&field.cardinality, &field.leaf) {
        (Cardinality::One, Leaf::Primitive(Primitive::String)) => format!("{getter}.to_owned()"),
        (Cardinality::One, Leaf::Primitive(Primitive::Json)) => format!("{getter}.clone()"),
        (Cardinality::One | Cardinality::Optional, Leaf::Primitive(primitive))
            if !matches!(primitive, Primitive::String | Primitive::Json) =>
        {
            getter.to_owned()
        }
        (Cardinality::One, Leaf::Newtype(_)) => unwrapped(getter),
        (Cardinality::One, Leaf::Id(_) | Leaf::Enum { .. }) => format!("*{getter}"),
        (Cardinality::One, Leaf::Struct(value)) => format!("{}Body::from({getter})", value.name),
        (Cardinality::Optional, Leaf::Primitive(Primitive::String)) => {
            format!("{getter}.map(ToOwned::to_owned)")
        }
        (Cardinality::Optional, Leaf::Primitive(_)) => format!("{getter}.cloned()"),
        (Cardinality::Optional, Leaf::Newtype(_)) => {
            format!("{getter}.map(|value| {})", unwrapped("value"))
        }
        (Cardinality::Optional, Leaf::Id(_) | Leaf::Enum { .. }) => format!("{getter}.copied()"),
        (Cardinality::Optional, Leaf::Struct(value)) => {
            format!("{getter}.map({}Body::from)", value.name)
        }
        (Cardinality::List, _) => list(getter),
        (Cardinality::Bounded { .. }, _) => list(&format!("{getter}.as_slice()")),
        (Cardinality::One, Leaf::Primitive(_)) => getter.to_owned(),
    }
}

/// What the getter of a field with this value returns.
fn getter_sample(field: &ModelField, sample: &Sample) -> String {
    let is_text = matches!(field.leaf, Leaf::Primitive(Primitive::String));
    let by_value = matches!(field.leaf, Leaf::Primitive(primitive) if !matches!(primitive, Primitive::String | Primitive::Json));
    match &field.cardinality {
        Cardinality::One if is_text => sample.json.clone(),
        Cardinality::One if by_value => sample.rust.clone(),
        Cardinality::Optional if sample.rust == "None" => "None".to_owned(),
        Cardinality::Optional if is_text => format!("Some({})", sample.json),
        Cardinality::Optional if by_value => sample.rust.clone(),
        Cardinality::Optional => sample.rust.replacen("Some(", "Some(&", 1),
        Cardinality::List => sample.rust.clone(),
        _ => format!("&{}", sample.rust),
    }
}

/// What a getter answers, as a reference.
pub(super) fn referenced(field: &ModelField, got: String) -> String {
    let by_value = matches!(field.leaf, Leaf::Primitive(primitive) if !matches!(primitive, Primitive::String | Primitive::Json));
    match field.cardinality {
        Cardinality::One if by_value => format!("&{got}"),
        Cardinality::Optional => format!("&{got}"),
        _ => got,
    }
}

fn ref_ty(field: &ModelField) -> String {
    match (&field.cardinality, &field.leaf) {
        (Cardinality::One, Leaf::Primitive(Primitive::String)) => "str".to_owned(),
        (Cardinality::List, leaf) => format!("[{}]", leaf.ty()),
        _ => field.ty(),
    }
}
