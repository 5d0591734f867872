//! The kinds of differences between the published documentation and the document.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of difference, as `deviations.yaml` spells them.
#[derive(Serialize, Deserialize, strum::Display, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// The path isn't in the document.
    MissingPath,
    /// The path exists, without that method.
    MissingMethod,
    /// The request can't be sent in that media type.
    MissingMediaType,
    /// The parameter isn't in the document.
    MissingParameter,
    /// The parameter has another type.
    ParameterType,
    /// The parameter is required, or isn't, against the page.
    ParameterRequired,
    /// The argument isn't in the request's schema.
    MissingArgument,
    /// The argument has another type.
    ArgumentType,
    /// The argument is required, or isn't, against the page.
    ArgumentRequired,
    /// The argument is always required; the page says under which condition.
    ArgumentConditional,
    /// A value that the page names is refused.
    ArgumentValue,
    /// The document requires a member that the page doesn't list beside its siblings.
    UndocumentedRequired,
    /// An example request doesn't validate.
    ExampleRequest,
    /// An example answer doesn't validate.
    ExampleResponse,
    /// The answer's status or media type isn't in the document.
    MissingResponse,
    /// The member isn't in every form of the answer.
    MissingResponseMember,
    /// The member has another type.
    ResponseMemberType,
    /// The member may be absent.
    ResponseMemberOptional,
    /// No answer holds a resource of that type.
    MissingObject,
    /// The object doesn't have the field.
    MissingField,
    /// The field has another type.
    FieldType,
    /// The documentation has no such endpoint.
    UndocumentedEndpoint,
    /// The page doesn't list the parameter.
    UndocumentedParameter,
    /// The page doesn't list the argument.
    UndocumentedArgument,
    /// The page doesn't name the statuses.
    UndocumentedResponse,
    /// The page doesn't show the member.
    UndocumentedResponseMember,
}

/// The severity of a difference.
#[derive(Serialize, clap::ValueEnum, strum::Display, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    /// The document has more than the documentation.
    Info,
    /// A client of the documentation works in some cases.
    Warning,
    /// A client of the documentation fails.
    Error,
}

impl Kind {
    /// The severity of this kind.
    pub fn severity(self) -> Severity {
        match self {
            Self::UndocumentedEndpoint
            | Self::UndocumentedParameter
            | Self::UndocumentedArgument
            | Self::UndocumentedResponse
            | Self::UndocumentedResponseMember => Severity::Info,
            Self::ArgumentConditional => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// One difference; `Display` makes one line of it.
#[derive(Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// File name of the published page; empty if no page documents the subject.
    pub page: String,
    /// `METHOD path`, or `OBJECT type`.
    pub endpoint: String,
    pub kind: Kind,
    /// Place: a JSON Pointer into the request or response body or the object, or `/content/<media type>`,
    /// `/parameters/<place>/<name>`, `/responses/<status>`.
    pub pointer: String,
    /// The page's version.
    pub expected: String,
    /// The document's version.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            page,
            endpoint,
            kind,
            pointer,
            expected,
            found,
        } = self;
        write!(
            f,
            "{endpoint} {kind} at {pointer}: expected {expected}, found {found} (page {page})"
        )
    }
}
