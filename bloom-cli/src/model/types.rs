//! Fields with their types resolved.

use crate::request::{Field, FieldName, FieldType, Item, Primitive, Range, TypeName, Variant};

/// A value object of the context.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueObject {
    pub(crate) name: TypeName,
    pub(crate) fields: Vec<ModelField>,
    /// Whether a person wrote it, so that Bloom does not.
    pub(crate) by_hand: bool,
}

/// A field whose types are known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelField {
    pub(crate) name: FieldName,
    pub(crate) leaf: Leaf,
    pub(crate) cardinality: Cardinality,
    /// The rules of a part of a value object, which is checked with the whole.
    pub(crate) inline: Option<Newtype>,
    /// The length of a list that is a part of a value object.
    pub(crate) length: Option<Range>,
    pub(crate) unique: bool,
    pub(crate) index: bool,
    pub(crate) default: Option<String>,
}

/// The type of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Leaf {
    Primitive(Primitive),
    Newtype(Newtype),
    Id(TypeName),
    Enum { name: TypeName, variants: Vec<Variant>, own: bool },
    Struct(ValueObject),
}

/// A wrapped primitive with rules.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Newtype {
    pub(crate) name: TypeName,
    pub(crate) inner: Primitive,
    pub(crate) rules: Vec<Item>,
    /// Written for this field, and not one of the context that it refers to.
    pub(crate) own: bool,
}

/// How many values a field holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cardinality {
    One,
    Optional,
    List,
    /// A list with a length, which is a type of its own.
    Bounded {
        name: TypeName,
        length: Range,
        own: bool,
    },
}

impl Leaf {
    /// The type in Rust.
    pub(crate) fn ty(&self) -> String {
        match self {
            Self::Primitive(primitive) => primitive.name().to_owned(),
            Self::Newtype(newtype) => newtype.name.pascal().to_owned(),
            Self::Id(name) | Self::Enum { name, .. } => name.pascal().to_owned(),
            Self::Struct(value) => value.name.pascal().to_owned(),
        }
    }

    pub(crate) fn is_copy(&self) -> bool {
        match self {
            Self::Primitive(primitive) => !matches!(primitive, Primitive::String | Primitive::Json),
            Self::Id(_) | Self::Enum { .. } => true,
            Self::Newtype(_) | Self::Struct(_) => false,
        }
    }

    /// Whether a derived `Eq` compiles.
    pub(crate) fn is_eq(&self) -> bool {
        match self {
            Self::Primitive(primitive) => *primitive != Primitive::F64,
            Self::Newtype(newtype) => newtype.inner != Primitive::F64,
            Self::Id(_) | Self::Enum { .. } => true,
            Self::Struct(value) => value.fields.iter().all(|field| field.leaf.is_eq()),
        }
    }
}

impl ModelField {
    /// The type in Rust.
    pub(crate) fn ty(&self) -> String {
        let leaf = self.leaf.ty();
        match &self.cardinality {
            Cardinality::One => leaf,
            Cardinality::Optional => format!("Option<{leaf}>"),
            Cardinality::List => format!("Vec<{leaf}>"),
            Cardinality::Bounded { name, .. } => name.pascal().to_owned(),
        }
    }

    pub(crate) fn is_copy(&self) -> bool {
        match self.cardinality {
            Cardinality::One | Cardinality::Optional => self.leaf.is_copy(),
            Cardinality::List | Cardinality::Bounded { .. } => false,
        }
    }

    /// Types written for this field alone.
    pub(crate) fn own_types(&self) -> Vec<String> {
        let mut types = Vec::new();
        match &self.leaf {
            Leaf::Newtype(newtype) if newtype.own => types.push(newtype.name.pascal().to_owned()),
            Leaf::Enum { name, own: true, .. } => types.push(name.pascal().to_owned()),
            _ => {}
        }
        if let Cardinality::Bounded { name, own: true, .. } = &self.cardinality {
            types.push(name.pascal().to_owned());
        }
        types
    }

    /// The domain types in its type: what a file that names the type imports.
    pub(crate) fn types(&self) -> Vec<String> {
        match (&self.cardinality, &self.leaf) {
            (Cardinality::Bounded { name, .. }, _) => vec![name.pascal().to_owned()],
            (_, Leaf::Primitive(_)) => Vec::new(),
            (_, leaf) => vec![leaf.ty()],
        }
    }
}

/// Where a field's own types get their names from.
pub(crate) enum Owner<'o> {
    /// `CustomerName` for the name of a customer.
    Prefixed(&'o str),
    /// `Currency` for the currency of any value object.
    Value,
}

/// Resolves a field; `known` finds the types of the context.
pub(crate) fn resolve(
    field: &Field,
    owner: &Owner<'_>,
    known: impl Fn(&TypeName) -> Result<Leaf, crate::request::InputError>,
) -> Result<ModelField, crate::request::InputError> {
    let pascal = field.name.pascal();
    let own_name = |suffix: &str| match owner {
        Owner::Prefixed(prefix) => TypeName::joined(&[prefix, suffix]),
        Owner::Value => TypeName::joined(&[suffix]),
    };
    let bounded = field.list.as_ref().filter(|length| **length != Range::default());
    // The items of a list are named in the singular, the list itself in the plural.
    let item_name = || {
        if field.list.is_some() {
            let singular = super::english::singular(field.name.plain());
            let singular =
                if singular == field.name.plain() { format!("{singular}_item") } else { singular };
            own_name(
                &FieldName::word(&singular, "field").map(|name| name.pascal()).unwrap_or_default(),
            )
        } else {
            own_name(&pascal)
        }
    };
    let inline = matches!(owner, Owner::Value);
    let leaf = match &field.ty {
        FieldType::Primitive(primitive) if field.rules.is_empty() || inline => {
            Leaf::Primitive(*primitive)
        }
        FieldType::Primitive(primitive) => Leaf::Newtype(Newtype {
            name: item_name(),
            inner: *primitive,
            rules: field.rules.clone(),
            own: true,
        }),
        FieldType::Named(name) => known(name)?,
        FieldType::Enum(variants) => {
            Leaf::Enum { name: item_name(), variants: variants.clone(), own: true }
        }
    };
    let cardinality = match (&field.list, bounded) {
        (_, Some(_)) if inline => Cardinality::List,
        (_, Some(length)) => {
            Cardinality::Bounded { name: own_name(&pascal), length: length.clone(), own: true }
        }
        (Some(_), None) => Cardinality::List,
        (None, None) if field.optional => Cardinality::Optional,
        (None, None) => Cardinality::One,
    };
    let rules = match (&field.ty, inline && !field.rules.is_empty()) {
        (FieldType::Primitive(primitive), true) => Some(Newtype {
            name: own_name(&pascal),
            inner: *primitive,
            rules: field.rules.clone(),
            own: false,
        }),
        _ => None,
    };
    Ok(ModelField {
        name: field.name.clone(),
        leaf,
        cardinality,
        inline: rules,
        length: bounded.filter(|_| inline).cloned(),
        unique: field.unique,
        index: field.index,
        default: field.default.clone(),
    })
}

impl ModelField {
    /// Whether it holds one value, of which it is plain what equals it.
    pub(crate) fn has_one_equality(&self) -> bool {
        let inexact = |primitive: Primitive| matches!(primitive, Primitive::Json | Primitive::F64);
        let exact = match &self.leaf {
            Leaf::Primitive(primitive) => !inexact(*primitive),
            Leaf::Newtype(newtype) => !inexact(newtype.inner),
            Leaf::Id(_) | Leaf::Enum { .. } => true,
            Leaf::Struct(_) => false,
        };
        exact && matches!(self.cardinality, Cardinality::One | Cardinality::Optional)
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self.cardinality, Cardinality::List | Cardinality::Bounded { .. })
    }
}

impl Leaf {
    /// About how many bytes a value has.
    fn size(&self) -> usize {
        let primitive = |primitive: Primitive| match primitive {
            Primitive::Bool => 1,
            Primitive::I32 | Primitive::U32 | Primitive::Date => 4,
            Primitive::I64 | Primitive::U64 | Primitive::F64 => 8,
            Primitive::Decimal | Primitive::Uuid | Primitive::Timestamp => 16,
            Primitive::String => 24,
            Primitive::Json => 32,
        };
        match self {
            Self::Primitive(inner) => primitive(*inner),
            Self::Newtype(newtype) => primitive(newtype.inner),
            Self::Id(_) => 16,
            Self::Enum { .. } => 1,
            Self::Struct(value) => value.fields.iter().map(ModelField::size).sum(),
        }
    }
}

impl ModelField {
    /// About how many bytes a value has.
    pub(crate) fn size(&self) -> usize {
        match self.cardinality {
            Cardinality::One => self.leaf.size(),
            Cardinality::Optional => self.leaf.size().max(4) + 4,
            Cardinality::List | Cardinality::Bounded { .. } => 24,
        }
    }
}
