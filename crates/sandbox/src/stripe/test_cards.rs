//! The test cards and their aliases (Stripe docs: testing).

use super::cards::{Authentication, Behaviour, Decline, Refunding, TestCard};

const APPROVE: Behaviour = Behaviour {
    authentication: Authentication::None,
    decline: None,
    declines_attach: false,
    refunding: Refunding::Succeeds,
    disputed: false,
    cvc_check: "pass",
};

const fn approving(number: &'static str, aliases: &'static [&'static str]) -> TestCard {
    TestCard {
        number,
        aliases,
        funding: "credit",
        behaviour: APPROVE,
        description: "succeeds",
    }
}

const fn declining(
    number: &'static str,
    aliases: &'static [&'static str],
    decline: Decline,
    description: &'static str,
) -> TestCard {
    let behaviour = Behaviour {
        decline: Some(decline),
        declines_attach: true,
        ..APPROVE
    };
    TestCard {
        number,
        aliases,
        funding: "credit",
        behaviour,
        description,
    }
}

const fn behaving(
    number: &'static str,
    aliases: &'static [&'static str],
    behaviour: Behaviour,
    description: &'static str,
) -> TestCard {
    TestCard {
        number,
        aliases,
        funding: "credit",
        behaviour,
        description,
    }
}

const fn authenticating(authentication: Authentication) -> Behaviour {
    Behaviour {
        authentication,
        ..APPROVE
    }
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

const fn final_decline(
    decline_code: &'static str,
    message: &'static str,
    network_code: &'static str,
) -> Decline {
    Decline {
        advice: "do_not_try_again",
        ..declined(decline_code, message, network_code)
    }
}

const fn card_problem(
    code: &'static str,
    message: &'static str,
    param: Option<&'static str>,
    network_code: &'static str,
) -> Decline {
    Decline {
        code,
        decline_code: None,
        message,
        param,
        network_code,
        advice: "confirm_card_data",
    }
}

const GENERIC: Decline = declined("generic_decline", "Your card was declined.", "05");
const INCORRECT_CVC: Decline = card_problem(
    "incorrect_cvc",
    "Your card's security code is incorrect.",
    Some("cvc"),
    "N7",
);

/// The decline of a payment that needs the absent buyer.
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
    TestCard {
        funding: "debit",
        ..approving("4000056655665556", &["visa_debit"])
    },
    approving("5555555555554444", &["mastercard"]),
    approving("378282246310005", &["amex", "amex_threeDSecureNotSupported"]),
    approving("6011111111111117", &["discover"]),
    approving("3056930009020004", &["diners"]),
    approving("3566002020360505", &["jcb"]),
    approving("6200000000000005", &["unionpay"]),
    declining(
        "4000000000000002",
        &["visa_chargeDeclined", "chargeDeclined"],
        GENERIC,
        "declined: generic_decline",
    ),
    declining(
        "4000000000009995",
        &[
            "visa_chargeDeclinedInsufficientFunds",
            "chargeDeclinedInsufficientFunds",
        ],
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
        &[
            "chargeDeclinedProcessingError",
            "visa_chargeDeclinedProcessingError",
        ],
        Decline {
            advice: "try_again_later",
            ..card_problem(
                "processing_error",
                "An error occurred while processing your card.",
                None,
                "96",
            )
        },
        "declined: code processing_error",
    ),
    declining(
        "4000000000006975",
        &[
            "visa_chargeDeclinedVelocityLimitExceeded",
            "chargeDeclinedVelocityLimitExceeded",
        ],
        declined(
            "card_velocity_exceeded",
            "Your card was declined for making repeated attempts too frequently.",
            "65",
        ),
        "declined: card_velocity_exceeded",
    ),
    behaving(
        "4000000000000341",
        &["chargeCustomerFail"],
        Behaviour {
            decline: Some(GENERIC),
            ..APPROVE
        },
        "can be attached to a customer, then declined: generic_decline",
    ),
    behaving(
        "4100000000000019",
        &["radarBlock"],
        Behaviour {
            decline: Some(final_decline("fraudulent", "Your card was declined.", "59")),
            ..APPROVE
        },
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
        Behaviour {
            decline: Some(GENERIC),
            ..authenticating(Authentication::Always)
        },
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
        Behaviour {
            disputed: true,
            ..APPROVE
        },
        "succeeds, and the charge is disputed: it can't be refunded",
    ),
    behaving(
        "4000000000001976",
        &["createDisputeInquiry"],
        APPROVE,
        "succeeds; the inquiry after it is not simulated",
    ),
    behaving(
        "4000000000007726",
        &["pendingRefund"],
        Behaviour {
            refunding: Refunding::Pends,
            ..APPROVE
        },
        "succeeds; a refund is pending, then succeeds",
    ),
    behaving(
        "4000000000005126",
        &["refundFail"],
        Behaviour {
            refunding: Refunding::Fails,
            ..APPROVE
        },
        "succeeds; a refund succeeds, then fails",
    ),
    behaving(
        "4000000000000101",
        &["cvcCheckFail"],
        Behaviour {
            cvc_check: "fail",
            ..APPROVE
        },
        "succeeds, but the check of the security code fails",
    ),
];
