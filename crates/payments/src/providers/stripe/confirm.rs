//! PaymentIntents that are there: confirmed, updated, and created anew.

use tillgate_gateways::{CaptureMethod, ConfirmPayment, Instrument, UpdatePayment};
use tillgate_model::{Money, Problem, resources::TransactionKind};
use tillgate_store::{AnyOrder as _, Goal, OperationKind, SourceState, Tx};

use super::{
    create::{arguments, future_usage},
    options::{Options, read_options},
};
use crate::{
    context::Context,
    failure::Failure,
    payment::{case::Case, new_source::return_url, rules},
    providers::{
        connection::Link,
        operation::{self, Attempt, Intent, Progress, begin_creation},
        provider::{Authorization, Charge},
    },
    stored::word,
};

/// Commits the intent to attempt a payment: with a saved card in one call, else by confirming the PaymentIntent.
pub async fn authorize(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    authorization: Authorization<'_>,
) -> Result<Progress, Failure> {
    let Authorization {
        amount_cents,
        asked_cents,
        pointer,
        charge,
    } = authorization;
    if charge.card.is_some() && case.source.psp_id.is_none() {
        case.details.authorization_amount_cents = asked_cents;
        return attempt_anew(tx, context, case, charge, amount_cents).await;
    }
    if asked_cents.is_none() && rules::is_mismatched(&case.source, &case.order) {
        let message =
            "can't be done: the order's total has changed; send _update to the payment source first";
        return Err(Problem::invalid(pointer, "mismatched_amounts", message).into());
    }
    instrument_of(case, &charge)?;
    case.details.authorization_amount_cents = asked_cents;
    if case.source.amount_cents != amount_cents {
        let change = (amount_cents, Some(Goal::Authorize));
        let attempt = update(tx, context, case, charge, change).await?;
        return Ok(Progress::CallPsp(Box::new(attempt)));
    }
    confirm(tx, context, case, charge).await
}

fn instrument_of(case: &Case, charge: &Charge<'_>) -> Result<(Options, Instrument, String), Failure> {
    let mut options = options_of(case, charge)?;
    let (Some(instrument), Some(psp_id)) = (options.instrument.take(), case.source.psp_id.clone()) else {
        let message =
            "needs a payment_method to confirm the payment with, unless the buyer's browser does it";
        return Err(Problem::invalid("/data/attributes", "blank", message)
            .field("options")
            .into());
    };
    Ok((options, instrument, psp_id))
}

/// Commits the intent to confirm the PaymentIntent with the payment method in `options`, or with the saved card that was
/// chosen: that without its buyer.
pub async fn confirm(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    charge: Charge<'_>,
) -> Result<Progress, Failure> {
    let is_away = is_away(case);
    confirm_with(tx, context, case, charge, is_away).await
}

/// Whether a saved card is charged without its buyer, who is asked to authenticate if the bank wants that. By mail or telephone,
/// nobody can be asked.
fn is_away(case: &Case) -> bool {
    case.details.customer_payment_source_id.is_some() && case.details.moto != Some(true)
}

/// Commits the intent to confirm the PaymentIntent, with its buyer or without.
pub async fn confirm_with(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    charge: Charge<'_>,
    is_away: bool,
) -> Result<Progress, Failure> {
    let gateway = charge.gateway;
    let (options, instrument, psp_id) = instrument_of(case, &charge)?;
    let transaction = case.new_transaction(context, TransactionKind::Authorizations);
    let transaction_id = Some(transaction.id.clone());
    case.put(tx, transaction).await?;
    let given = options.return_url.as_ref().or(case.details.return_url.as_ref());
    let args = ConfirmPayment {
        instrument: Some(instrument),
        return_url: Some(return_url(context, given, gateway)),
        setup_future_usage: future_usage(&options, &case.details),
        off_session: is_away,
        three_d_secure: false,
        moto: case.details.moto == Some(true),
    };
    let (operation_id, kind) = (context.new_id(), OperationKind::Confirm);
    let key = operation::idempotency_key(&operation_id, kind);
    let request = Link::of(context, gateway)?
        .gateway
        .confirm_payment(&psp_id, &args, &key)?;
    let intent = Intent {
        gateway,
        operation_id,
        kind,
        request,
        transaction_id,
        goal: is_away.then_some(Goal::Authenticate),
        reference: None,
    };
    let attempt = operation::begin(tx, context, case, intent).await?;
    Ok(Progress::CallPsp(Box::new(attempt)))
}

/// Commits the intent to give the unconfirmed PaymentIntent an amount and the present options.
pub async fn update(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    charge: Charge<'_>,
    (amount_cents, goal): (i64, Option<Goal>),
) -> Result<Attempt, Failure> {
    let updatable = matches!(case.source.state, SourceState::Unconfirmed | SourceState::Failed);
    let Some(psp_id) = case.source.psp_id.clone().filter(|_| updatable) else {
        return Err(rules::not_in_state(&case.source, "/data/attributes/_update").into());
    };
    let options = options_of(case, &charge)?;
    let (operation_id, kind) = (context.new_id(), OperationKind::Update);
    let args = UpdatePayment {
        transaction_id: case.source.id.clone(),
        order_id: case.order.id.clone(),
        amount: Some(Money::new(amount_cents, word(&case.source.currency_code)?)),
        setup_future_usage: future_usage(&options, &case.details),
        instrument: options.instrument,
        psp_customer: options.customer.or_else(|| case.details.psp_customer.clone()),
        receipt_email: options
            .receipt_email
            .or_else(|| case.details.receipt_email.clone()),
        description: options.description,
    };
    let key = operation::idempotency_key(&operation_id, kind);
    let request = Link::of(context, charge.gateway)?
        .gateway
        .update_payment(&psp_id, &args, &key)?;
    let intent = Intent {
        gateway: charge.gateway,
        operation_id,
        kind,
        request,
        transaction_id: None,
        goal,
        reference: None,
    };
    operation::begin(tx, context, case, intent).await
}

/// Refuses early what can't be created anew, before what is held is released.
pub fn refuse_renewal(
    context: &Context,
    case: &Case,
    charge: &Charge<'_>,
    pointer: &str,
) -> Result<(), Failure> {
    let options = options_of(case, charge)?;
    let id = context.new_id();
    let mut args = arguments(
        context,
        &id,
        case,
        charge.gateway,
        &options,
        CaptureMethod::Manual,
    )?;
    args.amount = Money::new(case.order.total_cents(), word(&case.order.currency_code)?);
    let link = Link::of(context, charge.gateway)?;
    let can_be_made = link
        .gateway
        .check_amount(&args.amount)
        .and_then(|()| link.gateway.create_payment(&args, id.as_str()));
    if let Err(reason) = can_be_made {
        let message = format!("can't be done: {reason}; what is authorized stays");
        return Err(Problem::invalid(pointer, "not_supported", message).into());
    }
    Ok(())
}

/// Commits the intent to create a released PaymentIntent anew, with the order's present total.
pub async fn renew(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    charge: Charge<'_>,
) -> Result<Progress, Failure> {
    case.source.psp_id = None;
    case.source.client_secret = None;
    case.source.state = SourceState::New;
    case.source.currency_code.clone_from(&case.order.currency_code);
    case.details.authorization_amount_cents = None;
    let total = case.order.total_cents();
    attempt_anew(tx, context, case, charge, total).await
}

/// Commits the intent to create a PaymentIntent, and to confirm it if that can be done without the buyer.
async fn attempt_anew(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    charge: Charge<'_>,
    amount_cents: i64,
) -> Result<Progress, Failure> {
    case.source.amount_cents = amount_cents;
    let options = options_of(case, &charge)?;
    let id = context.new_id();
    let mut args = arguments(
        context,
        &id,
        case,
        charge.gateway,
        &options,
        CaptureMethod::Manual,
    )?;
    args.confirm = matches!(options.instrument, Some(Instrument::Saved { .. }));
    let is_away = args.confirm && is_away(case);
    args.off_session = is_away;
    let mut transaction_id = None;
    if args.confirm {
        let transaction = case.new_transaction(context, TransactionKind::Authorizations);
        transaction_id = Some(transaction.id.clone());
        case.put(tx, transaction).await?;
    }
    let after = (transaction_id, is_away.then_some(Goal::Authenticate));
    let attempt = begin_creation(tx, context, case, charge.gateway, id, &args, after).await?;
    Ok(Progress::CallPsp(Box::new(attempt)))
}

/// The client's options, with the saved card that was chosen.
fn options_of(case: &Case, charge: &Charge<'_>) -> Result<Options, Failure> {
    let mut options = read_options(case.details.options.as_ref())?;
    if let Some(card) = &charge.card {
        options.customer.clone_from(&card.customer_token);
        options.instrument = Some(Instrument::Saved {
            id: card.token.clone(),
            customer: card.customer_token.clone(),
        });
    }
    Ok(options)
}
