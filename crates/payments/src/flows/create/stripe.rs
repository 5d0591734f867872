//! `POST /api/stripe_payments`: an unconfirmed PaymentIntent of the order's amount, which the buyer's browser confirms.

use tillgate_gateways::{CaptureMethod, CreatePayment, SetupFutureUsage};
use tillgate_model::{
    Creatable, Id, Money, Record,
    request::{CreateRequest, UpdateRequest},
    resources::{PaymentSourceType, StripePayment},
};
use tillgate_store::{Goal, OperationKind, PaymentGatewayRow, Tx};

use super::{
    new_source::{NewSource, likely_gateway, lock_payable_order, new_source, return_url},
    replace::{Reason, replacing},
};
use crate::{
    call::Answer,
    context::Context,
    failure::Failure,
    flows::{
        carry_out::{Ending, carry_out, renewing},
        case::Case,
        details::Details,
        instrument::{self, Options, read_options},
        link::Link,
        offer::Choice,
        operation::{self, Attempt, Intent},
        source_editor::PaymentSource,
        update, wallet,
    },
    request::Request,
    resources::stripe_payment,
    stored::word,
};

/// Where what Stripe complains of stands in a request.
pub const POINTERS: &[(&str, &str)] = &[
    ("customer", "/data/attributes/options/customer"),
    ("payment_method", "/data/attributes/options/payment_method"),
    ("receipt_email", "/data/attributes"),
    ("amount", "/data/relationships/order"),
    ("currency", "/data/relationships/order"),
];

fn ending(id: &Id, renews: bool) -> Ending {
    Ending {
        id: id.clone(),
        answer: |request, case, _| {
            let record = stripe_payment::record(&request.context, &case.source, &case.order)?;
            Ok(request.created(&record))
        },
        verdict: |_, _| None,
        pointers: POINTERS,
        is_creation: true,
        card_token: None,
        renews,
    }
}

impl PaymentSource for StripePayment {
    async fn create(request: &Request, input: CreateRequest<Self>) -> Result<Answer, Failure> {
        let options = read_options(input.attributes.options.as_ref())?;
        let mut record = Self::from_create(&input.attributes, &input.relationships);
        record.stamp(request.context.new_id(), request.context.now());
        renewing(async |renews| {
            if options.setup_future_usage.is_some() && options.customer.is_none() {
                know_customer(request, record.order.id()).await?;
            }
            let attempt = replacing(request, record.order.id(), Reason::Replaced, async || {
                commit_intent(request, record.clone(), options.clone()).await
            })
            .await?;
            carry_out(request, attempt, ending(&record.id, renews)).await
        })
        .await
    }

    async fn update(request: &Request, id: &Id, input: UpdateRequest<Self>) -> Result<Answer, Failure> {
        update::stripe(request, id, input).await
    }
}

async fn commit_intent(
    request: &Request,
    record: Record<StripePayment>,
    options: Options,
) -> Result<Attempt, Failure> {
    let (request, context) = (request.clone(), request.context.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let kind = PaymentSourceType::StripePayments;
            request.claim(tx, Some((kind.into(), record.id.as_str()))).await?;
            let (payable, Choice { gateway, .. }) =
                lock_payable_order(tx, &request, record.order.id(), kind).await?;
            let mut options = options;
            instrument::check_options(tx, &request, &payable.order, &gateway.id, &mut options).await?;
            let mut details = details(&record, &gateway);
            let is_kept = options.setup_future_usage.is_some() && options.customer.is_none();
            if is_kept && wallet::may_save(&request, &payable.order) {
                let order = &payable.order;
                details.psp_customer = wallet::psp_customer(tx, request.scope(), order, &gateway.id).await?;
            }
            let new = NewSource {
                kind,
                payable,
                gateway: &gateway,
                details,
            };
            let mut case = new_source(&request, &record, new)?;
            let (context, id) = (&request.context, request.context.new_id());
            let args = arguments(context, &id, &case, &gateway, &options, CaptureMethod::Manual)?;
            let attempt = begin_creation(tx, context, &mut case, &gateway, id, &args, (None, None)).await?;
            case.save(tx, &request.context).await?;
            Ok(attempt)
        })
        .await
}

/// What of the new source is only shown.
fn details(record: &Record<StripePayment>, gateway: &PaymentGatewayRow) -> Details {
    Details {
        options: record.options.clone(),
        return_url: record.return_url.clone(),
        receipt_email: record.receipt_email.clone(),
        public_key: gateway.public_key.clone(),
        connected_account: gateway.connected_account.clone(),
        ..Details::default()
    }
}

/// What Stripe is asked for. The PaymentIntent bears the call's id as our transaction: each call makes one.
pub fn arguments(
    context: &Context,
    operation_id: &Id,
    case: &Case,
    gateway: &PaymentGatewayRow,
    options: &Options,
    capture: CaptureMethod,
) -> Result<CreatePayment, Failure> {
    let given = options.return_url.as_ref().or(case.details.return_url.as_ref());
    Ok(CreatePayment {
        transaction_id: operation_id.to_string(),
        order_id: case.order.id.clone(),
        order_number: Some(case.order.number.clone()),
        amount: Money::new(case.source.amount_cents, word(&case.source.currency_code)?),
        capture,
        confirm: false,
        instrument: options.instrument.clone(),
        return_url: Some(return_url(context, given, gateway)),
        success_url: None,
        failure_url: None,
        psp_customer: options
            .customer
            .clone()
            .or_else(|| case.details.psp_customer.clone()),
        customer_email: None,
        setup_future_usage: future_usage(options, &case.details),
        receipt_email: options
            .receipt_email
            .clone()
            .or_else(|| case.details.receipt_email.clone()),
        description: options.description.clone(),
        off_session: false,
        first_payment: None,
        three_d_secure: false,
        moto: case.details.moto == Some(true),
    })
}

/// What a payment is made for beyond itself. A card that is to be saved will be charged without its buyer.
pub fn future_usage(options: &Options, details: &Details) -> Option<SetupFutureUsage> {
    let wish = details.saves_for.is_some() && details.psp_customer.is_some();
    options
        .setup_future_usage
        .or(wish.then_some(SetupFutureUsage::OffSession))
}

/// Makes sure that Stripe knows the customer of an order for whom it is to keep the card, if the caller may save one.
pub async fn know_customer(request: &Request, order_id: &Id) -> Result<(), Failure> {
    let (context, scope) = (&request.context, request.scope());
    let found = context
        .db
        .read(async |tx: &mut Tx<'_>| {
            likely_gateway(tx, request, order_id, PaymentSourceType::StripePayments).await
        })
        .await?;
    match found {
        Some((order, gateway)) if wallet::may_save(request, &order) => match &order.customer_id {
            Some(customer_id) => wallet::ensure_customer(context, scope, customer_id, &gateway).await,
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Commits the intent to make a payment at the PSP. What comes of it: the authorization that its answer decides, and what
/// is done next.
pub async fn begin_creation(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    gateway: &PaymentGatewayRow,
    operation_id: Id,
    args: &CreatePayment,
    (transaction_id, goal): (Option<String>, Option<Goal>),
) -> Result<Attempt, Failure> {
    let kind = OperationKind::Create;
    let key = operation::idempotency_key(&operation_id, kind);
    let psp_request = Link::of(context, gateway)?.gateway.create_payment(args, &key)?;
    let intent = Intent {
        gateway,
        operation_id,
        kind,
        request: psp_request,
        transaction_id,
        goal,
        reference: Some(args.transaction_id.clone()),
    };
    operation::begin(tx, context, case, intent).await
}
