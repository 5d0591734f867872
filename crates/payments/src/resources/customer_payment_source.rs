//! Saved cards, as the API shows them. [`wallet`] saves, uses and removes them.

use strum::VariantArray as _;
use tillgate_model::{
    Id, One, Problem, Record, Secret, ToOne,
    problem::Kind,
    resources::{
        CreateCustomerPaymentSourceAttributes, CustomerPaymentSource, GatewayType,
        UpdateCustomerPaymentSourceAttributes,
    },
};
use tillgate_store::{CardState, CustomerPaymentSourceRow, Stored, Tx, query};

use crate::{
    failure::Failure,
    handler::Kept,
    payment::{
        cards::{self, hash_token, seal_token, token, visible},
        details::Details,
    },
    plain::{Plain, edited_in},
    providers::registry,
    request::Request,
    stored::{self, found, json, parse_column, parse_optional_column, stored_json},
    wallet,
};

fn record(
    request: &Request,
    row: &CustomerPaymentSourceRow,
) -> Result<Record<CustomerPaymentSource>, Failure> {
    let payment_source = match (&row.payment_source_type, &row.payment_source_id) {
        (Some(kind), Some(id)) => ToOne::to_type((**kind).into(), parse_column(id)?).unwrap_or_default(),
        _ => ToOne::empty(),
    };
    Ok(stored::record!(
        row,
        CustomerPaymentSource {
            name: row.name.clone(),
            customer_token: row.customer_token.clone(),
            payment_source_token: token(&request.context, row)?,
            payment_instrument: row.payment_instrument.as_deref().map(json).transpose()?,
            payment_gateway_id: parse_optional_column(row.payment_gateway_id.as_deref())?,
            first_psp_id: row.first_psp_id.clone(),
            customer: One::to(parse_column(&row.customer_id)?),
            payment_method: ToOne::from_id(parse_optional_column(row.payment_method_id.as_deref())?),
            payment_source,
        }
    ))
}

/// A row from a handwritten record is active at once.
fn row(request: &Request, record: &Record<CustomerPaymentSource>) -> CustomerPaymentSourceRow {
    let token = record.payment_source_token.as_ref().map(Secret::expose);
    stored::row!(CustomerPaymentSourceRow, request.scope(), record, {
        customer_id: record.customer.id().to_string(),
        payment_gateway_id: record.payment_gateway_id.as_ref().map(ToString::to_string),
        payment_method_id: record.payment_method.id().map(ToString::to_string),
        payment_source_type: record.payment_source.identifier().and_then(|source| source.kind.parse().map(Stored).ok()),
        payment_source_id: record.payment_source.id().map(ToString::to_string),
        name: record.name.clone(),
        customer_token: record.customer_token.clone(),
        token: token.map(|token| seal_token(&request.context, token)),
        token_hash: token.map(|token| hash_token(&request.context, token)),
        payment_instrument: record.payment_instrument.as_ref().map(stored_json),
        first_psp_id: record.first_psp_id.clone(),
        state: CardState::Active,
        request: None,
        attempts: 0,
        next_attempt_at: None,
    })
}

impl Kept for CustomerPaymentSource {
    type Row = CustomerPaymentSourceRow;

    async fn get(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure> {
        let row = query!(tx, customer_payment_sources::get(request.scope(), id))?;
        row.filter(|row| visible(request, row))
            .map(|row| record(request, &row))
            .transpose()
    }

    async fn records(
        _: &mut Tx<'_>,
        request: &Request,
        rows: Vec<CustomerPaymentSourceRow>,
    ) -> Result<Vec<Record<Self>>, Failure> {
        rows.iter().map(|row| record(request, row)).collect()
    }

    /// The cards that an order can be paid with.
    async fn computed(
        tx: &mut Tx<'_>,
        request: &Request,
        order: &Id,
        _: &str,
    ) -> Result<Vec<CustomerPaymentSourceRow>, Failure> {
        let scope = request.scope();
        match query!(tx, orders::get(scope, order))? {
            Some(order) if cards::may_use(request, &order) => wallet::available(tx, scope, &order).await,
            _ => Ok(Vec::new()),
        }
    }
}

impl Plain for CustomerPaymentSource {
    edited_in!(customer_payment_sources);

    async fn before_create(
        tx: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        _: &CreateCustomerPaymentSourceAttributes,
    ) -> Result<(), Failure> {
        take_from_payment(tx, request, record).await?;
        check(tx, request, record).await
    }

    async fn before_update(
        tx: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        _: &UpdateCustomerPaymentSourceAttributes,
    ) -> Result<(), Failure> {
        refuse_of_customer(request, before, record)?;
        if record.payment_source_token != before.payment_source_token {
            // The known facts about the card belonged to another one.
            record.name = None;
            record.payment_instrument = None;
            record.first_psp_id = None;
        }
        check(tx, request, record).await
    }
}

/// Refuses a customer's change of the owner or the gateway of a card: they could name another customer's card.
fn refuse_of_customer(
    request: &Request,
    before: &Record<CustomerPaymentSource>,
    record: &Record<CustomerPaymentSource>,
) -> Result<(), Problem> {
    if request.caller.buyer().is_none() {
        return Ok(());
    }
    let changes = [
        (
            record.customer.id() != before.customer.id(),
            "relationships/customer",
        ),
        (
            record.payment_method.id() != before.payment_method.id(),
            "relationships/payment_method",
        ),
        (
            record.payment_source.id() != before.payment_source.id(),
            "relationships/payment_source",
        ),
        (
            record.customer_token != before.customer_token,
            "attributes/customer_token",
        ),
        (
            record.payment_source_token != before.payment_source_token,
            "attributes/payment_source_token",
        ),
    ];
    match changes.into_iter().find(|(is_changed, _)| *is_changed) {
        Some((_, member)) => {
            let message = "A customer may not set the instrument or the owner of a saved card.";
            Err(Problem::new(Kind::Forbidden, message).at(format!("/data/{member}")))
        }
        None => Ok(()),
    }
}

/// Completes the request from the named payment.
async fn take_from_payment(
    tx: &mut Tx<'_>,
    request: &Request,
    record: &mut Record<CustomerPaymentSource>,
) -> Result<(), Failure> {
    let (Some(id), None) = (record.payment_source.id(), &record.payment_source_token) else {
        return Ok(());
    };
    let source = found(
        query!(tx, payment_sources::get(request.scope(), id))?,
        "payment_source",
    )?;
    let order = query!(tx, orders::get(request.scope(), &parse_column(&source.order_id)?))?;
    let payer = order.and_then(|order| order.customer_id);
    if payer.is_some_and(|payer| payer != record.customer.id().as_str()) {
        let message = "is not the customer who paid with the payment source";
        return Err(Problem::invalid("/data/relationships/customer", "not_owned", message).into());
    }
    let details: Details = json(&source.details)?;
    let Some(token) = wallet::reusable_token(&details.terms) else {
        let message = "has no card that can be charged again";
        return Err(Problem::invalid("/data/relationships/payment_source", "not_available", message).into());
    };
    record.payment_source_token = Some(Secret::new(token));
    if record.customer_token.is_none() {
        record.customer_token = details.terms.customer_token.clone();
    }
    record.name = wallet::display_name(&details.display);
    record.payment_instrument = details.display.payment_instrument;
    record.first_psp_id = source.psp_id;
    Ok(())
}

/// Checks the resources that a card refers to, and finds the gateway that keeps it.
async fn check(
    tx: &mut Tx<'_>,
    request: &Request,
    record: &mut Record<CustomerPaymentSource>,
) -> Result<(), Failure> {
    let scope = request.scope();
    found(
        query!(tx, customers::get(scope, record.customer.id()))?,
        "customer",
    )?;
    record.payment_gateway_id = gateway_of(tx, request, record).await?;
    let (Some(token), Some(gateway)) = (&record.payment_source_token, &record.payment_gateway_id) else {
        return Ok(());
    };
    let hash = hash_token(&request.context, token.expose());
    let known = query!(tx, wallet::by_token(scope, gateway.as_str(), &hash))?;
    if known.is_some_and(|known| known.id != record.id.as_str()) {
        let message = "is already saved for this customer or another one";
        return Err(Problem::invalid("/data/attributes/payment_source_token", "taken", message).into());
    }
    Ok(())
}

/// The gateway of the payment source, else that of the payment method, else the only enabled one with such tokens.
async fn gateway_of(
    tx: &mut Tx<'_>,
    request: &Request,
    record: &Record<CustomerPaymentSource>,
) -> Result<Option<Id>, Failure> {
    let scope = request.scope();
    let mut gateway_id = None;
    if let Some(id) = record.payment_source.id() {
        let source = query!(tx, payment_sources::get(scope, id))?;
        gateway_id = Some(found(source, "payment_source")?.payment_gateway_id);
    }
    if let Some(id) = record.payment_method.id() {
        let method = query!(tx, payment_methods::get(scope, id))?;
        let of_method = found(method, "payment_method")?.payment_gateway_id;
        if gateway_id.as_ref().is_some_and(|known| *known != of_method) {
            let message = "uses another gateway than the payment source";
            return Err(
                Problem::invalid("/data/relationships/payment_method", "not_available", message).into(),
            );
        }
        gateway_id = Some(of_method);
    }
    if let Some(id) = gateway_id {
        let id = parse_column(&id)?;
        let gateway = query!(tx, payment_gateways::get(scope, &id))?;
        if gateway.is_some_and(|gateway| !registry::of_gateway(*gateway.kind).capabilities().has_psp()) {
            let message = "has no PSP that could save a card";
            return Err(
                Problem::invalid("/data/relationships/payment_method", "not_supported", message).into(),
            );
        }
        return Ok(Some(id));
    }
    let token = record.payment_source_token.as_ref().map(Secret::expose);
    let owner = GatewayType::VARIANTS
        .iter()
        .find(|kind| token.is_some_and(|token| registry::of_gateway(**kind).owns_token(token)));
    let Some(kind) = owner.copied() else {
        return Ok(None);
    };
    match query!(tx, payments::enabled_gateways(scope, kind))?.as_slice() {
        [only] => Ok(Some(parse_column(&only.id)?)),
        _ => Ok(None),
    }
}
