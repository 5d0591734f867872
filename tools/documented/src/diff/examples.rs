//! The errors of an example that count: members that a page leaves out are no errors.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

use crate::model::Example;

/// Whether `error` concerns a part that the page shows.
pub fn counts(example: &Example, error: &ValidationError<'_>) -> bool {
    let pointer = error.instance_path().to_string();
    let left_out = example.elided.contains(&pointer);
    match error.kind() {
        ValidationErrorKind::Required { .. } | ValidationErrorKind::MinProperties { .. } => !left_out,
        // A choice fails if any part inside fails, including one that is left out.
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::AnyOf { .. } => {
            !example.elided.iter().any(|elided| elided.starts_with(&pointer))
        }
        _ => !left_out,
    }
}

/// Whether `error` is that a required member is missing.
pub fn is_missing_member(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Required { .. })
}
