//! Access tokens: JWTs signed with Ed25519 (RFC 8037), whose claims have the names that clients of Commerce Layer know.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tillgate_model::Id;
use tillgate_payments::{ApplicationKind, Clock, Entropy, accounts::Application, logins::Session};

/// Start of the PKCS #8 form of an Ed25519 private key (RFC 8410 section 7); the seed follows.
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
];

const INTEGRATION_LIFETIME: i64 = 2 * 60 * 60;
const SALES_CHANNEL_LIFETIME: i64 = 4 * 60 * 60;

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The organization.
    pub organization: OrganizationClaim,
    /// The application.
    pub application: ApplicationClaim,
    /// The market that a sales channel sells in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market: Option<MarketClaim>,
    /// The customer, if one has logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerClaim>,
    /// Granted scope.
    pub scope: String,
    /// Time of its expiry, in seconds since 1970.
    pub exp: i64,
    /// Time of its issue, in seconds since 1970.
    pub iat: i64,
    /// Whether it is in test mode.
    pub test: bool,
    /// Random number, so that two tokens of the same second differ.
    pub rand: f64,
    /// Issuer.
    pub iss: String,
    /// Id of the token. It begins with the time of its issue, in milliseconds since 1970 as twelve hexadecimal digits.
    pub jti: String,
    /// The login that a customer's token belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

impl Claims {
    /// Time of its issue, in milliseconds since 1970: a revocation must not cover later tokens of the same second.
    pub fn made_at(&self) -> i64 {
        let digits = self.jti.get(..12).unwrap_or_default();
        i64::from_str_radix(digits, 16).unwrap_or(self.iat * 1000)
    }
}

/// The organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganizationClaim {
    /// Its id.
    pub id: String,
    /// Its name as a part of host names. Clients of the published API need it.
    #[serde(default)]
    pub slug: String,
    /// Always false here. Clients of the published API read it.
    #[serde(default)]
    pub enterprise: bool,
}

/// The application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApplicationClaim {
    /// Its id.
    pub id: String,
    /// `integration` or `sales_channel`.
    pub kind: String,
    /// Whether its credentials are public.
    pub public: bool,
    /// Whether it has a secret.
    #[serde(default)]
    pub confidential: bool,
    /// Its client id.
    pub client_id: String,
}

/// The markets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarketClaim {
    /// Their ids.
    pub id: Vec<String>,
}

/// The customer that an application calls for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnerClaim {
    /// The id.
    pub id: String,
    /// Type of the owner.
    #[serde(rename = "type")]
    pub kind: OwnerKind,
}

/// The types of owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnerKind {
    /// A customer.
    Customer,
}

/// A signed token.
pub struct AccessToken {
    /// The JWT.
    pub token: String,
    /// Its claims.
    pub claims: Claims,
}

/// The issuer unless the operator names one: `https://auth.` and the host of the public URL. Clients of the published API send
/// client secrets and tokens to the issuer if it begins so, and else to the host of that API.
pub fn default_issuer(public_url: &str) -> String {
    let url = url::Url::parse(public_url).ok();
    let port = url.as_ref().and_then(url::Url::port);
    let host = match url.as_ref().and_then(url::Url::domain) {
        Some(name) if name.starts_with("auth.") => name.to_owned(),
        Some(name) => format!("auth.{name}"),
        // An address has no names below it.
        None => "auth.localhost".to_owned(),
    };
    match port {
        Some(port) => format!("https://{host}:{port}"),
        None => format!("https://{host}"),
    }
}

/// A name as a part of host names.
fn slug(name: &str) -> String {
    let words = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase);
    words.collect::<Vec<_>>().join("-")
}

/// Signs and verifies tokens.
pub struct Tokens {
    issuer: String,
    /// The issuer that tokens had before the setting was changed, or before there was one.
    former_issuer: String,
    key_id: String,
    public_key: String,
    signing_key: EncodingKey,
    verification_key: DecodingKey,
}

/// The token is not this service's, or has expired.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotValid;

impl Tokens {
    /// Tokens that are signed with the key of a seed. Those of another issuer, which formerly was the service's public URL, are
    /// valid until they end.
    pub fn new(seed: &[u8; 32], issuer: &str, former_issuer: &str) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are a seed of Ed25519");
        let public_key = pair.public_key().as_ref();
        let encoded = URL_SAFE_NO_PAD.encode(public_key);
        // The key's thumbprint (RFC 7638, RFC 8037 appendix A.3).
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{encoded}"}}"#));
        let private_key = zeroize::Zeroizing::new([PKCS8_PREFIX.as_slice(), seed].concat());
        Self {
            issuer: issuer.to_owned(),
            former_issuer: former_issuer.to_owned(),
            key_id: URL_SAFE_NO_PAD.encode(thumbprint),
            signing_key: EncodingKey::from_ed_der(&private_key),
            verification_key: DecodingKey::from_ed_der(public_key),
            public_key: encoded,
        }
    }

    /// Makes a token for an application, and for the customer who has logged in through it.
    ///
    /// # Errors
    /// When signing fails, which a key made by [`Tokens::new`] never does.
    pub fn issue(
        &self,
        application: &Application,
        session: Option<&Session>,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<AccessToken, jsonwebtoken::errors::Error> {
        let lifetime = match application.kind {
            ApplicationKind::Integration => INTEGRATION_LIFETIME,
            ApplicationKind::SalesChannel => SALES_CHANNEL_LIFETIME,
        };
        let made_at = session.map_or_else(|| clock.now(), |session| session.at.moment());
        let now = made_at.timestamp();
        let mut random = [0; 4];
        entropy.fill(&mut random);
        let mut unique = [0; 10];
        entropy.fill(&mut unique);
        let claims = Claims {
            organization: OrganizationClaim {
                id: application.organization_id.to_string(),
                slug: slug(&application.organization),
                enterprise: false,
            },
            application: ApplicationClaim {
                id: application.id.to_string(),
                kind: application.kind.to_string(),
                public: application.kind == ApplicationKind::SalesChannel,
                confidential: application.kind == ApplicationKind::Integration,
                client_id: application.client_id.clone(),
            },
            market: application.market_id.as_ref().map(|id| MarketClaim {
                id: vec![id.to_string()],
            }),
            owner: session.map(|session| OwnerClaim {
                id: session.customer_id.to_string(),
                kind: OwnerKind::Customer,
            }),
            scope: scope(application.market_id.as_ref()),
            exp: now + lifetime,
            iat: now,
            test: application.test,
            rand: f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX),
            iss: self.issuer.clone(),
            jti: format!("{:012x}{}", made_at.timestamp_millis(), hex::encode(unique)),
            sid: session.map(|session| session.login_id.clone()),
        };
        let header = Header {
            kid: Some(self.key_id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let token = jsonwebtoken::encode(&header, &claims, &self.signing_key)?;
        Ok(AccessToken { token, claims })
    }

    /// The claims of a token that we signed and that has not ended.
    ///
    /// # Errors
    /// Anything else.
    pub fn verify(&self, token: &str, clock: &dyn Clock) -> Result<Claims, NotValid> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| NotValid)?;
        if header.kid.as_deref() != Some(self.key_id.as_str()) {
            return Err(NotValid);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The end is compared below, with the service's clock and without leeway.
        validation.validate_exp = false;
        validation.set_issuer(&[&self.issuer, &self.former_issuer]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        let claims: Claims = jsonwebtoken::decode(token, &self.verification_key, &validation)
            .map_err(|_| NotValid)?
            .claims;
        if claims.exp > clock.now().timestamp() {
            Ok(claims)
        } else {
            Err(NotValid)
        }
    }

    /// The JSON Web Key Set (RFC 7517) that others check tokens with.
    pub fn key_set(&self) -> KeySet {
        KeySet {
            keys: vec![Key {
                kty: "OKP",
                crv: "Ed25519",
                alg: "EdDSA",
                usage: "sig",
                kid: self.key_id.clone(),
                x: self.public_key.clone(),
            }],
        }
    }
}

/// The scope that an application's tokens have.
pub fn scope(market_id: Option<&Id>) -> String {
    market_id.map_or_else(|| "market:all".to_owned(), |id| format!("market:id:{id}"))
}

/// The keys that verify access tokens (RFC 7517).
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// A public key.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = JsonWebKey)]
pub struct Key {
    /// Type of the key: an octet key pair (RFC 8037).
    kty: &'static str,
    /// The curve.
    crv: &'static str,
    /// The signature's algorithm.
    alg: &'static str,
    /// Use of the key: signatures.
    #[serde(rename = "use")]
    usage: &'static str,
    /// Identifier of the key, which a token's header names.
    kid: String,
    /// The public key, base64url.
    x: String,
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use tillgate_model::Timestamp;

    use super::*;

    struct Fixed(i64);

    impl Clock for Fixed {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(self.0, 0).expect("a moment")
        }
    }

    const ISSUER: &str = "https://auth.pay.example";

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    fn application(kind: ApplicationKind) -> Application {
        let id = |text: &str| text.parse().expect("an id");
        Application {
            id: id("aaaaaaaaaa"),
            organization_id: id("bbbbbbbbbb"),
            organization: "Acme & Sons".into(),
            test: true,
            kind,
            market_id: (kind == ApplicationKind::SalesChannel).then(|| id("cccccccccc")),
            name: "shop".into(),
            client_id: "client".into(),
        }
    }

    fn issue(tokens: &Tokens, kind: ApplicationKind) -> AccessToken {
        tokens
            .issue(&application(kind), None, &Fixed(1_000_000), &Zeros)
            .expect("signed")
    }

    #[test]
    fn a_token_comes_back_as_it_was_made() {
        let tokens = Tokens::new(&[1; 32], ISSUER, ISSUER);
        let made = issue(&tokens, ApplicationKind::SalesChannel);
        let claims = tokens.verify(&made.token, &Fixed(1_000_001)).expect("valid");
        assert_eq!(claims, made.claims);
        assert_eq!(claims.scope, "market:id:cccccccccc");
        assert_eq!(claims.application.kind, "sales_channel");
        assert!(claims.application.public && !claims.application.confidential && claims.test);
        assert_eq!(claims.organization.slug, "acme-sons");
        assert_eq!(claims.iss, ISSUER);
        assert_eq!(
            issue(&tokens, ApplicationKind::Integration).claims.scope,
            "market:all"
        );
    }

    #[test]
    fn a_customers_token_names_them() {
        let tokens = Tokens::new(&[1; 32], ISSUER, ISSUER);
        let (shop, customer) = (application(ApplicationKind::SalesChannel), "dddddddddd");
        let session = Session {
            customer_id: customer.parse().expect("an id"),
            refresh_token: String::new().into(),
            login_id: "eeeeeeeeee".into(),
            at: Timestamp::new(Fixed(1_000_000).now()),
        };
        let made = tokens
            .issue(&shop, Some(&session), &Fixed(1_000_000), &Zeros)
            .expect("signed");
        let claims = tokens.verify(&made.token, &Fixed(1_000_001)).expect("valid");
        let owner = serde_json::to_value(&claims).expect("JSON")["owner"].take();
        assert_eq!(owner, serde_json::json!({"id": customer, "type": "Customer"}));
        assert_eq!(claims.sid.as_deref(), Some("eeeeeeeeee"));
        assert_eq!(claims.made_at(), 1_000_000_000);
        let guest = issue(&tokens, ApplicationKind::SalesChannel).claims;
        assert!(serde_json::to_value(guest).expect("JSON").get("owner").is_none());
    }

    #[test]
    fn the_issuer_is_a_host_below_that_of_the_public_url() {
        for (public_url, issuer) in [
            ("http://127.0.0.1:8080", "https://auth.localhost:8080"),
            ("http://localhost:8080", "https://auth.localhost:8080"),
            ("http://[::1]:8080", "https://auth.localhost:8080"),
            ("https://pay.example", "https://auth.pay.example"),
            ("https://pay.example:8443/tills", "https://auth.pay.example:8443"),
            ("https://auth.pay.example", "https://auth.pay.example"),
        ] {
            assert_eq!(default_issuer(public_url), issuer, "{public_url}");
        }
    }

    #[test]
    fn tokens_of_the_former_issuer_are_valid() {
        let former = Tokens::new(&[1; 32], "https://pay.example", "https://pay.example");
        let token = issue(&former, ApplicationKind::Integration).token;
        let now = Tokens::new(&[1; 32], ISSUER, "https://pay.example");
        assert!(now.verify(&token, &Fixed(1_000_001)).is_ok());
        let other = Tokens::new(&[1; 32], ISSUER, "https://else.example");
        assert_eq!(other.verify(&token, &Fixed(1_000_001)), Err(NotValid));
    }

    #[test]
    fn it_ends_to_the_second() {
        let tokens = Tokens::new(&[1; 32], ISSUER, ISSUER);
        let token = issue(&tokens, ApplicationKind::Integration).token;
        let end = 1_000_000 + INTEGRATION_LIFETIME;
        assert!(tokens.verify(&token, &Fixed(end - 1)).is_ok());
        assert_eq!(tokens.verify(&token, &Fixed(end)), Err(NotValid));
    }

    #[test]
    fn tokens_of_others_are_refused() {
        let ours = Tokens::new(&[1; 32], ISSUER, ISSUER);
        let clock = Fixed(1_000_001);
        let other_key = issue(
            &Tokens::new(&[2; 32], ISSUER, ISSUER),
            ApplicationKind::Integration,
        )
        .token;
        let other_issuer = issue(
            &Tokens::new(&[1; 32], "https://else.example", "https://else.example"),
            ApplicationKind::Integration,
        )
        .token;
        let good = issue(&ours, ApplicationKind::Integration).token;
        let parts: Vec<&str> = good.split('.').collect();
        let unsigned = format!(r#"{{"alg":"none","kid":"{}"}}"#, ours.key_id);
        let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(unsigned), parts[1]);
        let foreign_payload = other_issuer.split('.').nth(1).expect("three parts");
        let mixed = format!("{}.{foreign_payload}.{}", parts[0], parts[2]);
        for token in [
            &other_key,
            &other_issuer,
            &unsigned,
            &mixed,
            "",
            "a.b.c",
            &good[..good.len() - 2],
        ] {
            assert_eq!(ours.verify(token, &clock), Err(NotValid), "{token}");
        }
        assert!(ours.verify(&good, &clock).is_ok());
    }

    /// Seed, public key and thumbprint of RFC 8037, appendix A.
    #[test]
    fn the_key_is_that_of_the_standard() {
        let seed = URL_SAFE_NO_PAD
            .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .expect("base64");
        let tokens = Tokens::new(&seed.try_into().expect("32 bytes"), ISSUER, ISSUER);
        assert_eq!(tokens.public_key, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(tokens.key_id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
