//! The state of the handlers.

use std::{cell::RefCell, sync::Arc};

use metrics_exporter_prometheus::PrometheusHandle;
use tillgate_payments::{Context, Service};
use tokio::sync::Notify;

use super::{
    authentication::VerifiedTokens, client_address::TrustedProxies, cors::Cors, limits::Limits,
    revocations::Revocations, specification::Specification,
};
use crate::{
    ephemeral::{Ephemeral, Turn},
    tokens::Tokens,
};

/// The state that all threads share.
pub struct Shared {
    /// Signs and verifies access tokens.
    pub tokens: Tokens,
    /// Rate limits of clients.
    pub limits: Limits,
    /// Proxies that are trusted to name the client.
    pub trusted_proxies: TrustedProxies,
    /// The revoked access tokens.
    pub revocations: Revocations,
    /// Origins whose pages may call the API.
    pub cors: Cors,
    /// The OpenAPI document.
    pub specification: Specification,
    /// Notifies the background of a stored provider event.
    pub events: Notify,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// The parts of an ephemeral service.
    pub ephemeral: Option<Arc<Ephemeral>>,
}

impl Shared {
    /// A turn for work in the background, if there are turns.
    pub async fn turn(&self) -> Option<Turn> {
        match &self.ephemeral {
            Some(ephemeral) => Some(ephemeral.turns.beside_others().await),
            None => None,
        }
    }
}

impl Shared {
    /// Reads new revocations. If that fails, the known ones count; when they are too old, changes are refused.
    pub async fn read_revocations(&self, context: &Context) {
        if let Err(problems) = self.revocations.refresh(context).await {
            tracing::warn!(?problems, "the revoked access tokens can't be read");
        }
    }
}

/// The state of one thread.
pub struct Worker {
    /// The domain.
    pub service: Service,
    /// The state that all threads share.
    pub shared: Arc<Shared>,
    /// Tokens that this thread has verified before.
    pub verified: RefCell<VerifiedTokens>,
}

impl Worker {
    /// The state of a new thread.
    pub fn new(service: Service, shared: Arc<Shared>) -> Self {
        Self {
            service,
            shared,
            verified: RefCell::default(),
        }
    }
}
