//! Domain services.

/// A rule of the domain that belongs to no one aggregate: pricing, allocation, a transfer between two
/// accounts. Stateless or built from plain values; pure like the rest of the domain.
///
/// The trait only marks the role. A service's methods take aggregates, values and times and return a
/// decision:
///
/// ```
/// use bloom_runtime::prelude::*;
///
/// pub struct Pricing {
///     discount_percent: i64,
/// }
///
/// impl DomainService for Pricing {}
///
/// impl Pricing {
///     pub fn price(&self, list_price: i64) -> i64 {
///         list_price * (100 - self.discount_percent) / 100
///     }
/// }
/// assert_eq!(Pricing { discount_percent: 10 }.price(200), 180);
/// ```
pub trait DomainService {}
