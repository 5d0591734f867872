//! The policy that judges URLs.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use ipnet::IpNet;
use url::{Host, Origin, Url};

use crate::addresses::is_public;

/// Whether a host name is a vendor's own.
pub type OwnHost = fn(&str) -> bool;

/// Time limit for resolving a name before a URL is accepted.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// The reason why a URL may not be called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// It is malformed, has another scheme, or has no host.
    #[error("it is no http or https URL that names a host")]
    NoWebUrl,
    /// It has a user name or a password.
    #[error("it holds credentials")]
    Credentials,
    /// It has a fragment, which would cut off the paths that requests add.
    #[error("it has a fragment")]
    Fragment,
    /// Its host may not be called.
    #[error("its address is not one that may be called")]
    Place,
}

/// The URLs that may be called, and the addresses that their names may resolve to.
#[derive(Clone, Debug)]
pub struct Policy {
    names: Names,
    /// Origins that may be called at any address.
    origins: Vec<Origin>,
    /// Ranges that the operator allows besides.
    allowed: Vec<IpNet>,
}

#[derive(Clone, Debug)]
enum Names {
    /// Names of the public internet.
    All,
    /// These hosts, over https at its usual port.
    Own(Vec<OwnHost>),
}

/// The route of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// To the public internet, through the operator's proxy if there is one.
    Outside,
    /// Directly: the operator allows the address.
    Inside,
    /// Directly, if the name resolves to an address that the operator allows.
    InsideByName,
}

impl Policy {
    /// A policy for the public internet and these ranges.
    pub fn public(allowed: Vec<IpNet>) -> Self {
        Self {
            names: Names::All,
            origins: Vec::new(),
            allowed,
        }
    }

    /// A policy for these hosts over https, these origins, and these ranges.
    pub fn only(hosts: Vec<OwnHost>, origins: Vec<Origin>, allowed: Vec<IpNet>) -> Self {
        Self {
            names: Names::Own(hosts),
            origins,
            allowed,
        }
    }

    /// Judges a URL as far as possible without resolving its name.
    ///
    /// # Errors
    /// It may not be called.
    pub fn judge(&self, url: &Url) -> Result<(), Refused> {
        self.way(url).map(|_| ())
    }

    /// Judges a URL, and resolves its name if that decides.
    ///
    /// # Errors
    /// It may not be called. An unknown name gets the same error as a name with a forbidden address.
    pub async fn judge_with_lookup(&self, url: &Url) -> Result<(), Refused> {
        if self.way(url)? != Way::InsideByName {
            return Ok(());
        }
        let name = url.host_str().unwrap_or_default();
        let lookup = tokio::time::timeout(LOOKUP_TIMEOUT, tokio::net::lookup_host((name, 0)));
        let mut found = match lookup.await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) | Err(_) => return Err(Refused::Place),
        };
        if found.any(|found| self.allows(found.ip())) {
            Ok(())
        } else {
            Err(Refused::Place)
        }
    }

    pub(crate) fn way(&self, url: &Url) -> Result<Way, Refused> {
        let host = url.host().filter(|_| matches!(url.scheme(), "http" | "https"));
        let host = host.ok_or(Refused::NoWebUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        if self.origins.contains(&url.origin()) {
            return Ok(Way::Inside);
        }
        let name = match host {
            Host::Ipv4(address) => return self.way_to(address.into()),
            Host::Ipv6(address) => return self.way_to(address.into()),
            Host::Domain(name) if is_this_machine(name) => return self.way_to(Ipv4Addr::LOCALHOST.into()),
            Host::Domain(name) => name,
        };
        match &self.names {
            Names::All => Ok(Way::Outside),
            Names::Own(hosts) if hosts.iter().any(|is_own| is_own(name)) => {
                if url.scheme() == "https" && url.port().is_none() {
                    Ok(Way::Outside)
                } else {
                    Err(Refused::Place)
                }
            }
            Names::Own(_) if self.allowed.is_empty() => Err(Refused::Place),
            Names::Own(_) => Ok(Way::InsideByName),
        }
    }

    /// The route to an address that a URL names directly.
    fn way_to(&self, address: IpAddr) -> Result<Way, Refused> {
        match self.names {
            _ if self.allows(address) => Ok(Way::Inside),
            Names::All if is_public(address) => Ok(Way::Outside),
            _ => Err(Refused::Place),
        }
    }

    /// Whether the operator allows an address.
    fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|range| range.contains(&address))
    }

    /// Whether a connection to a name may use this address.
    pub(crate) fn may_stand_for(&self, name: &str, address: IpAddr) -> bool {
        let of_the_internet = match &self.names {
            Names::All => true,
            Names::Own(hosts) => hosts.iter().any(|is_own| is_own(name)),
        };
        self.allows(address) || (of_the_internet && is_public(address))
    }
}

/// Names of this machine (RFC 6761, 6.3).
fn is_this_machine(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> IpNet {
        text.parse().expect("a range")
    }

    fn judged(policy: &Policy, url: &str) -> Result<Way, Refused> {
        policy.way(&Url::parse(url).map_err(|_| Refused::NoWebUrl)?)
    }

    fn is_own(host: &str) -> bool {
        host == "api.psp.example"
    }

    #[test]
    fn the_public_internet_is_called_whatever_the_url() {
        let policy = Policy::public(vec![range("10.0.0.0/8")]);
        for url in [
            "https://shop.example/a?b=c",
            "http://8.8.8.8/",
            "https://[2606:4700::1111]:8443/",
        ] {
            assert_eq!(judged(&policy, url), Ok(Way::Outside), "{url}");
        }
        for url in ["http://10.1.2.3/", "https://[::ffff:10.1.2.3]/", "http://0xa.1/"] {
            assert_eq!(judged(&policy, url), Ok(Way::Inside), "{url}");
        }
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://127.0.0.1./",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://①②⑦.0.0.1/",
            "https://168.63.129.16/",
            "https://[64:ff9b::a9fe:a9fe]/",
        ] {
            assert_eq!(judged(&policy, url), Err(Refused::Place), "{url}");
        }
        for (url, why) in [
            ("ftp://shop.example/", Refused::NoWebUrl),
            ("javascript:alert(1)", Refused::NoWebUrl),
            ("https://", Refused::NoWebUrl),
            ("https://user@shop.example/", Refused::Credentials),
            ("https://:secret@shop.example/", Refused::Credentials),
            ("https://shop.example/#", Refused::Fragment),
        ] {
            assert_eq!(judged(&policy, url), Err(why), "{url}");
        }
    }

    #[test]
    fn a_vendor_is_called_at_its_own_hosts_over_https() {
        let sandbox = Url::parse("http://127.0.0.1:8081").expect("a URL").origin();
        let policy = Policy::only(vec![is_own], vec![sandbox], Vec::new());
        for url in [
            "https://api.psp.example",
            "https://API.psp.example:443/v1/payments?x=y",
        ] {
            assert_eq!(judged(&policy, url), Ok(Way::Outside), "{url}");
        }
        assert_eq!(judged(&policy, "http://127.0.0.1:8081/v1"), Ok(Way::Inside));
        for url in [
            "http://api.psp.example",
            "https://api.psp.example:8443",
            "https://api.psp.example.",
            "https://api.psp.example.evil.example",
            "https://evil.example",
            "https://8.8.8.8",
            "http://127.0.0.1:8082",
            "https://127.0.0.1:8081",
            "http://localhost:8081",
            "http://[::ffff:127.0.0.1]:8081",
        ] {
            assert_eq!(judged(&policy, url), Err(Refused::Place), "{url}");
        }
    }

    #[tokio::test]
    async fn what_the_operator_allows_is_called_by_address_and_by_name() {
        let policy = Policy::only(vec![is_own], Vec::new(), vec![range("127.0.0.0/8")]);
        assert_eq!(judged(&policy, "http://127.0.0.1:1/prefix"), Ok(Way::Inside));
        assert_eq!(judged(&policy, "http://psp.internal"), Ok(Way::InsideByName));
        // Allowed ranges do not weaken the rules for a vendor's own host.
        assert_eq!(judged(&policy, "http://api.psp.example"), Err(Refused::Place));
        let looked_up = async |text: &str| {
            let url = Url::parse(text).expect("a URL");
            policy.judge_with_lookup(&url).await
        };
        assert_eq!(looked_up("http://localhost:1").await, Ok(()));
        assert_eq!(looked_up("http://nowhere.invalid").await, Err(Refused::Place));
    }

    #[test]
    fn a_name_is_judged_by_what_it_stands_for() {
        let [public, private]: [IpAddr; 2] = [[8, 8, 8, 8].into(), [10, 0, 0, 1].into()];
        let all = Policy::public(Vec::new());
        assert!(all.may_stand_for("shop.example", public) && !all.may_stand_for("shop.example", private));
        let own = Policy::only(vec![is_own], Vec::new(), vec![range("10.0.0.0/8")]);
        assert!(own.may_stand_for("api.psp.example", public) && own.may_stand_for("psp.internal", private));
        assert!(!own.may_stand_for("psp.internal", public));
    }
}
