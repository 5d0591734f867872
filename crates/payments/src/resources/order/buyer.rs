//! Whose an order is, and what its buyer sees and may say of that.
//!
//! An address that a guest gives proves nothing: it may be that of a customer who has an account, or an account may be made for
//! it later by somebody else. Hence what a guest buys stays a guest's, and is not among what a customer sees as their own.

use std::net::IpAddr;

use tillgate_model::{Problem, Record, ToOne, problem::Kind, resource::Buyer, resources::Order};
use tillgate_store::{Tx, query};

use crate::{
    failure::Failure, payment::order_status::is_editable, request::Request, resources::customer,
    stored::found,
};

const CUSTOMER: &str = "/data/relationships/customer";
const EMAIL: &str = "/data/attributes/customer_email";

/// Checks the network address that a request gives the buyer, or takes away. A buyer could give that of anybody.
pub fn check_ip(request: &Request, said: Option<Option<&str>>) -> Result<(), Problem> {
    const IP: &str = "/data/attributes/customer_ip";
    let Some(ip) = said else { return Ok(()) };
    if request.caller.buyer().is_some() {
        let message = "A sales channel may not say which network address a customer has.";
        return Err(Problem::new(Kind::Forbidden, message).at(IP));
    }
    if ip.is_some_and(|ip| ip.parse::<IpAddr>().is_err()) {
        let message = "must be an IPv4 or IPv6 address, such as 203.0.113.7 or 2001:db8::7";
        return Err(Problem::invalid(IP, "invalid", message));
    }
    Ok(())
}

/// What a request says of the buyer.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// `guest`
    pub guest: Option<bool>,
    /// `customer_email`, which may be taken away.
    pub email: Option<Option<&'a str>>,
}

/// Gives a new or changed order to whom it belongs, as far as the address does not say it. Before is what it was.
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
                let message = "A customer may not name another one.";
                return Err(Problem::new(Kind::Forbidden, message).at(CUSTOMER).into());
            }
            if let Some(email) = said.email {
                let customer = query!(tx, customers::get(request.scope(), own))?;
                if customer.is_none_or(|customer| email != Some(customer.email.as_str())) {
                    let message = "A customer may not give an order another address than their own.";
                    return Err(Problem::new(Kind::Forbidden, message).at(EMAIL).into());
                }
            }
            // What they make or change is theirs, unless it is too late.
            if before.is_none_or(|before| is_editable(before.status)) {
                record.customer = ToOne::to(own.clone());
                record.guest = false;
            }
        }
        (Some(_), _) => assign_guest(before, record, said)?,
        // Whom a merchant names is known to them.
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

/// A guest knows customers by their addresses only: by an id they could learn the address of anybody.
fn assign_guest(
    before: Option<&Record<Order>>,
    record: &Record<Order>,
    said: Said<'_>,
) -> Result<(), Problem> {
    let known = before.and_then(|before| before.customer.id());
    let named = record.customer.id();
    if named.is_some() && named != known {
        let message = "A sales channel may not name a customer; give the order a customer_email.";
        return Err(Problem::new(Kind::Forbidden, message).at(CUSTOMER));
    }
    if said.guest == Some(false) {
        let message = "Only a customer who has logged in buys as such.";
        return Err(Problem::new(Kind::Forbidden, message).at("/data/attributes/guest"));
    }
    Ok(())
}

/// An address creates or finds the customer; a customer brings the address. `email_was_set` is the order before an
/// update that set the address.
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
