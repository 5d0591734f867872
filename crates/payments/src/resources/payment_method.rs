use tillgate_model::{
    One, Problem, Record, ToOne,
    resources::{CreatePaymentMethodAttributes, PaymentMethod, UpdatePaymentMethodAttributes},
};
use tillgate_store::{PaymentMethodRow, StoreError, Tx, query};

use crate::{
    call::ApplicationKind,
    failure::Failure,
    handler::Kept,
    plain::{Plain, disabled_at, edited_in},
    providers::registry,
    request::Request,
    stored::{self, found, parse_column, parse_optional_column, stored_time, time},
};

/// Whether a caller sees a payment method: a sales channel sees those that its market offers.
fn visible(request: &Request, row: &PaymentMethodRow) -> bool {
    let market = request.caller.market_id.as_ref().map(ToString::to_string);
    request.caller.kind == ApplicationKind::Integration
        || (row.disabled_at.is_none() && (row.market_id.is_none() || row.market_id == market))
}

fn record(row: &PaymentMethodRow) -> Result<Record<PaymentMethod>, StoreError> {
    Ok(stored::record!(
        row,
        PaymentMethod {
            name: row.name.clone(),
            payment_source_type: *row.payment_source_type,
            currency_code: parse_column(&row.currency_code)?,
            moto: row.moto,
            require_capture: row.require_capture,
            auto_place: row.auto_place,
            auto_capture: row.auto_capture,
            price_amount: row.price_amount_cents,
            auto_capture_max_amount: row.auto_capture_max_amount_cents,
            disabled_at: row.disabled_at.map(time),
            market: ToOne::from_id(parse_optional_column(row.market_id.as_deref())?),
            payment_gateway: One::to(parse_column(&row.payment_gateway_id)?),
        }
    ))
}

fn row(request: &Request, record: &Record<PaymentMethod>) -> PaymentMethodRow {
    stored::row!(PaymentMethodRow, request.scope(), record, {
        name: record.name.clone(),
        payment_source_type: record.payment_source_type.into(),
        currency_code: record.currency_code.to_string(),
        moto: record.moto,
        require_capture: record.require_capture,
        auto_place: record.auto_place,
        auto_capture: record.auto_capture,
        price_amount_cents: record.price_amount,
        auto_capture_max_amount_cents: record.auto_capture_max_amount,
        disabled_at: record.disabled_at.map(stored_time),
        market_id: record.market.id().map(ToString::to_string),
        payment_gateway_id: record.payment_gateway.id().to_string(),
    })
}

impl Kept for PaymentMethod {
    type Row = PaymentMethodRow;

    async fn get(
        tx: &mut Tx<'_>,
        request: &Request,
        id: &tillgate_model::Id,
    ) -> Result<Option<Record<Self>>, Failure> {
        let row = query!(tx, payment_methods::get(request.scope(), id))?.filter(|row| visible(request, row));
        Ok(row.as_ref().map(record).transpose()?)
    }

    async fn records(
        _: &mut Tx<'_>,
        _: &Request,
        rows: Vec<PaymentMethodRow>,
    ) -> Result<Vec<Record<Self>>, Failure> {
        rows.iter().map(|row| Ok(record(row)?)).collect()
    }
}

impl Plain for PaymentMethod {
    edited_in!(payment_methods);

    async fn before_create(
        tx: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        attributes: &CreatePaymentMethodAttributes,
    ) -> Result<(), Failure> {
        record.disabled_at = disabled_at(record.created_at, None, attributes.disable, attributes.enable);
        let market_currency = check(tx, request, record).await?;
        if let (None, Some(currency)) = (attributes.currency_code, market_currency) {
            record.currency_code = currency;
        }
        Ok(())
    }

    async fn before_update(
        tx: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        attributes: &UpdatePaymentMethodAttributes,
    ) -> Result<(), Failure> {
        record.disabled_at = disabled_at(
            record.updated_at,
            before.disabled_at,
            attributes.disable,
            attributes.enable,
        );
        check(tx, request, record).await?;
        Ok(())
    }
}

/// Checks the resources that the method refers to, and gives it the name of its source type by default. Answers the market's
/// currency.
async fn check(
    tx: &mut Tx<'_>,
    request: &Request,
    record: &mut Record<PaymentMethod>,
) -> Result<Option<tillgate_model::Currency>, Failure> {
    let gateway_id = record.payment_gateway.id();
    let gateway = found(
        query!(tx, payment_gateways::get(request.scope(), gateway_id))?,
        "payment_gateway",
    )?;
    let fitting = registry::gateway_type_of(record.payment_source_type);
    if gateway.kind != fitting {
        let message = format!("must be one of {fitting} for this payment source type");
        return Err(Problem::invalid("/data/relationships/payment_gateway", "inclusion", message).into());
    }
    if record.name.is_none() {
        let name = registry::of_source(record.payment_source_type).method_name();
        record.name = Some(name.to_owned());
    }
    let Some(market_id) = record.market.id() else {
        return Ok(None);
    };
    let market = found(query!(tx, markets::get(request.scope(), market_id))?, "market")?;
    Ok(Some(parse_column(&market.currency_code)?))
}
