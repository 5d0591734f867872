//! `POST /api/v1/payments`: one call to Stripe that authorizes and captures, or, without an instrument, a payment that the
//! buyer's browser confirms.

use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_gateways::CaptureMethod;
use tillgate_model::{
    Creatable, Id, Problem, Record, Resource,
    problem::{DECLINES, Kind},
    request::Shape,
    resources::{CreatePaymentAttributes, Payment, PaymentSourceType, TransactionKind},
};
use tillgate_store::{OrderRow, PaymentGatewayRow, SourceState, TransactionStatus, Tx, query};

use super::{
    new_source::{NewSource, lock_payable_order, new_source},
    replace::{Reason, replacing},
    stripe::{arguments, begin_creation, know_customer},
};
use crate::{
    call::Answer,
    failure::Failure,
    flows::{
        carry_out::{Ending, carry_out, renewing},
        case::Case,
        details::Details,
        instrument::{Options, fresh_at_stripe, saved_at_stripe},
        operation::Attempt,
        wallet,
    },
    handler::Edit,
    request::Request,
    resources::payment,
};

const TOKEN: &str = "/data/attributes/stripe_token";
const SAVED: &str = "/data/attributes/stripe_payment_method_id";

/// Where what Stripe complains of stands in a request.
const POINTERS: &[(&str, &str)] = &[
    ("payment_method", "/data/attributes"),
    ("token", "/data/attributes"),
    ("customer", "/data/attributes"),
    ("amount", "/data/relationships/order"),
    ("currency", "/data/relationships/order"),
];

fn ending(id: &Id, card_token: Option<String>, renews: bool) -> Ending {
    Ending {
        id: id.clone(),
        answer: |request, case, _| {
            let record = payment::record(&request.context, &case.source, &case.order)?;
            Ok(request.created(&record))
        },
        verdict: declined,
        pointers: POINTERS,
        is_creation: true,
        card_token,
        renews,
    }
}

/// Creates payments.
pub struct Payments {
    create: Shape,
}

impl Payments {
    /// With its schema compiled.
    pub fn new() -> Self {
        Self {
            create: Shape::create::<Payment>(),
        }
    }
}

impl Edit for Payments {
    fn create<'a>(
        &'a self,
        request: &'a Request,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            let input = self.create.read_create::<Payment>(body)?;
            if input.attributes.stripe_token.is_some() && input.attributes.stripe_payment_method_id.is_some()
            {
                let message = "stripe_token, stripe_payment_method_id are mutually exclusive";
                return Err(Problem::new(Kind::MutualExclusion, message)
                    .at("/data/attributes")
                    .into());
            }
            let mut record = Payment::from_create(&input.attributes, &input.relationships);
            record.stamp(request.context.new_id(), request.context.now());
            let saved = input.attributes.stripe_payment_method_id.clone();
            renewing(async |renews| {
                if saved.is_none() && is_known(request, record.order.id()).await? {
                    // A card that can't be saved pays all the same.
                    if let Err(failure) = know_customer(request, record.order.id()).await {
                        tracing::warn!(
                            ?failure,
                            "a card will not be saved: its customer is not known at the PSP"
                        );
                    }
                }
                let attempt = replacing(request, record.order.id(), Reason::Replaced, async || {
                    commit_intent(request, record.clone(), input.attributes.clone()).await
                })
                .await?;
                carry_out(request, attempt, ending(&record.id, saved.clone(), renews)).await
            })
            .await
        }
        .boxed_local()
    }
}

async fn commit_intent(
    request: &Request,
    record: Record<Payment>,
    attributes: CreatePaymentAttributes,
) -> Result<Attempt, Failure> {
    let (request, context) = (request.clone(), request.context.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let kind = PaymentSourceType::StripePayments;
            request
                .claim(tx, Some((Payment::META.kind, record.id.as_str())))
                .await?;
            let (payable, choice) = lock_payable_order(tx, &request, record.order.id(), kind).await?;
            let moto = choice.is_moto(&request);
            let gateway = choice.gateway;
            let order = &payable.order;
            let instrument = match (&attributes.stripe_token, &attributes.stripe_payment_method_id) {
                (Some(token), _) => Some(fresh_at_stripe(token.expose(), TOKEN)?),
                (None, Some(id)) => Some(saved_at_stripe(tx, &request, order, &gateway.id, id, SAVED).await?),
                (None, None) => None,
            };
            // What is saved is saved already.
            let saves =
                is_of_known_customer(&request, order) && attributes.stripe_payment_method_id.is_none();
            let psp_customer = match saves {
                true => wallet::psp_customer(tx, request.scope(), order, &gateway.id).await?,
                false => None,
            };
            let details = Details {
                saves_for: order.customer_id.clone().filter(|_| psp_customer.is_some()),
                psp_customer,
                public_key: gateway.public_key.clone(),
                connected_account: gateway.connected_account.clone(),
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
            case.source.automatic_capture = true;
            let options = Options {
                instrument,
                ..Options::default()
            };
            let attempt = begin(tx, &request, &mut case, &gateway, &options).await?;
            case.save(tx, &request.context).await?;
            Ok(attempt)
        })
        .await
}

async fn begin(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &mut Case,
    gateway: &PaymentGatewayRow,
    options: &Options,
) -> Result<Attempt, Failure> {
    let id = request.context.new_id();
    let mut args = arguments(
        &request.context,
        &id,
        case,
        gateway,
        options,
        CaptureMethod::Automatic,
    )?;
    args.confirm = options.instrument.is_some();
    let mut transaction_id = None;
    if args.confirm {
        let transaction = case.new_transaction(&request.context, TransactionKind::Authorizations);
        transaction_id = Some(transaction.id.clone());
        case.put(tx, transaction).await?;
    }
    begin_creation(
        tx,
        &request.context,
        case,
        gateway,
        id,
        &args,
        (transaction_id, None),
    )
    .await
}

/// A guest's card is not kept, whoever sends it.
fn is_of_known_customer(request: &Request, order: &OrderRow) -> bool {
    order.customer_id.is_some() && !order.guest && wallet::may_save(request, order)
}

async fn is_known(request: &Request, order_id: &Id) -> Result<bool, Failure> {
    let scope = request.scope();
    let order = request
        .context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, orders::get(scope, order_id)))
        .await?;
    Ok(order.is_some_and(|order| is_of_known_customer(request, &order)))
}

/// A decline is an error in this dialect: its code, the title `base`, and the payment's id.
fn declined(case: &Case, _: &Attempt) -> Option<Problem> {
    if case.source.state != SourceState::Failed {
        return None;
    }
    let failed = case
        .authorizations()
        .filter(|row| row.status == TransactionStatus::Failed)
        .max_by_key(|row| row.number.clone())?;
    let code = failed
        .error_code
        .clone()
        .unwrap_or_else(|| "card_declined".into());
    let message = failed
        .message
        .clone()
        .unwrap_or_else(|| "The card was declined.".into());
    let mut problem = Problem::new(Kind::Declined, message)
        .meta("payment_id", case.source.id.clone())
        .meta("decline_code", code.clone());
    problem.code = Some(known_code(&code).to_owned());
    Some(problem)
}

/// The code that clients of this dialect have a text for.
fn known_code(code: &str) -> &'static str {
    let known = DECLINES.iter().copied().find(|known| *known == code);
    known.unwrap_or("card_declined")
}
