//! The story of a payment through the generated client: an order is paid, captured and refunded; a card is declined; a wrong
//! request gets a typed error.

use std::collections::HashMap;

use serde_json::json;
use tillgate_client::apis::{
    Error, authentication_api, commerce_api, commerce_api::CreateOrderError, configuration::Configuration,
    payment_sources_api, transactions_api,
};
use tillgate_client::models::*;

type Failure = Box<dyn std::error::Error>;

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

async fn authenticated() -> Result<Configuration, Failure> {
    let mut client = Configuration {
        base_path: setting("TILLGATE_URL"),
        ..Configuration::default()
    };
    let credentials = TokenRequest {
        client_id: Some(setting("TILLGATE_CLIENT_ID")),
        client_secret: Some(setting("TILLGATE_CLIENT_SECRET")),
        ..TokenRequest::new(GrantType::ClientCredentials)
    };
    let token = authentication_api::create_access_token(&client, credentials).await?;
    client.bearer_access_token = Some(token.access_token);
    Ok(client)
}

fn link(order: &str) -> OrderLinkage {
    OrderLinkage::new(OrderLinkageData::new(
        order_linkage_data::Type::Orders,
        order.to_owned(),
    ))
}

/// An order of two cups; its id.
async fn order(client: &Configuration) -> Result<String, Failure> {
    let market = MarketOptionalLinkageData::new(
        market_optional_linkage_data::Type::Markets,
        setting("TILLGATE_MARKET_ID"),
    );
    let created = CreateOrder::new(CreateOrderData {
        attributes: Some(CreateOrderAttributes {
            customer_email: Some(Some("jo@example.com".to_owned())),
            ..CreateOrderAttributes::new()
        }),
        relationships: Some(CreateOrderRelationships {
            market: Some(MarketOptionalLinkage::new(Some(market))),
            ..CreateOrderRelationships::new()
        }),
        ..CreateOrderData::new(create_order_data::Type::Orders)
    });
    let order = commerce_api::create_order(client, created, None, None, None)
        .await?
        .data
        .id;
    let item = CreateLineItem::new(CreateLineItemData::new(
        create_line_item_data::Type::LineItems,
        CreateLineItemAttributes::new("Espresso cup".to_owned(), 2, 1250),
        CreateLineItemRelationships::new(link(&order)),
    ));
    commerce_api::create_line_item(client, item, None, None, None).await?;
    Ok(order)
}

/// Pays the order with a test card, and authorizes the payment.
async fn pay(client: &Configuration, order: &str, card: &str) -> Result<(), Failure> {
    let options = HashMap::from([("payment_method".to_owned(), json!(card))]);
    let payment = CreateStripePayment::new(CreateStripePaymentData {
        attributes: Some(CreateStripePaymentAttributes {
            options: Some(Some(options)),
            ..CreateStripePaymentAttributes::new()
        }),
        ..CreateStripePaymentData::new(
            create_stripe_payment_data::Type::StripePayments,
            CreateStripePaymentRelationships::new(link(order)),
        )
    });
    let payment = payment_sources_api::create_stripe_payment(client, payment, None, None, None)
        .await?
        .data
        .id;
    let authorize = UpdateStripePayment::new(UpdateStripePaymentData {
        attributes: Some(UpdateStripePaymentAttributes {
            _authorize: Some(Some(true)),
            ..UpdateStripePaymentAttributes::new()
        }),
        ..UpdateStripePaymentData::new(update_stripe_payment_data::Type::StripePayments, payment.clone())
    });
    payment_sources_api::update_stripe_payment(client, &payment, authorize, None, None, None, None).await?;
    Ok(())
}

async fn only_authorization(client: &Configuration, order: &str) -> Result<Authorization, Failure> {
    let mut found = commerce_api::retrieve_order_authorizations(
        client, order, None, None, None, None, None, None, None, None, None,
    )
    .await?;
    assert_eq!(found.meta.record_count, 1);
    Ok(found.data.remove(0))
}

async fn payment_status(client: &Configuration, order: &str) -> Result<PaymentStatus, Failure> {
    let found = commerce_api::retrieve_order(client, order, None, None).await?;
    Ok(found.data.attributes.payment_status)
}

async fn paid(client: &Configuration) -> Result<(), Failure> {
    let order = order(client).await?;
    pay(client, &order, "pm_card_visa").await?;
    let place = UpdateOrder::new(UpdateOrderData {
        attributes: Some(UpdateOrderAttributes {
            _place: Some(Some(true)),
            ..UpdateOrderAttributes::new()
        }),
        ..UpdateOrderData::new(update_order_data::Type::Orders, order.clone())
    });
    let placed = commerce_api::update_order(client, &order, place, None, None, None, None)
        .await?
        .data
        .attributes;
    assert_eq!(placed.status, OrderStatus::Placed);
    assert_eq!(placed.payment_status, PaymentStatus::Authorized);
    assert_eq!(placed.total_amount_with_taxes_cents, 2500);
    assert_eq!(placed.currency_code, "EUR");
    assert!(
        placed
            .placed_at
            .is_some_and(|placed_at| placed_at >= placed.created_at)
    );
    assert_eq!(placed.approved_at, None);

    let authorization = only_authorization(client, &order).await?;
    assert_eq!(authorization.attributes.amount_cents, 2500);
    let capture = UpdateAuthorization::new(UpdateAuthorizationData {
        attributes: Some(UpdateAuthorizationAttributes {
            _capture: Some(Some(true)),
            ..UpdateAuthorizationAttributes::new()
        }),
        ..UpdateAuthorizationData::new(
            update_authorization_data::Type::Authorizations,
            authorization.id.clone(),
        )
    });
    transactions_api::update_authorization(client, &authorization.id, capture, None, None, None, None)
        .await?;
    assert_eq!(payment_status(client, &order).await?, PaymentStatus::Paid);

    let captures = commerce_api::retrieve_order_captures(
        client, &order, None, None, None, None, None, None, None, None, None,
    )
    .await?
    .data;
    let [capture] = &captures[..] else {
        panic!("not one capture: {captures:?}");
    };
    assert_eq!(capture.attributes.amount_cents, 2500);
    let refund = UpdateCapture::new(UpdateCaptureData {
        attributes: Some(UpdateCaptureAttributes {
            _refund: Some(Some(true)),
            _refund_amount_cents: Some(Some(500)),
            ..UpdateCaptureAttributes::new()
        }),
        ..UpdateCaptureData::new(update_capture_data::Type::Captures, capture.id.clone())
    });
    transactions_api::update_capture(client, &capture.id, refund, None, None, None, None).await?;
    let refunds = transactions_api::retrieve_capture_refunds(
        client,
        &capture.id,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
    )
    .await?
    .data;
    let [refund] = &refunds[..] else {
        panic!("not one refund: {refunds:?}");
    };
    assert_eq!(
        (refund.attributes.amount_cents, refund.attributes.succeeded),
        (500, true)
    );
    assert_eq!(
        payment_status(client, &order).await?,
        PaymentStatus::PartiallyRefunded
    );
    let source = commerce_api::retrieve_order_payment_source(client, &order, None, None)
        .await?
        .data;
    assert!(
        matches!(source, Some(PaymentSource::StripePayment(_))),
        "{source:?}"
    );
    Ok(())
}

async fn declined(client: &Configuration) -> Result<(), Failure> {
    let order = order(client).await?;
    pay(client, &order, "pm_card_chargeDeclined").await?;
    let authorization = only_authorization(client, &order).await?.attributes;
    assert!(!authorization.succeeded);
    assert_eq!(authorization.error_code.as_deref(), Some("generic_decline"));
    assert_eq!(payment_status(client, &order).await?, PaymentStatus::Unpaid);
    Ok(())
}

async fn refused(client: &Configuration) {
    let order = CreateOrder::new(CreateOrderData {
        attributes: Some(CreateOrderAttributes {
            customer_email: Some(Some("nobody".to_owned())),
            ..CreateOrderAttributes::new()
        }),
        ..CreateOrderData::new(create_order_data::Type::Orders)
    });
    let Err(Error::ResponseError(answer)) = commerce_api::create_order(client, order, None, None, None).await
    else {
        panic!("the request was not refused");
    };
    assert_eq!(answer.status.as_u16(), 422);
    let Some(CreateOrderError::DefaultResponse(ErrorDocument { errors, .. })) = answer.entity else {
        panic!("no error document: {}", answer.content);
    };
    let [problem] = &errors[..] else {
        panic!("not one problem: {errors:?}");
    };
    assert_eq!(problem.code, "VALIDATION_ERROR");
    let pointer = problem
        .source
        .as_ref()
        .and_then(|source| source.pointer.as_deref());
    assert_eq!(pointer, Some("/data/attributes/customer_email"));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let client = authenticated().await?;
    paid(&client).await?;
    declined(&client).await?;
    refused(&client).await;
    Ok(())
}
