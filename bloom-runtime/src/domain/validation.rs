//! Saying everything that is wrong, not only the first thing.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use super::{Classified, ErrorKind};

/// One thing that is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The path of the field, such as `lines[2].quantity`; empty for the value as a whole.
    pub field: String,
    /// A stable code: `length`, `range`, `email`, `required`, ...
    pub code: Cow<'static, str>,
    /// What is wrong, for a person.
    pub message: String,
}

/// Everything that is wrong with a value: one violation or more.
///
/// ```
/// use bloom_runtime::domain::Invalid;
///
/// let invalid = Invalid::new("range", "must be at most 9").at("quantity").at("lines[0]");
/// assert_eq!(invalid.to_string(), "lines[0].quantity: must be at most 9");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invalid {
    violations: Vec<Violation>,
}

impl Invalid {
    /// One violation of the value as a whole.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let violation =
            Violation { field: String::new(), code: code.into(), message: message.into() };
        Self { violations: vec![violation] }
    }

    /// The same violations, seen from the value that holds this one in `field`.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        for violation in &mut self.violations {
            violation.field = match violation.field.as_str() {
                "" => field.to_owned(),
                inner if inner.starts_with('[') => format!("{field}{inner}"),
                inner => format!("{field}.{inner}"),
            };
        }
        self
    }

    /// Every violation, in the order of the fields.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.violations.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            if !violation.field.is_empty() {
                write!(f, "{}: ", violation.field)?;
            }
            f.write_str(&violation.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

impl Classified for Invalid {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Validation
    }

    fn code(&self) -> &str {
        "validation"
    }

    fn violations(&self) -> Option<&Invalid> {
        Some(self)
    }

    fn innermost(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }
}

/// Collects what is wrong with several fields, then gives the value or all of it.
///
/// ```
/// use bloom_runtime::domain::{Invalid, Validation};
///
/// fn digit(n: u32) -> Result<u32, Invalid> {
///     if n < 10 { Ok(n) } else { Err(Invalid::new("range", "must be below 10")) }
/// }
///
/// let mut check = Validation::new();
/// let tens = check.field("tens", digit(12));
/// let ones = check.field("ones", digit(34));
/// let number = check.finish(|| Some(tens? * 10 + ones?));
/// assert_eq!(number.unwrap_err().violations().len(), 2);
/// ```
#[derive(Debug, Default)]
pub struct Validation {
    violations: Vec<Violation>,
}

impl Validation {
    /// Nothing found wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field, or `None` with its violations noted under `name`.
    pub fn field<T>(&mut self, name: &str, value: Result<T, Invalid>) -> Option<T> {
        value.map_err(|invalid| self.violations.extend(invalid.at(name).violations)).ok()
    }

    /// The values of an optional field: nothing given is fine.
    pub fn optional<V, T>(
        &mut self,
        name: &str,
        value: Option<V>,
        parse: impl FnOnce(V) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        match value {
            None => Some(None),
            Some(value) => self.field(name, parse(value)).map(Some),
        }
    }

    /// The values of a list, each violation noted under `name[index]`.
    pub fn list<V, T>(
        &mut self,
        name: &str,
        values: Vec<V>,
        mut parse: impl FnMut(V) -> Result<T, Invalid>,
    ) -> Option<Vec<T>> {
        let parsed: Vec<Option<T>> = values
            .into_iter()
            .enumerate()
            .map(|(index, value)| self.field(&format!("{name}[{index}]"), parse(value)))
            .collect();
        parsed.into_iter().collect()
    }

    /// Notes a violation of a rule across fields unless `rule` holds.
    pub fn ensure(
        &mut self,
        rule: bool,
        field: &str,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) {
        if !rule {
            let violation =
                Violation { field: field.to_owned(), code: code.into(), message: message.into() };
            self.violations.push(violation);
        }
    }

    /// Takes over what another check of the same value found.
    pub fn include(&mut self, result: Result<(), Invalid>) {
        if let Err(invalid) = result {
            self.violations.extend(invalid.violations);
        }
    }

    /// The finished value.
    ///
    /// `build` is called only when nothing is wrong, so each `Option` given by [`Validation::field`]
    /// holds a value there and may be unwrapped with `?`.
    ///
    /// # Errors
    /// Every violation that was noted.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Invalid> {
        if !self.violations.is_empty() {
            return Err(Invalid { violations: self.violations });
        }
        build().ok_or_else(|| Invalid::new("incomplete", "a value is missing"))
    }
}
