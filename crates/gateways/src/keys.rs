//! Checks that a key is in the right place: a secret key where a secret belongs, a test key in test mode.

/// The reason why a key can't be used where it was given.
pub type KeyFault = &'static str;

/// The prefixes of a vendor's keys in the two modes.
pub(crate) struct Prefixes {
    pub live: &'static [&'static str],
    pub test: &'static [&'static str],
}

/// A vendor's names for the two keys of a pair.
pub(crate) struct Shape {
    pub own: Prefixes,
    /// Prefixes of the pair's other key.
    pub other: Prefixes,
    pub misplaced: KeyFault,
    pub live_in_test: KeyFault,
    pub test_in_live: KeyFault,
    pub unknown: KeyFault,
}

fn starts(key: &str, prefixes: &[&str]) -> bool {
    prefixes
        .iter()
        .any(|prefix| key.len() > prefix.len() && key.starts_with(prefix))
}

impl Shape {
    /// Judges a key in the mode of its application. Prefixes of test keys are checked first: those of live keys may be their
    /// beginnings.
    pub(crate) fn judge(&self, key: &str, test: bool) -> Result<(), KeyFault> {
        let is_test = starts(key, self.own.test);
        let is_live = !is_test && starts(key, self.own.live);
        match (is_test, is_live) {
            _ if starts(key, self.other.test) || starts(key, self.other.live) => Err(self.misplaced),
            (true, _) if !test => Err(self.test_in_live),
            (_, true) if test => Err(self.live_in_test),
            (false, false) => Err(self.unknown),
            _ => Ok(()),
        }
    }
}

/// Judges the signing secret of a webhook endpoint. The only known rule is that it is not one of the keys.
pub fn judge_signing_secret(secret: &str) -> Result<(), KeyFault> {
    if starts(secret, &["sk_", "pk_", "rk_"]) {
        return Err("is a key; the signing secret of the webhook endpoint belongs here");
    }
    Ok(())
}
