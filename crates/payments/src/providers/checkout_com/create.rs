//! `POST /api/checkout_com_payments`: the payment is requested at once if the gateway says so, else on `_authorize`.

use tillgate_gateways::{CaptureMethod, CreatePayment, Instrument};
use tillgate_model::{
    Id, Money, Record, Updatable as _,
    request::{CreateRequest, UpdateRequest},
    resources::{CheckoutComPayment, TransactionKind},
};
use tillgate_store::{Goal, PaymentGatewayRow, Tx};

use super::instrument::instrument_of;
use crate::{
    context::Context,
    failure::Failure,
    payment::{
        cards::SavedCard,
        details::{Details, Display, Terms},
        locked::LockedPayment,
        new_source::{NewSource, Payable, new_source, return_url},
        offer::Choice,
        secrets,
    },
    providers::{
        operation::{PreparedCall, Progress, begin_creation},
        provider::Charge,
        sources::{
            Before, ChangeableSource, CreatableSource, Pointers, SourceResource as _, Triggers, keep_common,
            refuse_change,
        },
    },
    request::Request,
    stored::parse_column,
};

/// The pointer in a request for each parameter that Checkout.com may complain about.
const POINTERS: Pointers = &[
    ("token", "/data/attributes/token"),
    ("source", "/data/attributes/token"),
    ("customer", "/data/attributes/token"),
    ("success_url", "/data/attributes"),
    ("failure_url", "/data/attributes"),
    ("amount", "/data/relationships/order"),
    ("currency", "/data/relationships/order"),
];

impl CreatableSource for CheckoutComPayment {
    const POINTERS: Pointers = POINTERS;

    fn order_id(record: &Record<Self>) -> &Id {
        record.order.id()
    }

    async fn begin(
        tx: &mut Tx<'_>,
        request: &Request,
        (record, _): (&Record<Self>, &CreateRequest<Self>),
        payable: Payable,
        choice: Choice,
    ) -> Result<(LockedPayment, Progress<()>), Failure> {
        let moto = choice.is_moto(request);
        let gateway = choice.gateway;
        // The token is checked even if it is not used yet.
        let (place, token) = ((&payable.order, gateway.id.as_str()), record.token.expose());
        instrument_of(tx, request, place, record.payment_type, token).await?;
        let details = Details {
            terms: Terms {
                payment_type: record.payment_type.into(),
                success_url: record.success_url.clone(),
                failure_url: record.failure_url.clone(),
                moto,
                ..Terms::default()
            },
            display: Display {
                session_id: record.session_id.clone(),
                public_key: gateway.public_key.clone(),
                ..Display::default()
            },
        };
        let new = NewSource {
            kind: Self::SOURCE_TYPE,
            payable,
            gateway: &gateway,
            details,
        };
        let mut payment = new_source(request, record, new)?;
        payment.source.token = Some(secrets::seal_token(&request.context, &record.token));
        if !gateway.authorize_on_create {
            return Ok((payment, Progress::Done(())));
        }
        let charge = Charge {
            gateway: &gateway,
            card: None,
        };
        let call = authorize(tx, request, &mut payment, charge).await?;
        Ok((payment, Progress::CallPsp(Box::new(call))))
    }
}

impl ChangeableSource for CheckoutComPayment {
    const POINTERS: Pointers = POINTERS;

    async fn change(
        tx: &mut Tx<'_>,
        request: &Request,
        payment: &mut LockedPayment,
        input: &UpdateRequest<Self>,
    ) -> Result<Triggers, Failure> {
        let before = Before::of(payment);
        let mut record = Self::record(&request.context, &payment.source, &payment.order)?;
        Self::apply(&mut record, &input.attributes, &input.relationships);
        keep_common(payment, &record);
        let authorize = input.attributes.authorize == Some(true);
        before.refuse_late_change(request, payment, authorize || input.attributes.token.is_some())?;
        payment.display.session_id = record.session_id.clone();
        if let Some(token) = &input.attributes.token {
            let present = secrets::token(&request.context, &payment.source)?;
            if present.is_none_or(|present| present.expose() != token.expose()) {
                refuse_change(payment, "/data/attributes/token")?;
            }
            let place = (&payment.order, payment.source.payment_gateway_id.as_str());
            instrument_of(tx, request, place, record.payment_type, token.expose()).await?;
            payment.source.token = Some(secrets::seal_token(&request.context, token));
        }
        Ok(Triggers {
            authorize,
            update: false,
            refresh: input.attributes.details == Some(true) || input.attributes.refresh == Some(true),
        })
    }
}

/// Commits the intent to request the payment: a pending authorization with a key of its own.
pub async fn authorize(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
    charge: Charge<'_>,
) -> Result<PreparedCall, Failure> {
    let context = &request.context;
    let Charge { gateway, card } = charge;
    if let Some(card) = card {
        return request_saved(tx, context, payment, gateway, card, Presence::OffSession).await;
    }
    let token = secrets::token(context, &payment.source)?;
    let token = token
        .as_ref()
        .map(tillgate_model::Secret::expose)
        .unwrap_or_default();
    let payment_type = payment.terms.payment_type.into();
    let place = (&payment.order, payment.source.payment_gateway_id.as_str());
    let (instrument, customer) = instrument_of(tx, request, place, payment_type, token).await?;
    let paid_with = PaidWith {
        instrument,
        customer,
        presence: Presence::OnSession,
        first_payment: None,
    };
    request_payment(tx, context, payment, gateway, paid_with).await
}

/// Whether the buyer can be asked to authenticate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    OnSession,
    OffSession,
}

/// The instrument of a payment, and its buyer's presence.
struct PaidWith {
    instrument: Instrument,
    customer: Option<String>,
    presence: Presence,
    first_payment: Option<String>,
}

async fn request_saved(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    gateway: &PaymentGatewayRow,
    card: SavedCard,
    presence: Presence,
) -> Result<PreparedCall, Failure> {
    let paid_with = PaidWith {
        instrument: Instrument::Saved {
            id: card.token,
            customer: card.customer_token.clone(),
        },
        customer: card.customer_token,
        presence,
        first_payment: card.first_psp_id,
    };
    request_payment(tx, context, payment, gateway, paid_with).await
}

/// Commits the intent to request the payment once more, with authentication, because the issuer requires it.
pub async fn authenticate(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    gateway: &PaymentGatewayRow,
    card: SavedCard,
) -> Result<PreparedCall, Failure> {
    request_saved(tx, context, payment, gateway, card, Presence::OnSession).await
}

async fn request_payment(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    gateway: &PaymentGatewayRow,
    paid_with: PaidWith,
) -> Result<PreparedCall, Failure> {
    // A buyer who pays by mail or telephone can't authenticate.
    let moto = payment.terms.moto == Some(true);
    let is_off_session = paid_with.presence == Presence::OffSession && !moto;
    let transaction = payment.new_transaction(context, TransactionKind::Authorizations);
    let transaction_id = transaction.id.clone();
    payment.put(tx, transaction).await?;
    let fallback = return_url(context, None, gateway);
    let args = CreatePayment {
        transaction_id: transaction_id.clone(),
        order_id: payment.order.id.clone(),
        order_number: Some(payment.order.number.clone()),
        amount: Money::new(
            payment.source.amount_cents,
            parse_column(&payment.source.currency_code)?,
        ),
        capture: CaptureMethod::Manual,
        confirm: true,
        instrument: Some(paid_with.instrument),
        return_url: Some(fallback),
        success_url: payment.terms.success_url.clone(),
        failure_url: payment.terms.failure_url.clone(),
        psp_customer: paid_with.customer,
        customer_email: payment.order.customer_email.clone(),
        setup_future_usage: None,
        receipt_email: None,
        description: None,
        off_session: is_off_session,
        first_payment: paid_with.first_payment.filter(|_| is_off_session),
        three_d_secure: !is_off_session && !moto,
        moto,
    };
    begin_creation(
        tx,
        context,
        payment,
        gateway,
        context.new_id(),
        &args,
        (Some(transaction_id), is_off_session.then_some(Goal::Authenticate)),
    )
    .await
}
