//! The page that lists the test instruments of both vendors.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::checkout_com::CheckoutCom;
use crate::ledger::{TestInstrument, Vendor};
use crate::stripe::Stripe;
use crate::web;

/// The test instruments of both vendors.
pub(crate) fn instruments() -> Vec<TestInstrument> {
    let mut all = Stripe::instruments();
    all.extend(CheckoutCom::instruments());
    all
}

/// The page that lists the test instruments.
pub(crate) fn page() -> Response<Bytes> {
    let mut body = String::from(
        "<p>Stripe answers below <code>/v1/</code>, Checkout.com below <code>/tokens</code>, <code>/payments</code>, \
         <code>/instruments</code> and <code>/customers</code>. No money moves here.</p>",
    );
    let all = instruments();
    for (vendor, name) in [(Vendor::Stripe, "Stripe"), (Vendor::CheckoutCom, "Checkout.com")] {
        body.push_str("<h2>");
        body.push_str(name);
        body.push_str("</h2><table><tr><th>Instrument</th><th>Card number</th><th>What happens</th></tr>");
        for instrument in all.iter().filter(|instrument| instrument.vendor == vendor) {
            // Writing to a String can't fail.
            let _ = write!(
                body,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                web::escape(&instrument.id),
                web::escape(instrument.card_number.as_deref().unwrap_or("")),
                web::escape(&instrument.description),
            );
        }
        body.push_str("</table>");
    }
    web::page(StatusCode::OK, "Payments sandbox", &body, &[])
}
