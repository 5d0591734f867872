//! Compares the request for a payment with the PSP's snapshot. The list of fields that must agree is here, and nowhere else.

use tillgate_gateways::{CaptureMethod, PaymentSnapshot, PaymentStatus};
use tillgate_store::{AnyOrder as _, SourceState, TransactionRow};

use crate::{
    context::Context,
    failure::Failure,
    payment::{locked::LockedPayment, mismatch::Difference, state::SourceStateRules as _},
    planted::{self, Bug},
    providers::{CreationReference, registry},
};

/// The properties that a payment was requested with. `None` was left to the PSP or the buyer.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Live mode.
    pub live: bool,
    /// Id of our order.
    pub order_id: String,
    /// Ids of our transactions. The payment has one of them as its reference. Empty if another one of ours is allowed too.
    pub references: Vec<String>,
    /// Currency.
    pub currency: String,
    /// All amounts that were requested.
    pub amounts: Vec<i64>,
    /// Time of the capture: at once or later.
    pub capture: Option<CaptureMethod>,
    /// The PSP's customer.
    pub customer: Option<String>,
    /// The connected account. A processing channel has no counterpart here: no payment shows its channel.
    pub account: Option<String>,
    /// The saved instrument, unless the buyer's browser may pay with another one.
    pub instrument: Option<String>,
}

impl Asked {
    /// The properties that a payment was requested with.
    pub fn of(context: &Context, payment: &LockedPayment) -> Result<Self, Failure> {
        let provider = registry::of_source(*payment.source.kind);
        let capabilities = provider.capabilities();
        let terms = &payment.terms;
        let options = terms.options.as_ref();
        let named = options.and_then(|options| Some(options.0.get("customer")?.as_str()?.to_owned()));
        let own = |row: &&TransactionRow| row.payment_source_id == payment.source.id;
        let instrument = match capabilities.shows_instrument {
            true => provider.named_card(context, &payment.source, terms)?,
            false => None,
        };
        Ok(Self {
            live: !payment.scope.test(),
            order_id: payment.order.id.clone(),
            references: if capabilities.reference == CreationReference::Transaction {
                payment
                    .ledger
                    .rows()
                    .iter()
                    .filter(own)
                    .map(|row| row.id.clone())
                    .collect()
            } else {
                Vec::new()
            },
            currency: payment.source.currency_code.clone(),
            amounts: [
                // The source's amount follows the PSP, so it proves nothing once the PSP has shown another amount.
                Some(payment.source.amount_cents).filter(|_| !is_flagged(payment, Difference::Amount)),
                Some(payment.order.total_cents()),
                terms.authorization_amount_cents,
            ]
            .into_iter()
            .flatten()
            .collect(),
            capture: capabilities
                .shows_capture_method
                .then_some(if payment.source.automatic_capture {
                    CaptureMethod::Automatic
                } else {
                    CaptureMethod::Manual
                }),
            customer: named.or_else(|| terms.psp_customer.clone()),
            account: terms.connected_account.clone(),
            instrument,
        })
    }
}

fn is_flagged(payment: &LockedPayment, difference: Difference) -> bool {
    let known = payment.source.mismatch.as_deref().unwrap_or_default();
    known.split(',').any(|word| word == difference.to_string())
}

/// All differences between the request and the snapshot. A field that the PSP does not show is not judged.
pub fn differences(asked: &Asked, shown: &PaymentSnapshot) -> Vec<Difference> {
    if planted::is(Bug::MismatchIgnored) {
        return Vec::new();
    }
    let differs = |asked: Option<&String>, shown: Option<&String>| matches!((asked, shown), (Some(asked), Some(shown)) if asked != shown);
    let state = SourceState::of(shown);
    // A payment that was declined for good proves nothing about the next attempt, which may have another amount.
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
        (
            differs(asked.account.as_ref(), shown.account.as_ref()),
            Difference::Account,
        ),
        (
            differs(asked.instrument.as_ref(), shown.source_id.as_ref()),
            Difference::Instrument,
        ),
        (state.is_none(), Difference::State),
    ]
    .into_iter()
    .filter_map(|(differs, difference)| differs.then_some(difference))
    .collect()
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use serde_json::Value;
    use strum::VariantArray as _;
    use tillgate_gateways::Reuse;
    use tillgate_model::{Money, money::Currency};

    use super::*;

    fn money(cents: i64, currency: &str) -> Option<Money> {
        let currency: Currency = currency.parse().unwrap();
        Some(Money::new(cents, currency))
    }

    fn asked() -> Asked {
        Asked {
            live: false,
            order_id: "order".into(),
            references: vec!["transaction".into()],
            currency: "EUR".into(),
            amounts: vec![1_000],
            capture: Some(CaptureMethod::Manual),
            customer: Some("cus_1".into()),
            account: Some("acct_1".into()),
            instrument: Some("src_1".into()),
        }
    }

    /// A snapshot that agrees with the request in every field.
    fn shown() -> PaymentSnapshot {
        PaymentSnapshot {
            psp_id: "pay_1".into(),
            status: PaymentStatus::Authorized,
            amount: money(1_000, "EUR"),
            amount_capturable: None,
            amount_captured: None,
            amount_refunded: None,
            charge_id: None,
            action_id: None,
            decline: None,
            redirect_url: None,
            client_secret: None,
            payment_method: None,
            instrument: None,
            multicapture: None,
            source_id: Some("src_1".into()),
            reuse: Reuse::No,
            customer_token: Some("cus_1".into()),
            transaction_id: Some("transaction".into()),
            actions: None,
            lists_captures: false,
            order_id: Some("order".into()),
            account: Some("acct_1".into()),
            live: Some(false),
            capture: Some(CaptureMethod::Manual),
            response: Value::Null,
        }
    }

    #[test]
    fn each_difference_is_told_by_its_name_and_what_is_not_shown_is_not_judged() {
        assert_eq!(differences(&asked(), &shown()), []);
        for difference in Difference::VARIANTS {
            let mut other = shown();
            match difference {
                Difference::Mode => other.live = Some(true),
                Difference::Order => other.order_id = Some("another".into()),
                Difference::Reference => other.transaction_id = Some("another".into()),
                Difference::Currency => other.amount = money(1_000, "USD"),
                Difference::Amount => other.amount = money(900, "EUR"),
                Difference::CaptureMethod => other.capture = Some(CaptureMethod::Automatic),
                Difference::Customer => other.customer_token = Some("cus_2".into()),
                Difference::Account => other.account = Some("acct_2".into()),
                Difference::Instrument => other.source_id = Some("src_2".into()),
                Difference::State => other.status = PaymentStatus::Unknown("new".into()),
                // A missing payment has no snapshot.
                Difference::Missing => continue,
            }
            assert_eq!(differences(&asked(), &other), [*difference]);
            assert_eq!(Difference::from_str(&difference.to_string()), Ok(*difference));
        }
        let silent = PaymentSnapshot {
            live: None,
            order_id: None,
            transaction_id: None,
            amount: None,
            capture: None,
            customer_token: None,
            account: None,
            source_id: None,
            ..shown()
        };
        assert_eq!(differences(&asked(), &silent), []);
    }
}
