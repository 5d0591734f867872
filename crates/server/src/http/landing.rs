//! The page that buyers return to from an issuer if the shop has none of its own.

use actix_web::HttpResponse;

const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Back from your bank</title>
<style>body{font:18px/1.5 sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}</style>
</head>
<body>
<h1>Thank you</h1>
<p>Your bank has answered. You can close this page and return to the shop, which shows you whether the payment went through.</p>
</body>
</html>
";

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Retrieve the page for returning buyers
///
/// Tells buyers to return to the shop. The PSP's additions to the URL are ignored: the shop asks this service for the payment's
/// state.
#[utoipa::path(
    get, path = "/payment_return", operation_id = "retrieve_payment_return", tag = "Payments",
    responses((status = 200, description = "A page for the buyer's browser.", content_type = "text/html", body = String))
)]
pub async fn retrieve() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("Content-Security-Policy", POLICY))
        .body(PAGE)
}
