//! Turns the findings of the schema validator and the rules into problems of the API.

use jsonschema::{ValidationError, error::ValidationErrorKind};
use serde_json::{Value, json};
use validator::ValidationErrors;

use crate::{Dialect, Problem, ProblemList, Problems, pointer::child, problem::Kind, problems::excerpt};

/// Adds the problems of one schema error; several unknown members are several problems.
pub fn add(list: &mut ProblemList, error: &ValidationError<'_>, dialect: Dialect) {
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let pointer = error.instance_path().as_str();
            // Members that begin with @ are to be ignored (JSON:API 1.1, @-members).
            for name in unexpected.iter().filter(|name| !name.starts_with('@')) {
                list.push(|| {
                    Problem::new(
                        Kind::ParamNotAllowed,
                        format!("{} is not allowed.", excerpt(name)),
                    )
                    .at(child(pointer, name))
                });
            }
        }
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            add_alternatives(list, error, context, dialect);
        }
        _ => list.push(|| problem(error, dialect)),
    }
}

/// The problem of an error that is about one value.
fn problem(error: &ValidationError<'_>, dialect: Dialect) -> Problem {
    let pointer = error.instance_path().to_string();
    // An attribute that was sent has a value to judge; anything around it is the shape of the document.
    let is_attribute = pointer.starts_with("/data/attributes/");
    let invalid = |rule, message: String| Problem::invalid(pointer.clone(), rule, message);
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            missing(&pointer, name, dialect)
        }
        ValidationErrorKind::Type { .. } if is_attribute && error.instance().is_null() => {
            invalid("blank", "can't be blank".into())
        }
        ValidationErrorKind::Type { kind } => {
            let message = format!("must be of type {}", expected(kind));
            if is_attribute && dialect == Dialect::CommerceLayer {
                invalid("invalid_type", message)
            } else {
                Problem::new(Kind::TypeMismatch, capitalized(&message)).at(pointer)
            }
        }
        ValidationErrorKind::MinLength { limit: 1 } => invalid("blank", "can't be blank".into()),
        ValidationErrorKind::MinLength { limit } => invalid(
            "too_short",
            format!("is too short (minimum is {limit} characters)"),
        )
        .meta("count", *limit),
        ValidationErrorKind::MaxLength { limit } => {
            invalid("too_long", format!("is too long (maximum is {limit} characters)")).meta("count", *limit)
        }
        ValidationErrorKind::Minimum { limit } => invalid(
            "greater_than_or_equal_to",
            format!("must be greater than or equal to {limit}"),
        )
        .meta("count", limit.clone())
        .meta("value", error.instance().clone().into_owned()),
        ValidationErrorKind::Maximum { limit } => invalid(
            "less_than_or_equal_to",
            format!("must be less than or equal to {limit}"),
        )
        .meta("count", limit.clone())
        .meta("value", error.instance().clone().into_owned()),
        ValidationErrorKind::Enum { options } => {
            invalid("inclusion", format!("is not included in the list {options}"))
        }
        ValidationErrorKind::Constant { expected_value } => {
            invalid("inclusion", format!("must be {expected_value}"))
        }
        ValidationErrorKind::Format { format } => invalid("invalid", format!("is not a valid {format}")),
        ValidationErrorKind::Pattern { pattern } => invalid("invalid", format!("does not match {pattern}")),
        _ => invalid("invalid", error.masked().to_string()),
    }
}

/// If none of several schemas matches, adds the problems of the one for values of this JSON type.
fn add_alternatives(
    list: &mut ProblemList,
    error: &ValidationError<'_>,
    alternatives: &[Vec<ValidationError<'static>>],
    dialect: Dialect,
) {
    let pointer = error.instance_path().to_string();
    let words: Option<Vec<&Value>> = alternatives
        .iter()
        .map(|errors| errors.iter().find_map(constant))
        .collect();
    if let Some(words) = words {
        return list.push(|| match error.instance() {
            value if value.is_null() => Problem::invalid(pointer, "blank", "can't be blank"),
            _ => {
                let message = format!("is not included in the list {}", json!(words));
                Problem::invalid(pointer, "inclusion", message)
            }
        });
    }
    let of_another_type = |error: &ValidationError<'_>| {
        matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path().as_str() == pointer
    };
    match alternatives
        .iter()
        .find(|errors| !errors.iter().any(of_another_type))
    {
        Some(errors) => errors.iter().for_each(|error| add(list, error, dialect)),
        None => list.push(|| {
            let message = "Must be null, or match the schema of this member.";
            Problem::new(Kind::TypeMismatch, message).at(pointer)
        }),
    }
}

fn constant<'a>(error: &'a ValidationError<'_>) -> Option<&'a Value> {
    match error.kind() {
        ValidationErrorKind::Constant { expected_value } => Some(expected_value),
        _ => None,
    }
}

/// A missing member has no pointer of its own: the pointer is the parent's, and the member is named.
fn missing(parent: &str, name: &str, dialect: Dialect) -> Problem {
    if dialect == Dialect::Foodetective {
        let steps = format!("{parent}/{name}");
        let path = steps
            .split('/')
            .skip(2)
            .fold("data".to_owned(), |path, step| format!("{path}[{step}]"));
        return Problem::new(Kind::ParamMissing, format!("{path} is missing")).at(parent);
    }
    if parent == "/data/attributes" || parent == "/data/relationships" {
        return Problem::invalid(parent, "blank", "can't be blank").field(name);
    }
    Problem::new(Kind::ParamMissing, format!("The member `{name}` is missing.")).at(parent)
}

fn expected(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(one) => one.to_string(),
        jsonschema::error::TypeKind::Multiple(several) => several
            .iter()
            .map(|one| one.to_string())
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        + "."
}

/// The problems of validator's rules, beyond the schema.
pub fn of_rules(errors: &ValidationErrors) -> Problems {
    let mut problems = ProblemList::default();
    for (field, errors) in errors.field_errors() {
        for error in errors {
            problems.push(|| {
                let message = error
                    .message
                    .clone()
                    .unwrap_or_else(|| format!("breaks the rule {}", error.code).into());
                Problem::invalid(format!("/data/attributes/{field}"), "invalid", message)
            });
        }
    }
    problems.into()
}
