//! The owner of an order, and the buyer's view and changes of it.
//!
//! The address that a guest gives proves nothing: a customer may have an account with it, or another person may make one later.
//! So a guest's order stays a guest's, and is not among the orders that a customer sees.

use std::net::IpAddr;

use tillgate_model::{Problem, Record, ToOne, problem::Kind, resource::Buyer, resources::Order};
use tillgate_store::{Tx, query};

use crate::{
    failure::Failure, payment::order_status::is_editable, request::Request, resources::customer,
    stored::found,
};

const CUSTOMER: &str = "/data/relationships/customer";
const EMAIL: &str = "/data/attributes/customer_email";

/// Checks a new or removed network address of the buyer. A buyer may not set it, because they could name any address.
pub fn check_ip(request: &Request, said: Option<Option<&str>>) -> Result<(), Problem> {
    const IP: &str = "/data/attributes/customer_ip";
    let Some(ip) = said else { return Ok(()) };
    if request.caller.buyer().is_some() {
        let message = "A sales channel may not set a customer's network address.";
        return Err(Problem::new(Kind::Forbidden, message).at(IP));
    }
    if ip.is_some_and(|ip| ip.parse::<IpAddr>().is_err()) {
        let message = "must be an IPv4 or IPv6 address, such as 203.0.113.7 or 2001:db8::7";
        return Err(Problem::invalid(IP, "invalid", message));
    }
    Ok(())
}

/// The members of a request about the buyer.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// `guest`
    pub guest: Option<bool>,
    /// `customer_email`, which may be removed.
    pub email: Option<Option<&'a str>>,
}

/// Sets the owner of a new or changed order, except for the address. `before` is the order before the change.
pub async fn assign(
    tx: &mut Tx<'_>,
    request: &Request,
    before: Option<&Record<Order>>,
    record: &mut Record<Order>,
    said: Said<'_>,
) -> Result<(), Failure> {
    match (request.caller.buyer(), &request.caller.customer_id) {
        (Some(Buyer::Customer), Some(own)) => {
            let named = record.customer.id().filter(|named| *named != own);
            if named.is_some() {
                let message = "A customer may not set another customer.";
                return Err(Problem::new(Kind::Forbidden, message).at(CUSTOMER).into());
            }
            if let Some(email) = said.email {
                let customer = query!(tx, customers::get(request.scope(), own))?;
                if customer.is_none_or(|customer| email != Some(customer.email.as_str())) {
                    let message = "A customer may not set another e-mail address than their own.";
                    return Err(Problem::new(Kind::Forbidden, message).at(EMAIL).into());
                }
            }
            // An order that they make or change is theirs, unless it is too late.
            if before.is_none_or(|before| is_editable(before.status)) {
                record.customer = ToOne::to(own.clone());
                record.guest = false;
            }
        }
        (Some(_), _) => assign_guest(before, record, said)?,
        // A merchant knows the customer that they name.
        (None, _) => {
            let known = before.and_then(|before| before.customer.id());
            let names = record.customer.id().is_some() && record.customer.id() != known;
            if names && said.guest.is_none() {
                record.guest = false;
            }
        }
    }
    Ok(())
}

/// Refuses a customer's id from a guest: by an id they could learn anyone's address.
fn assign_guest(
    before: Option<&Record<Order>>,
    record: &Record<Order>,
    said: Said<'_>,
) -> Result<(), Problem> {
    let known = before.and_then(|before| before.customer.id());
    let named = record.customer.id();
    if named.is_some() && named != known {
        let message = "A sales channel may not set a customer; set customer_email instead.";
        return Err(Problem::new(Kind::Forbidden, message).at(CUSTOMER));
    }
    if said.guest == Some(false) {
        let message = "Only a logged-in customer can buy with guest set to false.";
        return Err(Problem::new(Kind::Forbidden, message).at("/data/attributes/guest"));
    }
    Ok(())
}

/// Connects an order with its customer: an address creates or finds the customer, a customer brings the address. `email_was_set`
/// is the order before an update that set the address.
pub async fn connection(
    tx: &mut Tx<'_>,
    request: &Request,
    record: &mut Record<Order>,
    email_was_set: Option<&Record<Order>>,
) -> Result<(), Failure> {
    let email_changed = email_was_set.is_some_and(|before| before.customer_email != record.customer_email);
    match (record.customer.id().cloned(), record.customer_email.clone()) {
        (Some(id), email) if !email_changed => {
            let customer = found(query!(tx, customers::get(request.scope(), &id))?, "customer")?;
            record.customer_email = email.or(Some(customer.email));
        }
        (_, Some(email)) => {
            record.customer = ToOne::to(customer::find_or_create(tx, request, &email).await?);
        }
        (_, None) => record.customer = ToOne::empty(),
    }
    Ok(())
}
