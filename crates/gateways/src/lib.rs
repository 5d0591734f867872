//! The clients of payment service providers (PSPs).
//!
//! An operation has two phases, so that a crash between them loses nothing. A [`Gateway`] first turns the operation into a
//! [`PspRequest`]: the exact bytes, without credentials, which the caller stores. Then [`call()`] sends it through a
//! [`Transport`], repeatedly with the same bytes and key if necessary, and the gateway translates the answer into the domain's
//! terms. This crate keeps no state, knows no database and never guesses: an unclear outcome is `Unknown`.

mod call;
pub mod checkout_com;
mod currency;
mod gateway;
mod http_transport;
mod instruments;
mod keys;
mod operation;
mod outcome;
mod places;
#[doc(hidden)]
pub mod planted;
mod readable;
mod recovery;
mod redact;
mod signature;
mod snapshot;
pub mod stripe;
mod transport;
mod watched_body;
mod webhook;
mod wire;

pub use call::{RetryPolicy, Timer, call};
pub use gateway::{Gateway, GatewaySettings};
pub use http_transport::HttpTransport;
pub use instruments::{CreateCustomer, CustomerOutcome, InstrumentOutcome};
pub use keys::{KeyFault, judge_signing_secret};
pub use operation::{
    ActionReference, CaptureMethod, CapturePayment, ConfirmPayment, CreatePayment, FindPayment, Instrument,
    RefundPayment, SetupFutureUsage, Unsupported, UpdatePayment,
};
pub use outcome::{Action, ActionOutcome, FoundOutcome, Missing, PaymentOutcome, Refusal, RefusalKind};
pub use places::Places;
pub use recovery::{ActionKind, ActionSeen, ActionStatus, FindAction, FoundAction, ListedActions};
pub use snapshot::{Decline, PaymentInstrument, PaymentSnapshot, PaymentStatus, Reuse};
pub use transport::{Transport, TransportError};
pub use webhook::{
    EndpointOutcome, EventFault, RegistrationOutcome, SignatureFault, Subject, WebhookEndpoint, WebhookEvent,
};
pub use wire::{Method, PspRequest, PspResponse};
