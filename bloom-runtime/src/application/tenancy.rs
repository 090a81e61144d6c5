//! Keeping the data of tenants apart.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::ports::{Context, StoreError};

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

/// Whose data a unit of work works with.
#[derive(Debug, Clone, Default)]
pub(super) struct Whose {
    /// The tenant; empty where there are none.
    pub(super) tenant: String,
    /// The tenant that its rows bear; empty where tenants are not kept apart by rows.
    pub(super) rows: String,
}

impl Whose {
    /// The context in which its data is worked with: a store for one tenant may be used in that of another, or of none.
    pub(super) fn within(&self, context: Context) -> Context {
        if self.tenant.is_empty() { context } else { context.with_tenant(&*self.tenant) }
    }
}

/// How tenants are kept apart.
pub(super) enum Tenancy<S> {
    /// There are none.
    None,
    /// Each row says whose it is.
    Rows,
    /// It is the store of one tenant.
    Settled(Whose),
    /// Each has a storage of its own.
    Apart(Arc<dyn AnyPlacement<S>>),
}

impl<S> Clone for Tenancy<S> {
    fn clone(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Rows => Self::Rows,
            Self::Settled(whose) => Self::Settled(whose.clone()),
            Self::Apart(placement) => Self::Apart(Arc::clone(placement)),
        }
    }
}
