//! How a database on a server is used.

/// How a database on a server is used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// How many connections there are at most.
    pub connections: usize,
    /// Whether the server keeps tenants apart, too. For tables that have [`migration::row_security`](crate::migration::row_security),
    /// and at the price of one more round trip for each question.
    pub row_security: bool,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { connections: 16, row_security: false }
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
}
