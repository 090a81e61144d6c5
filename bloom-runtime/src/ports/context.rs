//! Who is asking, for whom, and as part of what.

/// The surroundings of a command or query: never an argument of the domain.
///
/// `Store::begin` captures the ambient one, and from then on only that copy counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Context {
    /// On whose behalf.
    pub actor: Option<String>,
    /// For which tenant.
    pub tenant: Option<String>,
    /// The request or conversation this belongs to.
    pub correlation: Option<String>,
    /// The command or event that led to this.
    pub causation: Option<String>,
    /// Why, in the words of whoever asks; it is kept with the events.
    pub reason: Option<String>,
    /// What tells this command from every other, so that running it twice has one effect.
    pub command: Option<CommandId>,
}

/// The name a client gives a command, and what the command was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandId {
    /// Chosen by the client, for example the `Idempotency-Key` of a request.
    pub key: String,
    /// A digest of the command, to tell a repetition from a key used twice.
    pub fingerprint: String,
}

impl Context {
    /// The empty context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, on behalf of `actor`.
    #[must_use]
    pub fn with_actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// The same, for `tenant`.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// The same, for this reason.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The same, as part of `correlation`.
    #[must_use]
    pub fn with_correlation(mut self, correlation: impl Into<String>) -> Self {
        self.correlation = Some(correlation.into());
        self
    }

    /// The same, caused by `causation`.
    #[must_use]
    pub fn with_causation(mut self, causation: impl Into<String>) -> Self {
        self.causation = Some(causation.into());
        self
    }

    /// The same, for the command that a client has named.
    #[must_use]
    pub fn with_command(mut self, command: CommandId) -> Self {
        self.command = Some(command);
        self
    }
}
