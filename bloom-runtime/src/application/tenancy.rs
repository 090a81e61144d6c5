//! Keeping the data of tenants apart.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::ports::StoreError;

/// Finds the storage of a tenant: a file, a schema or a database of its own.
///
/// It is asked whenever a unit of work begins, so it keeps open what is asked for often. The name comes from outside: it is
/// checked before it becomes part of a path or an address.
pub trait Placement<S>: Send + Sync + 'static {
    /// The storage of this tenant.
    ///
    /// # Errors
    /// When there is no such tenant, or its storage is out of reach.
    fn storage(&self, tenant: &str) -> impl Future<Output = Result<Arc<S>, StoreError>> + Send;
}

type Found<'a, S> = Pin<Box<dyn Future<Output = Result<Arc<S>, StoreError>> + Send + 'a>>;

/// A [`Placement`] of any type.
pub(super) trait AnyPlacement<S>: Send + Sync {
    fn find<'a>(&'a self, tenant: &'a str) -> Found<'a, S>;
}

impl<S: Send + Sync + 'static, P: Placement<S>> AnyPlacement<S> for P {
    fn find<'a>(&'a self, tenant: &'a str) -> Found<'a, S> {
        Box::pin(self.storage(tenant))
    }
}

/// How tenants are kept apart.
pub(super) enum Tenancy<S> {
    /// There are none.
    None,
    /// Each row says whose it is.
    Rows,
    /// The same, and it is this one's store.
    RowsOf(String),
    /// Each has a storage of its own.
    Apart(Arc<dyn AnyPlacement<S>>),
}

impl<S> Clone for Tenancy<S> {
    fn clone(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Rows => Self::Rows,
            Self::RowsOf(tenant) => Self::RowsOf(tenant.clone()),
            Self::Apart(placement) => Self::Apart(Arc::clone(placement)),
        }
    }
}
