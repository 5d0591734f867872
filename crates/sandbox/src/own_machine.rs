//! Guards routes for users of this machine, and refuses requests that others send through it.
//!
//! A connection from loopback is not enough: a proxy on this machine connects from loopback for everyone, and so does a browser
//! on this machine for each open page. A page of another site sends its `Origin`, or, by DNS rebinding, its own name as the
//! `Host`.

use std::net::IpAddr;

use http::uri::Authority;

/// Headers that proxies add to forwarded requests.
const FORWARDING: [&str; 7] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
];

/// Whether this machine sent a request to an address of this machine, without a proxy, and not from a page of another address.
pub fn is_from_own_machine<'a>(
    peer: Option<IpAddr>,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> bool {
    let (mut hosts, mut origins) = (Vec::new(), Vec::new());
    for (name, value) in headers {
        match name {
            "host" => hosts.push(str::from_utf8(value).ok()),
            "origin" => origins.push(str::from_utf8(value).ok()),
            name if FORWARDING.contains(&name) => return false,
            _ => {}
        }
    }
    let [Some(host)] = hosts.as_slice() else {
        return false;
    };
    let own_origin = format!("http://{host}");
    peer.is_some_and(|peer| peer.to_canonical().is_loopback())
        && is_own_name(host)
        && origins.iter().all(|origin| *origin == Some(&*own_origin))
}

fn is_own_name(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    if host.contains('@') {
        return false;
    }
    let name = authority.host();
    // The text after the name may be more than a port.
    let port = host
        .strip_prefix(name)
        .map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    if !port.is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok()) {
        return false;
    }
    let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let address = bracketed.unwrap_or(name).parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(peer: &str, headers: &[(&str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
        is_from_own_machine(peer.parse().ok(), headers)
    }

    #[test]
    fn only_this_machine_itself_passes() {
        for host in [
            "127.0.0.1:8081",
            "localhost:8081",
            "LOCALHOST",
            "[::1]:8081",
            "127.0.0.2",
        ] {
            assert!(passes("127.0.0.1", &[("host", host)]), "{host}");
            assert!(passes("::ffff:127.0.0.1", &[("host", host)]), "{host}");
            let own = format!("http://{host}");
            assert!(passes("::1", &[("host", host), ("origin", &own)]), "{host}");
            assert!(!passes("192.0.2.1", &[("host", host)]), "{host}");
            for origin in [
                "null",
                "https://shop.example",
                "http://127.0.0.1:1",
                "http://localhost:3000",
            ] {
                assert!(
                    !passes("127.0.0.1", &[("host", host), ("origin", origin)]),
                    "{host} {origin}"
                );
                assert!(
                    !passes(
                        "127.0.0.1",
                        &[("host", host), ("origin", &own), ("origin", origin)]
                    ),
                    "{host} {origin}"
                );
            }
            for name in FORWARDING {
                assert!(
                    !passes("127.0.0.1", &[("host", host), (name, "127.0.0.1")]),
                    "{host} {name}"
                );
            }
        }
        for host in [
            "",
            "shop.example",
            "localhost.shop.example",
            "127.0.0.1.shop.example:8081",
            "a@127.0.0.1",
            "127.0.0.1@shop.example",
            "[::1",
            "[::1].shop.example",
            "10.0.0.1",
            "0.0.0.0",
            "127.0.0.1 ",
        ] {
            assert!(!passes("127.0.0.1", &[("host", host)]), "{host:?}");
        }
        assert!(!passes("127.0.0.1", &[]));
        assert!(!passes(
            "127.0.0.1",
            &[("host", "127.0.0.1"), ("host", "127.0.0.1")]
        ));
    }
}
