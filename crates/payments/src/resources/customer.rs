use tillgate_model::{
    Id, Record, Topic,
    resources::{CreateCustomerAttributes, Customer, UpdateCustomerAttributes},
};
use tillgate_store::{CustomerFilter, CustomerRow, StoreError, Tx, query};

use super::{edited_in, kept_in};
use crate::{
    events::{Change, outbox},
    failure::Failure,
    plain::Plain,
    request::Request,
    stored,
};

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
        tx: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        _: &UpdateCustomerAttributes,
    ) -> Result<(), Failure> {
        if before.metadata == record.metadata {
            return Ok(());
        }
        tell(tx, request, Topic::CustomersMetadataUpdate, record).await
    }

    async fn after_create(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        tell(tx, request, Topic::CustomersCreate, record).await
    }

    async fn after_delete(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        tell(tx, request, Topic::CustomersDestroy, record).await
    }
}

/// Writes down what has happened to a customer, for those who want to be told.
async fn tell(
    tx: &mut Tx<'_>,
    request: &Request,
    topic: Topic,
    record: &Record<Customer>,
) -> Result<(), Failure> {
    let change = Change::new(topic, record.id.as_str());
    outbox::record(tx, &request.context, request.scope(), &[change]).await
}

/// The customer with that address, who is created if there is none.
pub async fn find_or_create(tx: &mut Tx<'_>, request: &Request, email: &str) -> Result<Id, Failure> {
    let filter = CustomerFilter {
        email: Some(email),
        ..Default::default()
    };
    let page = tillgate_model::document::Page { number: 1, size: 1 };
    if let Some(row) = query!(tx, customers::page(request.scope(), filter, page))?.first() {
        return Ok(stored::word(&row.id)?);
    }
    let fields = Customer {
        email: email.to_owned(),
        shopper_reference: None,
        total_orders_count: 0,
    };
    let mut record = Record::unstamped(fields);
    record.stamp(request.context.new_id(), request.context.now());
    Customer::insert(tx, request, &record).await?;
    Customer::after_create(tx, request, &record).await?;
    Ok(record.id)
}
