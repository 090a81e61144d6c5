//! Values: what they are is all they are.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

/// A value without identity: two with the same content are the same.
///
/// Written by `#[derive(ValueObject)]`, which also writes `Clone`, `Debug`, `PartialEq`, the serde
/// traits, a getter for each field, and `new`, the only way in, which checks every rule:
///
/// ```
/// use bloom_runtime::prelude::*;
///
/// #[derive(ValueObject)]
/// pub struct Sku(#[value(chars = 3..=20)] String);
///
/// #[derive(ValueObject)]
/// #[value_object(validate = Self::check)]
/// pub struct Period {
///     #[value(range = 1..=12)]
///     first: u32,
///     last: u32,
/// }
///
/// impl Period {
///     fn check(&self) -> Result<(), Invalid> {
///         ensure!(self.first <= self.last, Invalid::new("order", "must not end before it starts"));
///         Ok(())
///     }
/// }
///
/// assert_eq!(Sku::new("A-1").unwrap().as_str(), "A-1");
/// assert_eq!(Sku::new("A").unwrap_err().to_string(), "must have 3 to 20 characters");
/// assert!(Period::new(3, 1).is_err());
/// ```
pub trait ValueObject:
    Clone + PartialEq + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
}
