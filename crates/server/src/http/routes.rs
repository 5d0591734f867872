//! The routes: those of the resources from the registry of operations, and the others.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse, Resource, Route,
    guard::{self, Guard},
    http::{Method, header::HeaderValue},
    web::{self, Data, Payload, ServiceConfig},
};
use tillgate_model::openapi::{Operation, operations};

use super::{errors, landing, oauth, operation, probes, specification, state::Worker, webhook_callbacks};

/// Adds all routes except Swagger UI's and the operator's.
pub fn configure(config: &mut ServiceConfig) {
    // A scope for each type: a request is compared with the paths of its own type only.
    for (prefix, paths) in by_path() {
        let mut scope = web::scope(&prefix);
        for (path, operations) in paths {
            let routes = operations
                .into_iter()
                .map(|operation| (method(operation.method()), on_resource(operation)));
            scope = scope.service(api_resource(&path, routes.collect()));
        }
        config.service(scope);
    }
    let get = |path: &str, route: Route| resource(path, vec![(Method::GET, route)]);
    config
        .service(api_resource(
            "/oauth/token",
            vec![(Method::POST, web::route().to(oauth::create_token))],
        ))
        .service(api_resource(
            "/oauth/revoke",
            vec![(Method::POST, web::route().to(oauth::revoke_token))],
        ))
        .service(resource(
            "/webhook_callbacks/{gateway_type}/{token}",
            vec![(Method::POST, web::route().to(webhook_callbacks::create))],
        ))
        .service(get("/.well-known/jwks.json", web::route().to(oauth::key_set)))
        .service(get("/healthz", web::route().to(probes::health)))
        .service(get("/readyz", web::route().to(probes::readiness)))
        .service(get("/openapi.json", web::route().to(specification::retrieve)))
        .service(get(
            "/openapi-3.0.json",
            web::route().to(specification::retrieve_3_0),
        ))
        .service(get("/payment_return", web::route().to(landing::retrieve)))
        .default_service(web::to(not_found));
}

/// The answer for an unknown path.
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    errors::route_not_found(request.path())
}

/// Operations by the path of their type, and by the rest of the path.
fn by_path() -> BTreeMap<String, BTreeMap<String, Vec<Operation>>> {
    let mut by_path: BTreeMap<String, BTreeMap<String, Vec<Operation>>> = BTreeMap::new();
    for operation in operations() {
        let (path, of_type) = (operation.path(), operation.resource.path());
        // A list may have another path.
        let (prefix, rest) = match path.strip_prefix(&of_type) {
            Some(rest) => (of_type, rest.to_owned()),
            None => (path, String::new()),
        };
        let paths = by_path.entry(prefix).or_default();
        paths.entry(rest).or_default().push(operation);
    }
    by_path
}

fn on_resource(operation: Operation) -> Route {
    web::route().to(
        move |worker: Data<Worker>, request: HttpRequest, payload: Payload| async move {
            operation::answer(&worker, operation, &request, payload).await
        },
    )
}

fn method(name: &'static str) -> Method {
    match name {
        "POST" => Method::POST,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        _ => Method::GET,
    }
}

/// A path of the API. Some clients end every path with a slash: it makes no difference.
fn api_resource(path: &str, routes: Vec<(Method, Route)>) -> Resource {
    resource_at(vec![path.to_owned(), format!("{path}/")], routes)
}

/// A path with all its methods: any other method gets 405. HEAD is answered like GET; the server leaves the body out.
pub(super) fn resource(path: &str, routes: Vec<(Method, Route)>) -> Resource {
    resource_at(vec![path.to_owned()], routes)
}

fn resource_at(paths: Vec<String>, routes: Vec<(Method, Route)>) -> Resource {
    let mut allow: Vec<&str> = routes.iter().map(|(method, _)| method.as_str()).collect();
    if allow.contains(&"GET") {
        allow.push("HEAD");
    }
    let allow = HeaderValue::from_str(&allow.join(", ")).expect("names of methods are fit for a header");
    let mut resource = web::resource(paths);
    for (method, route) in routes {
        resource = resource.route(route.guard(verb(method)));
    }
    resource.default_service(web::to(move |request: HttpRequest| {
        let response = errors::method_not_allowed(request.path(), &allow);
        async move { response }
    }))
}

fn verb(method: Method) -> impl Guard {
    guard::fn_guard(move |context| {
        let asked = &context.head().method;
        *asked == method || (method == Method::GET && *asked == Method::HEAD)
    })
}
