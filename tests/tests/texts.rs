//! Texts from people and shops: URLs that become links, names for people, pasted keys, and e-mail addresses, in which case does
//! not matter.

use serde_json::{Value, json};
use tillgate_tests::login::{self, PASSWORD, log_in};
use tillgate_tests::{Answer, Api, Service, bodies, fixtures::Fixtures};

const NO_LINKS: [&str; 12] = [
    "javascript:alert(1)",
    "JavaScript://shop.example/%0aalert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://shop.example/1",
    "https://user:secret@shop.example/",
    "https:shop.example",
    "/return",
    "https://shop.example/\n",
];

/// The texts of all bodies that create a resource: type, name, and whether it is a URL.
fn texts(fixtures: &Fixtures) -> Vec<(String, String, bool)> {
    let operations = fixtures.open_api().on_resources();
    let creations = operations.filter(|operation| operation.method == "POST");
    let mut found = Vec::new();
    for creation in creations {
        let Some(body) = &creation.body else { continue };
        for (name, schema) in &body.attributes.properties {
            let schemas = [schema, &schema["anyOf"][0], &schema["oneOf"][0]];
            let format = schemas.iter().find_map(|schema| schema["format"].as_str());
            let is_url = name.ends_with("_url");
            assert_eq!(is_url, format == Some("uri"), "{} {name}: {schema}", creation.id);
            let is_line = ["name", "code", "sku_code", "reference", "reference_origin"]
                .contains(&name.as_str())
                || name == "shopper_reference";
            if is_url || is_line {
                found.push((creation.kind().to_owned(), name.clone(), is_url));
            }
        }
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

async fn create_with(fixtures: &Fixtures, kind: &str, body: &Value, name: &str, value: &str) -> Answer {
    let mut body = body.clone();
    body["data"]["attributes"][name] = value.into();
    let creation = fixtures.open_api().find("POST", kind).expect("a creation");
    fixtures.api.post(&creation.template, &body).await
}

#[tokio::test]
async fn every_text_of_every_resource_is_judged() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    for (kind, name, is_url) in texts(&fixtures) {
        let body = fixtures.body(&kind).await;
        let pointer = format!("/data/attributes/{name}");
        let refused: &[&str] = if is_url {
            &NO_LINKS
        } else {
            &[
                "a\u{1b}[31mb",
                "a\nb",
                "\u{7f}",
                "a\u{202e}b",
                "\u{2066}a",
                " ",
                "\u{200b}",
                "\u{a0}\u{feff}",
            ]
        };
        for value in refused {
            let answer = create_with(&fixtures, &kind, &body, &name, value).await;
            // The Foodetective dialect has its own codes.
            let _ = answer.expect(422).expect_pointer(&pointer);
        }
    }
}

#[tokio::test]
async fn an_order_leads_back_to_a_page_or_into_an_application() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let order = fixtures.create("orders").await;
    let path = format!("/api/orders/{}", order.id());
    for url in [
        "https://shop.example/return?x=y#z",
        "com.example.shop:/return",
        "shop://return",
    ] {
        let body = bodies::change(
            "orders",
            order.id(),
            json!({ "return_url": url, "cart_url": url }),
        );
        let changed = fixtures.api.patch(&path, &body).await.expect(200);
        assert_eq!(*changed.attribute("return_url"), url);
    }
    for url in NO_LINKS {
        let body = bodies::change(
            "orders",
            order.id(),
            json!({ "return_url": url, "cart_url": url }),
        );
        let refused = fixtures.api.patch(&path, &body).await.expect(422);
        let _ = refused
            .expect_pointer("/data/attributes/return_url")
            .expect_pointer("/data/attributes/cart_url");
    }
    let mut payment = fixtures.body("stripe_payments").await;
    payment["data"]["attributes"]["options"] = json!({ "return_url": "javascript:alert(1)" });
    let refused = fixtures.api.post("/api/stripe_payments", &payment).await;
    let _ = refused
        .expect(422)
        .expect_pointer("/data/attributes/options/return_url");
}

async fn gateway(api: &Api, kind: &str, attributes: &Value) -> Answer {
    let body = bodies::resource(kind, attributes.clone(), json!({}));
    api.post(&format!("/api/{kind}"), &body).await
}

#[tokio::test]
async fn keys_are_trimmed_and_judged_when_they_are_given() {
    let service = Service::start().await;
    let test = service.api().await;
    let organization = service.demo("TILLGATE_ORGANIZATION_ID");
    let live =
        service.create_application(&["--organization", &organization, "--live", "--kind", "integration"]);
    let live = service.api_of(&live);
    let sbox = |side: &str| format!("{side}_sbox_{}", "a".repeat(27));
    let own = |side: &str| format!("{side}_{}", "a".repeat(27));
    let stripe = |side: &str, mode: &str| format!("{side}_{mode}_abcdefgh12345678");
    let kinds = [
        (
            "stripe_gateways",
            ["login", "publishable_key"],
            [stripe("sk", "test"), stripe("pk", "test")],
            [stripe("sk", "live"), stripe("pk", "live")],
        ),
        (
            "checkout_com_gateways",
            ["secret_key", "public_key"],
            [sbox("sk"), sbox("pk")],
            [own("sk"), own("pk")],
        ),
    ];
    for (kind, names, of_test, of_live) in kinds {
        let with = |keys: [&str; 2]| {
            let mut attributes = json!({ "name": "Keys" });
            for (name, key) in names.iter().zip(keys) {
                attributes[*name] = key.into();
            }
            attributes
        };
        let [secret, public] = [of_test[0].as_str(), &of_test[1]];
        let [live_secret, live_public] = [of_live[0].as_str(), &of_live[1]];
        // Pasted with surrounding characters.
        let pasted = with([&format!(" {secret}\n"), &format!("\t{public}\r\n")]);
        let made = gateway(&test, kind, &pasted).await.expect(201);
        let tail = |key: &str| format!("***{}", &key[key.len() - 4..]);
        assert_eq!(made.attribute("credential_keys")[names[0]], tail(secret));
        assert_eq!(made.attribute("credential_keys")[names[1]], tail(public));
        let _ = gateway(&live, kind, &with([live_secret, live_public]))
            .await
            .expect(201);
        for (api, keys, wrong) in [
            (&test, [live_secret, public], 0),
            (&test, [secret, live_public], 1),
            (&test, [public, public], 0),
            (&test, [secret, secret], 1),
            (&test, ["sk_test\u{0}abcdefgh", public], 0),
            (&test, [&secret.replace('a', "a a"), public], 0),
            (&test, ["whsec_abcdefgh12345678", public], 0),
            (&live, [secret, live_public], 0),
            (&live, [live_secret, public], 1),
            (&live, [live_public, live_public], 0),
        ] {
            let refused = gateway(api, kind, &with(keys)).await.expect(422);
            let _ = refused.expect_pointer(&format!("/data/attributes/{}", names[wrong]));
        }
        let both = gateway(&test, kind, &with([live_secret, live_public]))
            .await
            .expect(422);
        assert_eq!(both.errors().count(), 2);
        let blank = gateway(&test, kind, &with(["   \n", public])).await.expect(422);
        let _ = blank.expect_pointer(&format!("/data/attributes/{}", names[0]));
        let path = format!("/api/{kind}/{}", made.id());
        let change = bodies::change(kind, made.id(), json!({ names[0]: live_secret }));
        let refused = test.patch(&path, &change).await.expect(422);
        let _ = refused.expect_pointer(&format!("/data/attributes/{}", names[0]));
        let change = bodies::change(kind, made.id(), json!({ "webhook_endpoint_secret": secret }));
        let refused = test.patch(&path, &change).await.expect(422);
        let _ = refused.expect_pointer("/data/attributes/webhook_endpoint_secret");
    }
    for (kind, name, value) in [
        ("stripe_gateways", "connected_account", "sk_test_abcdefgh"),
        (
            "checkout_com_gateways",
            "processing_channel_id",
            "sk_sbox_abcdefgh",
        ),
    ] {
        let mut attributes = match kind {
            "stripe_gateways" => json!({ "name": "A", "login": stripe("sk", "test") }),
            _ => json!({ "name": "A", "secret_key": sbox("sk"), "public_key": sbox("pk") }),
        };
        attributes[name] = value.into();
        let refused = gateway(&test, kind, &attributes).await.expect(422);
        let _ = refused.expect_pointer(&format!("/data/attributes/{name}"));
    }
}

#[tokio::test]
async fn an_address_is_one_whatever_its_case() {
    let service = Service::start().await;
    let (api, guest) = (service.api().await, login::guest(&service).await);
    let attributes = json!({ "email": "Kim@Example.com", "password": PASSWORD });
    let made = guest
        .post(
            "/api/customers",
            &bodies::resource("customers", attributes, json!({})),
        )
        .await
        .expect(201);
    assert_eq!(*made.attribute("email"), "kim@example.com");
    for email in ["kim@example.com", "KIM@EXAMPLE.COM", " kim@Example.com "] {
        let body = bodies::resource("customers", json!({ "email": email }), json!({}));
        let taken = api.post("/api/customers", &body).await.expect(422);
        assert_eq!(taken.body["errors"][0]["meta"]["error"], "taken");
        let session = log_in(&service, email, PASSWORD).await.expect(200).body;
        assert_eq!(session["owner_id"].as_str().unwrap_or(made.id()), made.id());
        let of = json!({ "market": bodies::to_one("markets", &service.demo("TILLGATE_MARKET_ID")) });
        let body = bodies::resource("orders", json!({ "customer_email": email }), of);
        let order = api.post("/api/orders", &body).await.expect(201);
        assert_eq!(*order.attribute("customer_email"), "kim@example.com");
        let customer = api
            .get(&format!("/api/orders/{}/customer", order.id()))
            .await
            .expect(200);
        assert_eq!(customer.id(), made.id());
        // A logged-in customer may send their own address in another case.
        let own = login::with_session(&service, &session);
        let body = bodies::resource("orders", json!({ "customer_email": email }), json!({}));
        let _ = own.post("/api/orders", &body).await.expect(201);
    }
    // Wrong passwords count for the one customer.
    for attempt in 0..10 {
        let email = if attempt % 2 == 0 {
            "kim@example.com"
        } else {
            "Kim@Example.com"
        };
        let _ = log_in(&service, email, "wrong password").await.expect(400);
    }
    let _ = log_in(&service, "KIM@example.com", PASSWORD).await.expect(429);
}

#[tokio::test]
async fn names_on_the_command_line_can_be_read() {
    let service = Service::start().await;
    for name in ["", "  ", "a\u{1b}[31m", "a\nb", "\u{200b}", &"a".repeat(256)] {
        let refused = service.output_of(&["org", "create", name]);
        assert!(!refused.status.success(), "{name:?}");
        let arguments = [
            "app",
            "create",
            "--organization",
            "x",
            "--kind",
            "integration",
            "--name",
            name,
        ];
        assert!(!service.output_of(&arguments).status.success(), "{name:?}");
    }
}

/// On PostgreSQL a test can return a database to a former version's state. The store's own test covers SQLite.
#[tokio::test]
async fn customers_with_one_address_are_told_before_anything_is_migrated() {
    let mut service = Service::start().await;
    let former = "DELETE FROM __diesel_schema_migrations WHERE version = '00000000000008'; \
                  UPDATE customers SET email = 'Jo@Example.com'; \
                  INSERT INTO customers (organization_id, test, id, created_at, updated_at, metadata, email) \
                  SELECT organization_id, test, 'secondJoAA', created_at, updated_at, metadata, 'jo@example.COM' \
                  FROM customers LIMIT 1;";
    if service.run_in_database(former).await.is_none() {
        return;
    }
    service.terminate().await;
    let refused = service.output_of(&["migrate"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{told}");
    for word in [
        "Jo@Example.com (",
        "jo@example.COM (secondJoAA)",
        "test mode",
        "Nothing was migrated",
    ] {
        assert!(told.contains(word), "{word} in {told}");
    }
    let applied = "SELECT count(*) FROM __diesel_schema_migrations WHERE version = '00000000000008'";
    assert_eq!(service.run_in_database(applied).await.as_deref(), Some("0"));
    let decided = "DELETE FROM customers WHERE id = 'secondJoAA'";
    let _ = service.run_in_database(decided).await;
    let _ = service.run(&["migrate"]);
    let kept = "SELECT email FROM customers WHERE email ILIKE 'jo@example.com'";
    assert_eq!(
        service.run_in_database(kept).await.as_deref(),
        Some("jo@example.com")
    );
    service.restart().await;
}
