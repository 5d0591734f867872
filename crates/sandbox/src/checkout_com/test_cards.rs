//! Test cards of Checkout.com's documentation, and the sandbox's own reusable test tokens.
//!
//! Checkout.com has no reusable tokens; the sandbox offers some, so that a payment can be tried with one request. Their ids are
//! `tok_sandbox`, then their behaviour, padded with `2` to the usual length. They never expire, are never used up, and work with
//! test keys only. Approvals and declines among them are not enrolled for 3-D Secure: they answer at once even if it is
//! requested.

use super::behaviour::Authentication::{Authenticated, Malfunction, NotAuthenticated, Rejected};
use super::behaviour::{Behaviour, ThreeDs};
use super::card::Card;
use super::ids;
use crate::ledger::{TestInstrument, Vendor};

/// The token of the example in Commerce Layer's documentation.
const DOCUMENTED_TOKEN: &str = "tok_4gzeau5o2uqubbk6fufs3m7p54";
const VISA: &str = "4242424242424242";
const MASTERCARD: &str = "5436031030606378";
const AMEX: &str = "345678901234564";

struct TestCard {
    number: &'static str,
    /// Whether the number alone has this behaviour; else only the token does.
    by_number: bool,
    /// The part of the token's id after `sandbox`.
    token: Option<&'static str>,
    behaviour: Behaviour,
}

const fn card(number: &'static str, behaviour: Behaviour) -> TestCard {
    TestCard {
        number,
        by_number: true,
        token: None,
        behaviour,
    }
}

const fn both(token: &'static str, number: &'static str, behaviour: Behaviour) -> TestCard {
    TestCard {
        number,
        by_number: true,
        token: Some(token),
        behaviour,
    }
}

const fn token(token: &'static str, number: &'static str, behaviour: Behaviour) -> TestCard {
    TestCard {
        number,
        by_number: false,
        token: Some(token),
        behaviour,
    }
}

const APPROVED: Behaviour = Behaviour::new(ThreeDs::NotEnrolled);
const ENROLLED: Behaviour = Behaviour::new(ThreeDs::Challenge(Authenticated));

/// Numbers: Checkout.com docs, test cards and 3-D Secure testing.
static CARDS: [TestCard; 38] = [
    token("approvedvisa", VISA, APPROVED),
    token("approvedmastercard", MASTERCARD, APPROVED),
    token("approvedamex", AMEX, APPROVED),
    card(VISA, ENROLLED),
    card("4543474002249996", ENROLLED),
    card(MASTERCARD, ENROLLED),
    card(AMEX, ENROLLED),
    both("refertoissuer", "4111111111111129", Behaviour::declined("20001")),
    token("donothonour", VISA, Behaviour::declined("20005")),
    both(
        "invalidtransaction",
        "4024007103573027",
        Behaviour::declined("20012"),
    ),
    both(
        "invalidcardnumber",
        "4485381577182090",
        Behaviour::declined("20014"),
    ),
    both(
        "insufficientfunds",
        "4544249167673670",
        Behaviour::declined("20051"),
    ),
    both("expiredcard", "4724117215951699", Behaviour::declined("20054")),
    both("notpermitted", "4659465888705671", Behaviour::declined("20057")),
    both("suspectedfraud", "4897453568485113", Behaviour::declined("20059")),
    both("amountlimit", "4556294593757189", Behaviour::declined("20061")),
    both("restrictedcard", "4818924250131070", Behaviour::declined("20062")),
    both(
        "securityviolation",
        "4556253752712245",
        Behaviour::declined("20063"),
    ),
    both("timeout", "4095254802642505", Behaviour::declined("20068")),
    token("badtrackdata", VISA, Behaviour::declined("20087")),
    both("cvvfailure", "4734868958733862", Behaviour::declined("200N7")),
    token("stoppayment", VISA, Behaviour::declined("200R1")),
    token("stopallpayments", VISA, Behaviour::declined("200R3")),
    token("expiredpickup", VISA, Behaviour::declined("30033")),
    both("lostcard", "4941202060999329", Behaviour::declined("30041")),
    both("stolencard", "4539253655711767", Behaviour::declined("30043")),
    token("riskblocked", VISA, Behaviour::declined("40101")),
    token("riskblockedrule", VISA, Behaviour::declined("40108")),
    both("challenge", "4010061700000021", ENROLLED),
    both(
        "challengerejected",
        "4150561000000019",
        Behaviour::new(ThreeDs::Challenge(Rejected)),
    ),
    both(
        "challengefailed",
        "4243754271700719",
        Behaviour::new(ThreeDs::Challenge(NotAuthenticated)),
    ),
    token(
        "challengebroken",
        VISA,
        Behaviour::new(ThreeDs::Challenge(Malfunction)),
    ),
    both(
        "frictionless",
        "4485040371536584",
        Behaviour::new(ThreeDs::Frictionless(Authenticated)),
    ),
    both(
        "frictionlessfailed",
        "4539628347117863",
        Behaviour::new(ThreeDs::Frictionless(NotAuthenticated)),
    ),
    both(
        "frictionlessreject",
        "4275765574319271",
        Behaviour::new(ThreeDs::Frictionless(Rejected)),
    ),
    both(
        "threedsrequired",
        "4500622868341387",
        Behaviour::new(ThreeDs::Required),
    ),
    both(
        "threedsunsupported",
        "4532432452900131",
        Behaviour::new(ThreeDs::Unsupported),
    ),
    both("notenrolled", "4484070000035519", APPROVED),
];

/// The behaviour of the card with this number. A number that is no test card is approved and enrolled.
pub(super) fn behaviour_of(number: &str) -> Behaviour {
    let known = CARDS.iter().find(|card| card.by_number && card.number == number);
    known.map_or(ENROLLED, |card| card.behaviour.clone())
}

/// The card behind a reusable test token.
pub(super) fn card_of_token(id: &str) -> Option<Card> {
    if id == DOCUMENTED_TOKEN {
        return Some(Card::of_test_number(VISA, APPROVED));
    }
    let card = CARDS
        .iter()
        .find(|card| card.token.is_some_and(|name| token_id(name) == id))?;
    Some(Card::of_test_number(card.number, card.behaviour.clone()))
}

/// Every test token and test card number.
pub(super) fn instruments() -> Vec<TestInstrument> {
    let documented = instrument(DOCUMENTED_TOKEN.to_owned(), None, &APPROVED);
    let listed = CARDS.iter().map(|card| {
        let number = card.by_number.then(|| card.number.to_owned());
        let id = card.token.map_or_else(|| card.number.to_owned(), token_id);
        instrument(id, number, &card.behaviour)
    });
    std::iter::once(documented).chain(listed).collect()
}

fn instrument(id: String, card_number: Option<String>, behaviour: &Behaviour) -> TestInstrument {
    TestInstrument {
        vendor: Vendor::CheckoutCom,
        id,
        card_number,
        description: behaviour.describe(),
    }
}

fn token_id(name: &str) -> String {
    let mut id = format!("tok_sandbox{name}");
    while id.len() < "tok_".len() + ids::LENGTH {
        id.push('2');
    }
    id
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_look_like_tokens_and_resolve_to_their_card() {
        let mut seen = HashSet::new();
        for name in CARDS.iter().filter_map(|card| card.token) {
            let id = token_id(name);
            assert!(ids::is_id(&id, "tok_"), "{id}");
            assert!(seen.insert(id.clone()), "{id} is there twice");
            let card = CARDS.iter().find(|card| card.token == Some(name)).unwrap();
            assert_eq!(card_of_token(&id).unwrap().behaviour, card.behaviour);
        }
        assert!(card_of_token("tok_aaaaaaaaaaaaaaaaaaaaaaaaaa").is_none());
    }
}
