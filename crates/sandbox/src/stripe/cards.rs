//! Test cards and what each does (Stripe docs: testing).

use crate::ledger::{TestInstrument, Vendor};

/// When a card asks for 3-D Secure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authentication {
    /// Never.
    None,
    /// Only when the merchant asks for it.
    OnRequest,
    /// Unless it was authenticated for later use before.
    UnlessSetUp,
    /// For every payment with the buyer present; off-session payments are set up already.
    OnSession,
    /// For every payment.
    Always,
}

/// Why an issuer declines.
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

/// What becomes of refunds.
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
    /// Whether the decline shows already when the card is attached to a customer.
    pub(super) declines_attach: bool,
    pub(super) refunding: Refunding,
    pub(super) disputed: bool,
    pub(super) cvc_check: &'static str,
}

/// A card of the testing page.
#[derive(Clone, Copy, Debug)]
pub(super) struct TestCard {
    pub(super) number: &'static str,
    /// Names that stand for it after `pm_card_` and `tok_`.
    pub(super) aliases: &'static [&'static str],
    pub(super) funding: &'static str,
    pub(super) behaviour: Behaviour,
    pub(super) description: &'static str,
}

const APPROVE: Behaviour = Behaviour {
    authentication: Authentication::None,
    decline: None,
    declines_attach: false,
    refunding: Refunding::Succeeds,
    disputed: false,
    cvc_check: "pass",
};

const fn approving(number: &'static str, aliases: &'static [&'static str]) -> TestCard {
    TestCard { number, aliases, funding: "credit", behaviour: APPROVE, description: "succeeds" }
}

const fn declining(
    number: &'static str,
    aliases: &'static [&'static str],
    decline: Decline,
    description: &'static str,
) -> TestCard {
    let behaviour = Behaviour { decline: Some(decline), declines_attach: true, ..APPROVE };
    TestCard { number, aliases, funding: "credit", behaviour, description }
}

const fn behaving(
    number: &'static str,
    aliases: &'static [&'static str],
    behaviour: Behaviour,
    description: &'static str,
) -> TestCard {
    TestCard { number, aliases, funding: "credit", behaviour, description }
}

const fn authenticating(authentication: Authentication) -> Behaviour {
    Behaviour { authentication, ..APPROVE }
}

const fn declined(decline_code: &'static str, message: &'static str, network_code: &'static str) -> Decline {
    Decline {
        code: "card_declined",
        decline_code: Some(decline_code),
        message,
        param: None,
        network_code,
        advice: "try_again_later",
    }
}

const fn final_decline(decline_code: &'static str, message: &'static str, network_code: &'static str) -> Decline {
    Decline { advice: "do_not_try_again", ..declined(decline_code, message, network_code) }
}

const fn card_problem(
    code: &'static str,
    message: &'static str,
    param: Option<&'static str>,
    network_code: &'static str,
) -> Decline {
    Decline { code, decline_code: None, message, param, network_code, advice: "confirm_card_data" }
}

const GENERIC: Decline = declined("generic_decline", "Your card was declined.", "05");
const INCORRECT_CVC: Decline =
    card_problem("incorrect_cvc", "Your card's security code is incorrect.", Some("cvc"), "N7");

/// A payment that needs the buyer, who isn't there.
pub(super) const AUTHENTICATION_REQUIRED: Decline = Decline {
    code: "authentication_required",
    decline_code: Some("authentication_required"),
    message: "Your card was declined. This transaction requires authentication.",
    param: None,
    network_code: "1A",
    advice: "confirm_card_data",
};

/// A well-formed number that isn't a test card's.
pub(super) const UNKNOWN_CARD: Behaviour = Behaviour {
    decline: Some(final_decline(
        "test_mode_live_card",
        "Your card was declined. Your request was in test mode, but used a non test card.",
        "05",
    )),
    declines_attach: true,
    ..APPROVE
};

/// All test cards. Some aliases are older spellings that are still in use.
pub(super) const TEST_CARDS: &[TestCard] = &[
    approving("4242424242424242", &["visa"]),
    TestCard { funding: "debit", ..approving("4000056655665556", &["visa_debit"]) },
    approving("5555555555554444", &["mastercard"]),
    approving("378282246310005", &["amex", "amex_threeDSecureNotSupported"]),
    approving("6011111111111117", &["discover"]),
    approving("3056930009020004", &["diners"]),
    approving("3566002020360505", &["jcb"]),
    approving("6200000000000005", &["unionpay"]),
    declining("4000000000000002", &["visa_chargeDeclined", "chargeDeclined"], GENERIC, "declined: generic_decline"),
    declining(
        "4000000000009995",
        &["visa_chargeDeclinedInsufficientFunds", "chargeDeclinedInsufficientFunds"],
        declined("insufficient_funds", "Your card has insufficient funds.", "51"),
        "declined: insufficient_funds",
    ),
    declining(
        "4000000000009987",
        &["visa_chargeDeclinedLostCard", "chargeDeclinedLostCard"],
        final_decline("lost_card", "Your card was declined.", "41"),
        "declined: lost_card",
    ),
    declining(
        "4000000000009979",
        &["visa_chargeDeclinedStolenCard", "chargeDeclinedStolenCard"],
        final_decline("stolen_card", "Your card was declined.", "43"),
        "declined: stolen_card",
    ),
    declining(
        "4000000000000069",
        &["chargeDeclinedExpiredCard", "visa_chargeDeclinedExpiredCard"],
        card_problem("expired_card", "Your card has expired.", Some("exp_month"), "54"),
        "declined: code expired_card",
    ),
    declining(
        "4000000000000127",
        &["chargeDeclinedIncorrectCvc", "visa_chargeDeclinedIncorrectCvc"],
        INCORRECT_CVC,
        "declined: code incorrect_cvc",
    ),
    declining(
        "4000000000000119",
        &["chargeDeclinedProcessingError", "visa_chargeDeclinedProcessingError"],
        Decline {
            advice: "try_again_later",
            ..card_problem("processing_error", "An error occurred while processing your card.", None, "96")
        },
        "declined: code processing_error",
    ),
    declining(
        "4000000000006975",
        &["visa_chargeDeclinedVelocityLimitExceeded", "chargeDeclinedVelocityLimitExceeded"],
        declined("card_velocity_exceeded", "Your card was declined for making repeated attempts too frequently.", "65"),
        "declined: card_velocity_exceeded",
    ),
    behaving(
        "4000000000000341",
        &["chargeCustomerFail"],
        Behaviour { decline: Some(GENERIC), ..APPROVE },
        "can be attached to a customer, then declined: generic_decline",
    ),
    behaving(
        "4100000000000019",
        &["radarBlock"],
        Behaviour { decline: Some(final_decline("fraudulent", "Your card was declined.", "59")), ..APPROVE },
        "blocked as fraudulent",
    ),
    behaving(
        "4000000000003220",
        &["threeDSecure2Required"],
        authenticating(Authentication::Always),
        "3-D Secure always required",
    ),
    behaving(
        "4000002760003184",
        &["authenticationRequired"],
        authenticating(Authentication::Always),
        "3-D Secure always required; declined off-session",
    ),
    behaving(
        "4000002500003155",
        &["authenticationRequiredOnSetup"],
        authenticating(Authentication::UnlessSetUp),
        "3-D Secure required unless set up before",
    ),
    behaving(
        "4000003800000446",
        &["authenticationRequiredSetupForOffSession"],
        authenticating(Authentication::OnSession),
        "set up for off-session use; 3-D Secure required on-session",
    ),
    behaving(
        "4000008400001629",
        &["threeDSecureRequiredChargeDeclined"],
        Behaviour { decline: Some(GENERIC), ..authenticating(Authentication::Always) },
        "3-D Secure required, then declined: generic_decline",
    ),
    behaving(
        "4000000000003055",
        &["threeDSecureOptional"],
        authenticating(Authentication::OnRequest),
        "3-D Secure only when requested",
    ),
    behaving(
        "4000000000000259",
        &["createDispute"],
        Behaviour { disputed: true, ..APPROVE },
        "succeeds, and the charge is disputed",
    ),
    behaving(
        "4000000000001976",
        &["createDisputeInquiry"],
        APPROVE,
        "succeeds",
    ),
    behaving(
        "4000000000007726",
        &["pendingRefund"],
        Behaviour { refunding: Refunding::Pends, ..APPROVE },
        "succeeds; a refund is pending, then succeeds",
    ),
    behaving(
        "4000000000005126",
        &["refundFail"],
        Behaviour { refunding: Refunding::Fails, ..APPROVE },
        "succeeds; a refund succeeds, then fails",
    ),
    behaving(
        "4000000000000101",
        &["cvcCheckFail"],
        Behaviour { cvc_check: "fail", ..APPROVE },
        "succeeds, but the check of the security code fails",
    ),
];

pub(super) fn by_number(number: &str) -> Option<&'static TestCard> {
    TEST_CARDS.iter().find(|card| card.number == number)
}

/// The card that `pm_card_…` or `tok_…` stands for.
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
            if index % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    (12..=19).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()) && sum % 10 == 0
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
