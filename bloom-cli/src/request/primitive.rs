//! The types that every project has.

/// The types that every project has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Primitive {
    String,
    Bool,
    I32,
    I64,
    U32,
    U64,
    F64,
    Decimal,
    Uuid,
    Date,
    Timestamp,
    Json,
}

impl Primitive {
    pub(crate) const ALL: [(&'static str, Self); 12] = [
        ("String", Self::String),
        ("bool", Self::Bool),
        ("i32", Self::I32),
        ("i64", Self::I64),
        ("u32", Self::U32),
        ("u64", Self::U64),
        ("f64", Self::F64),
        ("Decimal", Self::Decimal),
        ("Uuid", Self::Uuid),
        ("Date", Self::Date),
        ("Timestamp", Self::Timestamp),
        ("Json", Self::Json),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, primitive)| *primitive == self).map_or("", |(name, _)| name)
    }

    /// The integers it can hold; `None` for what is no integer.
    pub(crate) fn integers(self) -> Option<(i128, i128)> {
        Some(match self {
            Self::I32 => (i32::MIN.into(), i32::MAX.into()),
            Self::I64 => (i64::MIN.into(), i64::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
            _ => return None,
        })
    }

    pub(super) fn is_number(self) -> bool {
        self.integers().is_some() || matches!(self, Self::F64 | Self::Decimal)
    }
}

/// What can stand where a type is missing.
pub(crate) fn types_hint() -> String {
    let names = Primitive::ALL.map(|(name, _)| name).join(", ");
    format!("types are {names}, `enum`, and those of the context")
}
