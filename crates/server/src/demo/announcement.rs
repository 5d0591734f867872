//! The text that a start prints.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::Demo;

/// Prints the URLs of the service and, in a demo, how to use it.
pub fn print(public_url: &str, sandbox_url: Option<&str>, demo: Option<&Demo>) {
    let mut text = urls(public_url, sandbox_url);
    if let Some(demo) = demo {
        text.push_str(&credentials(demo));
        text.push_str(&requests(public_url, demo));
    }
    // The service runs even if nobody reads its output.
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
        let accept = if media_type == JSON_API {
            format!("-H 'Accept: {JSON_API}' \\\n  ")
        } else {
            String::new()
        };
        let _ = write!(
            text,
            "\ncurl -i -X POST {public_url}{path} \\\n  {accept}\
             -H 'Content-Type: {media_type}' \\\n  -H \"Authorization: Bearer $({token})\" \\\n  -d '{body}'\n"
        );
    }
    text.push('\n');
    text
}

const JSON_API: &str = "application/vnd.api+json";

/// The three documented requests.
fn bodies(demo: &Demo) -> [(&'static str, &'static str, Value); 3] {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{demo::orders::Orders, http::Credentials};

    /// The headers of the curl lines in a text, by path.
    fn headers(text: &str, path: &str) -> Vec<String> {
        let (_, block) = text.split_once(&format!("{path}\" \\\n")).unwrap_or_else(|| {
            text.split_once(&format!("{path} \\\n"))
                .unwrap_or_else(|| panic!("{path} is in no curl line"))
        });
        let lines = block
            .lines()
            .map(str::trim)
            .take_while(|line| line.starts_with("-H"));
        lines
            .filter(|line| !line.contains("Authorization"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn the_printed_requests_have_the_headers_of_those_in_the_readme() {
        let id = |text: &str| text.parse().expect("an id");
        let demo = Demo {
            credentials: Credentials {
                client_id: "client".into(),
                client_secret: String::new().into(),
            },
            sales_channel_client_id: "channel".into(),
            customer: None,
            organization_id: id("aaaaaaaaaa"),
            application_id: id("bbbbbbbbbb"),
            market_id: id("cccccccccc"),
            gateways: Vec::new(),
            orders: Orders {
                stripe: id("dddddddddd"),
                checkout_com: id("eeeeeeeeee"),
                payments: id("ffffffffff"),
            },
        };
        let printed = requests("http://127.0.0.1:8080", &demo);
        let readme = include_str!("../../../../README.md");
        for (path, media_type, _) in bodies(&demo) {
            let of_readme = headers(readme, path);
            assert!(of_readme.iter().any(|line| line.contains(media_type)), "{path}");
            assert_eq!(headers(&printed, path), of_readme, "{path}");
        }
    }
}
