//! HTTP/1.1 on one persistent connection, with as little work as possible: the load generator runs on the same processors as the
//! measured programs. Requests are rendered once, and sent unchanged.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const MEDIA_TYPE: &str = "application/vnd.api+json";
const MAX_HEADERS: usize = 32;
/// Far larger than any measured answer.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// A rendered request.
pub type Request = Vec<u8>;

/// A request without a body, with an access token or secret key unless `token` is empty.
pub fn bare(method: &str, path: &str, token: &str) -> Request {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{}Accept: {MEDIA_TYPE}\r\n\r\n",
        authorization(token)
    )
    .into_bytes()
}

/// A request with a JSON:API document.
pub fn with_document(method: &str, path: &str, token: &str, document: &Value) -> Request {
    with_body(method, path, token, MEDIA_TYPE, &document.to_string())
}

/// A request with a body.
pub fn with_body(method: &str, path: &str, token: &str, media_type: &str, body: &str) -> Request {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{}Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{body}",
        authorization(token),
        body.len()
    )
    .into_bytes()
}

/// A request with one more header.
pub fn with_header(request: &[u8], name: &str, value: &str) -> Request {
    let first_line = request
        .windows(2)
        .position(|end| end == b"\r\n")
        .map_or(request.len(), |end| end + 2);
    let (line, rest) = request.split_at(first_line);
    [line, format!("{name}: {value}\r\n").as_bytes(), rest].concat()
}

fn authorization(token: &str) -> String {
    if token.is_empty() {
        String::new()
    } else {
        format!("Authorization: Bearer {token}\r\n")
    }
}

/// A connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, in the connection's buffer until the next request.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The JSON document in it.
    pub fn document(&self) -> Result<Value> {
        serde_json::from_slice(self.body).context("the answer is not JSON")
    }

    /// Fails, with the body, on any other status.
    pub fn expect(self, status: u16) -> Result<Self> {
        let body = || String::from_utf8_lossy(self.body);
        ensure!(
            self.status == status,
            "answered {} instead of {status}: {}",
            self.status,
            body()
        );
        Ok(self)
    }
}

struct Head {
    length: usize,
    status: u16,
    body_length: usize,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request and waits for its answer.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            self.receive().await?;
            if let Some(head) = head(&self.buffer)? {
                break head;
            }
        };
        let end = head.length + head.body_length;
        ensure!(end <= MAX_ANSWER_BYTES, "an answer of {end} bytes");
        while self.buffer.len() < end {
            self.receive().await?;
        }
        Ok(Answer {
            status: head.status,
            body: &self.buffer[head.length..end],
        })
    }

    async fn receive(&mut self) -> Result<()> {
        ensure!(self.buffer.len() <= MAX_ANSWER_BYTES, "an endless answer");
        let count = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(count > 0, "the connection was closed before the answer's end");
        Ok(())
    }
}

/// The status line and headers, once they are whole.
fn head(bytes: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(bytes)? else {
        return Ok(None);
    };
    let status = response.code.context("an answer without a status")?;
    let find = |name: &str| {
        response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
    };
    let body_length = match find("content-length") {
        Some(header) => std::str::from_utf8(header.value)?.trim().parse()?,
        None if status == 204 => 0,
        None => bail!("an answer without Content-Length"),
    };
    Ok(Some(Head {
        length,
        status,
        body_length,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let bytes = b"HTTP/1.1 201 Created\r\ncontent-LENGTH: 3\r\nX: y\r\n\r\nabc";
        for end in 0..bytes.len() - 3 {
            assert!(head(&bytes[..end]).expect("readable").is_none(), "{end}");
        }
        let whole = head(bytes).expect("readable").expect("whole");
        assert_eq!(
            (whole.length, whole.status, whole.body_length),
            (bytes.len() - 3, 201, 3)
        );
    }

    #[test]
    fn a_body_needs_a_length() {
        let head = |text: &str| head(text.as_bytes()).map(|head| head.map(|head| head.body_length));
        assert_eq!(
            head("HTTP/1.1 204 No Content\r\n\r\n").expect("readable"),
            Some(0)
        );
        assert!(head("HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(head("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").is_err());
    }
}
