//! Field tokens: typed names of fields, from which specifications are built.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    marker::PhantomData,
};

use serde::Serialize;

use super::{
    Comparable, Condition, Date, Decimal, FieldPath, Json, Ordered, Relation, SortKey, Spec,
    Textual, Timestamp, Uuid,
};

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

impl<R, V: Comparable> Field<R, V> {
    /// The field has this value.
    #[must_use]
    pub fn eq(&self, value: V) -> Spec<R> {
        self.compare(Relation::Equal, &value)
    }

    /// The field has another value, or none.
    #[must_use]
    pub fn ne(&self, value: V) -> Spec<R> {
        !self.eq(value)
    }

    /// The field has one of these values; none at all is never true.
    #[must_use]
    pub fn is_in(&self, values: impl IntoIterator<Item = V>) -> Spec<R> {
        let values: Vec<Json> = values.into_iter().filter_map(|value| canonical(&value)).collect();
        Spec::from(if values.is_empty() {
            Condition::Never
        } else {
            Condition::In { path: self.path.clone(), kind: V::KIND, values }
        })
    }

    /// The field has no value.
    #[must_use]
    pub fn is_null(&self) -> Spec<R> {
        Spec::from(Condition::IsNull(self.path.clone()))
    }

    fn compare(&self, relation: Relation, value: &V) -> Spec<R> {
        Spec::from(match canonical(value) {
            Some(value) => {
                Condition::Compare { path: self.path.clone(), kind: V::KIND, relation, value }
            }
            None => Condition::Never,
        })
    }
}

impl<R, V: Ordered> Field<R, V> {
    /// The field is less than the value.
    #[must_use]
    pub fn lt(&self, value: V) -> Spec<R> {
        self.compare(Relation::Less, &value)
    }

    /// The field is less than the value or equal to it.
    #[must_use]
    pub fn le(&self, value: V) -> Spec<R> {
        self.compare(Relation::AtMost, &value)
    }

    /// The field is greater than the value.
    #[must_use]
    pub fn gt(&self, value: V) -> Spec<R> {
        self.compare(Relation::Greater, &value)
    }

    /// The field is greater than the value or equal to it.
    #[must_use]
    pub fn ge(&self, value: V) -> Spec<R> {
        self.compare(Relation::AtLeast, &value)
    }

    /// The field lies between the two, or equals one of them.
    #[must_use]
    pub fn between(&self, low: V, high: V) -> Spec<R> {
        self.ge(low) & self.le(high)
    }

    /// Sorts by the field, the least first.
    #[must_use]
    pub fn asc(&self) -> SortKey {
        SortKey { path: self.path.clone(), kind: V::KIND, descending: false }
    }

    /// Sorts by the field, the greatest first.
    #[must_use]
    pub fn desc(&self) -> SortKey {
        SortKey { descending: true, ..self.asc() }
    }
}

impl<R, V: Textual> Field<R, V> {
    /// The text begins with these characters; upper and lower case differ.
    #[must_use]
    pub fn starts_with(&self, text: impl Into<String>) -> Spec<R> {
        Spec::from(Condition::StartsWith(self.path.clone(), text.into()))
    }

    /// The text has these characters somewhere; upper and lower case differ.
    #[must_use]
    pub fn contains(&self, text: impl Into<String>) -> Spec<R> {
        Spec::from(Condition::ContainsText(self.path.clone(), text.into()))
    }
}

impl<R, T: Comparable> ListField<R, T> {
    /// The list has an item with this value.
    #[must_use]
    pub fn contains(&self, value: T) -> Spec<R> {
        Spec::from(match canonical(&value) {
            Some(value) => Condition::Has { path: self.path.clone(), kind: T::KIND, value },
            None => Condition::Never,
        })
    }
}

/// The value as JSON; `None` for what equals nothing, such as NaN.
fn canonical(value: &impl Serialize) -> Option<Json> {
    serde_json::to_value(value).ok().filter(|value| !value.is_null())
}

/// The token of a list of `T`.
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
