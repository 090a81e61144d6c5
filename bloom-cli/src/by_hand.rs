//! Types that people wrote into the domain, read from their source, so that fields may have them.
//!
//! Pure: text in, what the grammar would say of the type out. What the grammar cannot say is refused, since tests and
//! bodies are written for the type from what is known of it.

use quote::ToTokens;
use syn::{
    Attribute, Expr, ExprLit, ExprRange, ExprUnary, Fields, GenericArgument, Item, Lit, Meta,
    PathArguments, RangeLimits, Token, Type, UnOp, ext::IdentExt, punctuated::Punctuated,
};

use crate::request::{Field, FieldName, FieldType, InputError, Primitive, Variant};

/// What a type is, in the words of the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Definition {
    /// A value object with these parts.
    Value(Vec<Field>),
    /// A value object that wraps one primitive.
    Newtype(Field),
    /// A value object that is one of several variants.
    Enum(Vec<Variant>),
    /// An identity.
    Identity,
}

/// The type called `name` in a file; `None` when the file does not define it.
pub(crate) fn definition(text: &str, name: &str) -> Option<Result<Definition, InputError>> {
    // Most files never name it, and parsing takes longer than looking.
    if !text.contains(name) {
        return None;
    }
    find(&syn::parse_file(text).ok()?.items, name)
}

/// Whether the file has a type of this name, of whatever kind.
pub(crate) fn defines(text: &str, name: &str) -> bool {
    text.contains(name)
        && syn::parse_file(text).is_ok_and(|file| {
            file.items.iter().any(|item| match item {
                Item::Struct(item) => item.ident == name,
                Item::Enum(item) => item.ident == name,
                Item::Type(item) => item.ident == name,
                Item::Trait(item) => item.ident == name,
                _ => false,
            })
        })
}

fn find(items: &[Item], name: &str) -> Option<Result<Definition, InputError>> {
    items.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(of_struct(item, name)),
        Item::Enum(item) if item.ident == name => Some(of_enum(item, name)),
        Item::Mod(module) => find(&module.content.as_ref()?.1, name),
        _ => None,
    })
}

fn of_struct(item: &syn::ItemStruct, name: &str) -> Result<Definition, InputError> {
    let derives = derives(&item.attrs);
    if derives.iter().any(|derive| derive == "Identity") {
        return Ok(Definition::Identity);
    }
    if !derives.iter().any(|derive| derive == "ValueObject") {
        return Err(no_value(name));
    }
    if !item.generics.params.is_empty() {
        return Err(unusable(name, "it has parameters"));
    }
    if metas(&item.attrs, "value_object")?.iter().any(|meta| meta.path().is_ident("validate")) {
        return Err(unusable(
            name,
            "it checks itself with a function, so that nobody can make up a valid one",
        ));
    }
    let field = |field: &syn::Field, called: &str| {
        let told = sentence(field, called)?;
        Field::parse(&told).map_err(|error| unusable(name, &error.to_string()))
    };
    match &item.fields {
        Fields::Named(fields) => {
            let fields = fields.named.iter().map(|part| {
                let called = part.ident.as_ref().map(|ident| ident.unraw().to_string());
                field(part, &called.unwrap_or_default())
                    .map_err(|error| InputError::new(format!("`{name}`: {error}")))
            });
            Ok(Definition::Value(fields.collect::<Result<_, _>>()?))
        }
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let inner = field(&fields.unnamed[0], "value")?;
            let plain = inner.list.is_none() && !inner.optional;
            match (&inner.ty, plain) {
                (FieldType::Primitive(_), true) => Ok(Definition::Newtype(inner)),
                _ => Err(unusable(name, "what it wraps is neither a text nor a number")),
            }
        }
        _ => Err(unusable(name, "its parts have no names")),
    }
}

fn of_enum(item: &syn::ItemEnum, name: &str) -> Result<Definition, InputError> {
    if !derives(&item.attrs).iter().any(|derive| derive == "ValueObject") {
        return Err(no_value(name));
    }
    let variants = item.variants.iter().map(|variant| {
        let word = FieldName::word(&variant.ident.unraw().to_string(), "variant")?;
        let text = variant.attrs.iter().filter(|attribute| attribute.path().is_ident("value"));
        let text = text.filter_map(|attribute| attribute.parse_args::<syn::LitStr>().ok()).next();
        let text = text.map_or_else(|| word.plain().to_owned(), |text| text.value());
        Ok(Variant { text, name: word })
    });
    Ok(Definition::Enum(variants.collect::<Result<_, _>>()?))
}

/// The field as one would type it: `amount:i64:0..`.
fn sentence(field: &syn::Field, called: &str) -> Result<String, InputError> {
    let shown = field.ty.to_token_stream().to_string().replace(' ', "");
    let strange = || {
        InputError::new(format!("the type of `{called}`, `{shown}`, is none that a field can have"))
    };
    let mut items: Vec<String> = Vec::new();
    let mut pattern = None;
    let mut length = None;
    let (outer, inner) = applied(&field.ty).ok_or_else(strange)?;
    let ty = match (outer.as_str(), inner) {
        ("Option", Some(inner)) => {
            items.push("optional".to_owned());
            applied(inner).filter(|(_, inner)| inner.is_none()).ok_or_else(strange)?.0
        }
        ("Vec", Some(inner)) => {
            length = Some("list".to_owned());
            applied(inner).filter(|(_, inner)| inner.is_none()).ok_or_else(strange)?.0
        }
        (name, None) => name.to_owned(),
        _ => return Err(strange()),
    };
    for meta in metas(&field.attrs, "value")? {
        let rule = meta.path().to_token_stream().to_string();
        match (rule.as_str(), &meta) {
            ("email" | "url", Meta::Path(_)) => items.push(rule),
            ("chars" | "range", Meta::NameValue(pair)) => items.push(range(&pair.value, called)?),
            ("items", Meta::NameValue(pair)) => {
                length = Some(format!("list({})", range(&pair.value, called)?));
            }
            ("matches", Meta::NameValue(pair)) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => pattern = Some(text.value()),
                _ => return Err(unreadable(called)),
            },
            _ => return Err(unreadable(called)),
        }
    }
    items.extend(length);
    items.extend(pattern.map(|pattern| format!("matches={pattern}")));
    let mut told = format!("{called}:{ty}");
    if !items.is_empty() {
        told = format!("{told}:{}", items.join(","));
    }
    Ok(told)
}

/// `Vec<Money>` as `Vec` and `Money`; of a path, its last name.
fn applied(ty: &Type) -> Option<(String, Option<&Type>)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let inner = match &last.arguments {
        PathArguments::None => None,
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(inner) if arguments.args.len() == 1 => Some(inner),
            _ => return None,
        },
        PathArguments::Parenthesized(_) => return None,
    };
    Some((last.ident.unraw().to_string(), inner))
}

/// `1..=9` as the grammar writes it, where both ends count.
fn range(value: &Expr, called: &str) -> Result<String, InputError> {
    let Expr::Range(ExprRange { start, limits, end, .. }) = value else {
        return Err(unreadable(called));
    };
    let number = |end: &Option<Box<Expr>>| {
        end.as_deref().map(|end| whole(end).ok_or_else(|| unreadable(called))).transpose()
    };
    let (low, mut high) = (number(start)?, number(end)?);
    if matches!(limits, RangeLimits::HalfOpen(_)) {
        high = high.map(|high| high - 1);
    }
    let text = |end: Option<i128>| end.map(|end| end.to_string()).unwrap_or_default();
    Ok(format!("{}..{}", text(low), text(high)))
}

/// A literal without a fraction.
fn whole(value: &Expr) -> Option<i128> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => {
            let (whole, fraction) = number.base10_digits().split_once('.')?;
            fraction.trim_matches('0').is_empty().then(|| whole.parse().ok()).flatten()
        }
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => whole(expr).map(|number| -number),
        _ => None,
    }
}

/// The names that a type derives.
fn derives(attributes: &[Attribute]) -> Vec<String> {
    let derived = metas(attributes, "derive").unwrap_or_default();
    let last = |meta: &Meta| meta.path().segments.last().map(|name| name.ident.to_string());
    derived.iter().filter_map(last).collect()
}

fn metas(attributes: &[Attribute], name: &str) -> Result<Vec<Meta>, InputError> {
    let mut metas = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        let parsed = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        metas.extend(parsed.map_err(|error| InputError::new(error.to_string()))?);
    }
    Ok(metas)
}

fn unreadable(called: &str) -> InputError {
    InputError::new(format!("the rule of `{called}` is none that a field can have"))
}

fn unusable(name: &str, why: &str) -> InputError {
    InputError::new(format!("`{name}` cannot be the type of a generated field: {why}")).hint(
        "Bloom writes bodies and tests for a field, and has to know its type; add this one by hand",
    )
}

fn no_value(name: &str) -> InputError {
    InputError::new(format!("`{name}` is no value object"))
        .hint(format!("derive `ValueObject` on `{name}`; an aggregate is referred to by its id"))
}

impl Definition {
    /// The other types of the context that it is made of.
    pub(crate) fn parts(&self) -> Vec<&str> {
        let Self::Value(fields) = self else { return Vec::new() };
        let named = fields.iter().filter_map(|field| match &field.ty {
            FieldType::Named(name) => Some(name.pascal()),
            _ => None,
        });
        named.collect()
    }

    /// The primitive that a newtype wraps.
    pub(crate) fn primitive(field: &Field) -> Primitive {
        match field.ty {
            FieldType::Primitive(primitive) => primitive,
            _ => Primitive::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, name: &str) -> String {
        match definition(text, name) {
            None => "not here".to_owned(),
            Some(Err(error)) => format!("{error}"),
            Some(Ok(definition)) => format!("{definition:?}"),
        }
    }

    fn parsed(fields: &[&str]) -> Vec<Field> {
        fields.iter().map(|field| Field::parse(field).unwrap()).collect()
    }

    #[test]
    fn a_value_object_is_read_as_it_would_be_typed() {
        let text = r##"
            mod inner {
                #[derive(Eq, bloom_runtime::prelude::ValueObject)]
                pub struct Parcel {
                    grams: u32,
                    #[value(chars = 1..=9, matches = r"^[a-z]+$")]
                    r#type: String,
                    #[value(range = -1.0..=2.0)]
                    ratio: Option<f64>,
                    #[value(items = 1..4, range = 1..)]
                    sizes: Vec<u32>,
                    price: super::Money,
                }
            }"##;
        let fields = parsed(&[
            "grams:u32",
            "type:String:1..9,matches=^[a-z]+$",
            "ratio:f64:optional,-1..2",
            "sizes:u32:1..,list(1..3)",
            "price:Money",
        ]);
        let definition = definition(text, "Parcel").unwrap().unwrap();
        assert_eq!(definition.parts(), ["Money"]);
        let Definition::Value(read) = definition else { panic!("{definition:?}") };
        assert_eq!(read.len(), fields.len());
        for (read, mut field) in read.into_iter().zip(fields) {
            let mut read = read;
            read.rules.sort_by_key(|rule| format!("{rule:?}"));
            field.rules.sort_by_key(|rule| format!("{rule:?}"));
            assert_eq!(read, field);
        }
    }

    #[test]
    fn newtypes_enums_and_identities() {
        let text = r#"
            #[derive(ValueObject)] pub struct Sku(#[value(chars = 3..=20)] String);
            #[derive(ValueObject)] pub enum Size { Small, #[value("XXL")] Huge }
            #[derive(Identity)] pub struct BoxId(Uuid);"#;
        let sku = Definition::Newtype(parsed(&["value:String:3..20"]).remove(0));
        assert_eq!(definition(text, "Sku").unwrap().unwrap(), sku);
        let Some(Ok(Definition::Enum(variants))) = definition(text, "Size") else { panic!() };
        let texts: Vec<&str> = variants.iter().map(|variant| variant.text.as_str()).collect();
        assert_eq!(texts, ["small", "XXL"]);
        assert_eq!(definition(text, "BoxId").unwrap().unwrap(), Definition::Identity);
        assert_eq!(definition(text, "Sk"), None);
    }

    #[test]
    fn what_the_grammar_cannot_say_is_refused() {
        let text = r#"
            pub struct Plain { a: u32 }
            #[derive(ValueObject)] #[value_object(validate = Self::check)] pub struct Checked { a: u32 }
            #[derive(ValueObject)] pub struct Mapped { a: HashMap<String, u32> }
            #[derive(ValueObject)] pub struct Limited { #[value(range = 0..=LIMIT)] a: u32 }
            #[derive(ValueObject)] pub struct Deep { a: Option<Vec<u32>> }"#;
        assert_eq!(told(text, "Plain"), "`Plain` is no value object");
        assert!(told(text, "Checked").contains("checks itself"), "{}", told(text, "Checked"));
        assert!(told(text, "Mapped").contains("`HashMap<String,u32>`"), "{}", told(text, "Mapped"));
        assert!(told(text, "Limited").contains("the rule of `a`"), "{}", told(text, "Limited"));
        assert!(told(text, "Deep").contains("`Option<Vec<u32>>`"), "{}", told(text, "Deep"));
    }
}
