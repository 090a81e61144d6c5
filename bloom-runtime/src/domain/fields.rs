//! Field tokens: typed names of fields, from which specifications are built.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
    marker::PhantomData,
};

use serde::Serialize;

use super::{Condition, Date, Decimal, Json, Spec, Timestamp, Uuid};

/// Where a field stands inside a document: the names from the root down.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct FieldPath(Vec<&'static str>);

impl FieldPath {
    /// The document itself.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The field `name` below.
    #[must_use]
    pub fn child(&self, name: &'static str) -> Self {
        let mut names = self.0.clone();
        names.push(name);
        Self(names)
    }

    /// The names from the root down.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// A type that a token can stand for. The derives implement it.
pub trait Queryable {
    /// The token, or the struct of tokens, of a field of this type inside root `R`.
    type Tokens<R>;

    /// The tokens of the field at `path`.
    fn tokens<R>(path: FieldPath) -> Self::Tokens<R>;
}

/// The token of a field of type `V` inside root `R`.
pub struct Field<R, V> {
    path: FieldPath,
    types: PhantomData<fn() -> (R, V)>,
}

impl<R, V> Field<R, V> {
    /// The token of the field at `path`.
    #[must_use]
    pub const fn new(path: FieldPath) -> Self {
        Self { path, types: PhantomData }
    }

    /// Where the field stands.
    #[must_use]
    pub const fn path(&self) -> &FieldPath {
        &self.path
    }
}

impl<R, V: Serialize> Field<R, V> {
    /// The field has this value.
    #[must_use]
    pub fn eq(&self, value: V) -> Spec<R> {
        Spec::from(Condition::equal(self.path.clone(), &value))
    }

    /// The field has one of these values; none at all is never true.
    #[must_use]
    pub fn is_in(&self, values: impl IntoIterator<Item = V>) -> Spec<R> {
        Spec::from(Condition::is_in(self.path.clone(), values))
    }
}

/// The token of a list of `T`; it has no comparisons.
pub struct ListField<R, T> {
    path: FieldPath,
    types: PhantomData<fn() -> (R, T)>,
}

/// The token of a field that the domain does not look into; it has no comparisons.
pub struct OpaqueField<R> {
    path: FieldPath,
    types: PhantomData<fn() -> R>,
}

macro_rules! path_only {
    ($([$($generics:ident),*] $token:ty;)*) => {$(
        impl<$($generics),*> $token {
            /// The token of the field at `path`.
            #[must_use]
            pub const fn new(path: FieldPath) -> Self {
                Self { path, types: PhantomData }
            }

            /// Where the field stands.
            #[must_use]
            pub const fn path(&self) -> &FieldPath {
                &self.path
            }
        }
    )*};
}

path_only! {
    [R, T] ListField<R, T>;
    [R] OpaqueField<R>;
}

macro_rules! leaves {
    ($($type:ty),* $(,)?) => {$(
        impl Queryable for $type {
            type Tokens<R> = Field<R, Self>;

            fn tokens<R>(path: FieldPath) -> Self::Tokens<R> {
                Field::new(path)
            }
        }
    )*};
}

leaves!(
    bool, char, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, String, Uuid, Timestamp, Date,
    Decimal
);

macro_rules! without_comparisons {
    ($([$($generics:ident),*] $type:ty: $token:ident<R $(, $inner:ident)?>;)*) => {$(
        impl<$($generics),*> Queryable for $type {
            type Tokens<R> = $token<R $(, $inner)?>;

            fn tokens<R>(path: FieldPath) -> Self::Tokens<R> {
                $token::new(path)
            }
        }
    )*};
}

without_comparisons! {
    [T] Vec<T>: ListField<R, T>;
    [T] BTreeSet<T>: ListField<R, T>;
    [T, S] HashSet<T, S>: ListField<R, T>;
    [K, V] BTreeMap<K, V>: OpaqueField<R>;
    [K, V, S] HashMap<K, V, S>: OpaqueField<R>;
    [T] Box<T>: OpaqueField<R>;
    [] Json: OpaqueField<R>;
    [] (): OpaqueField<R>;
    [] i128: OpaqueField<R>;
    [] u128: OpaqueField<R>;
    [A, B] (A, B): OpaqueField<R>;
    [A, B, C] (A, B, C): OpaqueField<R>;
    [A, B, C, D] (A, B, C, D): OpaqueField<R>;
}

impl<T, const N: usize> Queryable for [T; N] {
    type Tokens<R> = ListField<R, T>;

    fn tokens<R>(path: FieldPath) -> Self::Tokens<R> {
        ListField::new(path)
    }
}

/// The tokens of what may be absent are those of what is there: an absent value equals none.
impl<T: Queryable> Queryable for Option<T> {
    type Tokens<R> = T::Tokens<R>;

    fn tokens<R>(path: FieldPath) -> Self::Tokens<R> {
        T::tokens(path)
    }
}
