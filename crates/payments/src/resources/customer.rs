use tillgate_model::{
    Id, Problem, Record, Secret, Topic,
    problem::Kind,
    resources::{CreateCustomerAttributes, Customer, UpdateCustomerAttributes},
};
use tillgate_store::{CustomerPasswordRow, CustomerRow, Tx, query};

use crate::{
    failure::Failure,
    outbox::{self, Change},
    plain::{Plain, edited_in, kept_in},
    request::Request,
    revocations,
    stored::{self, stored_time},
};

/// Whether a caller sees a customer: customers see themselves, and a guest sees the customer that they create.
fn visible(request: &Request, row: &CustomerRow) -> bool {
    let own = request.caller.customer_id.as_ref();
    own.is_none_or(|own| own.as_str() == row.id)
}

async fn records(
    tx: &mut Tx<'_>,
    request: &Request,
    rows: Vec<CustomerRow>,
) -> Result<Vec<Record<Customer>>, Failure> {
    let scope = request.scope();
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let orders = match (&request.caller.customer_id, &request.caller.market_id) {
        (Some(own), Some(market)) => {
            let count = query!(tx, shopping::count_orders(scope, own, market))?;
            vec![(Some(own.to_string()), count)]
        }
        _ => query!(tx, payments::count_orders_of_customers(scope, &ids))?,
    };
    let with_password = query!(tx, passwords::owners(scope, &ids))?;
    rows.iter()
        .map(|row| {
            let orders = orders.iter().find(|(id, _)| id.as_ref() == Some(&row.id));
            let has_password = with_password.contains(&row.id);
            record(row, orders.map_or(0, |(_, count)| *count), has_password)
        })
        .collect()
}

fn record(row: &CustomerRow, orders: i64, has_password: bool) -> Result<Record<Customer>, Failure> {
    Ok(stored::record!(
        row,
        Customer {
            email: row.email.clone(),
            shopper_reference: row.shopper_reference.clone(),
            password: None,
            has_password,
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

kept_in!(Customer: customers, CustomerRow, records);

impl Plain for Customer {
    edited_in!(customers);

    async fn prepare_create(
        request: &Request,
        attributes: &mut CreateCustomerAttributes,
    ) -> Result<(), Failure> {
        seal(request, attributes.password.as_mut()).await
    }

    async fn prepare_update(
        request: &Request,
        attributes: &mut UpdateCustomerAttributes,
    ) -> Result<(), Failure> {
        let password = attributes.password.as_mut().and_then(Option::as_mut);
        seal(request, password).await
    }

    async fn before_create(
        _: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        _: &CreateCustomerAttributes,
    ) -> Result<(), Failure> {
        Ok(refuse_shopper_reference(request, None, record)?)
    }

    async fn after_create(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        if let Some(sealed) = &record.password {
            set_password(tx, request, record, sealed).await?;
        }
        tell(tx, request, Topic::CustomersCreate, record).await
    }

    async fn before_update(
        tx: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        attributes: &UpdateCustomerAttributes,
    ) -> Result<(), Failure> {
        refuse_shopper_reference(request, Some(before), record)?;
        if before.metadata != record.metadata {
            tell(tx, request, Topic::CustomersMetadataUpdate, record).await?;
        }
        let Some(password) = &attributes.password else {
            return Ok(());
        };
        let (scope, id) = (request.scope(), record.id.as_str());
        end_logins(tx, request, record).await?;
        match password {
            Some(sealed) => set_password(tx, request, record, sealed).await,
            None => Ok(query!(tx, passwords::remove(scope, id))?),
        }
    }

    async fn before_delete(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        end_logins(tx, request, record).await
    }

    async fn after_delete(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        tell(tx, request, Topic::CustomersDestroy, record).await
    }
}

/// Ends a customer's logins: refresh tokens at once, access tokens as soon as all instances know.
async fn end_logins(tx: &mut Tx<'_>, request: &Request, record: &Record<Customer>) -> Result<(), Failure> {
    let id = record.id.as_str();
    // Without a refresh token there was no login within their lifetime, which is longer than that of an access token.
    if query!(tx, refresh_tokens::revoke_all(request.scope(), id))? > 0 {
        revocations::of_customer(tx, &request.context, id).await?;
    }
    Ok(())
}

/// Records a change of a customer for the outbox.
async fn tell(
    tx: &mut Tx<'_>,
    request: &Request,
    topic: Topic,
    record: &Record<Customer>,
) -> Result<(), Failure> {
    let change = Change::new(topic, record.id.as_str());
    outbox::record(tx, &request.context, request.scope(), &[change]).await
}

/// Replaces a password with its sealed hash: hashing is slow, and no transaction may wait for it.
async fn seal(request: &Request, password: Option<&mut Secret>) -> Result<(), Failure> {
    let context = &request.context;
    if let Some(password) = password {
        *password = Secret::new(
            context
                .passwords
                .seal(
                    &context.cipher,
                    &*context.entropy,
                    request.caller.client(),
                    password.secret_string(),
                )
                .await?,
        );
    }
    Ok(())
}

async fn set_password(
    tx: &mut Tx<'_>,
    request: &Request,
    record: &Record<Customer>,
    sealed: &Secret,
) -> Result<(), Failure> {
    let row = CustomerPasswordRow {
        organization_id: request.scope().organization_id().to_string(),
        test: request.scope().test(),
        customer_id: record.id.to_string(),
        hash: sealed.expose().to_owned(),
        changed_at: stored_time(record.updated_at),
    };
    Ok(query!(tx, passwords::set(&row))?)
}

/// Refuses a change of the reference by a customer. It decides whose saved cards are used, so a caller who could set it could
/// name any customer's.
fn refuse_shopper_reference(
    request: &Request,
    before: Option<&Record<Customer>>,
    record: &Record<Customer>,
) -> Result<(), Problem> {
    let known = before.and_then(|before| before.shopper_reference.as_ref());
    if request.caller.buyer().is_none() || record.shopper_reference.as_ref() == known {
        return Ok(());
    }
    let message = "A sales channel may not set a customer's shopper_reference.";
    Err(Problem::new(Kind::Forbidden, message).at("/data/attributes/shopper_reference"))
}

/// The customer with an address, who is created if missing. If two requests create the same one, the second waits for the first
/// and finds its customer.
pub async fn find_or_create(tx: &mut Tx<'_>, request: &Request, email: &str) -> Result<Id, Failure> {
    if let Some(id) = find(tx, request, email).await? {
        return Ok(id);
    }
    let fields = Customer {
        email: email.to_owned(),
        shopper_reference: None,
        password: None,
        has_password: false,
        total_orders_count: 0,
    };
    let mut record = Record::unstamped(fields);
    record.stamp(request.context.new_id(), request.context.now());
    if query!(tx, payments::insert_new_customer(&row(request, &record)))? {
        tell(tx, request, Topic::CustomersCreate, &record).await?;
        return Ok(record.id);
    }
    let found = find(tx, request, email).await?;
    found.ok_or_else(|| Failure::Internal("a customer's address is taken by nobody".into()))
}

async fn find(tx: &mut Tx<'_>, request: &Request, email: &str) -> Result<Option<Id>, Failure> {
    let found = query!(tx, payments::customer_of_email(request.scope(), email))?;
    Ok(found.map(|row| stored::parse_column(&row.id)).transpose()?)
}
