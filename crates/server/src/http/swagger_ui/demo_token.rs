//! An access token of the demo's application, for the page itself: it needs no credentials, so the page has none.
//!
//! The demo listens on loopback only. A page of another site in a browser there can send requests too, under its own name or, by
//! DNS rebinding, under the service's address; neither gets a token.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HOST, HeaderMap, HeaderValue, ORIGIN},
    web::Data,
};
use tillgate_model::{Dialect, Problem, Problems, problem::Kind};
use tillgate_payments::accounts;
use url::{Host, Url};

use super::Page;
use crate::http::{client_address::ClientAddress, errors, negotiation::MediaType, oauth, state::Worker};

/// Answers like `POST /oauth/token` for the demo's credentials.
pub async fn create(worker: Data<Worker>, page: Data<Page>, request: HttpRequest) -> HttpResponse {
    if !ClientAddress::of(&request).peer.is_loopback() || !is_own_page(request.headers()) {
        let problem = Problem::new(
            Kind::Forbidden,
            "Only Swagger UI on this machine gets tokens here.",
        );
        return refused(&problem.into());
    }
    let client_id = page.demo_client_id.as_deref().unwrap_or_default();
    match accounts::application_by_client_id(worker.service.context(), client_id).await {
        Ok(Some(application)) => oauth::answer_token(&worker, &application),
        Ok(None) => refused(&Problem::new(Kind::RecordNotFound, "The demo's application is gone.").into()),
        Err(error) => refused(&error),
    }
}

fn refused(problems: &Problems) -> HttpResponse {
    errors::response(problems, Dialect::CommerceLayer, MediaType::Json)
}

/// Whether a request comes from a page of its own address, and that address is this machine's.
fn is_own_page(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(HeaderValue::to_str).and_then(Result::ok);
    let (Some(host), Some(origin)) = (text(HOST), text(ORIGIN)) else {
        return false;
    };
    let Ok(url) = Url::parse(&format!("http://{host}")) else {
        return false;
    };
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    loopback && url.origin().ascii_serialization() == origin
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_a_page_of_this_machines_own_address_gets_a_token() {
        let own = |host: &str, origin: Option<&str>| {
            let mut request = TestRequest::default().insert_header((HOST, host));
            if let Some(origin) = origin {
                request = request.insert_header((ORIGIN, origin));
            }
            is_own_page(request.to_http_request().headers())
        };
        assert!(own("127.0.0.1:8080", Some("http://127.0.0.1:8080")));
        assert!(own("localhost:8080", Some("http://localhost:8080")));
        assert!(own("[::1]:8080", Some("http://[::1]:8080")));
        assert!(!own("127.0.0.1:8080", None));
        assert!(!own("127.0.0.1:8080", Some("null")));
        assert!(!own("127.0.0.1:8080", Some("http://127.0.0.1:9090")));
        assert!(!own("127.0.0.1:8080", Some("https://shop.example")));
        assert!(!own("shop.example:8080", Some("http://shop.example:8080")));
        assert!(!own(
            "127.0.0.1.shop.example",
            Some("http://127.0.0.1.shop.example")
        ));
    }
}
