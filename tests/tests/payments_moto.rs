//! Orders by mail or telephone: a merchant's payment with such a payment method is marked at the PSP, and nobody is asked to
//! authenticate. A buyer's payment is not marked.

use serde_json::{Value, json};
use tillgate_tests::{Api, Setup, Story, Vendor, bodies};

const STRIPE_KEY: &str = "sk_test_shop00000000";
const CHECKOUT_COM_KEY: &str = "sk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa";

/// A shop whose payment methods are for orders by mail or telephone, and its sales channel.
async fn scene(authorize_on_create: bool) -> (Story, Api) {
    let story = Story::start_with(&[], |setup| Setup {
        method: [("moto".to_owned(), json!(true))].into_iter().collect(),
        authorize_on_create,
        ..setup
    })
    .await;
    let (organization, market) = (
        story.service.demo("TILLGATE_ORGANIZATION_ID"),
        story.shop.market(),
    );
    let channel = story.service.create_application(&[
        "--organization",
        &organization,
        "--kind",
        "sales_channel",
        "--market",
        market,
    ]);
    let guest = story.service.api_of(&channel);
    (story, guest)
}

fn method_of(story: &Story, vendor: Vendor) -> String {
    match vendor {
        Vendor::Stripe => story.shop.stripe_method.clone(),
        Vendor::CheckoutCom => story.shop.checkout_com_method.clone(),
    }
}

/// Whether the PSP has an order's payment marked as one by mail or telephone.
async fn is_marked(story: &Story, vendor: Vendor, order: &str) -> bool {
    let path = format!("/api/orders/{order}/payment_source");
    let source = story.api.get(&path).await.expect(200);
    match vendor {
        Vendor::Stripe => {
            let id = source.attribute("stripe_id").as_str().expect("an id").to_owned();
            let path = format!("/v1/payment_intents/{id}?expand[]=latest_charge");
            let (_, intent) = story.sandbox().call("GET", &path, STRIPE_KEY, None).await;
            intent["latest_charge"]["payment_method_details"]["card"]["moto"] == true
        }
        Vendor::CheckoutCom => {
            let id = source.attribute("payment_response")["id"]
                .as_str()
                .expect("an id")
                .to_owned();
            let path = format!("/payments/{id}");
            let (_, payment) = story.sandbox().call("GET", &path, CHECKOUT_COM_KEY, None).await;
            payment["payment_type"] == "MOTO"
        }
    }
}

async fn pull(api: &Api, order: &str, trigger: &str) -> Value {
    let body = bodies::change("orders", order, json!({ trigger: true }));
    let answer = api
        .patch(&format!("/api/orders/{order}"), &body)
        .await
        .expect(200);
    answer.attribute("payment_status").clone()
}

#[tokio::test]
async fn a_merchant_pays_by_telephone_and_a_buyer_does_not() {
    let (story, guest) = scene(false).await;
    for vendor in Vendor::ALL {
        let method = method_of(&story, vendor);
        for (api, by_telephone) in [(&story.api, true), (&guest, false)] {
            for trigger in ["_authorize", "_place"] {
                let order = story.shop.order_with(&method, 1_000).await;
                let _ = story.create(vendor, &order).await;
                assert_eq!(pull(api, &order, trigger).await, "authorized");
                assert_eq!(
                    is_marked(&story, vendor, &order).await,
                    by_telephone,
                    "{vendor:?} {trigger}"
                );
            }
        }
        // The method of an order counts, and not that of its market.
        let order = story.shop.order(1_000).await;
        let _ = story.create(vendor, &order).await;
        assert_eq!(pull(&story.api, &order, "_authorize").await, "authorized");
        assert!(!is_marked(&story, vendor, &order).await, "{vendor:?}");
    }
    story.assert_books_agree().await;
}

#[tokio::test]
async fn what_is_charged_at_once_is_marked_too() {
    let (story, guest) = scene(true).await;
    for (api, by_telephone) in [(&story.api, true), (&guest, false)] {
        let order = story.shop.order_with(&story.shop.stripe_method, 1_000).await;
        let body = bodies::payment(&order, "tok_visa");
        let _ = api.post("/api/v1/payments", &body).await.expect(201);
        assert_eq!(is_marked(&story, Vendor::Stripe, &order).await, by_telephone);
        let order = story
            .shop
            .order_with(&story.shop.checkout_com_method, 1_000)
            .await;
        let body = bodies::checkout_com_payment(&order, &Vendor::CheckoutCom.approved());
        let _ = api.post("/api/checkout_com_payments", &body).await.expect(201);
        assert_eq!(is_marked(&story, Vendor::CheckoutCom, &order).await, by_telephone);
    }
    story.assert_books_agree().await;
}

/// The issuer would require the buyer, who is on the telephone.
#[tokio::test]
async fn nobody_is_asked_to_authenticate() {
    let (story, guest) = scene(false).await;
    for (api, status) in [(&story.api, "authorized"), (&guest, "unpaid")] {
        let order = story.shop.order_with(&story.shop.stripe_method, 1_000).await;
        let card = "pm_card_threeDSecure2Required";
        let _ = story.create_with(Vendor::Stripe, &order, card).await;
        assert_eq!(pull(api, &order, "_authorize").await, status);
    }
    story.assert_books_agree().await;
}
