//! The resources, a module each, in the order of the documentation.

mod authorization;
#[cfg(test)]
mod by_hand;
mod capture;
mod checkout_com_gateway;
mod checkout_com_payment;
mod customer;
mod line_item;
mod market;
mod order;
mod payment;
mod payment_gateway;
mod payment_method;
mod stripe_gateway;
mod stripe_payment;

pub use authorization::*;
pub use capture::*;
pub use checkout_com_gateway::*;
pub use checkout_com_payment::*;
pub use customer::*;
pub use line_item::*;
pub use market::*;
pub use order::*;
pub use payment::*;
pub use payment_gateway::*;
pub use payment_method::*;
pub use stripe_gateway::*;
pub use stripe_payment::*;
