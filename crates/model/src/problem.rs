//! One error, as the caller sees it: what is wrong, where, and what to do.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::{Dialect, card_number};

/// The rules that a value can break: `meta.error` of a validation problem, and its code in the Foodetective dialect.
pub const RULES: &[&str] = &[
    "already_paid",
    "balance",
    "blank",
    "card_number",
    "credentials",
    "disabled",
    "exclusion",
    "free",
    "gateway_failed",
    "gateway_refused",
    "greater_than_or_equal_to",
    "inclusion",
    "invalid",
    "invalid_type",
    "less_than_or_equal_to",
    "mismatched_amounts",
    "no_gateway",
    "not_allowed",
    "not_available",
    "not_owned",
    "not_supported",
    "order_status",
    "payment_pending",
    "payment_status",
    "replaced",
    "state",
    "taken",
    "too_large",
    "too_long",
    "too_short",
    "too_slow",
];

/// Codes of declined payments in the Foodetective dialect that clients have texts for. Any other decline gets the last one.
pub const DECLINES: &[&str] = &[
    "expired_card",
    "incorrect_cvc",
    "incorrect_number",
    "incorrect_zip",
    "invalid_cvc",
    "invalid_number",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "processing_error",
    "payment_intent_authentication_failure",
    "card_declined",
];

/// The kind of a problem. It decides the HTTP status, and the code and title in each dialect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The body is not JSON, or has another structure than the endpoint accepts.
    InvalidDataFormat,
    /// A required member or parameter is missing.
    ParamMissing,
    /// The endpoint does not know a member or parameter.
    ParamNotAllowed,
    /// A member has another JSON type.
    TypeMismatch,
    /// A parameter has an invalid value.
    InvalidParamValue,
    /// `include` names what can't be included.
    InvalidInclude,
    /// `fields` names what is no field.
    InvalidField,
    /// `sort` names what no list is sorted by.
    InvalidSortCriteria,
    /// A filter names what no list is filtered by.
    FilterNotAllowed,
    /// A filter has a value that can't be used.
    InvalidFilterValue,
    /// Two members were given of which one is allowed.
    MutualExclusion,
    /// The token is missing or invalid.
    InvalidToken,
    /// The token does not permit the operation.
    Forbidden,
    /// The caller can't see such a resource.
    RecordNotFound,
    /// The path does not exist.
    RouteNotFound,
    /// The path does not support the method.
    MethodNotAllowed,
    /// The caller accepts none of the media types.
    NotAcceptable,
    /// The body's type or id differs from the URL's, or the resource exists already.
    Conflict,
    /// A request with the same idempotency key is still in progress.
    IdempotencyKeyInUse,
    /// The resource has changed since the caller has seen it.
    PreconditionFailed,
    /// The body is too large.
    PayloadTooLarge,
    /// The body has another media type.
    UnsupportedMediaType,
    /// A value is not allowed. Carries the rule's name, such as `blank`.
    Validation(&'static str),
    /// The PSP declined the payment. Carries its code.
    Declined,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// Another resource depends on the resource.
    Locked,
    /// Too many requests, or too many failed payments.
    TooManyRequests,
    /// A fault of this service.
    InternalServerError,
    /// The PSP refuses our credentials or our request.
    BadGateway,
    /// The PSP can't be reached; nothing was sent.
    PaymentGatewayUnavailable,
    /// The service is not ready, or too busy.
    ServiceUnavailable,
    /// The database did not confirm in time whether the request's changes are stored.
    OutcomeUnknown,
}

impl Kind {
    /// HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidDataFormat
            | Self::ParamMissing
            | Self::ParamNotAllowed
            | Self::TypeMismatch
            | Self::InvalidParamValue
            | Self::InvalidInclude
            | Self::InvalidField
            | Self::InvalidSortCriteria
            | Self::FilterNotAllowed
            | Self::InvalidFilterValue
            | Self::MutualExclusion => 400,
            Self::InvalidToken => 401,
            Self::Forbidden => 403,
            Self::RecordNotFound | Self::RouteNotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::Conflict | Self::IdempotencyKeyInUse => 409,
            Self::PreconditionFailed => 412,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Validation(_) | Self::Declined | Self::IdempotencyKeyReused => 422,
            Self::Locked => 423,
            Self::TooManyRequests => 429,
            Self::InternalServerError => 500,
            Self::BadGateway => 502,
            Self::PaymentGatewayUnavailable | Self::ServiceUnavailable | Self::OutcomeUnknown => 503,
        }
    }

    /// The code for programs. In the Foodetective dialect a declined payment may have a more exact one ([`DECLINES`]).
    pub fn code(self, dialect: Dialect) -> &'static str {
        let (commerce_layer, foodetective, _) = self.words();
        match dialect {
            Dialect::CommerceLayer => commerce_layer,
            Dialect::Foodetective => foodetective,
        }
    }

    /// Code in the Commerce Layer dialect, code in the Foodetective dialect, title.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::InvalidDataFormat => ("INVALID_DATA_FORMAT", "coerce", "Invalid data format"),
            Self::ParamMissing => ("PARAM_MISSING", "presence", "Param missing"),
            Self::ParamNotAllowed => ("PARAM_NOT_ALLOWED", "not_allowed", "Param not allowed"),
            Self::TypeMismatch => ("TYPE_MISMATCH", "coerce", "Type mismatch"),
            Self::InvalidParamValue => ("INVALID_PARAM_VALUE", "coerce", "Invalid param value"),
            Self::InvalidInclude => ("INVALID_INCLUDE", "not_allowed", "Invalid include"),
            Self::InvalidField => ("INVALID_FIELD", "not_allowed", "Invalid field"),
            Self::InvalidSortCriteria => ("INVALID_SORT_CRITERIA", "not_allowed", "Invalid sort criteria"),
            Self::FilterNotAllowed => ("FILTER_NOT_ALLOWED", "not_allowed", "Filter not allowed"),
            Self::InvalidFilterValue => ("INVALID_FILTER_VALUE", "coerce", "Invalid filter value"),
            Self::MutualExclusion => ("MUTUAL_EXCLUSION", "mutual_exclusion", "Mutually exclusive"),
            Self::InvalidToken => ("INVALID_TOKEN", "not_authenticated", "Access denied"),
            Self::Forbidden => ("FORBIDDEN", "unauthorized", "Access denied"),
            Self::RecordNotFound => ("RECORD_NOT_FOUND", "record_not_found", "Record not found"),
            Self::RouteNotFound => ("ROUTE_NOT_FOUND", "route_not_found", "Route not found"),
            Self::MethodNotAllowed => ("METHOD_NOT_ALLOWED", "invalid_http_verb", "Invalid HTTP verb"),
            Self::NotAcceptable => ("NOT_ACCEPTABLE", "not_acceptable", "Not acceptable"),
            Self::Conflict => ("CONFLICT", "database_conflict", "Conflict"),
            Self::IdempotencyKeyInUse => (
                "IDEMPOTENCY_KEY_IN_USE",
                "idempotency_key_in_use",
                "Idempotency key in use",
            ),
            Self::PreconditionFailed => (
                "PRECONDITION_FAILED",
                "precondition_failed",
                "Precondition failed",
            ),
            Self::PayloadTooLarge => ("PAYLOAD_TOO_LARGE", "payload_too_large", "Payload too large"),
            Self::UnsupportedMediaType => (
                "UNSUPPORTED_MEDIA_TYPE",
                "unsupported_media_type",
                "Unsupported media type",
            ),
            Self::Validation(word) => ("VALIDATION_ERROR", word, "Validation error"),
            Self::Declined => ("PAYMENT_DECLINED", "card_declined", "Payment declined"),
            Self::IdempotencyKeyReused => (
                "IDEMPOTENCY_KEY_REUSED",
                "idempotency_key_reused",
                "Idempotency key reused",
            ),
            Self::Locked => ("LOCKED", "locked", "Locked resource"),
            Self::TooManyRequests => ("TOO_MANY_REQUESTS", "too_many_requests", "Too many requests"),
            Self::InternalServerError => ("INTERNAL_SERVER_ERROR", "server_error", "Internal server error"),
            Self::BadGateway => (
                "PAYMENT_GATEWAY_ERROR",
                "payment_gateway_error",
                "Payment gateway error",
            ),
            Self::PaymentGatewayUnavailable => (
                "PAYMENT_GATEWAY_UNAVAILABLE",
                "payment_gateway_unavailable",
                "Payment gateway unavailable",
            ),
            Self::ServiceUnavailable => (
                "SERVICE_UNAVAILABLE",
                "service_unavailable",
                "Service unavailable",
            ),
            Self::OutcomeUnknown => ("OUTCOME_UNKNOWN", "outcome_unknown", "Outcome unknown"),
        }
    }
}

/// The place of a problem in the request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// JSON pointer into the body.
    Pointer(String),
    /// Name of a query parameter.
    Parameter(String),
    /// Name of a header.
    Header(Cow<'static, str>),
}

/// One problem.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Its kind.
    pub kind: Kind,
    /// What is wrong and what to do. For a validation problem, the rule alone: `can't be blank`.
    pub message: Cow<'static, str>,
    /// Its place.
    pub source: Option<Source>,
    /// Name of the member for a validation problem; `base` if it is about several.
    pub field: Option<String>,
    /// Facts for programs.
    pub meta: Map<String, Value>,
    /// Code of a decline in the Foodetective dialect.
    pub code: Option<String>,
}

impl Problem {
    /// A problem of the kind.
    pub fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
            field: None,
            meta: Map::new(),
            code: None,
        }
    }

    /// The problem for a value that breaks a rule: `Problem::invalid("/data/attributes/quantity", "blank", "can't be blank")`.
    pub fn invalid(
        pointer: impl Into<String>,
        rule: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let pointer = pointer.into();
        let field = pointer
            .rsplit('/')
            .next()
            .filter(|field| !field.is_empty())
            .unwrap_or("base")
            .to_owned();
        let mut problem = Self::new(Kind::Validation(rule), message);
        problem.meta.insert("error".into(), rule.into());
        problem.field = Some(field);
        problem.source = Some(Source::Pointer(pointer));
        problem
    }

    /// The problem for a missing resource.
    pub fn not_found() -> Self {
        Self::new(
            Kind::RecordNotFound,
            "The requested resource does not exist, or is not visible to this application.",
        )
    }

    /// The problem for an exceeded limit. `setting` is the operator's, `message` explains it to the caller.
    pub fn too_many(setting: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::TooManyRequests, message).meta("limit", setting)
    }

    /// The problem for a fault of this service, whose cause is only in the log.
    pub fn internal() -> Self {
        Self::new(
            Kind::InternalServerError,
            "Something went wrong on our side. The request id leads to the cause in the service's log.",
        )
    }

    /// Sets its place in the body.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.source = Some(Source::Pointer(pointer.into()));
        self
    }

    /// Sets its query parameter.
    pub fn parameter(mut self, name: impl Into<String>) -> Self {
        self.source = Some(Source::Parameter(name.into()));
        self
    }

    /// Sets its header.
    pub fn header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.source = Some(Source::Header(name.into()));
        self
    }

    /// Sets the name of its member.
    pub fn field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// Adds a fact for programs.
    pub fn meta(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.meta.insert(name.into(), value.into());
        self
    }

    /// The error object.
    pub fn render(&self, dialect: Dialect) -> Value {
        let (commerce_layer, foodetective, title) = self.kind.words();
        let validation = matches!(self.kind, Kind::Validation(_) | Kind::Declined);
        let field = self.field.as_deref().unwrap_or("base");
        let (code, title) = match dialect {
            // A client of Commerce Layer shows the title, one of Foodetective looks up a text by code and title.
            Dialect::CommerceLayer if validation => (commerce_layer, self.message.as_ref()),
            Dialect::CommerceLayer => (commerce_layer, title),
            Dialect::Foodetective if validation => (self.code.as_deref().unwrap_or(foodetective), field),
            Dialect::Foodetective => (foodetective, title),
        };
        let detail = if validation && dialect == Dialect::CommerceLayer {
            format!("{field} - {}", self.message)
        } else {
            self.message.to_string()
        };
        let mut error = Map::new();
        error.insert("title".into(), title.into());
        error.insert("detail".into(), detail.into());
        error.insert("code".into(), code.into());
        error.insert("status".into(), self.kind.status().to_string().into());
        match &self.source {
            Some(Source::Pointer(pointer)) => error.insert("source".into(), json!({"pointer": pointer})),
            Some(Source::Parameter(name)) => error.insert("source".into(), json!({"parameter": name})),
            Some(Source::Header(name)) => error.insert("source".into(), json!({"header": name})),
            None => None,
        };
        if !self.meta.is_empty() {
            error.insert("meta".into(), Value::Object(self.meta.clone()));
        }
        let mut error = Value::Object(error);
        // It may repeat a text of the PSP or of the request.
        card_number::redact_json(&mut error);
        error
    }
}
