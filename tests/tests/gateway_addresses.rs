//! The URLs of gateways: a tenant names an address that the service then calls with the tenant's key.

use std::net::TcpListener;

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Service, bodies};

/// A gateway of each kind: its type, the name of its secret key, and two valid keys.
const KINDS: [(&str, &str, [&str; 2]); 2] = [
    (
        "stripe_gateways",
        "login",
        ["sk_test_addresses000000", "sk_test_elsewhere000000"],
    ),
    (
        "checkout_com_gateways",
        "secret_key",
        [
            "sk_sbox_addressesaaaaaaaaaaaaaaaaaa",
            "sk_sbox_elsewhereaaaaaaaaaaaaaaaaaa",
        ],
    ),
];

fn attributes(kind: &str, key: &str, base_url: &str) -> Value {
    match kind {
        "stripe_gateways" => json!({ "name": "Stripe", "login": key, "base_url": base_url }),
        _ => json!({
            "name": "Checkout.com", "secret_key": key, "public_key": "pk_sbox_addressesaaaaaaaaaaaaaaaaaa",
            "processing_channel_id": "pc_shopaaaaaaaaaaaaaaaaaaaaaa", "base_url": base_url
        }),
    }
}

async fn create(api: &Api, kind: &str, attributes: Value) -> Answer {
    let body = bodies::resource(kind, attributes, json!({}));
    api.post(&format!("/api/{kind}"), &body).await
}

async fn change(api: &Api, kind: &str, id: &str, attributes: Value) -> Answer {
    let body = bodies::change(kind, id, attributes);
    api.patch(&format!("/api/{kind}/{id}"), &body).await
}

/// A listener that must get no connection.
struct Trap(TcpListener);

impl Trap {
    fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener
            .set_nonblocking(true)
            .expect("a listener that does not wait");
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().expect("an address").port()
    }

    /// Connections wait in the listener's queue until they are accepted.
    fn is_empty(&self) -> bool {
        self.0.accept().is_err()
    }
}

#[tokio::test]
async fn a_gateway_is_at_its_vendor_or_at_the_sandbox_of_this_service() {
    let service = Service::start().await;
    let (api, trap) = (service.api().await, Trap::set());
    let (sandbox, port) = (service.sandbox().url().to_owned(), trap.port());
    let hosts = [
        "127.0.0.1",
        "localhost",
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ];
    let elsewhere = hosts
        .iter()
        .flat_map(|host| [format!("http://{host}:{port}"), format!("https://{host}:{port}")])
        .chain([
            format!("http://127.0.0.1:{port}/admin/delete#"),
            format!("{sandbox}/sandbox/faults"),
            format!("{sandbox}#"),
            sandbox.replace("http:", "https:"),
            sandbox.replace("127.0.0.1", "localhost"),
            service.url().to_owned(),
            "https://10.0.0.1:1/".into(),
            "https://169.254.169.254/".into(),
            "https://168.63.129.16/".into(),
            "https://8.8.8.8/".into(),
            "https://psp.example/".into(),
            "https://internal.test/".into(),
            "https://api.stripe.com.evil.example/".into(),
            "http://api.stripe.com/".into(),
            "http://api.checkout.com/".into(),
            "https://user@api.stripe.com/".into(),
            "https://api.checkout.com/payments?".into(),
            "ftp://api.stripe.com/".into(),
        ]);
    let elsewhere: Vec<String> = elsewhere.collect();
    for (kind, key_name, [key, _]) in KINDS {
        let gateway = create(&api, kind, attributes(kind, key, &sandbox))
            .await
            .expect(201);
        for url in &elsewhere {
            for check in [false, true] {
                let mut refused = attributes(kind, key, url);
                refused["_check"] = check.into();
                let refused = create(&api, kind, refused).await;
                refused
                    .expect_error(422, "VALIDATION_ERROR")
                    .expect_pointer("/data/attributes/base_url");
                let mut moved = json!({ "base_url": url, "_check": check });
                moved[key_name] = key.into();
                let refused = change(&api, kind, gateway.id(), moved).await;
                refused
                    .expect_error(422, "VALIDATION_ERROR")
                    .expect_pointer("/data/attributes/base_url");
            }
        }
        let path = format!("/api/{kind}/{}", gateway.id());
        let shown = api.get(&path).await.expect(200);
        assert_eq!(*shown.attribute("base_url"), sandbox);
    }
    assert!(trap.is_empty(), "a refused address was connected to");

    for (kind, url) in [
        ("stripe_gateways", "https://api.stripe.com"),
        ("checkout_com_gateways", "https://api.checkout.com"),
        ("checkout_com_gateways", "https://api.sandbox.checkout.com/"),
        ("checkout_com_gateways", "https://vkuhvk4v.api.checkout.com"),
        (
            "checkout_com_gateways",
            "https://vkuhvk4v.api.sandbox.checkout.com",
        ),
    ] {
        let [key, _] = KINDS.into_iter().find(|known| known.0 == kind).expect("known").2;
        let made = create(&api, kind, attributes(kind, key, url)).await.expect(201);
        assert_eq!(*made.attribute("base_url"), url);
    }
    for (kind, url) in [
        ("checkout_com_gateways", "https://api.stripe.com"),
        ("stripe_gateways", "https://api.checkout.com"),
    ] {
        let [key, _] = KINDS.into_iter().find(|known| known.0 == kind).expect("known").2;
        let refused = create(&api, kind, attributes(kind, key, url)).await;
        refused.expect(422).expect_pointer("/data/attributes/base_url");
    }
}

#[tokio::test]
async fn a_key_is_given_again_for_another_place() {
    let service = Service::start_with(&["--allow-gateway-range", "127.0.0.0/8"]).await;
    let (api, trap) = (service.api().await, Trap::set());
    let sandbox = service.sandbox().url().to_owned();
    let elsewhere = format!("http://127.0.0.1:{}/prefix", trap.port());
    for (kind, key_name, [key, other_key]) in KINDS {
        let gateway = create(&api, kind, attributes(kind, key, &sandbox))
            .await
            .expect(201);
        let id = gateway.id();
        for more in [json!({}), json!({ "_check": true }), json!({ "name": "Moved" })] {
            let mut moved = more;
            moved["base_url"] = elsewhere.as_str().into();
            let refused = change(&api, kind, id, moved)
                .await
                .expect_error(422, "VALIDATION_ERROR");
            let detail = refused.body["errors"][0]["detail"].as_str().unwrap_or_default();
            assert!(detail.starts_with(&format!("{key_name} - ")), "{detail}");
        }
        assert!(trap.is_empty(), "a kept key was sent to another place");
        // Another spelling of the same URL is no change.
        for same in [
            sandbox.clone(),
            format!("{sandbox}/"),
            sandbox.replace("http:", "HTTP:"),
        ] {
            let _ = change(&api, kind, id, json!({ "base_url": same, "_check": true }))
                .await
                .expect(200);
        }
        let mut moved = json!({ "base_url": elsewhere });
        moved[key_name] = other_key.into();
        let moved = change(&api, kind, id, moved).await.expect(200);
        assert_eq!(*moved.attribute("base_url"), elsewhere);
        let tail = format!("***{}", &other_key[other_key.len() - 4..]);
        assert_eq!(moved.attribute("credential_keys")[key_name], tail);
        assert!(moved.attribute("webhook_endpoint_id").is_null());
    }
    assert!(trap.is_empty(), "nothing asked for a call");
}

#[tokio::test]
async fn calls_go_through_the_operators_proxy_and_no_other() {
    let [proxy, of_the_environment] = [Trap::set(), Trap::set()];
    proxy.0.set_nonblocking(false).expect("a listener that waits");
    let port = proxy.port();
    let asked = std::thread::spawn(move || {
        use std::io::{BufRead, BufReader, Write};
        let (mut stream, _) = proxy.0.accept().expect("a connection");
        let mut first = String::new();
        let mut reader = BufReader::new(stream.try_clone().expect("the same stream"));
        reader.read_line(&mut first).expect("a request");
        let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
        first
    });
    let other = format!("http://127.0.0.1:{}", of_the_environment.port());
    let outbound = format!("http://127.0.0.1:{port}");
    let arguments = ["--outbound-proxy", &outbound, "--gateway-timeout", "1"];
    let environment = [
        ("HTTPS_PROXY", other.as_str()),
        ("HTTP_PROXY", &other),
        ("ALL_PROXY", &other),
    ];
    let service = Service::start_in(&environment, &arguments).await;
    let api = service.api().await;
    let (kind, _, [key, _]) = KINDS[0];
    let mut checked = attributes(kind, key, "https://api.stripe.com");
    checked["_check"] = true.into();
    let answer = create(&api, kind, checked).await;
    answer.expect_error(503, "PAYMENT_GATEWAY_UNAVAILABLE");
    let asked = asked.join().expect("the proxy");
    assert_eq!(asked, "CONNECT api.stripe.com:443 HTTP/1.1\r\n");
    // The sandbox of this process is not part of the internet.
    let [kind, id] = ["stripe_gateways", "_check"];
    let mut near = attributes(kind, key, service.sandbox().url());
    near[id] = true.into();
    let _ = create(&api, kind, near).await.expect(201);
    assert!(
        of_the_environment.is_empty(),
        "a proxy of the environment was used"
    );
}

#[tokio::test]
async fn what_is_no_psp_is_not_quoted() {
    use std::io::{Read, Write};
    let service =
        Service::start_with(&["--allow-gateway-range", "127.0.0.1", "--gateway-timeout", "2"]).await;
    let api = service.api().await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let secret = "hunter2";
        for (index, mut stream) in listener.incoming().flatten().enumerate() {
            let mut request = [0; 8192];
            let _ = stream.read(&mut request);
            let status = [400, 401, 403, 404, 422][index % 5];
            let body = format!(
                "{{\"error\":{{\"code\":\"INTERNAL_{secret}\",\"message\":\"{secret}\"}},\"error_type\":\"{secret}!\",\"error_codes\":[\"{secret}!\"]}}"
            );
            let head = format!(
                "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    for (kind, _, [key, _]) in KINDS {
        let mut texts = Vec::new();
        for _ in 0..5 {
            let mut checked = attributes(kind, key, &url);
            checked["_check"] = true.into();
            let answer = create(&api, kind, checked).await;
            let answer = answer.expect_error(503, "PAYMENT_GATEWAY_UNAVAILABLE");
            assert!(!answer.body.to_string().contains("hunter2"), "{answer:?}");
            texts.push(answer.body["errors"][0]["detail"].to_string());
        }
        // A port without a listener gets the same text.
        let mut closed = attributes(kind, key, "http://127.0.0.1:1");
        closed["_check"] = true.into();
        let closed = create(&api, kind, closed).await.expect(503);
        texts.push(closed.body["errors"][0]["detail"].to_string());
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
    }
}

#[tokio::test]
async fn all_that_is_wrong_with_a_gateway_is_told_at_once() {
    let service = Service::start().await;
    let api = service.api().await;
    let sandbox = service.sandbox().url().to_owned();
    let places = |answer: &Answer| -> Vec<String> {
        let errors = answer.body["errors"].as_array().expect("errors");
        let pointers = errors.iter().map(|error| error["source"]["pointer"].to_string());
        pointers.collect()
    };
    for (kind, key_name, [key, _]) in KINDS {
        let place = |name: &str| format!("\"/data/attributes/{name}\"");
        let wrong = attributes(kind, "pk_test_misplaced000000", "https://psp.example");
        let refused = create(&api, kind, wrong)
            .await
            .expect_error(422, "VALIDATION_ERROR");
        assert_eq!(places(&refused), [place(key_name), place("base_url")]);
        let gateway = create(&api, kind, attributes(kind, key, &sandbox))
            .await
            .expect(201);
        let wrong = json!({ "base_url": "https://psp.example", "webhook_endpoint_secret": "sk_test_a_key_in_its_place" });
        let refused = change(&api, kind, gateway.id(), wrong)
            .await
            .expect_error(422, "VALIDATION_ERROR");
        // A missing member is pointed to where it belongs.
        let expected = [
            place("webhook_endpoint_secret"),
            "\"/data/attributes\"".to_owned(),
            place("base_url"),
        ];
        assert_eq!(places(&refused), expected);
    }
}
