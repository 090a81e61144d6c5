//! How a database on a server is used.

/// How a database on a server is used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// How many connections there are at most, besides one that listens and one on which units of work are committed together.
    pub connections: usize,
    /// Whether the server keeps tenants apart, too. For tables that have [`migration::row_security`](crate::migration::row_security),
    /// and at the price of one more round trip for each question.
    pub row_security: bool,
    /// The role in which projections write, which has no right to write events; the role that connects, unless one is given.
    pub projection_role: Option<String>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { connections: 16, row_security: false, projection_role: None }
    }
}

impl PostgresOptions {
    /// The same with at most so many connections.
    #[must_use]
    pub const fn with_connections(mut self, connections: usize) -> Self {
        self.connections = if connections == 0 { 1 } else { connections };
        self
    }

    /// The same, and the server keeps tenants apart, too.
    #[must_use]
    pub const fn with_row_security(mut self) -> Self {
        self.row_security = true;
        self
    }

    /// The same, and projections write in this role, of which the role that connects is a member and which
    /// [`PostgresStorage::grant_to_projections`](crate::PostgresStorage::grant_to_projections) gives its rights. Then the server refuses what a
    /// projection would write into the log.
    #[must_use]
    pub fn with_projection_role(mut self, role: impl Into<String>) -> Self {
        self.projection_role = Some(role.into());
        self
    }
}
