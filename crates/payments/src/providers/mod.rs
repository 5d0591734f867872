//! The differences between PSPs. Each provider has a folder with its own code, an implementation of [`Provider`], and a line in
//! the [list]. The code that calls all of them is beside the folders.

mod checkout_com;
pub mod connection;
pub mod credentials;
mod gateways;
pub mod list;
mod manual;
pub mod operation;
mod provider;
pub mod refusal;
pub mod registration;
pub mod registry;
pub mod sealed_request;
pub mod sources;
mod stripe;

pub use provider::{
    AbandonedPayments, Authorization, Charge, ConfirmedLater, CreationReference, SavedInstruments,
};
