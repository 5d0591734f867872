//! The rules of the engine as tables: the effect on a payment in each state of each answer of its PSP.
//!
//! Each cell is a transaction of its own on one payment, which is rolled back afterwards.

mod apply;
mod authorize;
mod next_step;
mod record_outcome;
mod resolve;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tillgate_gateways::{
    CaptureMethod, Decline, PaymentSnapshot, PaymentStatus, Refusal, RefusalKind, Reuse,
};
use tillgate_model::{Id, JsonObject, Money, resources::TransactionKind};
use tillgate_store::{OperationKind, SourceState, StoreError, TransactionRow, TransactionStatus, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::locked::{LockedPayment, gateway_of},
    providers::{
        connection::ProviderConnection,
        operation::{self, NewOperation, PreparedCall},
    },
    test_support::world::World,
};

/// Total of the order.
const TOTAL: i64 = 1_000;

/// A payment that the tables are made with.
struct Scene {
    world: World,
    source_id: Id,
    psp_id: String,
}

/// Rolls a transaction back.
struct Undone;

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        panic!("{error:?}")
    }
}

impl From<Failure> for Undone {
    fn from(failure: Failure) -> Self {
        panic!("{failure:?}")
    }
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let (source_id, psp_id) = world.payment().await;
        Self {
            world,
            source_id: source_id.parse().unwrap(),
            psp_id,
        }
    }

    fn context(&self) -> &Context {
        self.world.service.context()
    }

    /// One cell of a table: `run` gets the payment in a state, with the transactions that belong to it, and answers the text of
    /// the cell.
    async fn cell<F>(&self, state: SourceState, run: F) -> String
    where
        F: AsyncFnOnce(&mut Tx<'_>, &Context, &mut LockedPayment) -> String + Send + 'static,
    {
        let said = Arc::new(Mutex::new(String::new()));
        let (scope, id, context) = (
            self.world.scope().clone(),
            self.source_id.clone(),
            self.context().clone(),
        );
        let told = Arc::clone(&said);
        let undone = self
            .context()
            .db
            .write(async move |tx: &mut Tx<'_>| {
                let mut payment = LockedPayment::lock(tx, &scope, &id).await?;
                put_in_state(tx, &context, &mut payment, state).await?;
                *told.lock().unwrap() = run(tx, &context, &mut payment).await;
                Err::<(), Undone>(Undone)
            })
            .await;
        assert!(undone.is_err(), "each cell is undone");
        said.lock().unwrap().clone()
    }

    /// The payment as its PSP shows it.
    fn snapshot(&self, status: PaymentStatus) -> PaymentSnapshot {
        snapshot(&self.psp_id, status)
    }
}

fn euros(cents: i64) -> Option<Money> {
    Some(Money::new(cents, "EUR".parse().unwrap()))
}

fn snapshot(psp_id: &str, status: PaymentStatus) -> PaymentSnapshot {
    use PaymentStatus::{Authorized, Captured, Declined, PartiallyCaptured, PartiallyRefunded, Refunded};
    let captured = match status {
        PartiallyCaptured => 400,
        Captured | PartiallyRefunded | Refunded => TOTAL,
        _ => 0,
    };
    let held = matches!(status, Authorized | PartiallyCaptured);
    PaymentSnapshot {
        psp_id: psp_id.to_owned(),
        decline: (status == Declined).then(|| decline("card_declined")),
        amount: euros(TOTAL),
        amount_capturable: euros(if held { TOTAL - captured } else { 0 }),
        amount_captured: euros(captured),
        amount_refunded: None,
        charge_id: Some("ch_1".into()),
        action_id: None,
        redirect_url: None,
        client_secret: None,
        payment_method: None,
        instrument: None,
        multicapture: None,
        source_id: None,
        reuse: Reuse::No,
        customer_token: None,
        transaction_id: None,
        actions: None,
        lists_captures: false,
        order_id: None,
        account: None,
        live: Some(false),
        capture: Some(CaptureMethod::Manual),
        response: Value::Null,
        status,
    }
}

fn decline(code: &str) -> Decline {
    Decline {
        code: code.into(),
        message: "The card was declined.".into(),
        detail: None,
    }
}

fn refusal(kind: RefusalKind) -> Refusal {
    Refusal {
        kind,
        code: Some("refused".into()),
        param: None,
        missing: None,
        message: "no".into(),
        psp_request_id: None,
    }
}

/// A transaction of the payment with an amount.
async fn add(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    (kind, status, cents): (TransactionKind, TransactionStatus, i64),
    parent: Option<&TransactionRow>,
) -> Result<TransactionRow, Failure> {
    let mut row = payment.new_transaction(context, kind);
    row.status = status;
    row.amount_cents = cents;
    row.parent_id = parent.map(|parent| parent.id.clone());
    row.token.clone_from(&payment.source.psp_id);
    payment.put(tx, row.clone()).await?;
    Ok(row)
}

/// Sets the state of the source, and adds the transactions that a payment in this state has.
async fn put_in_state(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    state: SourceState,
) -> Result<(), Failure> {
    use TransactionKind::{Authorizations, Captures, Voids};
    use TransactionStatus::{Failed, Pending, Succeeded};
    payment.source.state = state;
    match state {
        SourceState::New | SourceState::Unconfirmed => {}
        SourceState::RequiresAction | SourceState::Processing => {
            add(tx, context, payment, (Authorizations, Pending, TOTAL), None).await?;
        }
        SourceState::Failed => {
            add(tx, context, payment, (Authorizations, Failed, TOTAL), None).await?;
        }
        SourceState::Authorized => {
            add(tx, context, payment, (Authorizations, Succeeded, TOTAL), None).await?;
        }
        SourceState::Captured => {
            let held = add(tx, context, payment, (Authorizations, Succeeded, TOTAL), None).await?;
            add(tx, context, payment, (Captures, Succeeded, TOTAL), Some(&held)).await?;
        }
        SourceState::Canceled => {
            let held = add(tx, context, payment, (Authorizations, Succeeded, TOTAL), None).await?;
            add(tx, context, payment, (Voids, Succeeded, TOTAL), Some(&held)).await?;
        }
    }
    Ok(())
}

/// The transactions of a payment in short: `auth+1000 capt+1000`, with `?` for one whose outcome is open and `-` for a failed one.
fn ledger(payment: &LockedPayment) -> String {
    let mut rows: Vec<&TransactionRow> = payment.ledger.rows().iter().collect();
    rows.sort_by_key(|row| row.number.clone());
    let words: Vec<String> = rows
        .iter()
        .map(|row| {
            let kind = row.kind.to_string();
            let sign = match row.status {
                TransactionStatus::Succeeded => '+',
                TransactionStatus::Pending => '?',
                TransactionStatus::Failed => '-',
            };
            format!("{}{sign}{}", &kind[..4], row.amount_cents)
        })
        .collect();
    if words.is_empty() {
        "nothing".into()
    } else {
        words.join(" ")
    }
}

/// The codes of a failure's problems.
fn codes(failure: Failure) -> String {
    let problems = failure.into_problems();
    let text = format!("{problems:?}");
    let mut rules: Vec<&str> = text
        .match_indices("Validation(\"")
        .filter_map(|(at, start)| text[at + start.len()..].split('"').next())
        .collect();
    rules.dedup();
    if rules.is_empty() {
        format!("{}", problems.status())
    } else {
        rules.join(" ")
    }
}

/// Commits the intent of a call as part of the cell's transaction.
async fn open_call(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    kind: OperationKind,
    transaction: Option<TransactionRow>,
) -> Result<PreparedCall, Failure> {
    let gateway = gateway_of(tx, payment).await?;
    let connection = ProviderConnection::of(context, &gateway)?;
    let new = NewOperation {
        gateway: &gateway,
        operation_id: context.new_id(),
        kind,
        request: connection.gateway.retrieve_payment("pi_1")?,
        transaction_id: transaction.map(|row| row.id),
        goal: None,
        reference: None,
    };
    operation::begin(tx, context, payment, new).await
}

/// Lets the payment be confirmed with a card.
fn choose_card(payment: &mut LockedPayment) {
    let options = json!({"payment_method": "pm_card_visa"});
    payment.terms.options = options.as_object().cloned().map(JsonObject);
}

/// Compares a table with the expected one, both without the blanks at their edges.
fn assert_table(made: &[String], expected: &str) {
    let expected: Vec<&str> = expected.trim().lines().map(str::trim).collect();
    let made: Vec<&str> = made.iter().map(|line| line.trim()).collect();
    assert_eq!(made, expected, "\n{}\n", made.join("\n"));
}
