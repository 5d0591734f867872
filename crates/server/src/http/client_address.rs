//! The network address of a request's client: the TCP connection's, or the one that the operator's proxies report.
//!
//! Anyone can send `Forwarded` (RFC 7239) and `X-Forwarded-For`. They count only from a trusted proxy, and only the part that
//! trusted proxies wrote: from the right, up to the first address that is no trusted proxy's.
//!
//! A proxy sets one of the two headers, and often passes on the client's other one. If both are present, they count only if both
//! lead to the same address.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use actix_web::{
    HttpMessage, HttpRequest,
    dev::ServiceRequest,
    http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR},
};
use ipnet::{IpNet, Ipv4Net};

/// The origin of a request: an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress {
    /// The client's address. IPv4 is never written as IPv6.
    pub ip: IpAddr,
    /// The other end of the connection: the client itself, or a proxy.
    pub peer: IpAddr,
}

impl ClientAddress {
    /// Finds the origin of a request, and stores it with the request.
    pub fn note(request: &ServiceRequest, proxies: &TrustedProxies) {
        let peer = request
            .peer_addr()
            .map_or(UNKNOWN, |peer| peer.ip().to_canonical());
        let ip = proxies.client_of(peer, request.headers());
        request.extensions_mut().insert(Self { ip, peer });
    }

    /// The origin of a request.
    pub fn of(request: &HttpRequest) -> Self {
        let noted = request.extensions().get::<Self>().copied();
        noted.unwrap_or(Self {
            ip: UNKNOWN,
            peer: UNKNOWN,
        })
    }
}

/// The address of a connection without one.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The proxies that the operator trusts.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// The proxies in these ranges.
    pub fn new(ranges: &[IpNet]) -> Self {
        Self(ranges.iter().copied().map(canonical_range).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(&address))
    }

    /// The client's address in a request that `peer` sends: the right-most address that is no trusted proxy's, or the left-most
    /// one if all are. An unreadable hop ends the search at the proxy that wrote it.
    fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let of = |name: HeaderName, read: fn(&str) -> Vec<Option<IpAddr>>| {
            headers
                .contains_key(&name)
                .then(|| self.walk(peer, headers, name, read))
        };
        match (of(FORWARDED, forwarded), of(X_FORWARDED_FOR, x_forwarded_for)) {
            (Some(one), Some(other)) if one == other => one,
            (Some(_), Some(_)) | (None, None) => peer,
            (Some(one), None) | (None, Some(one)) => one,
        }
    }

    fn walk(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: HeaderName,
        read: fn(&str) -> Vec<Option<IpAddr>>,
    ) -> IpAddr {
        let mut nearest = peer;
        let lines: Vec<&HeaderValue> = headers.get_all(name).collect();
        for line in lines.into_iter().rev() {
            let hops = line.to_str().map_or_else(|_| vec![None], read);
            for hop in hops.into_iter().rev() {
                match hop {
                    None => return nearest,
                    Some(address) => nearest = address,
                }
                if !self.trusts(nearest) {
                    return nearest;
                }
            }
        }
        nearest
    }
}

/// Turns an IPv6 range of IPv4 addresses into an IPv4 range.
fn canonical_range(range: IpNet) -> IpNet {
    let IpNet::V6(mapped) = range else { return range };
    let prefix = mapped.prefix_len().checked_sub(96);
    match (mapped.addr().to_ipv4_mapped(), prefix) {
        (Some(address), Some(prefix)) => Ipv4Net::new(address, prefix).map_or(range, IpNet::V4),
        _ => range,
    }
}

/// The hops of a line of `X-Forwarded-For`; `None` for an unreadable one.
fn x_forwarded_for(line: &str) -> Vec<Option<IpAddr>> {
    let hops = line.split(',').map(str::trim).filter(|hop| !hop.is_empty());
    hops.map(address).collect()
}

/// The hops of a line of `Forwarded`; `None` for an unreadable one, or one without an address.
fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    let Some(elements) = split_unquoted(line, ',') else {
        // An open quote of a client swallows the elements of proxies: the end of an element is unknown.
        return vec![None];
    };
    let elements = elements
        .into_iter()
        .map(str::trim)
        .filter(|element| !element.is_empty());
    elements.map(|element| address(&node(element)?)).collect()
}

/// The value of `for` in an element. It must occur once.
fn node(element: &str) -> Option<Cow<'_, str>> {
    let mut nodes = split_unquoted(element, ';')?.into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    });
    let value = nodes.next().filter(|_| nodes.next().is_none())?;
    let Some(quoted) = value.strip_prefix('"') else {
        return Some(value.into());
    };
    let mut text = String::new();
    let mut characters = quoted.strip_suffix('"')?.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.push(characters.next()?),
            '"' => return None,
            other => text.push(other),
        }
    }
    Some(text.into())
}

/// Splits a text at separators outside of quoted strings (RFC 9110 section 5.6.4). `None` if a quote is not closed.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (position, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                parts.push(&text[start..position]);
                start = position + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!quoted).then_some(parts)
}

/// An address, with a port or without; IPv6 in brackets or without. `unknown` and obfuscated identifiers are no addresses.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || {
        let inside = text.strip_prefix('[')?.strip_suffix(']')?;
        inside.parse::<Ipv6Addr>().map(IpAddr::V6).ok()
    };
    let address = text.parse::<IpAddr>().ok();
    let address = address.or_else(bracketed);
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const PROXIES: [&str; 3] = ["10.0.0.0/8", "2001:db8:ffff::/48", "::ffff:172.16.0.0/108"];

    fn client_of(peer: &str, headers: &[(&str, &str)]) -> String {
        let ranges: Vec<IpNet> = PROXIES
            .iter()
            .map(|range| range.parse().expect("a range"))
            .collect();
        let mut request = TestRequest::default();
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        let request = request.to_http_request();
        let peer: IpAddr = peer.parse().expect("an address");
        TrustedProxies::new(&ranges)
            .client_of(peer.to_canonical(), request.headers())
            .to_string()
    }

    #[test]
    fn the_client_is_the_right_most_address_that_no_trusted_proxy_has() {
        let xff = |value| vec![("X-Forwarded-For", value)];
        let forwarded = |value| vec![("Forwarded", value)];
        type Headers = Vec<(&'static str, &'static str)>;
        let table: Vec<(&str, Headers, &str)> = vec![
            // Untrusted peers are not asked.
            ("203.0.113.9", vec![], "203.0.113.9"),
            ("203.0.113.9", xff("198.51.100.1"), "203.0.113.9"),
            ("203.0.113.9", forwarded("for=198.51.100.1"), "203.0.113.9"),
            ("::ffff:203.0.113.9", xff("198.51.100.1"), "203.0.113.9"),
            // A trusted proxy without the headers is the client.
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", xff(""), "10.0.0.1"),
            ("10.0.0.1", xff(" , ,"), "10.0.0.1"),
            // X-Forwarded-For
            ("10.0.0.1", xff("198.51.100.1"), "198.51.100.1"),
            ("172.16.0.1", xff("198.51.100.1"), "198.51.100.1"),
            ("172.32.0.1", xff("198.51.100.1"), "172.32.0.1"),
            ("::ffff:10.0.0.1", xff("198.51.100.1"), "198.51.100.1"),
            ("2001:db8:ffff::1", xff("2001:db8::1"), "2001:db8::1"),
            ("10.0.0.1", xff("1.1.1.1, 198.51.100.1"), "198.51.100.1"),
            ("10.0.0.1", xff("1.1.1.1,198.51.100.1, 10.0.0.2"), "198.51.100.1"),
            ("10.0.0.1", xff("10.0.0.3, 10.0.0.2"), "10.0.0.3"),
            ("10.0.0.1", xff("198.51.100.1:4711"), "198.51.100.1"),
            ("10.0.0.1", xff("2001:db8::1"), "2001:db8::1"),
            ("10.0.0.1", xff("[2001:db8::1]"), "2001:db8::1"),
            ("10.0.0.1", xff("[2001:db8::1]:4711"), "2001:db8::1"),
            ("10.0.0.1", xff("::ffff:198.51.100.1"), "198.51.100.1"),
            ("10.0.0.1", xff("[::ffff:198.51.100.1]:80"), "198.51.100.1"),
            ("10.0.0.1", xff("1.1.1.1, ::ffff:10.0.0.2"), "1.1.1.1"),
            // An unreadable hop ends the search at the last readable one.
            ("10.0.0.1", xff("unknown"), "10.0.0.1"),
            ("10.0.0.1", xff("1.1.1.1, unknown, 10.0.0.2"), "10.0.0.2"),
            ("10.0.0.1", xff("1.1.1.1, junk, 198.51.100.1"), "198.51.100.1"),
            ("10.0.0.1", xff("1.1.1.1, 256.0.0.1, 10.0.0.2"), "10.0.0.2"),
            ("10.0.0.1", xff("fe80::1%eth0"), "10.0.0.1"),
            ("10.0.0.1", xff("0x7f.1"), "10.0.0.1"),
            ("10.0.0.1", xff("010.0.0.2"), "10.0.0.1"),
            ("10.0.0.1", xff("\"198.51.100.1\""), "10.0.0.1"),
            ("10.0.0.1", xff("198.51.100.1 10.0.0.2"), "10.0.0.1"),
            ("10.0.0.1", xff("198.51.100.1:99999"), "10.0.0.1"),
            // Forwarded
            ("10.0.0.1", forwarded("for=198.51.100.1"), "198.51.100.1"),
            (
                "10.0.0.1",
                forwarded("For=198.51.100.1;proto=https"),
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                forwarded("proto=https ; FOR = 198.51.100.1"),
                "198.51.100.1",
            ),
            ("10.0.0.1", forwarded("for=\"198.51.100.1:4711\""), "198.51.100.1"),
            ("10.0.0.1", forwarded("for=\"[2001:db8::1]\""), "2001:db8::1"),
            (
                "10.0.0.1",
                forwarded("for=\"[2001:db8::1]:4711\";by=_b"),
                "2001:db8::1",
            ),
            ("10.0.0.1", forwarded("for=\"[2001:\\db8::1]\""), "2001:db8::1"),
            (
                "10.0.0.1",
                forwarded("for=1.1.1.1, for=198.51.100.1"),
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                forwarded("for=198.51.100.1,for=10.0.0.2"),
                "198.51.100.1",
            ),
            ("10.0.0.1", forwarded("for=10.0.0.3,for=10.0.0.2"), "10.0.0.3"),
            (
                "10.0.0.1",
                forwarded("for=1.1.1.1;by=\"a,b;for=2.2.2.2\", for=198.51.100.1"),
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                forwarded("for=198.51.100.1;by=\"a,b;for=2.2.2.2\""),
                "198.51.100.1",
            ),
            ("10.0.0.1", forwarded("for=unknown"), "10.0.0.1"),
            ("10.0.0.1", forwarded("for=_hidden, for=10.0.0.2"), "10.0.0.2"),
            ("10.0.0.1", forwarded("for=\"_gazonk:_port\""), "10.0.0.1"),
            ("10.0.0.1", forwarded("by=10.0.0.1;proto=https"), "10.0.0.1"),
            ("10.0.0.1", forwarded("for=1.1.1.1;for=2.2.2.2"), "10.0.0.1"),
            ("10.0.0.1", forwarded("198.51.100.1"), "10.0.0.1"),
            // A client's open quote does not hide the addresses that a proxy adds.
            (
                "10.0.0.1",
                forwarded("for=1.1.1.1;by=\", for=198.51.100.1"),
                "10.0.0.1",
            ),
            (
                "10.0.0.1",
                forwarded("for=\"1.1.1.1, for=\"198.51.100.1\""),
                "10.0.0.1",
            ),
            (
                "10.0.0.1",
                forwarded("for=1.1.1.1;by=\"\\, for=198.51.100.1"),
                "10.0.0.1",
            ),
            // Several lines are one list.
            (
                "10.0.0.1",
                vec![
                    ("X-Forwarded-For", "1.1.1.1"),
                    ("X-Forwarded-For", "198.51.100.1"),
                ],
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                vec![
                    ("X-Forwarded-For", "198.51.100.1"),
                    ("X-Forwarded-For", "10.0.0.2"),
                ],
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                vec![("Forwarded", "for=\""), ("Forwarded", "for=198.51.100.1")],
                "198.51.100.1",
            ),
            // Both headers must agree.
            (
                "10.0.0.1",
                vec![
                    ("Forwarded", "for=198.51.100.1"),
                    ("X-Forwarded-For", "198.51.100.1"),
                ],
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                vec![("Forwarded", "for=1.1.1.1"), ("X-Forwarded-For", "198.51.100.1")],
                "10.0.0.1",
            ),
            (
                "10.0.0.1",
                vec![("Forwarded", "junk"), ("X-Forwarded-For", "198.51.100.1")],
                "10.0.0.1",
            ),
            // Other headers are ignored.
            ("10.0.0.1", vec![("X-Real-IP", "198.51.100.1")], "10.0.0.1"),
        ];
        for (peer, headers, client) in table {
            assert_eq!(client_of(peer, &headers), client, "{peer} {headers:?}");
        }
    }

    #[test]
    fn without_trusted_proxies_headers_mean_nothing() {
        let request = TestRequest::default()
            .insert_header(("X-Forwarded-For", "198.51.100.1"))
            .to_http_request();
        let peer: IpAddr = "10.0.0.1".parse().expect("an address");
        assert_eq!(TrustedProxies::default().client_of(peer, request.headers()), peer);
    }

    #[test]
    fn bytes_that_are_no_text_end_the_search() {
        let value = HeaderValue::from_bytes(b"198.51.100.1, \xff").expect("a header value");
        let request = TestRequest::default()
            .insert_header((X_FORWARDED_FOR, value))
            .to_http_request();
        let ranges = ["10.0.0.0/8".parse().expect("a range")];
        let peer: IpAddr = "10.0.0.1".parse().expect("an address");
        assert_eq!(
            TrustedProxies::new(&ranges).client_of(peer, request.headers()),
            peer
        );
    }
}
