//! The resources, a module each, in the order of the documentation.

mod authorization;
#[cfg(test)]
mod by_hand;
mod capture;
mod card;
mod checkout_com_gateway;
mod checkout_com_payment;
mod customer;
mod customer_payment_source;
mod line_item;
mod manual_gateway;
mod market;
mod order;
mod payment;
mod payment_gateway;
mod payment_method;
mod refund;
mod stripe_gateway;
mod stripe_payment;
mod transaction;
mod void;
mod wire_transfer;

pub use authorization::*;
pub use capture::*;
pub use card::*;
pub use checkout_com_gateway::*;
pub use checkout_com_payment::*;
pub use customer::*;
pub use customer_payment_source::*;
pub use line_item::*;
pub use manual_gateway::*;
pub use market::*;
pub use order::*;
pub use payment::*;
pub use payment_gateway::*;
pub use payment_method::*;
pub use refund::*;
pub use stripe_gateway::*;
pub use stripe_payment::*;
pub use transaction::{Transaction, TransactionAttributes, TransactionKind};
pub use void::*;
pub use wire_transfer::*;
