//! The signature of a webhook: HMAC-SHA256, in hexadecimal digits.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The bytes of an HMAC-SHA256.
pub(crate) type Digest = [u8; 32];

/// A digest from the hexadecimal digits of a header.
pub(crate) fn digest_of(hexadecimal: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    hex::decode_to_slice(hexadecimal, &mut digest).ok()?;
    Some(digest)
}

/// Whether one of the digests signs the message under one of the secrets. The message is the concatenation of the parts. The time
/// depends on the number of secrets and digests, and not on which ones match.
///
/// An empty secret signs nothing: anyone could use it.
pub(crate) fn is_signed(secrets: &[SecretString], message: &[&[u8]], digests: &[Digest]) -> bool {
    let mut signed = Choice::from(0);
    for secret in secrets {
        let key = secret.expose_secret().as_bytes();
        if key.is_empty() {
            continue;
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
        message.iter().for_each(|part| mac.update(part));
        let expected = mac.finalize().into_bytes();
        for digest in digests {
            signed |= expected.as_slice().ct_eq(digest);
        }
    }
    signed.into()
}
