//! What was asked of a PSP, compared with what it shows. Everything that must agree is listed here, and nowhere else.

use tillgate_gateways::{CaptureMethod, PaymentSnapshot, PaymentStatus};
use tillgate_store::{AnyOrder as _, SourceState, TransactionRow};

use crate::{
    payment::{case::Case, state::SourceStateRules as _},
    providers::{CreationReference, registry},
};

/// What a payment was asked to be. What is `None` was left to the PSP or to the buyer.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Live mode.
    pub live: bool,
    /// Our order.
    pub order_id: String,
    /// Our transactions, one of which the payment bears as its reference; empty where it may bear another one of ours.
    pub references: Vec<String>,
    /// Currency.
    pub currency: String,
    /// Every amount that we have asked for.
    pub amounts: Vec<i64>,
    /// When the money is taken.
    pub capture: Option<CaptureMethod>,
    /// The PSP's customer.
    pub customer: Option<String>,
}

/// What differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Difference {
    /// Live instead of test, or the other way round.
    Mode,
    /// It is another order's.
    Order,
    /// It bears a reference that is none of ours.
    Reference,
    /// Another currency.
    Currency,
    /// Another amount.
    Amount,
    /// The money is taken at another time.
    CaptureMethod,
    /// It is another customer's.
    Customer,
    /// A state that no payment of ours can be in.
    State,
}

impl Difference {
    /// Whether it shows that the payment is not the one that was asked for. That one is never taken over.
    pub fn is_of_another(self) -> bool {
        matches!(self, Self::Mode | Self::Order | Self::Reference | Self::State)
    }
}

impl Asked {
    /// What was asked for a case's payment.
    pub fn of(case: &Case) -> Self {
        let capabilities = registry::of_source(*case.source.kind).capabilities();
        let details = &case.details;
        let options = details.options.as_ref();
        let named = options.and_then(|options| Some(options.0.get("customer")?.as_str()?.to_owned()));
        let own = |row: &&TransactionRow| row.payment_source_id == case.source.id;
        Self {
            live: !case.scope.test(),
            order_id: case.order.id.clone(),
            references: if capabilities.reference == CreationReference::Transaction {
                case.ledger
                    .rows()
                    .iter()
                    .filter(own)
                    .map(|row| row.id.clone())
                    .collect()
            } else {
                Vec::new()
            },
            currency: case.source.currency_code.clone(),
            amounts: [
                // It follows the PSP, so that it says nothing any more once that has shown another one.
                Some(case.source.amount_cents).filter(|_| !is_flagged(case, Difference::Amount)),
                Some(case.order.total_cents()),
                details.authorization_amount_cents,
            ]
            .into_iter()
            .flatten()
            .collect(),
            capture: capabilities
                .shows_capture_method
                .then_some(if case.source.automatic_capture {
                    CaptureMethod::Automatic
                } else {
                    CaptureMethod::Manual
                }),
            customer: named.or_else(|| details.psp_customer.clone()),
        }
    }
}

fn is_flagged(case: &Case, difference: Difference) -> bool {
    let known = case.source.mismatch.as_deref().unwrap_or_default();
    known.split(',').any(|word| word == difference.to_string())
}

/// Everything in which what the PSP shows is not what was asked for. What it does not show is not judged.
pub fn differences(asked: &Asked, shown: &PaymentSnapshot) -> Vec<Difference> {
    let differs = |asked: Option<&String>, shown: Option<&String>| matches!((asked, shown), (Some(asked), Some(shown)) if asked != shown);
    let state = SourceState::of(shown);
    // A payment that was declined for good says nothing of the next attempt, which may be of another amount.
    let is_declined = state == Some(SourceState::Failed) && shown.client_secret.is_none();
    let moves_money =
        state != Some(SourceState::Canceled) && shown.status != PaymentStatus::Refunded && !is_declined;
    let amount = shown.amount.as_ref();
    let currency = amount.map(|amount| amount.currency.to_string());
    let is_other_amount =
        amount.is_some_and(|amount| moves_money && !asked.amounts.contains(&amount.amount_cents));
    let is_unknown_reference = !asked.references.is_empty()
        && shown
            .transaction_id
            .as_ref()
            .is_some_and(|reference| !asked.references.contains(reference));
    [
        (
            shown.live.is_some_and(|live| live != asked.live),
            Difference::Mode,
        ),
        (
            differs(Some(&asked.order_id), shown.order_id.as_ref()),
            Difference::Order,
        ),
        (is_unknown_reference, Difference::Reference),
        (
            differs(Some(&asked.currency), currency.as_ref()),
            Difference::Currency,
        ),
        (is_other_amount, Difference::Amount),
        (
            matches!((asked.capture, shown.capture), (Some(asked), Some(shown)) if asked != shown),
            Difference::CaptureMethod,
        ),
        (
            differs(asked.customer.as_ref(), shown.customer_token.as_ref()),
            Difference::Customer,
        ),
        (state.is_none(), Difference::State),
    ]
    .into_iter()
    .filter_map(|(differs, difference)| differs.then_some(difference))
    .collect()
}

/// The differences as they are stored with the source; nothing without one.
pub fn stored(differences: &[Difference]) -> Option<String> {
    let words: Vec<String> = differences.iter().map(ToString::to_string).collect();
    (!words.is_empty()).then(|| words.join(","))
}
