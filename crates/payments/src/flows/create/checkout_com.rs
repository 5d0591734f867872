//! `POST /api/checkout_com_payments`: the payment is requested at once where the gateway says so, else on `_authorize`.

use tillgate_gateways::{CaptureMethod, CreatePayment, Instrument};
use tillgate_model::{
    Creatable, Id, Money, Record,
    request::{CreateRequest, UpdateRequest},
    resources::{CheckoutComPayment, PaymentSourceType, TransactionKind},
};
use tillgate_store::{Goal, PaymentGatewayRow, Tx};

use super::{
    new_source::{NewSource, lock_payable_order, new_source, return_url},
    replace::{Reason, replacing},
    stripe::begin_creation,
};
use crate::{
    call::Answer,
    context::Context,
    failure::Failure,
    flows::{
        carry_out::{Ending, carry_out},
        case::Case,
        details::Details,
        instrument,
        operation::Attempt,
        source_editor::PaymentSource,
        update,
        wallet::{self, SavedCard},
    },
    request::Request,
    resources::{checkout_com_payment, source},
    stored::word,
};

/// Where what Checkout.com complains of stands in a request.
pub const POINTERS: &[(&str, &str)] = &[
    ("token", "/data/attributes/token"),
    ("source", "/data/attributes/token"),
    ("customer", "/data/attributes/token"),
    ("success_url", "/data/attributes"),
    ("failure_url", "/data/attributes"),
    ("amount", "/data/relationships/order"),
    ("currency", "/data/relationships/order"),
];

fn ending(id: &Id) -> Ending {
    Ending {
        id: id.clone(),
        answer: |request, case, _| {
            let record = checkout_com_payment::record(&request.context, &case.source, &case.order)?;
            Ok(request.created(&record))
        },
        verdict: |_, _| None,
        pointers: POINTERS,
        is_creation: true,
        card_token: None,
        renews: false,
    }
}

impl PaymentSource for CheckoutComPayment {
    async fn create(request: &Request, input: CreateRequest<Self>) -> Result<Answer, Failure> {
        let mut record = Self::from_create(&input.attributes, &input.relationships);
        record.stamp(request.context.new_id(), request.context.now());
        let ending = ending(&record.id);
        let begun = replacing(request, record.order.id(), Reason::Replaced, async || {
            commit_intent(request, record.clone()).await
        });
        match begun.await? {
            Begun::Requested(attempt) => carry_out(request, *attempt, ending).await,
            Begun::Kept(answer) => Ok(answer),
        }
    }

    async fn update(request: &Request, id: &Id, input: UpdateRequest<Self>) -> Result<Answer, Failure> {
        update::checkout_com(request, id, input).await
    }
}

/// How far the first transaction came.
enum Begun {
    /// The intent is committed; the PSP is to be called.
    Requested(Box<Attempt>),
    /// The source waits for its `_authorize`.
    Kept(Answer),
}

async fn commit_intent(request: &Request, record: Record<CheckoutComPayment>) -> Result<Begun, Failure> {
    let (request, context) = (request.clone(), request.context.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let kind = PaymentSourceType::CheckoutComPayments;
            request.claim(tx, Some((kind.into(), record.id.as_str()))).await?;
            let (payable, choice) = lock_payable_order(tx, &request, record.order.id(), kind).await?;
            let moto = choice.is_moto(&request);
            let gateway = choice.gateway;
            // The token is checked even if it is not used yet.
            let (place, token) = ((&payable.order, gateway.id.as_str()), record.token.expose());
            instrument::at_checkout_com(tx, &request, place, record.payment_type, token).await?;
            let details = Details {
                payment_type: record.payment_type,
                session_id: record.session_id.clone(),
                success_url: record.success_url.clone(),
                failure_url: record.failure_url.clone(),
                public_key: gateway.public_key.clone(),
                moto,
                ..Details::default()
            };
            let new = NewSource {
                kind,
                payable,
                gateway: &gateway,
                details,
            };
            let mut case = new_source(&request, &record, new)?;
            case.source.token = Some(source::seal_token(&request.context, &record.token));
            if gateway.authorize_on_create {
                let attempt = authorize(tx, &request, &mut case, &gateway).await?;
                case.save(tx, &request.context).await?;
                return Ok(Begun::Requested(Box::new(attempt)));
            }
            case.save(tx, &request.context).await?;
            let record = checkout_com_payment::record(&request.context, &case.source, &case.order)?;
            let answer = request.created(&record);
            request.finish(tx, &answer).await?;
            Ok(Begun::Kept(answer))
        })
        .await
}

/// Commits the intent to request the payment: a pending authorization with a key of its own.
pub async fn authorize(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &mut Case,
    gateway: &PaymentGatewayRow,
) -> Result<Attempt, Failure> {
    let token = source::token(&request.context, &case.source)?;
    let token = token
        .as_ref()
        .map(tillgate_model::Secret::expose)
        .unwrap_or_default();
    let context = &request.context;
    let pointer = "/data/attributes/_authorize";
    if let Some(card) = wallet::chosen_or_refuse(tx, context, case, pointer).await? {
        return charge_saved(tx, context, case, gateway, card, Presence::Away).await;
    }
    let payment_type = case.details.payment_type;
    let place = (&case.order, case.source.payment_gateway_id.as_str());
    let (instrument, customer) = instrument::at_checkout_com(tx, request, place, payment_type, token).await?;
    let args = Charge {
        instrument,
        customer,
        presence: Presence::There,
        first_payment: None,
    };
    charge(tx, context, case, gateway, args).await
}

/// Whether the buyer can be asked to authenticate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    There,
    Away,
}

/// What a payment is made with.
struct Charge {
    instrument: Instrument,
    customer: Option<String>,
    presence: Presence,
    first_payment: Option<String>,
}

async fn charge_saved(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    gateway: &PaymentGatewayRow,
    card: SavedCard,
    presence: Presence,
) -> Result<Attempt, Failure> {
    let args = Charge {
        instrument: Instrument::Saved {
            id: card.token,
            customer: card.customer_token.clone(),
        },
        customer: card.customer_token,
        presence,
        first_payment: card.first_psp_id,
    };
    charge(tx, context, case, gateway, args).await
}

/// Commits the intent to request the payment once more, with authentication, after the bank has asked for it. `None` if
/// the saved card was removed meanwhile.
pub async fn authenticate(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    gateway: &PaymentGatewayRow,
) -> Result<Option<Attempt>, Failure> {
    match wallet::chosen(tx, context, case).await? {
        Some(card) => {
            let attempt = charge_saved(tx, context, case, gateway, card, Presence::There).await?;
            Ok(Some(attempt))
        }
        None => Ok(None),
    }
}

async fn charge(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    gateway: &PaymentGatewayRow,
    charge: Charge,
) -> Result<Attempt, Failure> {
    // By mail or telephone, nobody can be asked to authenticate.
    let moto = case.details.moto == Some(true);
    let is_away = charge.presence == Presence::Away && !moto;
    let transaction = case.new_transaction(context, TransactionKind::Authorizations);
    let transaction_id = transaction.id.clone();
    case.put(tx, transaction).await?;
    let fallback = return_url(context, None, gateway);
    let args = CreatePayment {
        transaction_id: transaction_id.clone(),
        order_id: case.order.id.clone(),
        order_number: Some(case.order.number.clone()),
        amount: Money::new(case.source.amount_cents, word(&case.source.currency_code)?),
        capture: CaptureMethod::Manual,
        confirm: true,
        instrument: Some(charge.instrument),
        return_url: Some(fallback),
        success_url: case.details.success_url.clone(),
        failure_url: case.details.failure_url.clone(),
        psp_customer: charge.customer,
        customer_email: case.order.customer_email.clone(),
        setup_future_usage: None,
        receipt_email: None,
        description: None,
        off_session: is_away,
        first_payment: charge.first_payment.filter(|_| is_away),
        three_d_secure: !is_away && !moto,
        moto,
    };
    begin_creation(
        tx,
        context,
        case,
        gateway,
        context.new_id(),
        &args,
        (Some(transaction_id), is_away.then_some(Goal::Authenticate)),
    )
    .await
}
