//! The behaviour of cards, and the search for test cards.

use super::test_cards::TEST_CARDS;
use crate::ledger::{TestInstrument, Vendor};

/// When a card asks for 3-D Secure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authentication {
    /// Never.
    None,
    /// Only when the merchant asks for it.
    OnRequest,
    /// Unless the card was authenticated for later use before.
    UnlessSetUp,
    /// For every payment with the buyer present; off-session payments are set up already.
    OnSession,
    /// For every payment.
    Always,
}

/// The reason of an issuer's decline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decline {
    pub(super) code: &'static str,
    pub(super) decline_code: Option<&'static str>,
    pub(super) message: &'static str,
    pub(super) param: Option<&'static str>,
    /// The code of ISO 8583 that the network gave.
    pub(super) network_code: &'static str,
    pub(super) advice: &'static str,
}

/// The course of refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refunding {
    /// They succeed at once.
    Succeeds,
    /// They are pending, then succeed.
    Pends,
    /// They succeed, then fail.
    Fails,
}

/// A card's behaviour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behaviour {
    pub(super) authentication: Authentication,
    pub(super) decline: Option<Decline>,
    /// Whether attaching the card to a customer is already declined.
    pub(super) declines_attach: bool,
    pub(super) refunding: Refunding,
    pub(super) disputed: bool,
    pub(super) cvc_check: &'static str,
}

/// A card of the testing page.
#[derive(Clone, Copy, Debug)]
pub(super) struct TestCard {
    pub(super) number: &'static str,
    /// Its names after `pm_card_` and `tok_`.
    pub(super) aliases: &'static [&'static str],
    pub(super) funding: &'static str,
    pub(super) behaviour: Behaviour,
    pub(super) description: &'static str,
}

pub(super) fn by_number(number: &str) -> Option<&'static TestCard> {
    TEST_CARDS.iter().find(|card| card.number == number)
}

/// The card with the alias `pm_card_…` or `tok_…`.
pub(super) fn by_alias(id: &str) -> Option<&'static TestCard> {
    let alias = id.strip_prefix("pm_card_").or_else(|| id.strip_prefix("tok_"))?;
    TEST_CARDS.iter().find(|card| card.aliases.contains(&alias))
}

/// The network that a number belongs to.
pub(super) fn brand(number: &str) -> &'static str {
    match number.as_bytes() {
        [b'4', ..] => "visa",
        [b'3', b'4' | b'7', ..] => "amex",
        [b'3', b'5', ..] => "jcb",
        [b'3', ..] => "diners",
        [b'5' | b'2', ..] => "mastercard",
        [b'6', b'2', ..] => "unionpay",
        [b'6', ..] => "discover",
        _ => "unknown",
    }
}

/// The check digit that every card number ends with (ISO/IEC 7812).
pub(super) fn passes_luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            if index % 2 == 0 {
                digit
            } else {
                digit * 2 / 10 + digit * 2 % 10
            }
        })
        .sum();
    (12..=19).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && sum.is_multiple_of(10)
}

pub(super) fn instruments() -> Vec<TestInstrument> {
    let of_card = |card: &'static TestCard| {
        card.aliases.iter().flat_map(move |alias| {
            ["pm_card_", "tok_"].map(|prefix| TestInstrument {
                vendor: Vendor::Stripe,
                id: format!("{prefix}{alias}"),
                card_number: Some(card.number.to_owned()),
                description: card.description.to_owned(),
            })
        })
    };
    TEST_CARDS.iter().flat_map(of_card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_card_has_a_valid_number_and_its_own_aliases() {
        let mut aliases: Vec<_> = TEST_CARDS.iter().flat_map(|card| card.aliases).collect();
        let count = aliases.len();
        aliases.sort();
        aliases.dedup();
        assert_eq!(aliases.len(), count);
        for card in TEST_CARDS {
            assert!(passes_luhn(card.number), "{}", card.number);
            assert_ne!(brand(card.number), "unknown");
        }
        assert!(!passes_luhn("4242424242424241"));
        assert!(!passes_luhn("0"));
    }
}
