//! Where a field stands.

use std::fmt;

use super::Json;

/// Where a field stands inside a document: the names from the root down.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct FieldPath(Vec<&'static str>);

impl FieldPath {
    /// The document itself.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The field `name` below.
    #[must_use]
    pub fn child(&self, name: &'static str) -> Self {
        let mut names = self.0.clone();
        names.push(name);
        Self(names)
    }

    /// What a document has there; nothing where it has null.
    #[must_use]
    pub fn value_in<'d>(&self, document: &'d Json) -> Option<&'d Json> {
        let found = self.0.iter().try_fold(document, |value, name| value.get(name));
        found.filter(|value| !value.is_null())
    }

    /// The names from the root down.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
