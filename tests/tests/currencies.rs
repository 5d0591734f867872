//! Currencies without decimals, with two and with three, through every operation of both PSPs; and amounts that a PSP can't
//! express exactly.

use serde_json::json;
use tillgate_tests::{Setup, Story, Vendor, body};

async fn story_in(currency: &'static str) -> Story {
    Story::start_with(&[], |setup| Setup { currency, ..setup }).await
}

#[tokio::test]
async fn amounts_are_the_same_on_both_sides() {
    // 12 340 minor units in the currency.
    for (currency, float) in [("JPY", 12_340.0), ("EUR", 123.4), ("KWD", 12.34)] {
        let story = story_in(currency).await;
        for vendor in Vendor::ALL {
            let (order, _) = story.approved(vendor, 12_340).await;
            let authorization = story.only(&order, "authorizations").await;
            let shown = story.get("authorizations", &authorization).await;
            assert_eq!(*shown.attribute("amount_float"), float, "{currency}");
            assert_eq!(*shown.attribute("currency_code"), currency);
            let part = json!({ "_capture": true, "_capture_amount_cents": 2_340 });
            story.act(&order, "authorizations", &authorization, part).await;
            story
                .act(&order, "orders", &order, json!({ "_capture": true }))
                .await;
            story.expect_status(&order, "approved", "paid").await;
            let captures = story.transactions(&order, "captures").await;
            let first = captures[0]["id"].as_str().expect("an id");
            let part = json!({ "_refund": true, "_refund_amount_cents": 340 });
            story.act(&order, "captures", first, part).await;
            story
                .expect_status(&order, "approved", "partially_refunded")
                .await;
            story
                .act(&order, "orders", &order, json!({ "_refund": true }))
                .await;
            story.expect_status(&order, "cancelled", "refunded").await;
            assert_eq!(story.amounts(&order, "refunds").await, [340, 2_000, 10_000]);

            let (order, _) = story.approved(vendor, 12_340).await;
            story
                .act(&order, "orders", &order, json!({ "_cancel": true }))
                .await;
            story.expect_status(&order, "cancelled", "voided").await;
        }
        let booked = story.sandbox().ledger().await;
        let entry = booked.first().expect("an entry");
        assert_eq!(
            entry.amount, 12_340,
            "{currency} has as many decimals at the PSPs"
        );
        story.assert_books_agree().await;
    }
}

#[tokio::test]
async fn an_amount_that_can_t_be_carried_is_refused() {
    for (currency, amount, refusing) in [
        // The last of three decimals must be 0.
        ("BHD", 12_345, &Vendor::ALL[..]),
        ("KWD", 1_001, &Vendor::ALL[..]),
        // Stripe's documentation contradicts itself.
        ("UGX", 5_000, &[Vendor::Stripe][..]),
    ] {
        let story = story_in(currency).await;
        for vendor in refusing {
            let order = story.shop.order(amount).await;
            let body = body(*vendor, &order, &vendor.approved());
            let made = story.api.post(&format!("/api/{}", vendor.source()), &body).await;
            // Checkout.com gets the request when the payment is authorized.
            let refused = match made.status {
                201 => story.patch("orders", &order, json!({ "_authorize": true })).await,
                _ => made,
            };
            let _ = refused.expect_error(422, "VALIDATION_ERROR");
            story.expect_status(&order, "pending", "unpaid").await;
        }
        assert!(story.sandbox().ledger().await.is_empty());
    }
}

#[tokio::test]
async fn a_part_that_can_t_be_carried_is_refused() {
    let story = story_in("BHD").await;
    for vendor in Vendor::ALL {
        let (order, _) = story.approved(vendor, 12_340).await;
        let authorization = story.only(&order, "authorizations").await;
        let part = json!({ "_capture": true, "_capture_amount_cents": 2_345 });
        let refused = story.patch("authorizations", &authorization, part).await;
        let _ = refused
            .expect_error(422, "VALIDATION_ERROR")
            .expect_pointer("/data/attributes/_capture_amount_cents");
        story
            .act(
                &order,
                "authorizations",
                &authorization,
                json!({ "_capture": true }),
            )
            .await;
        let capture = story.only(&order, "captures").await;
        let part = json!({ "_refund": true, "_refund_amount_cents": 5 });
        let refused = story.patch("captures", &capture, part).await;
        let _ = refused
            .expect_error(422, "VALIDATION_ERROR")
            .expect_pointer("/data/attributes/_refund_amount_cents");
        // A refused amount leaves nothing behind that could block the rest.
        story
            .act(&order, "captures", &capture, json!({ "_refund": true }))
            .await;
        story.expect_status(&order, "cancelled", "refunded").await;
    }
    story.assert_books_agree().await;
}

/// A currency whose unit at the PSP differs from ISO 4217.
#[tokio::test]
async fn a_currency_that_a_psp_counts_differently_is_converted() {
    for (currency, vendor, factor) in [("ISK", Vendor::Stripe, 100), ("CLP", Vendor::CheckoutCom, 100)] {
        let story = story_in(currency).await;
        let (order, _) = story.approved(vendor, 5_000).await;
        story
            .act(&order, "orders", &order, json!({ "_capture": true }))
            .await;
        story
            .act(&order, "orders", &order, json!({ "_refund": true }))
            .await;
        story.expect_status(&order, "cancelled", "refunded").await;
        let booked = story.sandbox().ledger().await;
        let amounts: Vec<i64> = booked.iter().map(|entry| entry.amount).collect();
        assert_eq!(amounts, [5_000 * factor; 3]);
    }
}
