//! A Stripe payment as `/api/v1` shows it. `POST /api/v1/payments` is one call to Stripe that authorizes and captures. Without an
//! instrument, it creates a payment that the buyer's browser confirms.

use tillgate_gateways::CaptureMethod;
use tillgate_model::{
    Id, One, Problem, Record,
    problem::{DECLINES, Kind},
    request::CreateRequest,
    resources::{Payment, PaymentSourceType, PaymentState, TransactionKind},
};
use tillgate_store::{AnyOrder, OrderRow, PaymentSourceRow, SourceState, TransactionStatus, Tx, query};

use super::{
    create::arguments,
    options::{Options, fresh_at_stripe, saved_at_stripe},
};
use crate::{
    context::Context,
    failure::Failure,
    payment::{
        cards,
        details::{Details, Display, Terms},
        locked::LockedPayment,
        new_source::{NewSource, Payable, new_source},
        offer::Choice,
        secrets,
    },
    providers::{
        operation::{Progress, begin_creation},
        sources::{CreatableSource, KnownCustomer, Pointers, SourceResource},
    },
    request::Request,
    stored::{self, parse_column},
};

const TOKEN: &str = "/data/attributes/stripe_token";
const SAVED: &str = "/data/attributes/stripe_payment_method_id";

/// The pointer in a request for each parameter that Stripe may complain about.
const POINTERS: Pointers = &[
    ("payment_method", "/data/attributes"),
    ("token", "/data/attributes"),
    ("customer", "/data/attributes"),
    ("amount", "/data/relationships/order"),
    ("currency", "/data/relationships/order"),
];

impl SourceResource for Payment {
    const SOURCE_TYPE: PaymentSourceType = PaymentSourceType::StripePayments;
    const REFRESHES: bool = true;

    fn record(
        context: &Context,
        row: &PaymentSourceRow,
        order: &impl AnyOrder,
    ) -> Result<Record<Self>, Failure> {
        let state = match (&row.pending_operation_id, row.state) {
            (Some(_), _) => PaymentState::Processing,
            (None, SourceState::New | SourceState::Unconfirmed) => PaymentState::Pending,
            (None, SourceState::RequiresAction) => PaymentState::RequiresAction,
            (None, SourceState::Processing) => PaymentState::Processing,
            (None, SourceState::Authorized) => PaymentState::Authorized,
            (None, SourceState::Captured) => PaymentState::Finished,
            (None, SourceState::Failed) => PaymentState::Failed,
            (None, SourceState::Canceled) => PaymentState::Canceled,
        };
        Ok(stored::record!(
            row,
            Payment {
                amount_cents: row.amount_cents,
                currency: parse_column(&row.currency_code)?,
                state,
                for_delivery: false,
                delivery_price_business_participation: false,
                user_name: order.customer_email().map(str::to_owned),
                client_secret: secrets::client_secret(context, row)?,
                redirect_url: row.redirect_url.clone(),
                stripe_token: None,
                stripe_payment_method_id: None,
                order: One::to(parse_column(&row.order_id)?),
            }
        ))
    }
}

impl CreatableSource for Payment {
    const POINTERS: Pointers = POINTERS;

    fn check(input: &CreateRequest<Self>) -> Result<(), Failure> {
        let attributes = &input.attributes;
        if attributes.stripe_token.is_some() && attributes.stripe_payment_method_id.is_some() {
            let message = "stripe_token, stripe_payment_method_id are mutually exclusive";
            return Err(Problem::new(Kind::MutualExclusion, message)
                .at("/data/attributes")
                .into());
        }
        Ok(())
    }

    fn order_id(record: &Record<Self>) -> &Id {
        record.order.id()
    }

    /// A card that can't be saved pays all the same.
    async fn known_customer(
        request: &Request,
        input: &CreateRequest<Self>,
        order_id: &Id,
    ) -> Result<KnownCustomer, Failure> {
        let is_saved = input.attributes.stripe_payment_method_id.is_some();
        Ok(if !is_saved && is_known(request, order_id).await? {
            KnownCustomer::IfPossible
        } else {
            KnownCustomer::NotNeeded
        })
    }

    async fn begin(
        tx: &mut Tx<'_>,
        request: &Request,
        (record, input): (&Record<Self>, &CreateRequest<Self>),
        payable: Payable,
        choice: Choice,
    ) -> Result<(LockedPayment, Progress<()>), Failure> {
        let attributes = &input.attributes;
        let moto = choice.is_moto(request);
        let gateway = choice.gateway;
        let order = &payable.order;
        let instrument = match (&attributes.stripe_token, &attributes.stripe_payment_method_id) {
            (Some(token), _) => Some(fresh_at_stripe(token.expose(), TOKEN)?),
            (None, Some(id)) => Some(saved_at_stripe(tx, request, order, &gateway.id, id, SAVED).await?),
            (None, None) => None,
        };
        // A saved payment method need not be saved again.
        let saves = is_of_known_customer(request, order) && attributes.stripe_payment_method_id.is_none();
        let psp_customer = match saves {
            true => cards::psp_customer(tx, request.scope(), order, &gateway.id).await?,
            false => None,
        };
        let details = Details {
            terms: Terms {
                saves_for: order.customer_id.clone().filter(|_| psp_customer.is_some()),
                psp_customer,
                connected_account: gateway.connected_account.clone(),
                moto,
                ..Terms::default()
            },
            display: Display {
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
        payment.source.automatic_capture = true;
        let options = Options {
            instrument,
            ..Options::default()
        };
        let (context, id) = (&request.context, request.context.new_id());
        let mut args = arguments(
            context,
            &id,
            &payment,
            &gateway,
            &options,
            CaptureMethod::Automatic,
        )?;
        args.confirm = options.instrument.is_some();
        let mut transaction_id = None;
        if args.confirm {
            let transaction = payment.new_transaction(context, TransactionKind::Authorizations);
            transaction_id = Some(transaction.id.clone());
            payment.put(tx, transaction).await?;
        }
        let after = (transaction_id, None);
        let call = begin_creation(tx, context, &mut payment, &gateway, id, &args, after).await?;
        Ok((payment, Progress::CallPsp(Box::new(call))))
    }

    fn verdict(payment: &LockedPayment) -> Option<Problem> {
        declined(payment)
    }

    fn card_token(input: &CreateRequest<Self>) -> Option<String> {
        input.attributes.stripe_payment_method_id.clone()
    }
}

/// Whether the card is saved. A guest's card is not, whoever sends it.
fn is_of_known_customer(request: &Request, order: &OrderRow) -> bool {
    order.customer_id.is_some() && !order.guest && cards::may_save(request, order)
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

/// A decline is an error in `/api/v1`: its code, the title `base`, and the payment's id.
fn declined(payment: &LockedPayment) -> Option<Problem> {
    if payment.source.state != SourceState::Failed {
        return None;
    }
    let failed = payment
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
        .meta("payment_id", payment.source.id.clone())
        .meta("decline_code", code.clone());
    problem.code = Some(known_code(&code).to_owned());
    Some(problem)
}

/// The code of a decline, if clients of `/api/v1` have a text for it.
fn known_code(code: &str) -> &'static str {
    let known = DECLINES.iter().copied().find(|known| *known == code);
    known.unwrap_or("card_declined")
}
