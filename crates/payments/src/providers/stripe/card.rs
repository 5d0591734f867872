//! The cards of `/api/v1`: the saved cards at Stripe.

use tillgate_model::{
    Id, JsonObject, Problem, Record,
    problem::Kind,
    resources::{Card, GatewayType},
};
use tillgate_store::{CustomerPaymentSourceRow, Tx, listing::Cond, query};

use crate::{
    failure::Failure,
    handler::Kept,
    payment::cards::{token, visible},
    request::Request,
    stored::{self, json, parse_column},
};

fn record(request: &Request, row: &CustomerPaymentSourceRow) -> Result<Record<Card>, Failure> {
    let card: JsonObject = match row.payment_instrument.as_deref() {
        Some(instrument) => json(instrument)?,
        None => JsonObject::default(),
    };
    let text = |name: &str| Some(card.0.get(name)?.as_str()?.to_owned());
    Ok(stored::record!(
        row,
        Card {
            stripe_source_id: token(&request.context, row)?,
            last4: text("card_last_digits"),
            expiration_date: expiration_date(text("card_expiry_month"), text("card_expiry_year")),
            brand: text("card_type").map(|brand| brand.to_lowercase()),
        }
    ))
}

fn expiration_date(month: Option<String>, year: Option<String>) -> Option<String> {
    let (month, year): (u32, i32) = (month?.parse().ok()?, year?.parse().ok()?);
    Some(chrono::NaiveDate::from_ymd_opt(year, month, 1)?.to_string())
}

async fn is_at_stripe(
    tx: &mut Tx<'_>,
    request: &Request,
    row: &CustomerPaymentSourceRow,
) -> Result<bool, Failure> {
    let Some(gateway_id) = &row.payment_gateway_id else {
        return Ok(false);
    };
    let gateway = query!(
        tx,
        payment_gateways::get(request.scope(), &parse_column(gateway_id)?)
    )?;
    Ok(gateway.is_some_and(|gateway| gateway.kind == GatewayType::StripeGateways))
}

impl Kept for Card {
    type Row = CustomerPaymentSourceRow;

    async fn get(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure> {
        let row = query!(tx, customer_payment_sources::get(request.scope(), id))?;
        match row.filter(|row| visible(request, row)) {
            Some(row) if is_at_stripe(tx, request, &row).await? => Ok(Some(record(request, &row)?)),
            _ => Ok(None),
        }
    }

    async fn records(
        _: &mut Tx<'_>,
        request: &Request,
        rows: Vec<CustomerPaymentSourceRow>,
    ) -> Result<Vec<Record<Self>>, Failure> {
        rows.iter().map(|row| record(request, row)).collect()
    }

    /// Those of the customer who has logged in.
    fn listed(request: &Request) -> Result<Cond, Failure> {
        if request.caller.customer_id.is_none() {
            let message = "Only a customer who has logged in has cards of their own.";
            return Err(Problem::new(Kind::Forbidden, message).into());
        }
        Ok(Cond::Refers {
            column: "payment_gateway_id",
            to: GatewayType::StripeGateways.into(),
            where_it: Box::new(Cond::Always),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_expires_in_a_month() {
        let date = |month: &str, year: &str| expiration_date(Some(month.into()), Some(year.into()));
        assert_eq!(date("9", "2030").as_deref(), Some("2030-09-01"));
        assert_eq!(date("12", "2030").as_deref(), Some("2030-12-01"));
        assert_eq!(date("13", "2030"), None);
        assert_eq!(expiration_date(None, Some("2030".into())), None);
    }
}
