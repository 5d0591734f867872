//! Swagger UI, embedded in the program, as a workbench for the API. The page loads nothing from elsewhere, and runs only scripts
//! that are served here.

mod assets;
mod demo_token;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, Resource,
    http::{
        Method,
        header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, LOCATION},
    },
    web::{self, Data, Path, ServiceConfig},
};
use url::Url;

use self::assets::Asset;
use super::{errors, routes};

/// The page of a service.
pub struct Page {
    /// The page's Content-Security-Policy.
    policy: String,
    /// Client id of the demo's application, which the page gets tokens for.
    demo_client_id: Option<String>,
}

impl Page {
    /// The page of a service at a URL. With the client id of a demo's application, the page can get tokens for it.
    pub fn new(public_url: &str, demo_client_id: Option<String>) -> Self {
        // On loopback the page may be open under another name than the API has in the document.
        let api =
            Url::parse(public_url).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization());
        Self {
            policy: format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                 connect-src 'self' {api}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
            ),
            demo_client_id,
        }
    }
}

/// Adds the page's routes.
pub fn configure(config: &mut ServiceConfig, page: &Arc<Page>) {
    config.app_data(Data::from(Arc::clone(page)));
    let get = |path: &str, route| routes::resource(path, vec![(Method::GET, route)]);
    config
        .service(get("/swagger-ui", web::route().to(redirect)))
        .service(get("/swagger-ui/{file:.*}", web::route().to(retrieve)));
}

/// The route for tokens of the demo's application.
pub fn demo_token(page: &Page) -> Option<Resource> {
    let path = "/swagger-ui/demo-token";
    let create = || vec![(Method::POST, web::route().to(demo_token::create))];
    page.demo_client_id
        .is_some()
        .then(|| routes::resource(path, create()))
}

/// `/swagger-ui` leads to the page.
async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "swagger-ui/"))
        .finish()
}

async fn retrieve(page: Data<Page>, file: Path<String>, request: HttpRequest) -> HttpResponse {
    let Some(Asset {
        content_type,
        body,
        encoding,
    }) = assets::find(&file, page.demo_client_id.is_some())
    else {
        return errors::route_not_found(request.path());
    };
    let mut response = HttpResponse::Ok();
    response
        .content_type(content_type)
        .insert_header((CONTENT_SECURITY_POLICY, &*page.policy));
    if let Some(encoding) = encoding {
        response.insert_header((CONTENT_ENCODING, encoding));
    }
    response.body(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_may_call_its_service_and_nobody_else() {
        let page = Page::new("https://pay.example/shop", None);
        let directives: Vec<&str> = page.policy.split("; ").collect();
        assert!(
            directives.contains(&"connect-src 'self' https://pay.example"),
            "{directives:?}"
        );
        assert!(directives.contains(&"script-src 'self'"), "{directives:?}");
        assert!(!page.policy.contains("unsafe"), "{directives:?}");
    }
}
