//! `POST /api/stripe_payments`: an unconfirmed PaymentIntent of the order's amount, which the buyer's browser confirms.

use tillgate_gateways::{CaptureMethod, CreatePayment, SetupFutureUsage};
use tillgate_model::{
    Id, JsonObject, Money, Record, Updatable as _,
    request::{CreateRequest, UpdateRequest},
    resources::StripePayment,
};
use tillgate_store::{PaymentGatewayRow, Tx};

use super::options::{Options, check_options, read_options};
use crate::{
    context::Context,
    failure::Failure,
    payment::{
        cards,
        details::{Details, Display, Terms},
        locked::LockedPayment,
        new_source::{NewSource, Payable, new_source, return_url},
        offer::Choice,
    },
    providers::{
        operation::{Progress, begin_creation},
        sources::{
            Before, ChangeableSource, CreatableSource, KnownCustomer, Pointers, SourceResource as _,
            Triggers, keep_common, refuse_change,
        },
    },
    request::Request,
    stored::parse_column,
};

/// The pointer in a request for each parameter that Stripe may complain about.
const POINTERS: Pointers = &[
    ("customer", "/data/attributes/options/customer"),
    ("payment_method", "/data/attributes/options/payment_method"),
    ("receipt_email", "/data/attributes"),
    ("amount", "/data/relationships/order"),
    ("currency", "/data/relationships/order"),
];

impl CreatableSource for StripePayment {
    const POINTERS: Pointers = POINTERS;

    fn check(input: &CreateRequest<Self>) -> Result<(), Failure> {
        read_options(input.attributes.options.as_ref())?;
        Ok(())
    }

    fn order_id(record: &Record<Self>) -> &Id {
        record.order.id()
    }

    async fn known_customer(
        _: &Request,
        input: &CreateRequest<Self>,
        _: &Id,
    ) -> Result<KnownCustomer, Failure> {
        let options = read_options(input.attributes.options.as_ref())?;
        Ok(if is_kept(&options) {
            KnownCustomer::Required
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
        let (context, gateway) = (&request.context, choice.gateway);
        let mut options = read_options(input.attributes.options.as_ref())?;
        check_options(tx, request, &payable.order, &gateway.id, &mut options).await?;
        let mut details = details(record, &gateway);
        if is_kept(&options) && cards::may_save(request, &payable.order) {
            let order = &payable.order;
            details.terms.psp_customer = cards::psp_customer(tx, request.scope(), order, &gateway.id).await?;
        }
        let new = NewSource {
            kind: Self::SOURCE_TYPE,
            payable,
            gateway: &gateway,
            details,
        };
        let mut payment = new_source(request, record, new)?;
        let id = context.new_id();
        let args = arguments(context, &id, &payment, &gateway, &options, CaptureMethod::Manual)?;
        let call = begin_creation(tx, context, &mut payment, &gateway, id, &args, (None, None)).await?;
        Ok((payment, Progress::CallPsp(Box::new(call))))
    }
}

/// Whether the PSP saves the instrument for the order's customer.
fn is_kept(options: &Options) -> bool {
    options.setup_future_usage.is_some() && options.customer.is_none()
}

impl ChangeableSource for StripePayment {
    const POINTERS: Pointers = POINTERS;

    fn check(input: &UpdateRequest<Self>) -> Result<(), Failure> {
        read_options(input.attributes.options.clone().flatten().as_ref())?;
        Ok(())
    }

    async fn change(
        tx: &mut Tx<'_>,
        request: &Request,
        payment: &mut LockedPayment,
        input: &UpdateRequest<Self>,
    ) -> Result<Triggers, Failure> {
        let triggers = Triggers {
            authorize: input.attributes.authorize == Some(true),
            update: input.attributes.update == Some(true),
            refresh: input.attributes.refresh == Some(true),
        };
        let before = Before::of(payment);
        let mut record = Self::record(&request.context, &payment.source, &payment.order)?;
        Self::apply(&mut record, &input.attributes, &input.relationships);
        let mut options = read_options(input.attributes.options.clone().flatten().as_ref())?;
        let gateway_id = &payment.source.payment_gateway_id;
        check_options(tx, request, &payment.order, gateway_id, &mut options).await?;
        keep_common(payment, &record);
        refuse_other_instrument(payment, &record.options)?;
        payment.terms.options = record.options.clone();
        payment.terms.return_url = record.return_url.clone();
        before.refuse_late_change(request, payment, triggers.authorize || triggers.update)?;
        Ok(triggers)
    }
}

fn refuse_other_instrument(payment: &LockedPayment, options: &Option<JsonObject>) -> Result<(), Failure> {
    for member in ["payment_method", "customer", "setup_future_usage"] {
        let of = |options: &Option<JsonObject>| options.as_ref().and_then(|all| all.0.get(member).cloned());
        if of(options) != of(&payment.terms.options) {
            refuse_change(payment, &format!("/data/attributes/options/{member}"))?;
        }
    }
    Ok(())
}

/// The terms and the display of a new source.
fn details(record: &Record<StripePayment>, gateway: &PaymentGatewayRow) -> Details {
    Details {
        terms: Terms {
            options: record.options.clone(),
            return_url: record.return_url.clone(),
            receipt_email: record.receipt_email.clone(),
            connected_account: gateway.connected_account.clone(),
            ..Terms::default()
        },
        display: Display {
            public_key: gateway.public_key.clone(),
            ..Display::default()
        },
    }
}

/// The request to Stripe. The PaymentIntent's reference is the call's id, not a transaction's: each call makes one PaymentIntent.
pub fn arguments(
    context: &Context,
    operation_id: &Id,
    payment: &LockedPayment,
    gateway: &PaymentGatewayRow,
    options: &Options,
    capture: CaptureMethod,
) -> Result<CreatePayment, Failure> {
    let given = options.return_url.as_ref().or(payment.terms.return_url.as_ref());
    Ok(CreatePayment {
        transaction_id: operation_id.to_string(),
        order_id: payment.order.id.clone(),
        order_number: Some(payment.order.number.clone()),
        amount: Money::new(
            payment.source.amount_cents,
            parse_column(&payment.source.currency_code)?,
        ),
        capture,
        confirm: false,
        instrument: options.instrument.clone(),
        return_url: Some(return_url(context, given, gateway)),
        success_url: None,
        failure_url: None,
        psp_customer: options
            .customer
            .clone()
            .or_else(|| payment.terms.psp_customer.clone()),
        customer_email: None,
        setup_future_usage: future_usage(options, &payment.terms),
        receipt_email: options
            .receipt_email
            .clone()
            .or_else(|| payment.terms.receipt_email.clone()),
        description: options.description.clone(),
        off_session: false,
        first_payment: None,
        three_d_secure: false,
        moto: payment.terms.moto == Some(true),
    })
}

/// The later use that a payment's instrument is saved for. A saved card will be charged off session.
pub fn future_usage(options: &Options, terms: &Terms) -> Option<SetupFutureUsage> {
    let wish = terms.saves_for.is_some() && terms.psp_customer.is_some();
    options
        .setup_future_usage
        .or(wish.then_some(SetupFutureUsage::OffSession))
}
