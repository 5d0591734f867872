//! The URLs that PSPs may have.

use tillgate_outgoing::{IpNet, OwnHost, Policy, Refused};
use url::{Origin, Url};

use crate::{checkout_com, stripe};

/// The hosts of all vendors.
const OWN_HOSTS: [OwnHost; 2] = [stripe::is_own_host, checkout_com::is_own_host];

/// The URLs that PSPs may have besides the vendors' own hosts.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Origin of the sandbox in this process.
    pub sandbox: Option<Origin>,
    /// Ranges of addresses that the operator allows.
    pub allowed: Vec<IpNet>,
}

impl Places {
    /// The policy for calls to all vendors.
    pub(crate) fn policy(&self) -> Policy {
        self.policy_of(OWN_HOSTS.to_vec())
    }

    fn policy_of(&self, own_hosts: Vec<OwnHost>) -> Policy {
        Policy::only(
            own_hosts,
            self.sandbox.iter().cloned().collect(),
            self.allowed.clone(),
        )
    }

    /// Judges the URL of one vendor's gateway. Requests add their own paths, so only a host that the operator allows may have a
    /// path before them.
    pub(crate) async fn judge(&self, is_own_host: OwnHost, base_url: &Url) -> Result<(), Refused> {
        let policy = self.policy_of(vec![is_own_host]);
        policy.judge_with_lookup(base_url).await?;
        let is_allowed_by_operator = Policy::only(Vec::new(), Vec::new(), self.allowed.clone())
            .judge(base_url)
            .is_ok();
        let is_vendors = base_url.host_str().is_some_and(is_own_host);
        if base_url.path() == "/" || (is_allowed_by_operator && !is_vendors) {
            Ok(())
        } else {
            Err(Refused::Place)
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn judged(places: &Places, is_own_host: OwnHost, text: &str) -> bool {
        let url = Url::parse(text).expect("a URL");
        // None of these needs a lookup.
        places
            .judge(is_own_host, &url)
            .now_or_never()
            .expect("at once")
            .is_ok()
    }

    #[test]
    fn each_vendor_has_its_own_hosts() {
        let places = Places::default();
        for url in ["https://api.stripe.com", "https://api.stripe.com/"] {
            assert!(judged(&places, stripe::is_own_host, url), "{url}");
            assert!(!judged(&places, checkout_com::is_own_host, url), "{url}");
        }
        for url in [
            "https://api.checkout.com",
            "https://api.sandbox.checkout.com",
            "https://vkuhvk4v.api.checkout.com",
            "https://pl-vkuhvk4v.api.sandbox.checkout.com",
        ] {
            assert!(judged(&places, checkout_com::is_own_host, url), "{url}");
            assert!(!judged(&places, stripe::is_own_host, url), "{url}");
        }
        for url in [
            "http://api.stripe.com",
            "https://api.stripe.com:444",
            "https://api.stripe.com/v1",
            "https://files.stripe.com",
            "https://api.stripe.com.evil.example",
            "https://stripe.com",
            "https://a.b.api.checkout.com",
            "https://.api.checkout.com",
            "https://a_b.api.checkout.com",
            "https://evil-api.checkout.com",
            "https://www.checkout.com",
            "http://127.0.0.1:8081",
        ] {
            for is_own_host in OWN_HOSTS {
                assert!(!judged(&places, is_own_host, url), "{url}");
            }
        }
    }

    #[test]
    fn the_sandbox_is_an_origin_and_a_range_may_have_paths() {
        let places = Places {
            sandbox: Url::parse("http://127.0.0.1:8081").ok().map(|url| url.origin()),
            allowed: vec!["10.0.0.0/8".parse().expect("a range")],
        };
        for url in [
            "http://127.0.0.1:8081",
            "http://10.0.0.1:9000/psp/stripe",
            "https://10.0.0.1",
        ] {
            assert!(judged(&places, stripe::is_own_host, url), "{url}");
        }
        for url in [
            "http://127.0.0.1:8081/sandbox/faults",
            "http://127.0.0.1:8080",
            "http://127.0.0.1:8081/#",
            "https://api.stripe.com/v1",
            "http://11.0.0.1",
        ] {
            assert!(!judged(&places, stripe::is_own_host, url), "{url}");
        }
    }
}
