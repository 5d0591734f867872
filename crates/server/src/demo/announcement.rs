//! What a start prints for the person who made it.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::Demo;

/// Prints where the service is and, in a demo, how to use it.
pub fn print(public_url: &str, sandbox_url: Option<&str>, demo: Option<&Demo>) {
    let mut text = urls(public_url, sandbox_url);
    if let Some(demo) = demo {
        text.push_str(&credentials(demo));
        text.push_str(&requests(public_url, demo));
    }
    // A service whose output nobody reads serves all the same.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    let _ = io::stdout().flush();
}

fn urls(public_url: &str, sandbox_url: Option<&str>) -> String {
    let mut text = format!(
        "\nTillgate serves\n\n  API           {public_url}\n  Swagger UI    {public_url}/swagger-ui/\n"
    );
    if let Some(url) = sandbox_url {
        // Writing to a String can't fail.
        let _ = writeln!(text, "  PSP sandbox   {url}/sandbox");
    }
    text.push('\n');
    text
}

fn credentials(demo: &Demo) -> String {
    let mut text = format!(
        "Credentials of the demo (test mode)\n\n  Client id       {}\n  Client secret   {}\n  Sales channel   {}\n",
        demo.credentials.client_id,
        demo.credentials.client_secret.expose_secret(),
        demo.sales_channel_client_id
    );
    if let Some(customer) = &demo.customer {
        // Writing to a String can't fail.
        let _ = writeln!(text, "  Customer        {} {}", customer.email, customer.password);
    }
    text.push('\n');
    text
}

fn requests(public_url: &str, demo: &Demo) -> String {
    let mut text = String::from("Pay the demo's orders: paste a block into a shell\n");
    let token = format!(
        "curl -s {public_url}/oauth/token -u {}:{} -d grant_type=client_credentials | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/'",
        demo.credentials.client_id,
        demo.credentials.client_secret.expose_secret()
    );
    for (path, media_type, body) in bodies(demo) {
        let _ = write!(
            text,
            "\ncurl -i -X POST {public_url}{path} \\\n  -H 'Accept: application/vnd.api+json' \\\n  \
             -H 'Content-Type: {media_type}' \\\n  -H \"Authorization: Bearer $({token})\" \\\n  -d '{body}'\n"
        );
    }
    text.push('\n');
    text
}

/// The three documented requests.
fn bodies(demo: &Demo) -> [(&'static str, &'static str, Value); 3] {
    const JSON_API: &str = "application/vnd.api+json";
    let order = |kind: &str, id| json!({"order": {"data": {"type": kind, "id": id}}});
    let stripe =
        json!({"data": {"type": "stripe_payments", "relationships": order("orders", &demo.orders.stripe)}});
    let checkout_com = json!({"data": {
        "type": "checkout_com_payments",
        "attributes": {"payment_type": "token", "token": "tok_4gzeau5o2uqubbk6fufs3m7p54"},
        "relationships": order("orders", &demo.orders.checkout_com)
    }});
    let payment = json!({"data": {
        "type": "payments",
        "attributes": {"stripe_token": "pm_card_visa"},
        "relationships": order("order", &demo.orders.payments)
    }});
    [
        ("/api/stripe_payments", JSON_API, stripe),
        ("/api/checkout_com_payments", JSON_API, checkout_com),
        ("/api/v1/payments", "application/json", payment),
    ]
}
