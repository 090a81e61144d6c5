//! Why an event could not be taken, as it is kept.

use std::error::Error;

/// The error with everything that led to it, on one line and without the values of the row that a server quotes in its details: what is
/// kept here outlives what is forgotten elsewhere.
pub(in crate::projection) fn reason(error: &dyn Error) -> String {
    let text = chain(error);
    let text = match text.split_once("\nDETAIL:") {
        None => text,
        Some((before, behind)) => {
            let statement = behind.rfind(" in `").map_or("", |at| &behind[at..]);
            format!("{before}{statement}")
        }
    };
    let text = text.replace('\0', "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The error with everything that led to it.
pub(in crate::projection) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use bloom_runtime::ports::StoreError;

    use super::*;

    #[test]
    fn no_value_of_a_row_is_kept() {
        let said = "db error: ERROR: duplicate key value violates unique constraint \"by_email\"\nDETAIL: Key (email)=(ada in `x`\n@x.org) \
             already exists. in `INSERT INTO \"list\"\n (email) VALUES ($1)`";
        assert_eq!(
            reason(&StoreError::Internal(said.into())),
            "the store failed: db error: ERROR: duplicate key value violates unique constraint \"by_email\" in `INSERT INTO \"list\" \
             (email) VALUES ($1)`"
        );
        assert_eq!(reason(&StoreError::Internal("a\0b".into())), "the store failed: ab");
    }
}
