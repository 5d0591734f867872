//! What the handlers work with.

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

/// What all threads share.
pub struct Shared {
    /// Makes and checks access tokens.
    pub tokens: Tokens,
    /// Counts what each client does.
    pub limits: Limits,
    /// Proxies that tell who the client is.
    pub trusted_proxies: TrustedProxies,
    /// Which access tokens count no more.
    pub revocations: Revocations,
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

impl Shared {
    /// Reads what is new among the revoked tokens. Until it can be read, what was known counts; when that is too old, nothing is
    /// changed any more.
    pub async fn read_revocations(&self, context: &Context) {
        if let Err(problems) = self.revocations.refresh(context).await {
            tracing::warn!(?problems, "the revoked access tokens can't be read");
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
