//! Removes the client secret from an answer that will be stored or shown.

use serde_json::Value;

/// The answer without members called `client_secret`, and without their values anywhere else: Stripe repeats them in the query of
/// a redirect's URL.
pub(crate) fn without_client_secret(mut answer: Value) -> Value {
    let mut secrets = Vec::new();
    remove_members(&mut answer, &mut secrets);
    if !secrets.is_empty() {
        mask(&mut answer, &secrets);
    }
    answer
}

fn remove_members(value: &mut Value, secrets: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(secret)) = members.shift_remove("client_secret")
                && !secret.is_empty()
            {
                secrets.push(secret);
            }
            members
                .values_mut()
                .for_each(|member| remove_members(member, secrets));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove_members(item, secrets)),
        _ => {}
    }
}

fn mask(value: &mut Value, secrets: &[String]) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| mask(member, secrets)),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, secrets)),
        Value::String(text) => {
            for secret in secrets {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), "[removed]");
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_removed_wherever_it_is() {
        let answer = json!({
            "id": "pi_A", "client_secret": "pi_A_secret_B",
            "error": {"payment_intent": {"client_secret": "pi_A_secret_B", "status": "canceled"}},
            "next_action": {"redirect_to_url": {"url": "https://hooks.example/3ds?s=pi_A_secret_B&x=1"}},
            "list": [{"client_secret": null}, "pi_A_secret_B"],
        });
        let clean = json!({
            "id": "pi_A",
            "error": {"payment_intent": {"status": "canceled"}},
            "next_action": {"redirect_to_url": {"url": "https://hooks.example/3ds?s=[removed]&x=1"}},
            "list": [{}, "[removed]"],
        });
        assert_eq!(without_client_secret(answer), clean);
    }
}
