//! The problems that an operation can answer with: for each status, their codes and an example.
//!
//! These are the document's promises, and the service has no others: the end-to-end tests compare the code of every error with
//! them, and look for every declared status.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value, json};

use super::{
    Operation, OperationKind,
    parts::reference,
    paths::{JSON, JSON_API},
};
use crate::{
    Action, Dialect, Problem,
    problem::{DECLINES, Kind, RULES},
    query,
    request::MAX_BODY_BYTES,
    resource::Buyer,
};

/// Kinds of problems by status.
pub type Refusals = BTreeMap<u16, Vec<Kind>>;

/// Types that no other resource refers to, so they can always be deleted.
const NOTHING_DEPENDS_ON: &[&str] = &["customer_payment_sources", "cards", "webhooks"];

/// The problems of an operation on a resource. `relates` says whether its request names other resources, which may be missing.
pub fn refusals(operation: &Operation, relates: bool) -> Refusals {
    let mut kinds = vec![
        Kind::ParamNotAllowed,
        Kind::InvalidParamValue,
        Kind::InvalidToken,
        Kind::NotAcceptable,
        Kind::TooManyRequests,
        Kind::InternalServerError,
        Kind::ServiceUnavailable,
    ];
    if !query::takes_view(operation).is_empty() {
        kinds.extend([Kind::InvalidInclude, Kind::InvalidField]);
    }
    if query::takes_filters(operation).is_some() {
        kinds.extend([
            Kind::InvalidSortCriteria,
            Kind::FilterNotAllowed,
            Kind::InvalidFilterValue,
        ]);
    }
    if operation.action() == Action::List && operation.resource.grows {
        kinds.push(Kind::Validation("too_slow"));
    }
    if operation.has_body() {
        kinds.extend([
            Kind::InvalidDataFormat,
            Kind::ParamMissing,
            Kind::TypeMismatch,
            Kind::Conflict,
            Kind::IdempotencyKeyInUse,
            Kind::PayloadTooLarge,
            Kind::UnsupportedMediaType,
            Kind::Validation("blank"),
            Kind::IdempotencyKeyReused,
        ]);
    }
    if operation.method() != "GET" {
        kinds.push(Kind::OutcomeUnknown);
    }
    if is_forbidden_to_some(operation) {
        kinds.push(Kind::Forbidden);
    }
    if operation.has_id() || relates {
        kinds.push(Kind::RecordNotFound);
    }
    if operation.action() == Action::Delete && !NOTHING_DEPENDS_ON.contains(&operation.resource.kind) {
        kinds.push(Kind::Locked);
    }
    if operation.takes_condition() {
        kinds.push(Kind::PreconditionFailed);
    }
    // If the PSP does not answer, a read gets the stored state.
    if operation.calls_psp() && operation.method() != "GET" {
        kinds.push(Kind::PaymentGatewayUnavailable);
        if operation.has_body() {
            kinds.push(Kind::BadGateway);
        }
    }
    if operation.resource.dialect == Dialect::Foodetective && operation.action() == Action::Create {
        kinds.extend([Kind::MutualExclusion, Kind::Declined]);
    }
    by_status(kinds)
}

/// Kinds of problems, by status.
pub fn by_status(kinds: impl IntoIterator<Item = Kind>) -> Refusals {
    let mut all = Refusals::new();
    for kind in kinds {
        all.entry(kind.status()).or_default().push(kind);
    }
    all
}

/// Operations that all sales channels may run are never forbidden. A creation can be, because only the service chooses ids. An
/// update or deletion can be, by a sales channel after the order was placed.
fn is_forbidden_to_some(operation: &Operation) -> bool {
    let only_reads = matches!(
        operation.kind,
        OperationKind::Action(Action::List | Action::Retrieve)
            | OperationKind::Related(_)
            | OperationKind::Relationship(_)
    );
    !only_reads || !operation.is_for(Buyer::Guest) || !operation.is_for(Buyer::Customer)
}

/// The codes of kinds of problems in a dialect.
pub fn codes(kinds: &[Kind], dialect: Dialect) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for kind in kinds {
        match (kind, dialect) {
            (Kind::Validation(_), Dialect::Foodetective) => codes.extend(RULES),
            (Kind::Declined, Dialect::Foodetective) => codes.extend(DECLINES),
            _ => codes.push(kind.code(dialect)),
        }
    }
    // Several kinds share a code in the Foodetective dialect.
    let mut seen = HashSet::new();
    codes.retain(|code| seen.insert(*code));
    codes
}

/// Codes by status, as the operations list them.
pub fn listed(refusals: &Refusals, dialect: Dialect) -> Value {
    let statuses = refusals.iter();
    let lists: Map<String, Value> = statuses
        .map(|(status, kinds)| (status.to_string(), json!(codes(kinds, dialect))))
        .collect();
    Value::Object(lists)
}

/// The answer with a status, with an example for each kind of problem.
pub fn answer(status: u16, kinds: &[Kind], dialect: Dialect) -> Value {
    let mut examples = Map::new();
    for kind in kinds {
        let problem = example(*kind);
        let value = json!({"errors": [problem.render(dialect)]});
        examples.insert(kind.code(dialect).to_owned(), json!({"value": value}));
    }
    let content = json!({"schema": reference("ErrorDocument"), "examples": examples});
    json!({
        "description": description(status),
        "headers": headers(status),
        "content": {JSON_API: content, JSON: content}
    })
}

fn headers(status: u16) -> Value {
    let header = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    let mut headers = json!({"X-Request-Id": header("RequestId")});
    match status {
        401 => headers["WWW-Authenticate"] = header("WwwAuthenticate"),
        409 | 429 | 503 => headers["Retry-After"] = header("RetryAfter"),
        _ => {}
    }
    headers
}

fn description(status: u16) -> &'static str {
    match status {
        400 => "The request does not have the form that the endpoint takes.",
        401 => "There is no access token, or it is not valid.",
        403 => "The application is not permitted to do this.",
        404 => "There is no such resource.",
        406 => "The answer's media type is not accepted.",
        409 => {
            "The request conflicts with the resource, or with a request that has the same idempotency key."
        }
        412 => "The resource's entity tag differs from `If-Match`.",
        413 => "The body has more than 256 KiB, or more than 16384 JSON values.",
        415 => "The body has another media type.",
        422 => {
            "A value is not allowed, the payment was declined, or the idempotency key was used for another request. \
             `meta.error` of a value names the rule."
        }
        423 => "Another resource depends on the resource.",
        429 => "There were too many requests, or too many failed payments.",
        502 => "The PSP refuses the gateway's credentials.",
        503 => {
            "The PSP cannot be reached, or the service is too busy or its database not available. Send the request again, \
             with the same idempotency key."
        }
        _ => "A fault of the service.",
    }
}

/// The problem for a body that is larger than its endpoint accepts.
pub fn too_large(limit: usize) -> Problem {
    Problem::new(
        Kind::PayloadTooLarge,
        format!("The body is too large. This endpoint takes up to {limit} bytes."),
    )
}

/// The problem for a request that may have had its effect, or not.
pub fn outcome_unknown() -> Problem {
    Problem::new(
        Kind::OutcomeUnknown,
        "The database did not answer in time. The request may have had its effect, or not. Send the same request again, with \
         the same Idempotency-Key: it has its effect once.",
    )
}

/// A problem of the kind, as the service writes it.
fn example(kind: Kind) -> Problem {
    let at = |message: &'static str, pointer: &str| Problem::new(kind, message).at(pointer);
    match kind {
        Kind::InvalidDataFormat => at("Must be a JSON object.", "/data"),
        Kind::ParamMissing => at("The member `type` is missing.", "/data"),
        Kind::ParamNotAllowed => Problem::new(kind, "colour is not allowed.").parameter("colour"),
        Kind::TypeMismatch => at("Must be of type object.", "/data/attributes"),
        Kind::InvalidParamValue => {
            Problem::new(kind, "Must be a whole number from 1.").parameter("page[number]")
        }
        Kind::InvalidInclude => Problem::new(
            kind,
            "`colour` is no relationship of orders that can be included. There are market, customer.",
        )
        .parameter("include"),
        Kind::InvalidField => Problem::new(kind, "`orders` has no field `colour`. There are number, status.")
            .parameter("fields[orders]"),
        Kind::InvalidSortCriteria => Problem::new(
            kind,
            "`orders` can't be sorted by `colour`. There are id, number, created_at.",
        )
        .parameter("sort"),
        Kind::FilterNotAllowed => Problem::new(
            kind,
            "`orders` can't be filtered by `colour`. There are id, number, status.",
        )
        .parameter("filter[q][colour_eq]"),
        Kind::InvalidFilterValue => Problem::new(kind, "Must be a whole number of 64 bits.")
            .parameter("filter[q][total_amount_cents_gt]"),
        Kind::MutualExclusion => at(
            "Send one of stripe_token and stripe_payment_method_id.",
            "/data/attributes",
        ),
        Kind::InvalidToken => Problem::new(kind, "The access token is missing, not valid or out of date."),
        Kind::Forbidden => Problem::new(
            kind,
            "A sales channel does not have the permission `orders:delete`.",
        ),
        Kind::RecordNotFound => Problem::not_found(),
        Kind::RouteNotFound => Problem::new(kind, "The path does not exist."),
        Kind::MethodNotAllowed => Problem::new(kind, "This path supports GET, HEAD."),
        Kind::NotAcceptable => Problem::new(kind, "Accept `application/vnd.api+json` or `application/json`."),
        Kind::Conflict => at("The id differs from the id in the URL.", "/data/id"),
        Kind::IdempotencyKeyInUse => Problem::new(
            kind,
            "A request with this idempotency key is still in progress. Send it again in a moment.",
        )
        .header("Idempotency-Key"),
        Kind::PreconditionFailed => Problem::new(
            kind,
            "The resource has changed: its entity tag differs from If-Match.",
        )
        .header("If-Match"),
        Kind::PayloadTooLarge => too_large(MAX_BODY_BYTES),
        Kind::UnsupportedMediaType => {
            Problem::new(kind, "Send `application/vnd.api+json` or `application/json`.")
        }
        Kind::Validation(rule) => Problem::invalid("/data/attributes/reference", rule, "can't be blank"),
        Kind::Declined => {
            let mut problem = Problem::new(kind, "Your card was declined.")
                .meta("payment_id", "QWERtyUpBa")
                .meta("decline_code", "card_declined");
            problem.code = Some("card_declined".into());
            problem
        }
        Kind::IdempotencyKeyReused => {
            Problem::new(kind, "The key was used for another request.").header("Idempotency-Key")
        }
        Kind::Locked => Problem::new(
            kind,
            "The resource can't be deleted, because another resource depends on it.",
        ),
        Kind::TooManyRequests => Problem::new(kind, "There were too many requests. Try again later."),
        Kind::InternalServerError => Problem::internal(),
        Kind::BadGateway => Problem::new(
            kind,
            "The payment gateway refuses the keys that are stored for it. Check the gateway's keys.",
        ),
        Kind::PaymentGatewayUnavailable => Problem::new(
            kind,
            "The payment gateway can't be reached, or gave an unreadable answer. Nothing was charged; try again.",
        ),
        Kind::OutcomeUnknown => outcome_unknown(),
        Kind::ServiceUnavailable => Problem::new(kind, "Too many requests wait for the database. Try again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::operations;

    fn of(id: &str) -> Refusals {
        let operation = operations().into_iter().find(|operation| operation.id() == id);
        refusals(&operation.expect("an operation"), id.starts_with("create"))
    }

    #[test]
    fn an_operation_declares_what_it_can_refuse() {
        for (id, status, declares) in [
            ("retrieve_order", 403, false),
            ("list_orders", 403, true),
            ("retrieve_order_authorizations_relationship", 403, true),
            ("delete_stripe_payment", 403, true),
            ("delete_stripe_payment", 423, true),
            ("delete_stripe_payment", 409, false),
            ("delete_stripe_payment", 502, false),
            ("update_order", 502, true),
            ("update_customer", 502, false),
            ("retrieve_stripe_payment", 502, false),
            ("list_orders", 404, false),
        ] {
            assert_eq!(of(id).contains_key(&status), declares, "{id} {status}");
        }
    }

    #[test]
    fn a_dialect_has_its_own_codes() {
        let kinds = &of("create_payment")[&422];
        assert_eq!(
            codes(kinds, Dialect::CommerceLayer),
            ["VALIDATION_ERROR", "IDEMPOTENCY_KEY_REUSED", "PAYMENT_DECLINED"]
        );
        let own = codes(kinds, Dialect::Foodetective);
        for code in ["blank", "idempotency_key_reused", "card_declined", "expired_card"] {
            assert!(own.contains(&code), "{code}");
        }
    }
}
