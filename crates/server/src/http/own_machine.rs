//! Guards the operator endpoints: on a loopback address they are for this machine only, and for no proxy and no page of another
//! site.

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use tillgate_model::{Dialect, Problem, problem::Kind};
use tillgate_sandbox::is_from_own_machine;

use super::{client_address::ClientAddress, errors, negotiation::MediaType};

/// Refuses requests from other machines. If the operator chose an address that other machines reach (`--admin-listen`), nobody is
/// refused.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.app_config().local_addr().ip().is_loopback() && !is_local(&request) {
        let problem = Problem::new(
            Kind::Forbidden,
            "Only the service's own machine can send this request: no proxies, and no pages of other sites.",
        );
        let refusal = errors::response(&problem.into(), Dialect::CommerceLayer, MediaType::default());
        return Ok(request.into_response(refusal));
    }
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}

fn is_local(request: &ServiceRequest) -> bool {
    let peer = ClientAddress::of(request.request()).peer;
    let headers = request.headers().iter();
    is_from_own_machine(
        Some(peer),
        headers.map(|(name, value)| (name.as_str(), value.as_bytes())),
    )
}
