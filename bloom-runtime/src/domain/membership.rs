//! Which types may live inside an aggregate, checked by the compiler.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::BuildHasher,
};

use super::{Date, Decimal, Json, Personal, Shape, Shaped, Timestamp, Uuid, Within};

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
pub trait MemberOf<A: ?Sized>: Shaped {}

/// A type that may be part of a value object or of an event: primitives, ids, value objects, and
/// collections of them, but never an entity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not be part of a value or an event",
    label = "not a primitive, an id or a value object",
    note = "values and events have no entities inside: refer to an entity or aggregate by its id",
    note = "what is personal is a field of an event or an aggregate: `Personal<..>` or `Option<Personal<..>>`",
    note = "a type from elsewhere becomes a value object with `#[derive(ValueObject)]`, or is admitted by \
            `#[value(opaque)]` or `#[event(opaque)]` on the field"
)]
pub trait PartOfValue: Shaped {}

macro_rules! plain {
    ($($type:ty: $kind:literal),* $(,)?) => {$(
        impl<A: ?Sized> MemberOf<A> for $type {}
        impl PartOfValue for $type {}
        impl Shaped for $type {
            fn shape(_: &mut Within) -> Shape {
                Shape::Plain($kind)
            }
        }
    )*};
}

plain! {
    (): "nothing",
    bool: "bool",
    char: "char",
    i8: "i8",
    i16: "i16",
    i32: "i32",
    i64: "i64",
    i128: "i128",
    u8: "u8",
    u16: "u16",
    u32: "u32",
    u64: "u64",
    u128: "u128",
    f32: "f32",
    f64: "f64",
    String: "text",
    Uuid: "uuid",
    Timestamp: "timestamp",
    Date: "date",
    Decimal: "decimal",
    Json: "json",
}

macro_rules! containers {
    ($([$($generics:tt)*] $type:ty: $($inner:ident),+ => $shape:expr;)*) => {$(
        impl<Root: ?Sized, $($generics)*> MemberOf<Root> for $type where $($inner: MemberOf<Root>),+ {}
        impl<$($generics)*> PartOfValue for $type where $($inner: PartOfValue),+ {}
        impl<$($generics)*> Shaped for $type where $($inner: Shaped),+ {
            fn shape(within: &mut Within) -> Shape {
                let tell: fn(&mut Within) -> Shape = $shape;
                tell(within)
            }
        }
    )*};
}

containers! {
    [T] Option<T>: T => |within| Shape::Optional(Box::new(T::shape(within)));
    [T] Vec<T>: T => |within| Shape::List(Box::new(T::shape(within)));
    [T] Box<T>: T => |within| T::shape(within);
    [T] BTreeSet<T>: T => |within| Shape::List(Box::new(T::shape(within)));
    [T, S: BuildHasher] HashSet<T, S>: T => |within| Shape::List(Box::new(T::shape(within)));
    [K, V] BTreeMap<K, V>: K, V => |within| Shape::Map(Box::new(K::shape(within)), Box::new(V::shape(within)));
    [K, V, S: BuildHasher] HashMap<K, V, S>: K, V => |within| Shape::Map(Box::new(K::shape(within)), Box::new(V::shape(within)));
    [T, const N: usize] [T; N]: T => |within| Shape::Tuple(vec![T::shape(within); N]);
    [A, B] (A, B): A, B => |within| Shape::Tuple(vec![A::shape(within), B::shape(within)]);
    [A, B, C] (A, B, C): A, B, C =>
        |within| Shape::Tuple(vec![A::shape(within), B::shape(within), C::shape(within)]);
    [A, B, C, D] (A, B, C, D): A, B, C, D => |within| {
        Shape::Tuple(vec![A::shape(within), B::shape(within), C::shape(within), D::shape(within)])
    };
}

/// The shape of what may live inside `A`; compiles for nothing else.
#[doc(hidden)]
pub fn shape_of_member<A: ?Sized, T: MemberOf<A>>(within: &mut Within) -> Shape {
    T::shape(within)
}

/// The shape of a personal field of an event; compiles for no other.
#[doc(hidden)]
pub fn shape_of_personal<T: PersonalPart>(within: &mut Within) -> Shape {
    T::shape(within)
}

/// `Personal<T>` or `Option<Personal<T>>`, of what may be part of a value.
#[doc(hidden)]
pub trait PersonalPart: Shaped {}

impl<T: PartOfValue> PersonalPart for Personal<T> {}
impl<T: PartOfValue> PersonalPart for Option<Personal<T>> {}

/// The shape of what may be part of a value; compiles for nothing else.
#[doc(hidden)]
pub fn shape_of_part<T: PartOfValue>(within: &mut Within) -> Shape {
    T::shape(within)
}
