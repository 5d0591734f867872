//! Checkout.com's keys (Checkout.com docs: API keys). Only keys of the sandbox name their mode.

use crate::keys::{KeyFault, Prefixes, Shape};

const SECRET: Prefixes = Prefixes {
    live: &["sk_"],
    test: &["sk_sbox_"],
};
const PUBLIC: Prefixes = Prefixes {
    live: &["pk_"],
    test: &["pk_sbox_"],
};

/// Keys of the previous platform are sent in another way, and name their mode like Stripe's.
fn refuse_foreign(key: &str) -> Result<(), KeyFault> {
    const FOREIGN: [&str; 4] = ["sk_test_", "pk_test_", "sk_live_", "pk_live_"];
    if FOREIGN.iter().any(|prefix| key.starts_with(prefix)) {
        return Err(
            "is a key of Stripe or of Checkout.com's previous platform; keys of the present one begin with sk_ or pk_, \
             in the sandbox with sk_sbox_ or pk_sbox_",
        );
    }
    Ok(())
}

/// Judges a secret key in the mode of its application.
pub fn judge_secret_key(key: &str, test: bool) -> Result<(), KeyFault> {
    refuse_foreign(key)?;
    Shape {
        own: SECRET,
        other: PUBLIC,
        misplaced: "is a public key; the secret key (sk_…) belongs here",
        live_in_test: "is a live key; this application is in test mode, which takes sk_sbox_…",
        test_in_live: "is a key of the sandbox; this application is in live mode, which takes live keys (sk_…)",
        unknown: "is no secret key of Checkout.com: it begins with sk_sbox_ or sk_",
    }
    .judge(key, test)
}

/// Judges a public key in the mode of its application.
pub fn judge_public_key(key: &str, test: bool) -> Result<(), KeyFault> {
    refuse_foreign(key)?;
    Shape {
        own: PUBLIC,
        other: SECRET,
        misplaced: "is a secret key, which browsers must not see; the public key (pk_…) belongs here",
        live_in_test: "is a live key; this application is in test mode, which takes pk_sbox_…",
        test_in_live: "is a key of the sandbox; this application is in live mode, which takes live keys (pk_…)",
        unknown: "is no public key of Checkout.com: it begins with pk_sbox_ or pk_",
    }
    .judge(key, test)
}

/// Judges the processing channel.
pub fn judge_processing_channel(id: &str) -> Result<(), KeyFault> {
    if id.starts_with("pc_") {
        Ok(())
    } else {
        Err("is no processing channel of Checkout.com: it begins with pc_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_place_and_mode() {
        for (key, test, is_secret, is_public) in [
            ("sk_sbox_aaaa", true, true, false),
            ("sk_aaaa", true, false, false),
            ("sk_aaaa", false, true, false),
            ("sk_sbox_aaaa", false, false, false),
            ("pk_sbox_aaaa", true, false, true),
            ("pk_aaaa", true, false, false),
            ("pk_aaaa", false, false, true),
            ("pk_sbox_aaaa", false, false, false),
            ("sk_test_0b9b5db6-f223-49d0-b68f-f6643dd4f808", true, false, false),
            ("sk_live_51abc", false, false, false),
            ("sk_", false, false, false),
            ("ack_aaaa", true, false, false),
        ] {
            assert_eq!(judge_secret_key(key, test).is_ok(), is_secret, "{key} {test}");
            assert_eq!(judge_public_key(key, test).is_ok(), is_public, "{key} {test}");
        }
        assert!(judge_processing_channel("pc_1").is_ok() && judge_processing_channel("sk_sbox_1").is_err());
    }
}
