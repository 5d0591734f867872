//! What differs between PSPs. Each has a folder with everything that only it does, one implementation of [`Provider`], and a
//! line in the [list]. What all of them need to be called stands beside the folders.

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
