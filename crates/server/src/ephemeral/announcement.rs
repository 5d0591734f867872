//! The text that the start of an ephemeral service prints.

use std::{
    io::{self, Write},
    path::Path,
};

/// Instruments by scenario, at Stripe and at Checkout.com, as in the document's examples.
const SCENARIOS: [(&str, &str, &str); 3] = [
    ("approved", "pm_card_visa", "tok_4gzeau5o2uqubbk6fufs3m7p54"),
    (
        "declined",
        "pm_card_chargeDeclined",
        "tok_sandboxinsufficientfunds22",
    ),
    (
        "3-D Secure",
        "pm_card_threeDSecure2Required",
        "tok_sandboxchallenge2222222222",
    ),
];

/// Prints the URLs and the instruments.
pub fn print(public_url: &str, sandbox_url: &str, env_file: &Path, seed: Option<u64>) {
    let mut text = format!(
        "\nTillgate serves, and keeps nothing\n\n  API           {public_url}\n  Swagger UI    {public_url}/swagger-ui/\n  \
         PSP sandbox   {sandbox_url}/sandbox\n  Variables     {}\n",
        env_file.display()
    );
    if let Some(seed) = seed {
        text += &format!("  Seed          {seed}\n");
    }
    text += "\nScenarios     Stripe                          Checkout.com\n";
    for (scenario, stripe, checkout_com) in SCENARIOS {
        text += &format!("  {scenario:<11} {stripe:<31} {checkout_com}\n");
    }
    text += &format!("  all of them: {sandbox_url}/sandbox/instruments\n\n");
    // The service runs even if nobody reads its output.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    let _ = io::stdout().flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenarios_are_those_of_the_document() {
        let document = crate::openapi::document();
        let examples = |path: &str| {
            let body = &document["paths"][path]["post"]["requestBody"]["content"]["application/vnd.api+json"];
            body["examples"].to_string()
        };
        let (stripe, checkout_com) = (
            examples("/api/stripe_payments"),
            examples("/api/checkout_com_payments"),
        );
        for (scenario, of_stripe, of_checkout_com) in SCENARIOS {
            assert!(stripe.contains(of_stripe), "{scenario}");
            assert!(checkout_com.contains(of_checkout_com), "{scenario}");
        }
    }
}
