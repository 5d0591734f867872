//! Existing PaymentIntents: confirmed, updated, and created again.

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
    payment::{locked::LockedPayment, new_source::return_url, rules},
    providers::{
        connection::ProviderConnection,
        operation::{self, NewOperation, PreparedCall, Progress, begin_creation},
        provider::{Authorization, Charge},
    },
    stored::parse_column,
};

/// Commits the intent to attempt a payment: with a saved card in one call, else by confirming the PaymentIntent.
pub async fn authorize(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    authorization: Authorization<'_>,
) -> Result<Progress, Failure> {
    let Authorization {
        amount_cents,
        asked_cents,
        pointer,
        charge,
    } = authorization;
    if charge.card.is_some() && payment.source.psp_id.is_none() {
        payment.terms.authorization_amount_cents = asked_cents;
        return attempt_anew(tx, context, payment, charge, amount_cents).await;
    }
    if asked_cents.is_none() && rules::is_mismatched(&payment.source, &payment.order) {
        let message =
            "can't be done: the order's total has changed; send _update to the payment source first";
        return Err(Problem::invalid(pointer, "mismatched_amounts", message).into());
    }
    instrument_of(payment, &charge)?;
    payment.terms.authorization_amount_cents = asked_cents;
    if payment.source.amount_cents != amount_cents {
        let change = (amount_cents, Some(Goal::Authorize));
        let call = update(tx, context, payment, charge, change).await?;
        return Ok(Progress::CallPsp(Box::new(call)));
    }
    confirm(tx, context, payment, charge).await
}

fn instrument_of(
    payment: &LockedPayment,
    charge: &Charge<'_>,
) -> Result<(Options, Instrument, String), Failure> {
    let mut options = options_of(payment, charge)?;
    let (Some(instrument), Some(psp_id)) = (options.instrument.take(), payment.source.psp_id.clone()) else {
        let message =
            "needs a payment_method to confirm the payment with, unless the buyer's browser does it";
        return Err(Problem::invalid("/data/attributes", "blank", message)
            .field("options")
            .into());
    };
    Ok((options, instrument, psp_id))
}

/// Commits the intent to confirm the PaymentIntent with the payment method in `options`, or with the chosen saved card, which is
/// charged off session.
pub async fn confirm(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    charge: Charge<'_>,
) -> Result<Progress, Failure> {
    let is_away = is_away(payment);
    confirm_with(tx, context, payment, charge, is_away).await
}

/// Whether a saved card is charged off session. The buyer authenticates if the issuer requires it, except in a payment by mail or
/// telephone.
fn is_away(payment: &LockedPayment) -> bool {
    payment.terms.customer_payment_source_id.is_some() && payment.terms.moto != Some(true)
}

/// Commits the intent to confirm the PaymentIntent, on or off session.
pub async fn confirm_with(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    charge: Charge<'_>,
    is_away: bool,
) -> Result<Progress, Failure> {
    let gateway = charge.gateway;
    let (options, instrument, psp_id) = instrument_of(payment, &charge)?;
    let transaction = payment.new_transaction(context, TransactionKind::Authorizations);
    let transaction_id = Some(transaction.id.clone());
    payment.put(tx, transaction).await?;
    let given = options.return_url.as_ref().or(payment.terms.return_url.as_ref());
    let args = ConfirmPayment {
        instrument: Some(instrument),
        return_url: Some(return_url(context, given, gateway)),
        setup_future_usage: future_usage(&options, &payment.terms),
        off_session: is_away,
        three_d_secure: false,
        moto: payment.terms.moto == Some(true),
    };
    let (operation_id, kind) = (context.new_id(), OperationKind::Confirm);
    let key = operation::idempotency_key(&operation_id, kind);
    let request = ProviderConnection::of(context, gateway)?
        .gateway
        .confirm_payment(&psp_id, &args, &key)?;
    let operation = NewOperation {
        gateway,
        operation_id,
        kind,
        request,
        transaction_id,
        goal: is_away.then_some(Goal::Authenticate),
        reference: None,
    };
    let call = operation::begin(tx, context, payment, operation).await?;
    Ok(Progress::CallPsp(Box::new(call)))
}

/// Commits the intent to give the unconfirmed PaymentIntent an amount and the present options.
pub async fn update(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    charge: Charge<'_>,
    (amount_cents, goal): (i64, Option<Goal>),
) -> Result<PreparedCall, Failure> {
    let updatable = matches!(
        payment.source.state,
        SourceState::Unconfirmed | SourceState::Failed
    );
    let Some(psp_id) = payment.source.psp_id.clone().filter(|_| updatable) else {
        return Err(rules::not_in_state(&payment.source, "/data/attributes/_update").into());
    };
    let options = options_of(payment, &charge)?;
    let (operation_id, kind) = (context.new_id(), OperationKind::Update);
    let args = UpdatePayment {
        transaction_id: payment.source.id.clone(),
        order_id: payment.order.id.clone(),
        amount: Some(Money::new(
            amount_cents,
            parse_column(&payment.source.currency_code)?,
        )),
        setup_future_usage: future_usage(&options, &payment.terms),
        instrument: options.instrument,
        psp_customer: options.customer.or_else(|| payment.terms.psp_customer.clone()),
        receipt_email: options
            .receipt_email
            .or_else(|| payment.terms.receipt_email.clone()),
        description: options.description,
    };
    let key = operation::idempotency_key(&operation_id, kind);
    let request = ProviderConnection::of(context, charge.gateway)?
        .gateway
        .update_payment(&psp_id, &args, &key)?;
    let operation = NewOperation {
        gateway: charge.gateway,
        operation_id,
        kind,
        request,
        transaction_id: None,
        goal,
        reference: None,
    };
    operation::begin(tx, context, payment, operation).await
}

/// Refuses a renewal that can't succeed, before the hold is released.
pub fn refuse_renewal(
    context: &Context,
    payment: &LockedPayment,
    charge: &Charge<'_>,
    pointer: &str,
) -> Result<(), Failure> {
    let options = options_of(payment, charge)?;
    let id = context.new_id();
    let mut args = arguments(
        context,
        &id,
        payment,
        charge.gateway,
        &options,
        CaptureMethod::Manual,
    )?;
    args.amount = Money::new(
        payment.order.total_cents(),
        parse_column(&payment.order.currency_code)?,
    );
    let connection = ProviderConnection::of(context, charge.gateway)?;
    let can_be_made = connection
        .gateway
        .check_amount(&args.amount)
        .and_then(|()| connection.gateway.create_payment(&args, id.as_str()));
    if let Err(reason) = can_be_made {
        let message = format!("can't be done: {reason}; the authorized amount stays");
        return Err(Problem::invalid(pointer, "not_supported", message).into());
    }
    Ok(())
}

/// Commits the intent to create a released PaymentIntent again, with the order's present total.
pub async fn renew(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    charge: Charge<'_>,
) -> Result<Progress, Failure> {
    payment.source.psp_id = None;
    payment.source.client_secret = None;
    payment.source.state = SourceState::New;
    payment
        .source
        .currency_code
        .clone_from(&payment.order.currency_code);
    payment.terms.authorization_amount_cents = None;
    let total = payment.order.total_cents();
    attempt_anew(tx, context, payment, charge, total).await
}

/// Commits the intent to create a PaymentIntent, and to confirm it if that is possible without the buyer.
async fn attempt_anew(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    charge: Charge<'_>,
    amount_cents: i64,
) -> Result<Progress, Failure> {
    payment.source.amount_cents = amount_cents;
    let options = options_of(payment, &charge)?;
    let id = context.new_id();
    let mut args = arguments(
        context,
        &id,
        payment,
        charge.gateway,
        &options,
        CaptureMethod::Manual,
    )?;
    args.confirm = matches!(options.instrument, Some(Instrument::Saved { .. }));
    let is_away = args.confirm && is_away(payment);
    args.off_session = is_away;
    let mut transaction_id = None;
    if args.confirm {
        let transaction = payment.new_transaction(context, TransactionKind::Authorizations);
        transaction_id = Some(transaction.id.clone());
        payment.put(tx, transaction).await?;
    }
    let after = (transaction_id, is_away.then_some(Goal::Authenticate));
    let call = begin_creation(tx, context, payment, charge.gateway, id, &args, after).await?;
    Ok(Progress::CallPsp(Box::new(call)))
}

/// The client's options, with the chosen saved card.
fn options_of(payment: &LockedPayment, charge: &Charge<'_>) -> Result<Options, Failure> {
    let mut options = read_options(payment.terms.options.as_ref())?;
    if let Some(card) = &charge.card {
        options.customer.clone_from(&card.customer_token);
        options.instrument = Some(Instrument::Saved {
            id: card.token.clone(),
            customer: card.customer_token.clone(),
        });
    }
    Ok(options)
}
