//! Which types may live inside an aggregate, checked by the compiler.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::BuildHasher,
};

use super::{Date, Decimal, Json, Timestamp, Uuid};

/// A type that may be a field of aggregate `A`: primitives, ids, value objects, collections of them,
/// and entities whose root is `A`.
///
/// The derives implement it: a value object is a member of every aggregate, an entity of its root alone,
/// and an aggregate of none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not live inside the aggregate `{A}`",
    label = "not a value, an id, or an entity of `{A}`",
    note = "refer to another aggregate, or to an entity of one, by its id",
    note = "a type from elsewhere is admitted by `#[aggregate(opaque)]` on the field"
)]
pub trait MemberOf<A: ?Sized> {}

/// A type that may be part of a value object or of an event: primitives, ids, value objects, and
/// collections of them, but never an entity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not be part of a value or an event",
    label = "not a primitive, an id or a value object",
    note = "values and events have no entities inside: refer to an entity or aggregate by its id",
    note = "a type from elsewhere becomes a value object with `#[derive(ValueObject)]`, or is admitted by \
            `#[value(opaque)]` or `#[event(opaque)]` on the field"
)]
pub trait PartOfValue {}

macro_rules! plain {
    ($($type:ty),* $(,)?) => {$(
        impl<A: ?Sized> MemberOf<A> for $type {}
        impl PartOfValue for $type {}
    )*};
}

plain!(
    (),
    bool,
    char,
    i8,
    i16,
    i32,
    i64,
    i128,
    u8,
    u16,
    u32,
    u64,
    u128,
    f32,
    f64,
    String,
    Uuid,
    Timestamp,
    Date,
    Decimal,
    Json
);

macro_rules! containers {
    ($([$($generics:tt)*] $type:ty: $($inner:ident),+;)*) => {$(
        impl<Root: ?Sized, $($generics)*> MemberOf<Root> for $type where $($inner: MemberOf<Root>),+ {}
        impl<$($generics)*> PartOfValue for $type where $($inner: PartOfValue),+ {}
    )*};
}

containers! {
    [T] Option<T>: T;
    [T] Vec<T>: T;
    [T] Box<T>: T;
    [T] BTreeSet<T>: T;
    [T, S: BuildHasher] HashSet<T, S>: T;
    [K, V] BTreeMap<K, V>: K, V;
    [K, V, S: BuildHasher] HashMap<K, V, S>: K, V;
    [T, const N: usize] [T; N]: T;
    [A, B] (A, B): A, B;
    [A, B, C] (A, B, C): A, B, C;
    [A, B, C, D] (A, B, C, D): A, B, C, D;
}

/// Compiles only if `T` may live inside `A`.
#[doc(hidden)]
pub const fn assert_member<A: ?Sized, T: MemberOf<A>>() {}

/// Compiles only if `T` may be part of a value.
#[doc(hidden)]
pub const fn assert_part_of_value<T: PartOfValue>() {}
