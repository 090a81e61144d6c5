//! The grammar of fields: `name:String:1..100,unique`.

use super::{
    error::{InputError, nearest},
    name::{FieldName, TypeName},
    primitive::{Primitive, types_hint},
    range::Range,
    split::split,
};

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: FieldName,
    pub(crate) ty: FieldType,
    pub(crate) optional: bool,
    pub(crate) list: Option<Range>,
    pub(crate) rules: Vec<Item>,
    pub(crate) unique: bool,
    pub(crate) index: bool,
    pub(crate) default: Option<String>,
}

/// The type of a field, without what surrounds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldType {
    Primitive(Primitive),
    /// A type of the context.
    Named(TypeName),
    /// The variants of an enum of its own.
    Enum(Vec<Variant>),
}

/// A variant of an enum; `text` is what is stored and travels, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) text: String,
    pub(crate) name: FieldName,
}

/// A rule of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Range(Range),
    Email,
    Url,
    Matches(String),
}

impl Field {
    pub(crate) fn parse(text: &str) -> Result<Self, InputError> {
        Self::parse_inner(text).map_err(|error| error.within(text))
    }

    fn parse_inner(text: &str) -> Result<Self, InputError> {
        let (head, pattern) = cut_pattern(text);
        let parts = split(head, ':');
        let [name, ty, rest @ ..] = parts.as_slice() else {
            return Err(InputError::new("the type is missing")
                .hint(format!("write `{}:String`, for example", text.trim())));
        };
        if rest.len() > 1 {
            return Err(InputError::new("there is a `:` too many").hint("separate rules by `,`"));
        }
        let items: Vec<&str> = rest
            .first()
            .map(|items| split(items, ','))
            .unwrap_or_default()
            .into_iter()
            .map(str::trim)
            .collect();

        let mut field = Self {
            name: FieldName::parse(name)?,
            ty: FieldType::Primitive(Primitive::Json),
            optional: false,
            list: None,
            rules: Vec::new(),
            unique: false,
            index: false,
            default: None,
        };
        let mut ty = ty.trim();
        if let Some(inner) = ty.strip_suffix('?') {
            (ty, field.optional) = (inner, true);
        }
        if let Some(inner) = ty.strip_suffix("[]") {
            (ty, field.list) = (inner, Some(Range::default()));
        }
        if ty == "enum" {
            field.variants_from(&items)?;
        } else {
            field.ty = parse_type(ty)?;
            for item in items.iter().filter(|item| !(item.is_empty() && pattern.is_some())) {
                field.item(item)?;
            }
        }
        if let Some(pattern) = pattern {
            field.rules.push(Item::Matches(pattern.to_owned()));
        }
        field.check()?;
        Ok(field)
    }

    /// `status:enum:draft,placed,=draft`.
    fn variants_from(&mut self, items: &[&str]) -> Result<(), InputError> {
        let mut variants = Vec::new();
        for item in items {
            if ["optional", "unique", "index", "list"].contains(item) || item.starts_with("list(") {
                let name = self.name.plain();
                let others: Vec<&str> =
                    items.iter().copied().filter(|other| other != item).collect();
                return Err(InputError::new(format!(
                    "after `enum:` come variants, and `{item}` is a rule"
                ))
                .hint(format!("write `{name}:enum({}):{item}`, in quotes", others.join(","))));
            }
            match item.strip_prefix('=') {
                Some(default) => self.default = Some(default.to_owned()),
                None => variants.push(*item),
            }
        }
        self.ty = FieldType::Enum(parse_variants(&variants)?);
        Ok(())
    }

    fn item(&mut self, item: &str) -> Result<(), InputError> {
        const KNOWN: [&str; 8] =
            ["optional", "list", "email", "url", "unique", "index", "personal", "matches="];
        match item {
            "optional" if self.optional => return Err(InputError::new("`optional` is said twice")),
            "optional" => self.optional = true,
            "list" => self.list = Some(Range::default()),
            "email" => self.rules.push(Item::Email),
            "url" => self.rules.push(Item::Url),
            "unique" => self.unique = true,
            "index" => self.index = true,
            "personal" => {
                return Err(InputError::new("`personal` is not written by `bloom` yet").hint(
                    "leave the word out, and write `Personal<..>` by hand: the chapter on personal data in the guide says how",
                ));
            }
            _ => {
                if let Some(default) = item.strip_prefix('=') {
                    self.default = Some(default.to_owned());
                } else if let Some(range) =
                    item.strip_prefix("list(").and_then(|rest| rest.strip_suffix(')'))
                {
                    self.list = Some(Range::parse(range)?);
                } else if item.contains("..") {
                    self.rules.push(Item::Range(Range::parse(item)?));
                } else {
                    let error = InputError::new(format!("`{item}` is no rule"));
                    return Err(match nearest(item, KNOWN) {
                        Some(near) => error.hint(format!("did you mean `{near}`?")),
                        None => error.hint(format!("rules are `1..100` and {}", KNOWN.join(", "))),
                    });
                }
            }
        }
        Ok(())
    }

    /// Whether the rules fit the type and each other.
    fn check(&self) -> Result<(), InputError> {
        let primitive = match &self.ty {
            FieldType::Primitive(primitive) => Some(*primitive),
            _ => None,
        };
        let mut seen = Vec::new();
        for rule in &self.rules {
            let (word, fits, wanted) = match rule {
                Item::Range(_) => (
                    "a range",
                    primitive.is_some_and(|p| p == Primitive::String || p.is_number()),
                    "a String or a number",
                ),
                Item::Email => ("`email`", primitive == Some(Primitive::String), "a String"),
                Item::Url => ("`url`", primitive == Some(Primitive::String), "a String"),
                Item::Matches(_) => {
                    ("`matches=`", primitive == Some(Primitive::String), "a String")
                }
            };
            if !fits {
                return Err(InputError::new(format!("{word} is a rule for {wanted}")));
            }
            if seen.contains(&word) {
                return Err(InputError::new(format!("{word} is said twice")));
            }
            seen.push(word);
            match rule {
                Item::Range(range) => range.check(primitive)?,
                Item::Matches(pattern) => {
                    if pattern.is_empty() {
                        return Err(InputError::new("`matches=` needs a regular expression"));
                    }
                    regex::Regex::new(pattern).map_err(|error| {
                        let text = error.to_string();
                        let line =
                            text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                        InputError::new(format!("`{pattern}` is not a regular expression: {line}"))
                    })?;
                }
                Item::Email | Item::Url => {}
            }
        }
        if let Some(range) = &self.list {
            range.check(Some(Primitive::String))?;
            if self.optional {
                return Err(InputError::new("a list that may be absent is an empty list")
                    .hint("leave out `optional` or `?`"));
            }
        }
        let single = self.list.is_none();
        let hashable = !matches!(primitive, Some(Primitive::Json | Primitive::F64));
        for (said, word) in [(self.unique, "unique"), (self.index, "index")] {
            if said && !(single && hashable) {
                return Err(InputError::new(format!(
                    "`{word}` needs a single value with an exact equality"
                )));
            }
        }
        self.check_default(primitive)
    }

    fn check_default(&self, primitive: Option<Primitive>) -> Result<(), InputError> {
        let Some(default) = &self.default else { return Ok(()) };
        if self.optional || self.list.is_some() {
            return Err(InputError::new(
                "what is optional or a list has a default already: nothing",
            ));
        }
        let fits = match (&self.ty, primitive) {
            (FieldType::Enum(variants), _) => {
                variants.iter().any(|variant| variant.text == *default)
            }
            (_, Some(Primitive::Bool)) => matches!(default.as_str(), "true" | "false"),
            (_, Some(Primitive::String)) => self.rules.is_empty(),
            (_, Some(primitive)) if primitive.integers().is_some() => {
                let (low, high) = primitive.integers().unwrap_or_default();
                let within =
                    default.parse().is_ok_and(|number: i128| (low..=high).contains(&number));
                within && self.rules.is_empty()
            }
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(InputError::new(format!("`={default}` cannot be the default here"))
            .hint("an enum takes one of its variants; a bool, an integer or a String without rules takes a value"))
    }
}

/// `matches=` runs to the end of the argument, whatever is in it.
fn cut_pattern(text: &str) -> (&str, Option<&str>) {
    for separator in [':', ','] {
        let mark = format!("{separator}matches=");
        if let Some(index) = text.find(&mark) {
            return (&text[..index], Some(&text[index + mark.len()..]));
        }
    }
    (text, None)
}

fn parse_type(text: &str) -> Result<FieldType, InputError> {
    if let Some(variants) = text.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')) {
        let variants: Vec<&str> = variants.split(',').map(str::trim).collect();
        return Ok(FieldType::Enum(parse_variants(&variants)?));
    }
    if let Some((_, primitive)) = Primitive::ALL.iter().find(|(name, _)| *name == text) {
        return Ok(FieldType::Primitive(*primitive));
    }
    let misspelt = match text {
        "string" | "str" | "&str" | "text" | "Text" => Some("String"),
        "int" | "integer" | "Integer" | "number" => Some("i64"),
        "float" | "double" | "f32" => Some("f64"),
        "boolean" | "Boolean" | "Bool" => Some("bool"),
        "uuid" | "UUID" => Some("Uuid"),
        "date" => Some("Date"),
        "datetime" | "DateTime" | "timestamp" | "time" => Some("Timestamp"),
        "decimal" => Some("Decimal"),
        "json" | "JSON" => Some("Json"),
        _ => None,
    };
    if let Some(right) = misspelt {
        return Err(InputError::new(format!("there is no type `{text}`"))
            .hint(format!("did you mean `{right}`?")));
    }
    if !text.starts_with(|c: char| c.is_ascii_uppercase())
        || !text.chars().all(|c| c.is_ascii_alphanumeric())
    {
        return Err(InputError::new(format!("there is no type `{text}`")).hint(types_hint()));
    }
    Ok(FieldType::Named(TypeName::parse(text)?))
}

fn parse_variants(texts: &[&str]) -> Result<Vec<Variant>, InputError> {
    if texts.iter().all(|text| text.is_empty()) {
        return Err(
            InputError::new("an enum needs variants").hint("write `status:enum:draft,placed`")
        );
    }
    let mut variants: Vec<Variant> = Vec::new();
    for text in texts {
        let variant = variant(text)?;
        if variants.iter().any(|other| other.name.pascal() == variant.name.pascal()) {
            return Err(InputError::new(format!("the variant `{text}` is there twice")));
        }
        if variant.name.pascal() == "Self" {
            return Err(InputError::new("`Self` is a word of Rust that cannot be a variant"));
        }
        variants.push(variant);
    }
    Ok(variants)
}

/// A variant keeps the spelling it was given, which is what is stored: `EUR` stays `EUR`.
fn variant(text: &str) -> Result<Variant, InputError> {
    let name = FieldName::word(text, "variant")?;
    let text = if text.contains(' ') { name.plain() } else { text };
    Ok(Variant { text: text.to_owned(), name })
}
