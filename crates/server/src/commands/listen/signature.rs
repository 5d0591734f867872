//! Verifies a call, like any receiver.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tillgate_model::Topic;

/// Maximum difference between a call's time and ours (Standard Webhooks: verifying timestamps).
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Checks both signatures, the topic and the time of a call.
///
/// # Errors
/// The first mistake.
pub fn verify<'a>(
    secret: &SecretString,
    topic: Topic,
    header: &dyn Fn(&str) -> Option<&'a str>,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), &'static str> {
    let required = |name: &str| header(name).ok_or("NOT VERIFIED: a header is missing");
    if required("x-commercelayer-topic")? != topic.name() {
        return Err("NOT VERIFIED: another topic");
    }
    if !is_mac(secret, &[body], required("x-commercelayer-signature")?) {
        return Err("NOT VERIFIED: X-CommerceLayer-Signature is wrong");
    }
    let (id, time) = (required("webhook-id")?, required("webhook-timestamp")?);
    let message = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    let is_signed = required("webhook-signature")?
        .split(' ')
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .any(|signature| is_mac(secret, &message, signature));
    if !is_signed {
        return Err("NOT VERIFIED: webhook-signature is wrong");
    }
    let time = time
        .parse()
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    match time {
        Some(time) if (now - time).abs() <= TOLERANCE => Ok(()),
        _ => Err("NOT VERIFIED: the time is wrong"),
    }
}

/// Compared in constant time.
fn is_mac(secret: &SecretString, parts: &[&[u8]], signature: &str) -> bool {
    let (Ok(mut mac), Ok(signature)) = (
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()),
        STANDARD.decode(signature),
    ) else {
        return false;
    };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(&signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(key: &str, message: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key");
        mac.update(message.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }

    #[test]
    fn each_part_of_a_call_is_verified() {
        let now = DateTime::from_timestamp(1_900_000_000, 0).expect("a moment");
        let ours = [
            ("x-commercelayer-topic", "orders.place".to_owned()),
            ("x-commercelayer-signature", mac("key", "{}")),
            ("webhook-id", "msg_a".to_owned()),
            ("webhook-timestamp", "1900000000".to_owned()),
            (
                "webhook-signature",
                format!("v2,x v1,{}", mac("key", "msg_a.1900000000.{}")),
            ),
        ];
        let check = |changed: &str, value: &str, body: &[u8], now| {
            let headers = ours.clone().map(|(name, kept)| {
                let value = if name == changed { value.to_owned() } else { kept };
                (name, value)
            });
            let header = |wanted: &str| {
                let found = headers.iter().find(|(name, _)| *name == wanted);
                found
                    .map(|(_, value)| value.as_str())
                    .filter(|value| !value.is_empty())
            };
            verify(&"key".into(), Topic::OrdersPlace, &header, body, now).is_ok()
        };
        assert!(check("", "", b"{}", now));
        assert!(!check("", "", b"{ }", now));
        assert!(!check("", "", b"{}", now + TimeDelta::minutes(6)));
        for (name, _) in &ours {
            assert!(!check(name, "", b"{}", now), "{name}");
            assert!(!check(name, "1899999999", b"{}", now), "{name}");
        }
    }
}
