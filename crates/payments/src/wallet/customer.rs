//! The customer at a PSP that cards are saved for. It is created once for each customer and gateway, before the first payment
//! that saves a card. The intent is committed first. Until it has an answer, the next process that needs the customer sends the
//! same bytes with the same key. Nothing else depends on the customer before.

use tillgate_gateways::{CreateCustomer, CustomerOutcome, PspRequest, TransportError};
use tillgate_model::{Id, Problem, resources::PaymentSourceType};
use tillgate_store::{GatewayCustomerRow, PaymentGatewayRow, Scope, Tx, query};

use crate::{
    context::Context,
    failure::Failure,
    payment::{cards::may_save, new_source::likely_gateway},
    providers::{
        connection::ProviderConnection,
        operation::{is_key_forgotten, send},
        refusal::{refused, unavailable},
        sealed_request,
    },
    request::Request,
    stored::{parse_column, stored_time},
};

/// The context that requests are sealed under.
const PURPOSE: &str = "gateway_customers.request";
/// Maximum number of pages of a PSP's list that are searched.
const PAGES: usize = 5;

/// Makes sure that a gateway's PSP knows a customer, if saving cards needs that. An error means that nothing was charged, and
/// that the request can be repeated.
pub async fn ensure_customer(
    context: &Context,
    scope: &Scope,
    customer_id: &str,
    gateway: &PaymentGatewayRow,
) -> Result<(), Failure> {
    let known = context
        .db
        .read(async |tx: &mut Tx<'_>| {
            query!(tx, wallet::customer_at_gateway(scope, customer_id, &gateway.id))
        })
        .await?;
    let (row, is_new) = match known {
        Some(row) if row.psp_id.is_some() => return Ok(()),
        Some(row) => (row, false),
        None => match commit_intent(context, scope, customer_id, gateway).await? {
            Some(row) => (row, true),
            None => return Ok(()),
        },
    };
    if row.psp_id.is_some() {
        return Ok(());
    }
    let connection = ProviderConnection::of(context, gateway)?;
    let outcome = execute(context, &connection, &row, is_new).await?;
    record(context, scope, row, outcome).await
}

/// Makes sure that the PSP knows the order's customer, if it saves the card for them and the caller may save one.
pub async fn know_customer(
    request: &Request,
    order_id: &Id,
    source_type: PaymentSourceType,
) -> Result<(), Failure> {
    let (context, scope) = (&request.context, request.scope());
    let found = context
        .db
        .read(async |tx: &mut Tx<'_>| likely_gateway(tx, request, order_id, source_type).await)
        .await?;
    match found {
        Some((order, gateway)) if may_save(request, &order) => match &order.customer_id {
            Some(customer_id) => ensure_customer(context, scope, customer_id, &gateway).await,
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Commits the intent, or finds the one that another process committed first. `None` if the PSP creates customers without a
/// request.
async fn commit_intent(
    context: &Context,
    scope: &Scope,
    customer_id: &str,
    gateway: &PaymentGatewayRow,
) -> Result<Option<GatewayCustomerRow>, Failure> {
    let (world, scope, gateway) = (context.clone(), scope.clone(), gateway.clone());
    let customer_id: Id = parse_column(customer_id)?;
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            // Under the lock on the customer, so that two simultaneous payments create one.
            let customer =
                query!(tx, customers::lock(&scope, &customer_id))?.ok_or_else(Problem::not_found)?;
            let known = query!(
                tx,
                wallet::customer_at_gateway(&scope, customer_id.as_str(), &gateway.id)
            )?;
            if known.is_some() {
                return Ok(known);
            }
            let row = new_intent(&world, &scope, &customer.email, customer_id.as_str(), &gateway)?;
            if let Some(row) = &row {
                query!(tx, gateway_customers::insert(row))?;
            }
            Ok(row)
        })
        .await
}

fn new_intent(
    context: &Context,
    scope: &Scope,
    email: &str,
    customer_id: &str,
    gateway: &PaymentGatewayRow,
) -> Result<Option<GatewayCustomerRow>, Failure> {
    let id = context.new_id();
    let args = CreateCustomer {
        reference: id.to_string(),
        customer_id: customer_id.to_owned(),
        email: email.to_owned(),
    };
    let key = format!("tillgate-{id}-customer");
    let Some(request) = ProviderConnection::of(context, gateway)?
        .gateway
        .create_customer(&args, &key)
    else {
        return Ok(None);
    };
    let now = stored_time(context.now());
    Ok(Some(GatewayCustomerRow {
        organization_id: scope.organization_id().to_string(),
        test: scope.test(),
        id: id.to_string(),
        created_at: now,
        updated_at: now,
        reference: None,
        reference_origin: None,
        metadata: "{}".into(),
        customer_id: customer_id.to_owned(),
        payment_gateway_id: gateway.id.clone(),
        psp_id: None,
        request: sealed_request::seal(context, PURPOSE, &request),
        sent_at: now,
    }))
}

async fn execute(
    context: &Context,
    connection: &ProviderConnection,
    row: &GatewayCustomerRow,
    is_new: bool,
) -> Result<CustomerOutcome, Failure> {
    // Search before creating another customer.
    if is_key_forgotten(context, row.sent_at) {
        return search(context, connection, row).await;
    }
    let request = sealed_request::open(context, PURPOSE, &row.request)?;
    Ok(ask(context, connection, row, &request, !is_new).await)
}

async fn ask(
    context: &Context,
    connection: &ProviderConnection,
    row: &GatewayCustomerRow,
    request: &PspRequest,
    resending: bool,
) -> CustomerOutcome {
    match send(context, connection, request, resending).await {
        Ok(response) => connection.gateway.read_customer(&row.id, request, &response),
        Err(TransportError::NotSent(reason) | TransportError::Unknown(reason)) => {
            CustomerOutcome::Unknown(reason)
        }
    }
}

/// Looks for a customer whose creation was never answered, by its reference.
async fn search(
    context: &Context,
    connection: &ProviderConnection,
    row: &GatewayCustomerRow,
) -> Result<CustomerOutcome, Failure> {
    let (scope, customer_id) = (
        Scope::of_job(parse_column(&row.organization_id)?, row.test),
        parse_column(&row.customer_id)?,
    );
    let customer = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, customers::get(&scope, &customer_id)))
        .await?
        .ok_or_else(Problem::not_found)?;
    let args = CreateCustomer {
        reference: row.id.clone(),
        customer_id: row.customer_id.clone(),
        email: customer.email,
    };
    let mut cursor = None;
    for _ in 0..PAGES {
        let Some(request) = connection.gateway.find_customer(&args, cursor.as_deref()) else {
            break;
        };
        match ask(context, connection, row, &request, false).await {
            CustomerOutcome::More(next) => cursor = Some(next),
            outcome => return Ok(outcome),
        }
    }
    Ok(CustomerOutcome::NotFound)
}

async fn record(
    context: &Context,
    scope: &Scope,
    row: GatewayCustomerRow,
    outcome: CustomerOutcome,
) -> Result<(), Failure> {
    let problem = match &outcome {
        CustomerOutcome::Known(_) => None,
        CustomerOutcome::Refused(refusal) => Some(refused(refusal, &[]).into()),
        CustomerOutcome::NotFound => Some(unavailable()),
        CustomerOutcome::More(_) => return Err(unavailable().into()),
        CustomerOutcome::Unknown(reason) => {
            tracing::warn!(
                customer = row.customer_id,
                reason,
                "a customer could not be created at the PSP"
            );
            return Err(unavailable().into());
        }
    };
    let (scope, now) = (scope.clone(), stored_time(context.now()));
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let id: Id = parse_column(&row.id)?;
            match outcome {
                CustomerOutcome::Known(psp_id) => {
                    let known = GatewayCustomerRow {
                        psp_id: Some(psp_id),
                        updated_at: now,
                        ..row
                    };
                    query!(tx, gateway_customers::save(&known))?;
                }
                // The PSP certainly has no such customer: the next payment that needs one begins again.
                _ => {
                    query!(tx, gateway_customers::delete(&scope, &id))?;
                }
            }
            Ok::<_, Failure>(())
        })
        .await?;
    match problem {
        Some(problems) => Err(Failure::Problems(problems)),
        None => Ok(()),
    }
}
