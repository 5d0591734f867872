//! The operator endpoints: metrics, the helpers of the demo and the sandbox's controls. They have an address of their own
//! (`--admin-listen`), or share the API's where only this machine reaches it.

use std::sync::Arc;

use actix_web::{
    http::Method,
    middleware::from_fn,
    web::{self, Data, ServiceConfig},
};
use tillgate_sandbox::Sandbox;

use super::{ephemeral, metrics, own_machine, probes, routes, state::Shared, swagger_ui};

/// Adds the endpoints that share the API's address where only this machine reaches it.
pub fn configure(config: &mut ServiceConfig, shared: &Shared, page: &Arc<swagger_ui::Page>) {
    let metrics = vec![(Method::GET, web::route().to(metrics::retrieve))];
    let mut resources = vec![routes::resource("/metrics", metrics)];
    if shared.ephemeral.is_some() {
        resources.extend(ephemeral::resources());
    }
    resources.extend(swagger_ui::demo_token(page));
    for resource in resources {
        config.service(resource.wrap(from_fn(own_machine::guard)));
    }
}

/// Adds all endpoints of the operator's own address.
pub fn configure_alone(
    config: &mut ServiceConfig,
    shared: &Shared,
    page: &Arc<swagger_ui::Page>,
    sandbox: Option<&Arc<Sandbox>>,
) {
    configure(config, shared, page);
    let get = |path, route| routes::resource(path, vec![(Method::GET, route)]);
    config
        .app_data(Data::from(Arc::clone(page)))
        .service(get("/healthz", web::route().to(probes::health)))
        .service(get("/readyz", web::route().to(probes::readiness)))
        .default_service(web::to(routes::not_found));
    if let Some(sandbox) = sandbox {
        config.app_data(Data::from(Arc::clone(sandbox))).service(
            web::resource("/sandbox/{control:.*}")
                .wrap(from_fn(own_machine::guard))
                .route(web::route().to(tillgate_sandbox::server::control)),
        );
    }
}
