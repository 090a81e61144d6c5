//! Who is asking.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
};

use serde::de::DeserializeOwned;

use super::{Context, ServiceError};
use crate::domain::{Json, Timestamp};

/// Tells who stands behind a bearer token. It keeps no users and no passwords, and issues nothing.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use bloom_runtime::{
///     memory::MemoryIdentityProvider,
///     ports::{IdentityProvider, Principal},
/// };
///
/// let identities = MemoryIdentityProvider::new();
/// let token = identities.issue(Principal::new("ada").with_tenant("acme").with_role("clerk"));
///
/// let principal = identities.verify(&token).await?;
/// assert!(principal.has_role("clerk"));
/// assert_eq!(principal.context().tenant.as_deref(), Some("acme"));
/// # Ok::<(), bloom_runtime::ports::ServiceError>(()) }).unwrap();
/// ```
pub trait IdentityProvider: Send + Sync + 'static {
    /// Who stands behind `token`, which comes without the word `Bearer`.
    ///
    /// A token that was withdrawn may be accepted until it expires, and one that has expired for up to a minute, since clocks
    /// differ.
    ///
    /// # Errors
    /// [`ServiceError::TokenExpired`], [`ServiceError::TokenRefused`] for whatever else is wrong with it, or
    /// [`ServiceError::Unavailable`] when nobody can tell just now; no error holds a part of the token.
    fn verify(&self, token: &str) -> impl Future<Output = Result<Principal, ServiceError>> + Send;
}

/// Whoever a token stands for, as its issuer says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Principal {
    /// The issuer's name for it, which never changes: neither an e-mail address nor what people call it.
    pub subject: String,
    /// To which tenant it belongs.
    pub tenant: Option<String>,
    /// What it may be; what that allows is for the application to say.
    pub roles: BTreeSet<String>,
    /// What else the issuer says of it.
    pub claims: BTreeMap<String, Json>,
    /// When this is no longer so; `None` when the issuer does not say.
    pub expires: Option<Timestamp>,
}

impl Principal {
    /// The one that its issuer calls `subject`, of whom nothing else is known.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            tenant: None,
            roles: BTreeSet::new(),
            claims: BTreeMap::new(),
            expires: None,
        }
    }

    /// The same, of this tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// The same, with one more role.
    #[must_use]
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        self.roles.insert(role.into());
        self
    }

    /// The same, with one more claim.
    #[must_use]
    pub fn with_claim(mut self, name: impl Into<String>, value: impl Into<Json>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// The same, until this moment.
    #[must_use]
    pub fn with_expiry(mut self, expires: Timestamp) -> Self {
        self.expires = Some(expires);
        self
    }

    /// Whether it has this role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.contains(role)
    }

    /// What the issuer says under `name`; `None` when it says nothing, or nothing that is a `T`.
    #[must_use]
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.claims.get(name).and_then(|value| serde_json::from_value(value.clone()).ok())
    }

    /// The context in which its commands are executed: it is the actor, for its tenant.
    #[must_use]
    pub fn context(&self) -> Context {
        let context = Context::new().with_actor(self.subject.as_str());
        match &self.tenant {
            Some(tenant) => context.with_tenant(tenant.as_str()),
            None => context,
        }
    }
}
