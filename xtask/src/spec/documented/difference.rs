//! What can differ between a documented endpoint and the document.

use std::fmt;

use serde::Deserialize;

/// The kinds of difference, as `deviations.yaml` spells them.
#[derive(Deserialize, strum::Display, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// The path isn't in the document.
    MissingPath,
    /// The path is, without that method.
    MissingMethod,
    /// The request can't be sent in that media type.
    MissingMediaType,
    /// The argument isn't in the request's schema.
    MissingArgument,
    /// The argument has another type.
    ArgumentType,
    /// The argument is required, or isn't, against the page.
    ArgumentRequired,
    /// A value that the page names is refused.
    ArgumentValue,
    /// The document requires a member that the page doesn't list beside its siblings.
    UndocumentedRequired,
    /// The example request doesn't validate.
    ExampleRequest,
    /// The answer's status or media type isn't in the document.
    MissingResponse,
    /// The member isn't in every form of the answer.
    MissingResponseMember,
    /// The member has another type.
    ResponseMemberType,
    /// The member may be absent.
    ResponseMemberOptional,
}

/// One difference; `Display` makes one line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// File name of the published page.
    pub page: String,
    /// `METHOD path`.
    pub endpoint: String,
    pub kind: Kind,
    /// Where: a JSON Pointer into the request or response body, or `/content/<media type>`, `/responses/<status>`.
    pub pointer: String,
    /// What the page says.
    pub expected: String,
    /// What the document says.
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
