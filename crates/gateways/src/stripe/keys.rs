//! Stripe's keys (Stripe docs: API keys).

use crate::keys::{KeyFault, Prefixes, Shape};

const SECRET: Prefixes = Prefixes {
    live: &["sk_live_", "rk_live_"],
    test: &["sk_test_", "rk_test_"],
};
const PUBLISHABLE: Prefixes = Prefixes {
    live: &["pk_live_"],
    test: &["pk_test_"],
};

/// Judges a secret or restricted key in the mode of its application.
pub fn judge_secret_key(key: &str, test: bool) -> Result<(), KeyFault> {
    Shape {
        own: SECRET,
        other: PUBLISHABLE,
        misplaced: "is a publishable key; the secret key (sk_… or rk_…) belongs here",
        live_in_test: "is a live key; this application is in test mode, which takes sk_test_… or rk_test_…",
        test_in_live: "is a test key; this application is in live mode, which takes sk_live_… or rk_live_…",
        unknown: "is no secret key of Stripe: it begins with sk_test_, rk_test_, sk_live_ or rk_live_",
    }
    .judge(key, test)
}

/// Judges a publishable key in the mode of its application.
pub fn judge_publishable_key(key: &str, test: bool) -> Result<(), KeyFault> {
    Shape {
        own: PUBLISHABLE,
        other: SECRET,
        misplaced: "is a secret key, which browsers must not see; the publishable key (pk_…) belongs here",
        live_in_test: "is a live key; this application is in test mode, which takes pk_test_…",
        test_in_live: "is a test key; this application is in live mode, which takes pk_live_…",
        unknown: "is no publishable key of Stripe: it begins with pk_test_ or pk_live_",
    }
    .judge(key, test)
}

/// Judges the account that payments are made for.
pub fn judge_connected_account(id: &str) -> Result<(), KeyFault> {
    if id.starts_with("acct_") {
        Ok(())
    } else {
        Err("is no account of Stripe: it begins with acct_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_place_and_mode() {
        for (key, test, is_secret, is_publishable) in [
            ("sk_test_51abc", true, true, false),
            ("rk_test_51abc", true, true, false),
            ("sk_live_51abc", true, false, false),
            ("sk_live_51abc", false, true, false),
            ("rk_live_51abc", false, true, false),
            ("sk_test_51abc", false, false, false),
            ("pk_test_51abc", true, false, true),
            ("pk_live_51abc", true, false, false),
            ("pk_live_51abc", false, false, true),
            ("pk_test_51abc", false, false, false),
            ("sk_test_", true, false, false),
            ("whsec_abcdef", true, false, false),
            ("SK_TEST_51abc", true, false, false),
            ("sk_sbox_aaaa", true, false, false),
        ] {
            assert_eq!(judge_secret_key(key, test).is_ok(), is_secret, "{key} {test}");
            assert_eq!(
                judge_publishable_key(key, test).is_ok(),
                is_publishable,
                "{key} {test}"
            );
        }
        assert!(judge_connected_account("acct_1").is_ok() && judge_connected_account("sk_test_1").is_err());
    }
}
