//! The signature that proves our calls to a receiver: HMAC-SHA256 under the webhook's shared secret, in two notations.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `X-CommerceLayer-Signature`: the signature of the body (Commerce Layer docs: callbacks security).
pub fn of_body(secret: &str, body: &str) -> String {
    hmac(secret, &[body])
}

/// `webhook-signature`: the signature of id, time and body (Standard Webhooks specification, signature scheme). `time` is in
/// seconds since 1970.
pub fn standard(secret: &str, id: &str, time: &str, body: &str) -> String {
    format!("v1,{}", hmac(secret, &[id, ".", time, ".", body]))
}

fn hmac(secret: &str, parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the specification's own libraries.
    #[test]
    fn standard_webhooks_agrees() {
        let secret = STANDARD
            .decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .expect("base64");
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).expect("a key");
        mac.update(b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}");
        assert_eq!(
            STANDARD.encode(mac.finalize().into_bytes()),
            "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        let ours = standard("key", "msg_p5jX", "1614265330", "{}");
        assert_eq!(ours, format!("v1,{}", of_body("key", "msg_p5jX.1614265330.{}")));
    }
}
