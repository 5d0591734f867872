//! Signatures of webhooks.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use sha2::Sha256;

/// The signature of messages.
#[derive(Clone)]
pub(crate) enum Signing {
    /// `Stripe-Signature: t=…,v1=…` with the endpoint's secret (Stripe docs: verify webhook signatures manually).
    Stripe(String),
    /// `Cko-Signature` with the webhook's key (Checkout.com docs: set up your webhook receiver).
    CheckoutCom(String),
    /// The subscription was made without a key.
    Unsigned,
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Stripe(_) => "Stripe",
            Self::CheckoutCom(_) => "CheckoutCom",
            Self::Unsigned => "Unsigned",
        })
    }
}

impl Signing {
    /// Adds the signature's header. A forged message is signed with another key.
    pub(crate) fn sign(&self, headers: &mut HeaderMap, body: &str, now: DateTime<Utc>, genuine: bool) {
        let key_of = |key: &str| {
            if genuine {
                key.to_owned()
            } else {
                format!("not {key}")
            }
        };
        let (name, value) = match self {
            Self::Stripe(secret) => {
                let time = now.timestamp();
                let digest = hmac_hex(&key_of(secret), &format!("{time}.{body}"));
                ("stripe-signature", format!("t={time},v1={digest}"))
            }
            Self::CheckoutCom(key) => ("cko-signature", hmac_hex(&key_of(key), body)),
            Self::Unsigned => return,
        };
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// Lower-case hex of HMAC-SHA256.
fn hmac_hex(key: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Test case 2 of RFC 4231.
    #[test]
    fn the_digest_is_hmac_sha256() {
        assert_eq!(
            hmac_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn each_vendor_signs_in_its_header() {
        let now = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        let signed = |signing: Signing, genuine| {
            let mut headers = HeaderMap::new();
            signing.sign(&mut headers, "{}", now, genuine);
            headers
        };
        let stripe = signed(Signing::Stripe("whsec_a".to_owned()), true);
        assert_eq!(
            stripe["stripe-signature"].to_str().unwrap(),
            format!("t=1900000000,v1={}", hmac_hex("whsec_a", "1900000000.{}"))
        );
        let checkout_com = signed(Signing::CheckoutCom("key".to_owned()), true);
        assert_eq!(
            checkout_com["cko-signature"].to_str().unwrap(),
            hmac_hex("key", "{}")
        );
        let forged = signed(Signing::CheckoutCom("key".to_owned()), false);
        assert_ne!(forged["cko-signature"], checkout_com["cko-signature"]);
        assert!(signed(Signing::Unsigned, true).is_empty());
    }
}
