//! The calls of webhooks: the document's `webhooks`, one for each [`Topic`].

use serde_json::{Map, Value, json};

use super::{parts::reference, paths::JSON_API};
use crate::Topic;

/// The rules by which a receiver recognizes our calls. Either signature is sufficient.
pub const SIGNATURE_RULES: &str = "\
Verify one of the two signatures before you believe a call, over the body as it came, byte for byte, and compare in constant time. \
Both are HMAC-SHA256 under the webhook's `shared_secret`, whose 32 characters are the key.

- `X-CommerceLayer-Signature` is base64 of the HMAC over the body.
- `webhook-signature` is `v1,` and base64 of the HMAC over `{webhook-id}.{webhook-timestamp}.{body}`, as [Standard \
Webhooks](https://www.standardwebhooks.com) has it; its libraries take `whsec_` and base64 of the shared secret. Refuse a \
`webhook-timestamp` (seconds since 1970) that is more than five minutes away from your clock.

A call can come twice, and calls can overtake each other: `webhook-id` is the same whenever the same call is made again.";

/// The members of `webhooks`, by topic.
pub fn webhooks() -> Value {
    let all: Map<String, Value> = Topic::ALL
        .iter()
        .map(|topic| (topic.name().to_owned(), json!({"post": call(*topic)})))
        .collect();
    Value::Object(all)
}

fn call(topic: Topic) -> Value {
    json!({
        "tags": ["Events"],
        "operationId": format!("on_{}", topic.name().replace('.', "_")),
        "summary": topic.description().trim_end_matches('.'),
        "description": format!(
            "{} Sent to the webhooks with the topic `{topic}`.\n\n{SIGNATURE_RULES}",
            topic.description()
        ),
        "security": [],
        "parameters": headers(topic),
        "requestBody": {
            "required": true,
            "content": {JSON_API: {"schema": payload(topic), "examples": {"call": example(topic)}}}
        },
        "responses": {
            "2XX": {"description": "It is received. Anything else than 2xx within five seconds, redirects too, has it sent again \
                later: ten times within three days, or when `Retry-After` says."},
            "410": {"description": "The webhook is disabled."}
        }
    })
}

fn headers(topic: Topic) -> Value {
    let header = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "header", "required": true, "description": description, "schema": schema});
    let signature = |pattern: &str| json!({"type": "string", "pattern": pattern});
    json!([
        header(
            "X-CommerceLayer-Topic",
            "Topic of the event.",
            json!({"type": "string", "const": topic.name()})
        ),
        header(
            "X-CommerceLayer-Signature",
            "Base64 of HMAC-SHA256 over the body.",
            signature("^[A-Za-z0-9+/]{43}=$")
        ),
        header(
            "webhook-id",
            "Identifier of the delivery, the same for each attempt.",
            signature("^msg_[A-Za-z]{10}$")
        ),
        header(
            "webhook-timestamp",
            "Time of the call, in seconds since 1970.",
            signature("^[0-9]+$")
        ),
        header(
            "webhook-signature",
            "Signature over id, time and body.",
            signature("^v1,[A-Za-z0-9+/]{43}=$")
        ),
    ])
}

/// The resource as `GET` shows it, with the webhook's includes.
fn payload(topic: Topic) -> Value {
    let meta = topic.resource();
    if topic.is_end() {
        let identifier = json!({
            "type": "object",
            "description": "The resource, which is gone.",
            "required": ["type", "id"],
            "properties": {"type": {"type": "string", "const": meta.kind}, "id": {"type": "string"}},
            "additionalProperties": false
        });
        return document(json!({"data": identifier}));
    }
    let included = json!({
        "type": "array",
        "description": "Resources that `include_resources` of the webhook names.",
        "items": {
            "type": "object",
            "description": "A resource as `GET` shows it.",
            "required": ["type", "id"],
            "properties": {"type": {"type": "string"}, "id": {"type": "string"}},
            "additionalProperties": true
        }
    });
    document(json!({"data": reference(meta.schema), "included": included}))
}

fn example(topic: Topic) -> Value {
    let meta = topic.resource();
    if topic.is_end() {
        return json!({"value": {"data": {"type": meta.kind, "id": "QWERtyUpBa"}}});
    }
    json!({"$ref": format!("#/components/examples/{}Payload", meta.schema)})
}

fn document(properties: Value) -> Value {
    json!({
        "type": "object",
        "description": "The resource that the event is about.",
        "required": ["data"],
        "properties": properties,
        "additionalProperties": false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_has_its_call_with_a_payload_of_its_resource() {
        let all = webhooks();
        let all = all.as_object().expect("an object");
        assert_eq!(all.len(), Topic::ALL.len());
        let schema =
            |topic: &str| &all[topic]["post"]["requestBody"]["content"][JSON_API]["schema"]["properties"];
        assert_eq!(schema("orders.place")["data"], reference("Order"));
        assert_eq!(
            schema("orders.destroy")["data"]["properties"]["type"]["const"],
            "orders"
        );
        assert_eq!(
            all["refunds.failed"]["post"]["parameters"][0]["schema"]["const"],
            "refunds.failed"
        );
    }
}
