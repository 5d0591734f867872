use tillgate_model::{
    Record,
    resources::{CreateMarketAttributes, Market, UpdateMarketAttributes},
};
use tillgate_store::{MarketRow, StoreError, Tx, query};

use crate::{
    call::ApplicationKind,
    failure::Failure,
    plain::{Plain, disabled_at, edited_in, kept_in},
    request::Request,
    stored::{self, parse_column, parse_optional_column, stored_time, time},
};

/// Whether a caller sees a market: a sales channel sees its own.
fn visible(request: &Request, row: &MarketRow) -> bool {
    let own = request.caller.market_id.as_ref();
    request.caller.kind == ApplicationKind::Integration || own.is_some_and(|own| own.as_str() == row.id)
}

fn record(_: &Request, row: &MarketRow) -> Result<Record<Market>, StoreError> {
    Ok(stored::record!(
        row,
        Market {
            number: row.number,
            name: row.name.clone(),
            code: parse_optional_column(row.code.as_deref())?,
            currency_code: parse_column(&row.currency_code)?,
            checkout_url: row.checkout_url.clone(),
            disabled_at: row.disabled_at.map(time),
        }
    ))
}

fn row(request: &Request, record: &Record<Market>) -> MarketRow {
    stored::row!(MarketRow, request.scope(), record, {
        number: record.number,
        name: record.name.clone(),
        code: record.code.clone(),
        currency_code: record.currency_code.to_string(),
        checkout_url: record.checkout_url.clone(),
        disabled_at: record.disabled_at.map(stored_time),
    })
}

kept_in!(Market: markets, MarketRow);

impl Plain for Market {
    edited_in!(markets);

    async fn before_create(
        tx: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        attributes: &CreateMarketAttributes,
    ) -> Result<(), Failure> {
        record.number = query!(tx, counters::next(request.scope(), "markets"))?;
        record.disabled_at = disabled_at(record.created_at, None, attributes.disable, attributes.enable);
        Ok(())
    }

    async fn before_update(
        _: &mut Tx<'_>,
        _: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        attributes: &UpdateMarketAttributes,
    ) -> Result<(), Failure> {
        record.disabled_at = disabled_at(
            record.updated_at,
            before.disabled_at,
            attributes.disable,
            attributes.enable,
        );
        Ok(())
    }
}
