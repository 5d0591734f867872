//! What the handlers work with.

use std::{cell::RefCell, sync::Arc};

use metrics_exporter_prometheus::PrometheusHandle;
use tillgate_payments::Service;
use tokio::sync::Notify;

use super::{
    authentication::VerifiedTokens, client_address::TrustedProxies, cors::Cors, limits::Limits,
    specification::Specification,
};
use crate::{
    ephemeral::{Ephemeral, Turn},
    tokens::Tokens,
};

/// What all threads share.
pub struct Shared {
    /// Makes and checks access tokens.
    pub tokens: Tokens,
    /// Counts what each client does.
    pub limits: Limits,
    /// Proxies that tell who the client is.
    pub trusted_proxies: TrustedProxies,
    /// Which pages may call the API.
    pub cors: Cors,
    /// The OpenAPI document.
    pub specification: Specification,
    /// Tells the background that an event of a PSP was stored.
    pub events: Notify,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// What a throw-away service has besides.
    pub ephemeral: Option<Arc<Ephemeral>>,
}

impl Shared {
    /// For work in the background: its turn, where work is done in turns.
    pub async fn turn(&self) -> Option<Turn> {
        match &self.ephemeral {
            Some(ephemeral) => Some(ephemeral.turns.beside_others().await),
            None => None,
        }
    }
}

/// What one thread has.
pub struct Worker {
    /// The domain.
    pub service: Service,
    /// What all threads share.
    pub shared: Arc<Shared>,
    /// Tokens that this thread has checked before.
    pub verified: RefCell<VerifiedTokens>,
}

impl Worker {
    /// For a new thread.
    pub fn new(service: Service, shared: Arc<Shared>) -> Self {
        Self {
            service,
            shared,
            verified: RefCell::default(),
        }
    }
}
