use tillgate_model::{
    Id, Record,
    resources::{CreateCustomerAttributes, Customer, UpdateCustomerAttributes},
};
use tillgate_store::{CustomerFilter, CustomerRow, StoreError, Tx, query};

use super::{edited_in, kept_in};
use crate::{failure::Failure, plain::Plain, request::Request, stored};

fn visible(_: &Request, _: &CustomerRow) -> bool {
    true
}

async fn record(
    tx: &mut Tx<'_>,
    request: &Request,
    row: &CustomerRow,
) -> Result<Record<Customer>, StoreError> {
    let orders = query!(tx, payments::count_orders_of_customer(request.scope(), &row.id))?;
    Ok(stored::record!(
        row,
        Customer {
            email: row.email.clone(),
            shopper_reference: row.shopper_reference.clone(),
            total_orders_count: orders,
        }
    ))
}

fn row(request: &Request, record: &Record<Customer>) -> CustomerRow {
    stored::row!(CustomerRow, request.scope(), record, {
        email: record.email.clone(),
        shopper_reference: record.shopper_reference.clone(),
    })
}

kept_in!(Customer: customers, CustomerFilter, |_selection| CustomerFilter::default());

impl Plain for Customer {
    edited_in!(customers);

    async fn before_create(
        _: &mut Tx<'_>,
        _: &Request,
        _: &mut Record<Self>,
        _: &CreateCustomerAttributes,
    ) -> Result<(), Failure> {
        Ok(())
    }

    async fn before_update(
        _: &mut Tx<'_>,
        _: &Request,
        _: &Record<Self>,
        _: &mut Record<Self>,
        _: &UpdateCustomerAttributes,
    ) -> Result<(), Failure> {
        Ok(())
    }
}

/// The customer with that address, who is created if there is none. Of two requests that create the same one, the second
/// waits for the first and finds what it has created.
pub async fn find_or_create(tx: &mut Tx<'_>, request: &Request, email: &str) -> Result<Id, Failure> {
    if let Some(id) = find(tx, request, email).await? {
        return Ok(id);
    }
    let fields = Customer {
        email: email.to_owned(),
        shopper_reference: None,
        total_orders_count: 0,
    };
    let mut record = Record::unstamped(fields);
    record.stamp(request.context.new_id(), request.context.now());
    if query!(tx, payments::insert_new_customer(&row(request, &record)))? {
        return Ok(record.id);
    }
    let found = find(tx, request, email).await?;
    found.ok_or_else(|| Failure::Internal("a customer's address is taken by nobody".into()))
}

async fn find(tx: &mut Tx<'_>, request: &Request, email: &str) -> Result<Option<Id>, Failure> {
    let filter = CustomerFilter {
        email: Some(email),
        ..Default::default()
    };
    let page = tillgate_model::document::Page { number: 1, size: 1 };
    let rows = query!(tx, customers::page(request.scope(), filter, page))?;
    Ok(rows.first().map(|row| stored::word(&row.id)).transpose()?)
}
