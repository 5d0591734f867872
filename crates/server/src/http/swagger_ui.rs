//! Swagger UI, from the program itself: the page loads nothing from elsewhere.

use actix_web::{HttpResponse, http::header::LOCATION};
use secrecy::ExposeSecret;
use utoipa_swagger_ui::{Config, SwaggerUi, oauth};

use super::specification::Credentials;

const PATH: &str = "/swagger-ui/";

/// The page, and where its assets are. Credentials are filled into its form, so that pressing Authorize is enough.
pub fn service(credentials: Option<&Credentials>) -> SwaggerUi {
    // Relative, so that it works behind a proxy that puts a prefix before all paths.
    let config = Config::new(["../openapi.json"])
        .try_it_out_enabled(true)
        .persist_authorization(true)
        .display_request_duration(true)
        .doc_expansion("none")
        .validator_url("none");
    let page = SwaggerUi::new("/swagger-ui/{_:.*}").config(config);
    match credentials {
        Some(credentials) => page.oauth(
            oauth::Config::new()
                .client_id(&credentials.client_id)
                .client_secret(credentials.client_secret.expose_secret())
                .scopes(vec!["market:all".to_owned()]),
        ),
        None => page,
    }
}

/// `/swagger-ui` leads to the page.
pub async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "swagger-ui/"))
        .finish()
}

/// What a page at a path may load. The one of Swagger UI has styles and images in itself.
pub fn content_security_policy(path: &str) -> &'static str {
    if path.starts_with(PATH) {
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         connect-src 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
    } else {
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    }
}
