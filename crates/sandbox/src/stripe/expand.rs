//! `expand[]`: objects in place of their ids.

use serde_json::Value;

use super::error::ApiError;
use super::params::Params;
use super::render;
use super::store::Store;

const MAX_PATHS: usize = 20;
const MAX_DEPTH: usize = 4;

/// Paths that were checked against the type of the answer.
#[derive(Debug, Default)]
pub(super) struct Expansion(Vec<String>);

/// The type behind a field that can be expanded.
fn target(object: &str, field: &str) -> Option<&'static str> {
    Some(match (object, field) {
        ("list", "data") => "list item",
        ("payment_intent" | "charge" | "payment_method", "customer") => "customer",
        ("payment_intent", "payment_method") => "payment_method",
        ("payment_intent", "latest_charge") | ("refund", "charge") => "charge",
        ("charge" | "refund", "payment_intent") => "payment_intent",
        ("customer", "invoice_settings") => "invoice_settings",
        ("invoice_settings", "default_payment_method") | ("customer", "default_source") => "payment_method",
        _ => return None,
    })
}

impl Expansion {
    /// Reads `expand[]` for an answer of type `object`; `item` is the type in a list.
    pub(super) fn read(params: &mut Params, object: &str, item: &str) -> Result<Self, ApiError> {
        let paths = params.list("expand")?.unwrap_or_default();
        if paths.len() > MAX_PATHS {
            return Err(ApiError::invalid("Too many properties to expand.").with_param("expand"));
        }
        for path in &paths {
            let mut current = object;
            for (depth, field) in path.split('.').enumerate() {
                current = match target(current, field) {
                    Some("list item") if depth < MAX_DEPTH => item,
                    Some(next) if depth < MAX_DEPTH => next,
                    _ => {
                        return Err(
                            ApiError::invalid(format!("This property cannot be expanded ({path})."))
                                .with_param("expand"),
                        );
                    }
                };
            }
        }
        Ok(Self(paths))
    }

    /// Whether another path than the given one is requested.
    pub(super) fn exceeds(&self, allowed: &str) -> bool {
        self.0.iter().any(|path| path != allowed)
    }

    pub(super) fn apply(&self, store: &Store, public_url: &str, mut value: Value) -> Value {
        for path in &self.0 {
            expand(store, public_url, &mut value, path);
        }
        value
    }
}

fn expand(store: &Store, public_url: &str, value: &mut Value, path: &str) {
    let (field, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(inner) = value.get_mut(field) else { return };
    if let Some(id) = inner.as_str()
        && let Some(object) = by_id(store, public_url, id)
    {
        *inner = object;
    }
    if rest.is_empty() {
        return;
    }
    match inner {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| expand(store, public_url, item, rest)),
        other => expand(store, public_url, other, rest),
    }
}

fn by_id(store: &Store, public_url: &str, id: &str) -> Option<Value> {
    match id.split('_').next()? {
        "cus" => store.customers.get(id).map(render::customer),
        "pm" | "card" => store.payment_methods.get(id).map(render::payment_method),
        "ch" => store.charges.get(id).map(render::charge),
        "pi" => store
            .payment_intents
            .get(id)
            .map(|pi| render::payment_intent(pi, public_url)),
        _ => None,
    }
}
