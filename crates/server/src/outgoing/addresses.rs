//! Which addresses webhooks may be at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What is not the public internet (IANA IPv4 special-purpose address registry; multicast and the reserved class too). Cloud
/// metadata is served within 169.254.0.0/16 and 100.64.0.0/10.
const SPECIAL_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// All that is given out of IPv6 for the public internet (IANA IPv6 global unicast allocations).
const PUBLIC_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What of it is not: protocol assignments with Teredo, documentation, and 6to4, which stands for IPv4 addresses.
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// The public internet, and what the operator allows besides.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    allowed: Vec<IpNet>,
}

impl Addresses {
    /// With these ranges besides the public internet.
    pub fn with(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether a webhook may be there.
    pub fn may_reach(&self, address: IpAddr) -> bool {
        // An IPv4 address is one whichever way it is written.
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|range| range.contains(&address))
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|range| v4(*range).contains(&address)),
        IpAddr::V6(address) => {
            v6(PUBLIC_V6).contains(&address) && !SPECIAL_V6.iter().any(|range| v6(*range).contains(&address))
        }
    }
}

fn v4((address, length): (Ipv4Addr, u8)) -> Ipv4Net {
    Ipv4Net::new_assert(address, length)
}

fn v6((address, length): (Ipv6Addr, u8)) -> Ipv6Net {
    Ipv6Net::new_assert(address, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(addresses: &Addresses, text: &str) -> bool {
        addresses.may_reach(text.parse().expect("an address"))
    }

    #[test]
    fn only_the_public_internet_is_reached() {
        let addresses = Addresses::default();
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert!(may(&addresses, public), "{public}");
        }
        for special in [
            "0.0.0.0",
            "10.1.2.3",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:a9fe:a9fe",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!may(&addresses, special), "{special}");
        }
    }

    #[test]
    fn a_range_that_is_allowed_is_allowed_however_it_is_written() {
        let addresses = Addresses::with(vec!["10.0.0.0/8".parse().expect("a range")]);
        assert!(may(&addresses, "10.1.2.3") && may(&addresses, "::ffff:10.1.2.3"));
        assert!(!may(&addresses, "127.0.0.1") && !may(&addresses, "::1"));
    }
}
