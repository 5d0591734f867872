//! Each client is limited alone, by whichever source identifies it.

use futures::future::join_all;
use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Call, JSON, Service, bodies, cko_token, login};

const BEHIND_A_PROXY: [&str; 2] = ["--trusted-proxy", "127.0.0.1"];
/// Far more than any limit of these tests.
const ENOUGH: usize = 100;

async fn behind_a_proxy(limits: &[&str]) -> Service {
    Service::start_with(&[&BEHIND_A_PROXY, limits].concat()).await
}

/// A request as the proxy sends it for a client.
fn from(client: &str, call: Call) -> Call {
    call.header("X-Forwarded-For", client)
}

#[track_caller]
fn expect_limit(answer: Answer, limit: &str) {
    let answer = answer.expect_error(429, "TOO_MANY_REQUESTS");
    let error = &answer.body["errors"][0];
    assert_eq!(error["meta"]["limit"], limit, "{error:#}");
    let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!(seconds >= 1);
}

/// Sends a request until a limit refuses it. Returns the number of other answers.
async fn until_refused(call: &Call, limit: &str) -> usize {
    for count in 0..ENOUGH {
        let answer = call.clone().send().await;
        if answer.status == 429 {
            expect_limit(answer, limit);
            return count;
        }
    }
    panic!("{ENOUGH} requests were answered");
}

fn token_call(service: &Service, client_id: &str, client_secret: Option<&str>) -> Call {
    let mut body = json!({ "grant_type": "client_credentials", "client_id": client_id });
    if let Some(secret) = client_secret {
        body["client_secret"] = secret.into();
    }
    let call = service.anonymous().call("POST", "/oauth/token");
    call.header("Accept", JSON).json_as(JSON, &body)
}

#[tokio::test]
async fn a_guest_does_not_take_the_shop_from_others() {
    let service = behind_a_proxy(&["--client-rate-limit", "2"]).await;
    let guest = login::guest(&service).await;
    let call = guest.call("GET", "/api/payment_methods");
    let passed = until_refused(&from("198.51.100.1", call.clone()), "client-rate-limit").await;
    assert!(passed >= 4, "{passed}");
    // An address that a client writes itself is to the left of the proxy's addition.
    let spoofed = from("203.0.113.9, 198.51.100.1", call.clone()).send().await;
    expect_limit(spoofed, "client-rate-limit");
    for other in ["198.51.100.2", "203.0.113.9", "2001:db8::1"] {
        let _ = from(other, call.clone()).send().await.expect(200);
    }
    // A network of IPv6 is one client.
    let passed = until_refused(&from("2001:db8:1::1", call.clone()), "client-rate-limit").await;
    assert!(passed >= 4, "{passed}");
    expect_limit(
        from("2001:db8:1::ffff", call.clone()).send().await,
        "client-rate-limit",
    );
    // The merchant's own systems have their own limit.
    let _ = service.api().await.get("/api/orders").await.expect(200);
}

#[tokio::test]
async fn headers_of_whoever_is_not_trusted_mean_nothing() {
    let service = Service::start_with(&["--client-rate-limit", "2"]).await;
    let guest = login::guest(&service).await;
    for number in 0..ENOUGH {
        let call = guest.call("GET", "/api/payment_methods");
        let call = call.header("Forwarded", &format!("for=198.51.100.{number}"));
        let answer = from(&format!("198.51.100.{number}"), call).send().await;
        if answer.status == 429 {
            return;
        }
    }
    panic!("{ENOUGH} requests were answered");
}

#[tokio::test]
async fn a_customer_who_has_logged_in_is_counted_alone() {
    let service = behind_a_proxy(&["--client-rate-limit", "2"]).await;
    let ann = login::Customer::register(&service, "ann@example.com").await;
    let ben = login::Customer::register(&service, "ben@example.com").await;
    let call = |api: &Api| from("198.51.100.1", api.call("GET", "/api/orders"));
    until_refused(&call(&ann.api), "client-rate-limit").await;
    let _ = call(&ben.api).send().await.expect(200);
}

#[tokio::test]
async fn wrong_credentials_do_not_keep_the_right_ones_out() {
    let service = behind_a_proxy(&["--max-failed-credentials", "3"]).await;
    let (id, secret) = (
        service.demo("TILLGATE_CLIENT_ID"),
        service.demo("TILLGATE_CLIENT_SECRET"),
    );
    let from_here = |call: Call| from("198.51.100.1", call);
    let right = from_here(token_call(&service, &id, Some(&secret)));
    let wrong = from_here(token_call(&service, &id, Some("wrong")));
    assert_eq!(until_refused(&wrong, "max-failed-credentials").await, 3);
    let _ = right.clone().send().await.expect(200);
    let others = [
        from_here(token_call(&service, "another", Some("wrong"))),
        from("198.51.100.2", token_call(&service, &id, Some("wrong"))),
    ];
    for other in others {
        let _ = other.send().await.expect(401);
    }
    // Invented client ids of one address are limited, too.
    let mut refused = false;
    for number in 0..ENOUGH {
        let call = token_call(&service, &format!("invented-{number}"), None);
        refused |= from_here(call).send().await.status == 429;
    }
    assert!(refused);
    for _ in 0..10 {
        let _ = right.clone().send().await.expect(200);
    }
    let public = service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID");
    let _ = from_here(token_call(&service, &public, None))
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn tokens_of_a_sales_channel_are_limited_by_address() {
    let service = behind_a_proxy(&["--max-tokens-of-address", "2"]).await;
    let public = service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID");
    let call = token_call(&service, &public, None);
    let here = from("198.51.100.1", call.clone());
    assert_eq!(until_refused(&here, "max-tokens-of-address").await, 2);
    let _ = from("198.51.100.2", call).send().await.expect(200);
}

#[tokio::test]
async fn sign_ups_are_limited_by_address() {
    let service = behind_a_proxy(&["--max-sign-ups-of-address", "2"]).await;
    let guest = login::guest(&service).await;
    let sign_up = |api: &Api, name: &str| {
        let attributes = json!({ "email": format!("{name}@example.com") });
        let body = bodies::resource("customers", attributes, json!({}));
        api.call("POST", "/api/customers").json(&body)
    };
    for name in ["one", "two"] {
        let _ = from("198.51.100.1", sign_up(&guest, name))
            .send()
            .await
            .expect(201);
    }
    let third = from("198.51.100.1", sign_up(&guest, "three")).send().await;
    expect_limit(third, "max-sign-ups-of-address");
    let _ = from("198.51.100.2", sign_up(&guest, "three"))
        .send()
        .await
        .expect(201);
    let merchant = service.api().await;
    for name in ["four", "five", "six"] {
        let _ = from("198.51.100.1", sign_up(&merchant, name))
            .send()
            .await
            .expect(201);
    }
}

#[tokio::test]
async fn a_stranger_does_not_lock_a_customer_out() {
    let service = behind_a_proxy(&[
        "--max-failed-logins",
        "3",
        "--max-failed-logins-of-customer",
        "7",
        "--max-failed-credentials",
        "2",
    ])
    .await;
    let ann = login::Customer::register(&service, "ann@example.com").await;
    let call = |password: &str| {
        let body = json!({
            "grant_type": "password", "client_id": service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID"),
            "username": "ann@example.com", "password": password
        });
        let call = service.anonymous().call("POST", "/oauth/token");
        call.header("Accept", JSON).json_as(JSON, &body)
    };
    for stranger in ["198.51.100.1", "198.51.100.2"] {
        let wrong = from(stranger, call("wrong password"));
        assert_eq!(until_refused(&wrong, "max-failed-logins").await, 3);
    }
    let _ = from("198.51.100.3", call(login::PASSWORD))
        .send()
        .await
        .expect(200);
    // An attacker who guesses from many addresses is stopped too; a logged-in customer stays logged in.
    let wrong = from("198.51.100.4", call("wrong password"));
    assert_eq!(until_refused(&wrong, "max-failed-logins-of-customer").await, 1);
    let _ = login::refresh(&service, &ann.session["refresh_token"])
        .await
        .expect(200);
    // Invented refresh tokens from the same address don't end that.
    let invented = json!("invented");
    for expected in [400, 400, 429] {
        let _ = login::refresh(&service, &invented).await.expect(expected);
    }
    let again = login::log_in(&service, "nobody@example.com", login::PASSWORD).await;
    let _ = again.expect_error(400, "INVALID_GRANT");
}

/// A payment of a new order that is declined, or refused before.
async fn decline(service: &Service, api: &Api, vendor: &str, client: &str) -> Answer {
    let market = service.demo("TILLGATE_MARKET_ID");
    let order = bodies::order(&service.api().await, &market, 1000).await;
    let (path, body): (_, Value) = match vendor {
        "stripe" => (
            "/api/v1/payments",
            bodies::payment(&order, "pm_card_chargeDeclined"),
        ),
        _ => (
            "/api/checkout_com_payments",
            bodies::checkout_com_payment(&order, &cko_token("donothonour")),
        ),
    };
    from(client, api.call("POST", path).json(&body)).send().await
}

#[tokio::test]
async fn failed_payments_are_counted_by_the_buyers_address_and_not_by_the_merchants() {
    let service = behind_a_proxy(&["--max-failures-of-address", "2"]).await;
    let (merchant, guest) = (service.api().await, login::guest(&service).await);
    for (vendor, network) in [("stripe", "2001:db8:1:1"), ("checkout_com", "2001:db8:2:2")] {
        for _ in 0..4 {
            let answer = decline(&service, &merchant, vendor, "198.51.100.1").await;
            assert_ne!(answer.status, 429, "{:#}", answer.body);
        }
        // Addresses of one network count together.
        for host in 1..3 {
            let answer = decline(&service, &guest, vendor, &format!("{network}::{host}")).await;
            assert_ne!(answer.status, 429, "{:#}", answer.body);
        }
        let answer = decline(&service, &guest, vendor, &format!("{network}::9")).await;
        assert_eq!(answer.status, 429, "{:#}", answer.body);
        assert!(answer.body.to_string().contains("max-failures-of-address"));
        let elsewhere = decline(&service, &guest, vendor, "2001:db8:9:9::1").await;
        assert_ne!(elsewhere.status, 429, "{:#}", elsewhere.body);
    }
}

/// Sets or removes the merchant's address of an order's buyer.
async fn say(api: &Api, order: &str, ip: Value) -> Answer {
    let body = bodies::change("orders", order, json!({ "customer_ip": ip }));
    api.patch(&format!("/api/orders/{order}"), &body).await
}

#[tokio::test]
async fn a_merchant_says_which_address_the_buyer_has() {
    let service = behind_a_proxy(&["--max-failures-of-address", "2"]).await;
    let (merchant, guest) = (service.api().await, login::guest(&service).await);
    let market = service.demo("TILLGATE_MARKET_ID");
    let pay = async |ip: &str| {
        let order = bodies::order(&merchant, &market, 1000).await;
        let shown = say(&merchant, &order, json!(ip)).await.expect(200);
        assert_eq!(shown.attribute("customer_ip"), ip);
        let body = bodies::payment(&order, "pm_card_chargeDeclined");
        merchant.post("/api/v1/payments", &body).await
    };
    for _ in 0..2 {
        assert_ne!(pay("203.0.113.7").await.status, 429);
    }
    assert_eq!(pay("::ffff:203.0.113.7").await.status, 429);
    assert_ne!(pay("203.0.113.8").await.status, 429);
    // The buyer's own requests count with them.
    let refused = decline(&service, &guest, "checkout_com", "203.0.113.7").await;
    expect_limit(refused, "max-failures-of-address");
    for _ in 0..2 {
        assert_ne!(
            decline(&service, &guest, "stripe", "2001:db8:3:3::1")
                .await
                .status,
            429
        );
    }
    assert_eq!(pay("2001:db8:3:3::2").await.status, 429);
}

#[tokio::test]
async fn the_buyers_address_is_for_the_merchant_alone() {
    let service = Service::start().await;
    let (merchant, guest) = (service.api().await, login::guest(&service).await);
    let market = service.demo("TILLGATE_MARKET_ID");
    let order = bodies::order(&merchant, &market, 1000).await;
    let pointer = "/data/attributes/customer_ip";
    for wrong in [
        "203.0.113",
        "somewhere",
        "203.0.113.7:80",
        "[2001:db8::1]",
        "203.0.113.7/8",
    ] {
        let refused = say(&merchant, &order, json!(wrong)).await.expect(422);
        let _ = refused.expect_pointer(pointer);
        let attributes = json!({ "customer_ip": wrong });
        let market = json!({ "market": bodies::to_one("markets", &market) });
        let body = bodies::resource("orders", attributes, market);
        let refused = merchant.post("/api/orders", &body).await.expect(422);
        let _ = refused.expect_pointer(pointer);
    }
    let _ = say(&merchant, &order, json!("2001:db8::1")).await.expect(200);
    for value in [json!("203.0.113.7"), json!(null)] {
        let _ = say(&guest, &order, value).await.expect_error(403, "FORBIDDEN");
    }
    let attributes = json!({ "customer_ip": "203.0.113.7" });
    let body = bodies::resource("orders", attributes, json!({}));
    let refused = guest.post("/api/orders", &body).await;
    let _ = refused.expect_error(403, "FORBIDDEN");
    // Buyers don't see it, and their changes don't affect it.
    let path = format!("/api/orders/{order}");
    assert!(
        guest
            .get(&path)
            .await
            .expect(200)
            .attribute("customer_ip")
            .is_null()
    );
    for attributes in [json!({ "language_code": "de" }), json!({ "_refresh": true })] {
        let changed = guest
            .patch(&path, &bodies::change("orders", &order, attributes))
            .await;
        assert!(changed.expect(200).attribute("customer_ip").is_null());
    }
    let known = merchant.get(&path).await.expect(200);
    assert_eq!(known.attribute("customer_ip"), "2001:db8::1");
    let _ = say(&merchant, &order, json!(null)).await.expect(200);
    assert!(
        merchant
            .get(&path)
            .await
            .expect(200)
            .attribute("customer_ip")
            .is_null()
    );
}

#[tokio::test]
async fn passwords_of_one_address_leave_room_for_others() {
    let service = behind_a_proxy(&["--max-passwords-of-address", "1"]).await;
    let guest = login::guest(&service).await;
    let sign_up = |address: &str, number: usize| {
        let attributes = json!({ "email": format!("{number}@example.com"), "password": login::PASSWORD });
        let body = bodies::resource("customers", attributes, json!({}));
        from(address, guest.call("POST", "/api/customers").json(&body)).send()
    };
    let crowd = join_all((0..20).map(|number| sign_up("198.51.100.1", number)));
    let (crowd, alone) = tokio::join!(crowd, sign_up("198.51.100.2", 20));
    let _ = alone.expect(201);
    let (made, refused): (Vec<_>, Vec<_>) = crowd.into_iter().partition(|answer| answer.status == 201);
    assert!(!made.is_empty() && !refused.is_empty());
    for answer in refused {
        expect_limit(answer, "max-passwords-of-address");
    }
}
