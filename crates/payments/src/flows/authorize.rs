//! Authorizing: a payment source's attempt to pay, asked for on the source or on its order.

use tillgate_gateways::{CaptureMethod, ConfirmPayment, Instrument, UpdatePayment};
use tillgate_model::{
    Money, Problem,
    resources::{PaymentSourceType, TransactionKind},
};
use tillgate_store::{
    AnyOrder as _, Goal, OperationKind, PaymentGatewayRow, SourceState, TransactionStatus, Tx,
};

use super::{
    action::{self, Begun, gateway_of},
    case::Case,
    create,
    instrument::{Options, read_options},
    link::Link,
    offer::{self, Choice},
    operation::{self, Attempt, Intent},
    state::SourceStateRules as _,
    wallet,
};
use crate::{context::Context, failure::Failure, request::Request, resources::source, stored::word};

/// Codes of declines that ask for the buyer's authentication: Stripe docs, decline codes; Checkout.com docs, response codes.
const AUTHENTICATION_WANTED: [&str; 2] = ["authentication_required", "20154"];

/// Commits the intent to authorize the order's total, or a part of it, with the case's source. `pointer` leads to what asks
/// for it.
pub async fn begin(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &mut Case,
    amount_cents: Option<i64>,
    pointer: &str,
) -> Result<Begun, Failure> {
    let choice = refuse_attempt(tx, request, case, pointer).await?;
    case.details.moto = choice.is_moto(request);
    // Whoever pays is the one whose failures count, and not whoever made the source.
    if let Some(address) = create::buyer_address(request, &case.order) {
        case.details.address = Some(address);
    }
    let amount = payable(case, amount_cents, pointer)?;
    if case.source.kind == PaymentSourceType::WireTransfers {
        case.details.authorization_amount_cents = amount_cents;
        action::authorize_by_hand(tx, &request.context, case, amount).await?;
        return Ok(Begun::Done(None));
    }
    if case.source.kind == PaymentSourceType::CheckoutComPayments {
        let gateway = gateway_of(tx, case).await?;
        case.details.authorization_amount_cents = amount_cents;
        case.source.amount_cents = amount;
        let attempt = create::authorize_at_checkout_com(tx, request, case, &gateway).await?;
        return Ok(Begun::Call(Box::new(attempt)));
    }
    let is_chosen = wallet::chosen_or_refuse(tx, &request.context, case, pointer)
        .await?
        .is_some();
    if is_chosen && case.source.psp_id.is_none() {
        case.details.authorization_amount_cents = amount_cents;
        return attempt_anew(tx, &request.context, case, amount).await;
    }
    if amount_cents.is_none() && source::is_mismatched(&case.source, &case.order) {
        let message =
            "can't be done: the order's total has changed; send _update to the payment source first";
        return Err(Problem::invalid(pointer, "mismatched_amounts", message).into());
    }
    instrument_of(tx, &request.context, case).await?;
    case.details.authorization_amount_cents = amount_cents;
    if case.source.amount_cents != amount {
        let attempt = push(tx, &request.context, case, amount, Some(Goal::Authorize)).await?;
        return Ok(Begun::Call(Box::new(attempt)));
    }
    confirm(tx, &request.context, case).await
}

/// The order's total, or what the request says if that is not more.
fn payable(case: &Case, amount_cents: Option<i64>, pointer: &str) -> Result<i64, Problem> {
    let total = case.order.total_cents();
    if total <= 0 {
        let message = "can't be done: the order has nothing to pay; send _place to it";
        return Err(Problem::invalid(pointer, "free", message));
    }
    match amount_cents {
        Some(amount) if amount > total => {
            let message = format!("must be less than or equal to {total}");
            let pointer = "/data/attributes/_authorization_amount_cents";
            Err(Problem::invalid(pointer, "less_than_or_equal_to", message).meta("count", total))
        }
        Some(amount) => Ok(amount),
        None => Ok(total),
    }
}

/// What stands against an attempt to pay. Answers how it is paid.
async fn refuse_attempt(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &Case,
    pointer: &str,
) -> Result<Choice, Failure> {
    if !case.is_current() {
        let message = "can't be done: the order has another payment source by now";
        return Err(Problem::invalid(pointer, "replaced", message).into());
    }
    create::refuse_open_call(&case.source)?;
    create::refuse_mismatch(&case.source, pointer)?;
    create::refuse_double_payment(&case.ledger)?;
    if !case.source.state.takes_attempt() {
        return Err(create::not_in_state(&case.source, pointer).into());
    }
    create::refuse_card_testing(tx, request, case).await?;
    offer::present_or_refuse(tx, case, pointer).await
}

async fn instrument_of(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &Case,
) -> Result<(Options, Instrument, String), Failure> {
    let mut options = options_of(tx, context, case).await?;
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
pub async fn confirm(tx: &mut Tx<'_>, context: &Context, case: &mut Case) -> Result<Begun, Failure> {
    let is_away = is_away(case);
    confirm_with(tx, context, case, is_away).await
}

/// Whether a saved card is charged without its buyer, who is asked to authenticate if the bank wants that. By mail or telephone,
/// nobody can be asked.
fn is_away(case: &Case) -> bool {
    case.details.customer_payment_source_id.is_some() && case.details.moto != Some(true)
}

/// The same after a call: a saved card may have been removed meanwhile, and then there is nothing to confirm with.
pub async fn confirm_if_possible(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
) -> Result<Option<Begun>, Failure> {
    let is_removed = case.details.customer_payment_source_id.is_some()
        && wallet::chosen(tx, context, case).await?.is_none();
    if is_removed {
        return Ok(None);
    }
    Ok(Some(confirm(tx, context, case).await?))
}

async fn confirm_with(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    is_away: bool,
) -> Result<Begun, Failure> {
    let gateway = gateway_of(tx, case).await?;
    let (options, instrument, psp_id) = instrument_of(tx, context, case).await?;
    let transaction = case.new_transaction(context, TransactionKind::Authorizations);
    let transaction_id = Some(transaction.id.clone());
    case.put(tx, transaction).await?;
    let given = options.return_url.as_ref().or(case.details.return_url.as_ref());
    let args = ConfirmPayment {
        instrument: Some(instrument),
        return_url: Some(create::return_url(context, given, &gateway)),
        setup_future_usage: create::future_usage(&options, &case.details),
        off_session: is_away,
        three_d_secure: false,
        moto: case.details.moto == Some(true),
    };
    let (operation_id, kind) = (context.new_id(), OperationKind::Confirm);
    let key = operation::idempotency_key(&operation_id, kind);
    let request = Link::of(context, &gateway)?
        .gateway
        .confirm_payment(&psp_id, &args, &key)?;
    let intent = Intent {
        gateway: &gateway,
        operation_id,
        kind,
        request,
        transaction_id,
        goal: is_away.then_some(Goal::Authenticate),
        reference: None,
    };
    let attempt = operation::begin(tx, context, case, intent).await?;
    Ok(Begun::Call(Box::new(attempt)))
}

/// Whether the last attempt was declined because the buyer has to authenticate.
pub fn wants_authentication(case: &Case) -> bool {
    let last = case.authorizations().max_by_key(|row| row.number.clone());
    let code = last
        .filter(|row| row.status == TransactionStatus::Failed)
        .and_then(|row| row.error_code.as_deref());
    let wanted = code.is_some_and(|code| AUTHENTICATION_WANTED.contains(&code));
    wanted && case.source.state == SourceState::Failed
}

/// The same attempt with the buyer, who finishes it at their bank. `None` if the saved card was removed meanwhile.
pub async fn authenticate(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
) -> Result<Option<Begun>, Failure> {
    if case.source.kind == PaymentSourceType::CheckoutComPayments {
        let gateway = gateway_of(tx, case).await?;
        let attempt = create::authenticate_at_checkout_com(tx, context, case, &gateway).await?;
        return Ok(attempt.map(|attempt| Begun::Call(Box::new(attempt))));
    }
    if wallet::chosen(tx, context, case).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(confirm_with(tx, context, case, false).await?))
}

/// Commits the intent to give the unconfirmed PaymentIntent an amount and the present options. The source's own amount
/// follows when the PSP shows it: the update may be refused, because the buyer has confirmed the former amount meanwhile.
pub async fn push(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    amount_cents: i64,
    goal: Option<Goal>,
) -> Result<Attempt, Failure> {
    let gateway = gateway_of(tx, case).await?;
    let updatable = matches!(case.source.state, SourceState::Unconfirmed | SourceState::Failed);
    let Some(psp_id) = case.source.psp_id.clone().filter(|_| updatable) else {
        return Err(create::not_in_state(&case.source, "/data/attributes/_update").into());
    };
    let options = options_of(tx, context, case).await?;
    let (operation_id, kind) = (context.new_id(), OperationKind::Update);
    let args = UpdatePayment {
        transaction_id: case.source.id.clone(),
        order_id: case.order.id.clone(),
        amount: Some(Money::new(amount_cents, word(&case.source.currency_code)?)),
        setup_future_usage: create::future_usage(&options, &case.details),
        instrument: options.instrument,
        psp_customer: options.customer.or_else(|| case.details.psp_customer.clone()),
        receipt_email: options
            .receipt_email
            .or_else(|| case.details.receipt_email.clone()),
        description: options.description,
    };
    let key = operation::idempotency_key(&operation_id, kind);
    let request = Link::of(context, &gateway)?
        .gateway
        .update_payment(&psp_id, &args, &key)?;
    let intent = Intent {
        gateway: &gateway,
        operation_id,
        kind,
        request,
        transaction_id: None,
        goal,
        reference: None,
    };
    operation::begin(tx, context, case, intent).await
}

/// Refuses early what can't be made anew, before what is held is released.
pub async fn refuse_renewal(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &Case,
    pointer: &str,
) -> Result<(), Failure> {
    let gateway = gateway_of(tx, case).await?;
    if gateway.disabled_at.is_some() {
        let message = "can't be done: the gateway of the payment is disabled";
        return Err(Problem::invalid(pointer, "no_gateway", message).into());
    }
    let options = options_of(tx, context, case).await?;
    let id = context.new_id();
    let mut args = create::stripe_arguments(context, &id, case, &gateway, &options, CaptureMethod::Manual)?;
    args.amount = Money::new(case.order.total_cents(), word(&case.order.currency_code)?);
    let link = Link::of(context, &gateway)?;
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

/// Commits the intent to make a released PaymentIntent anew, with the order's present total. Only a saved instrument can be
/// confirmed without the buyer; a fresh one was used up.
pub async fn renew(tx: &mut Tx<'_>, context: &Context, case: &mut Case) -> Result<Begun, Failure> {
    case.source.psp_id = None;
    case.source.client_secret = None;
    case.source.state = SourceState::New;
    case.source.currency_code.clone_from(&case.order.currency_code);
    case.details.authorization_amount_cents = None;
    let total = case.order.total_cents();
    attempt_anew(tx, context, case, total).await
}

/// Commits the intent to make a PaymentIntent, and to confirm it if that can be done without the buyer.
async fn attempt_anew(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    amount_cents: i64,
) -> Result<Begun, Failure> {
    let gateway: PaymentGatewayRow = gateway_of(tx, case).await?;
    case.source.amount_cents = amount_cents;
    let options = options_of(tx, context, case).await?;
    let id = context.new_id();
    let mut args = create::stripe_arguments(context, &id, case, &gateway, &options, CaptureMethod::Manual)?;
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
    let attempt = create::begin_creation(tx, context, case, &gateway, id, &args, after).await?;
    Ok(Begun::Call(Box::new(attempt)))
}

/// The client's options, with the saved card that was chosen.
async fn options_of(tx: &mut Tx<'_>, context: &Context, case: &Case) -> Result<Options, Failure> {
    let mut options = read_options(case.details.options.as_ref())?;
    if let Some(card) = wallet::chosen(tx, context, case).await? {
        options.customer.clone_from(&card.customer_token);
        options.instrument = Some(Instrument::Saved {
            id: card.token,
            customer: card.customer_token,
        });
    }
    Ok(options)
}
