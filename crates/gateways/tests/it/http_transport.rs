//! The transport against a local server that answers badly, late or not at all.

use std::time::Duration;

use futures::FutureExt;
use secrecy::SecretString;
use tillgate_gateways::{HttpTransport, Method, Places, PspRequest, PspResponse, Transport, TransportError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::request;

const AMPLE: Duration = Duration::from_secs(30);

/// The server's behaviour after it has read a request.
enum Behaviour {
    Answer(Vec<u8>),
    HangUp,
    KeepSilent,
}

/// Serves one connection; the task answers the request.
async fn server(behaviour: Behaviour) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        match behaviour {
            // The client may hang up in the middle of an answer that is too large for it.
            Behaviour::Answer(bytes) => drop(stream.write_all(&bytes).await),
            Behaviour::HangUp => {}
            // Ends when the client gives up.
            Behaviour::KeepSilent => drop(stream.read(&mut [0]).await),
        }
        request
    });
    (origin, task)
}

/// Reads up to the end of the body, which the tests end with `!`, or of the headers of a request without a body.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let read = stream.read_buf(&mut bytes).await.unwrap();
        let complete = if !bytes.starts_with(b"POST") {
            bytes.ends_with(b"\r\n\r\n")
        } else {
            bytes.ends_with(b"!")
        };
        if complete || read == 0 {
            return String::from_utf8(bytes).unwrap();
        }
    }
}

fn loopback() -> Places {
    Places {
        sandbox: None,
        allowed: vec!["127.0.0.0/8".parse().unwrap()],
    }
}

fn post(url: &str) -> PspRequest {
    PspRequest {
        url: url.to_owned(),
        headers: vec![("Idempotency-Key".to_owned(), "key-1".to_owned())],
        body: "amount=1!".to_owned(),
        ..request(Method::Post)
    }
}

async fn send(request: &PspRequest, deadline: Duration) -> Result<PspResponse, TransportError> {
    HttpTransport::new(loopback(), None)
        .unwrap()
        .send(request, &SecretString::from("sk_test_1"), deadline)
        .await
}

async fn answered(head: &str, body: &[u8]) -> Result<PspResponse, TransportError> {
    let bytes = [format!("HTTP/1.1 {head}\r\n\r\n").as_bytes(), body].concat();
    let (origin, _server) = server(Behaviour::Answer(bytes)).await;
    send(&post(&origin), AMPLE).await
}

#[tokio::test]
async fn a_request_is_sent_as_it_is_and_its_answer_read() {
    let answer =
        b"HTTP/1.1 402 Payment Required\r\nRequest-Id: req_1\r\nX-Other: 1\r\nContent-Length: 2\r\n\r\n{}";
    let (origin, server) = server(Behaviour::Answer(answer.to_vec())).await;
    let response = send(&post(&format!("{origin}/v1/payment_intents")), AMPLE)
        .await
        .unwrap();
    assert_eq!(
        (response.status, response.body.as_ref(), response.resent),
        (402, b"{}".as_slice(), false)
    );
    assert_eq!(response.headers, [("request-id".to_owned(), "req_1".to_owned())]);
    let request = server.await.unwrap();
    assert!(
        request.starts_with("POST /v1/payment_intents HTTP/1.1\r\n"),
        "{request}"
    );
    let lower = request.to_lowercase();
    for line in [
        "authorization: bearer sk_test_1\r\n",
        "idempotency-key: key-1\r\n",
        "content-length: 9\r\n",
    ] {
        assert!(lower.contains(line), "{line} in {request}");
    }
    assert!(request.ends_with("\r\n\r\namount=1!"), "{request}");
}

#[tokio::test]
async fn a_get_has_no_body() {
    let (origin, server) = server(Behaviour::Answer(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(),
    ))
    .await;
    let get = PspRequest {
        url: format!("{origin}/payments/pay_a"),
        ..request(Method::Get)
    };
    assert_eq!(send(&get, AMPLE).await.unwrap().status, 200);
    assert!(
        server
            .await
            .unwrap()
            .starts_with("GET /payments/pay_a HTTP/1.1\r\n")
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let response = answered(
        "302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0",
        b"",
    )
    .await;
    assert_eq!(response.unwrap().status, 302);
}

#[tokio::test]
async fn what_never_left_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = send(&post(&format!("http://{address}")), AMPLE).await;
    assert!(matches!(refused, Err(TransportError::NotSent(_))), "{refused:?}");
    let no_url = send(&post("not a url"), AMPLE).await;
    assert!(matches!(no_url, Err(TransportError::NotSent(_))), "{no_url:?}");
    let credentials = SecretString::from("sk_test\n1");
    let transport = HttpTransport::new(loopback(), None).unwrap();
    let unfit = transport
        .send(&post("http://127.0.0.1:1"), &credentials, AMPLE)
        .await;
    assert!(
        matches!(&unfit, Err(TransportError::NotSent(reason)) if !reason.contains("sk_test")),
        "{unfit:?}"
    );
}

#[tokio::test]
async fn without_tls_nothing_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
    });
    let failed = send(&post(&url), AMPLE).await;
    server.await.unwrap();
    assert!(matches!(failed, Err(TransportError::NotSent(_))), "{failed:?}");
}

#[tokio::test]
async fn a_lost_answer_is_unknown() {
    let (origin, server) = server(Behaviour::HangUp).await;
    let lost = send(&post(&origin), AMPLE).await;
    assert!(matches!(lost, Err(TransportError::Unknown(_))), "{lost:?}");
    assert!(
        server.await.unwrap().ends_with("amount=1!"),
        "the request did arrive"
    );
}

#[tokio::test]
async fn a_late_answer_is_unknown() {
    let (origin, server) = server(Behaviour::KeepSilent).await;
    let late = send(&post(&origin), Duration::from_millis(200)).await;
    assert!(matches!(late, Err(TransportError::Unknown(_))), "{late:?}");
    assert!(
        server.await.unwrap().ends_with("amount=1!"),
        "the request did arrive"
    );
}

#[tokio::test]
async fn a_truncated_answer_is_unknown() {
    let truncated = answered("200 OK\r\nContent-Length: 100", b"{\"id\":").await;
    assert!(
        matches!(truncated, Err(TransportError::Unknown(_))),
        "{truncated:?}"
    );
}

#[tokio::test]
async fn an_answer_of_one_mebibyte_is_read_and_not_a_byte_more() {
    let limit = 1024 * 1024;
    let largest = answered(&format!("200 OK\r\nContent-Length: {limit}"), &vec![b' '; limit]).await;
    assert_eq!(largest.unwrap().body.len(), limit);
    let larger = answered(
        &format!("200 OK\r\nContent-Length: {}", limit + 1),
        &vec![b' '; limit + 1],
    )
    .await;
    assert!(
        matches!(&larger, Err(TransportError::Unknown(reason)) if reason.contains("exceeds")),
        "{larger:?}"
    );
}

#[tokio::test]
async fn a_removal_is_sent_without_a_body() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    let (origin, server) = server(Behaviour::Answer(answer.to_vec())).await;
    let removal = PspRequest {
        url: format!("{origin}/v1/webhook_endpoints/we_A"),
        ..request(Method::Delete)
    };
    assert_eq!(send(&removal, AMPLE).await.unwrap().status, 200);
    let sent = server.await.unwrap();
    assert!(
        sent.starts_with("DELETE /v1/webhook_endpoints/we_A HTTP/1.1\r\n"),
        "{sent}"
    );
}

#[tokio::test]
async fn a_place_that_is_not_allowed_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let transport = HttpTransport::new(Places::default(), None).unwrap();
    let credentials = SecretString::from("sk_test_1");
    // An open port, a closed one, one without TLS, a name of this machine, and a name without an address.
    for url in [
        format!("http://127.0.0.1:{port}/"),
        "http://127.0.0.1:1/".to_owned(),
        format!("https://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        "https://nowhere.invalid/".to_owned(),
    ] {
        let refused = transport.send(&post(&url), &credentials, AMPLE).await;
        let expected = "the URL may not be called: its address is not one that may be called";
        assert_eq!(
            refused.unwrap_err(),
            TransportError::NotSent(expected.to_owned()),
            "{url}"
        );
    }
    assert!(
        listener.accept().now_or_never().is_none(),
        "nobody was connected to"
    );
}

/// The server does not answer the start of a TLS session, so the request itself never leaves.
#[tokio::test]
async fn a_request_without_a_connection_in_time_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let connected = tokio::spawn(async move { listener.accept().await.unwrap() });
    let brief = Duration::from_millis(300);
    let sent = send(&post(&url), brief).await;
    assert!(matches!(sent, Err(TransportError::NotSent(_))), "{sent:?}");
    drop(connected.await.unwrap());
}
