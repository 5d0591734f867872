//! Encrypts secrets before they are stored, and derives all keys from one master key.
//!
//! Every use has a key of its own: HMAC-SHA256 over a label, under the master key (the expand step of RFC 5869 with one block).
//! Secrets are sealed with AES-256-GCM. Their purpose is authenticated too, so a sealed value can't be moved to another column.

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ports::Entropy;

/// Start of a sealed text: the format's version.
const VERSION: &str = "v1.";
/// Bytes of a nonce of AES-GCM (NIST SP 800-38D: 96 bits).
const NONCE_LENGTH: usize = 12;

type Key = Zeroizing<[u8; 32]>;

/// The keys of the service.
pub struct Cipher {
    cipher: Aes256Gcm,
    hash_key: Key,
    token_signing_seed: Key,
    check_value: String,
}

/// A sealed text can't be opened: it was changed, or sealed for another purpose or under another master key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a stored secret cannot be decrypted")]
pub struct NotOpened;

impl Cipher {
    /// Derives the keys.
    pub fn new(master_key: [u8; 32]) -> Self {
        let master_key = Zeroizing::new(master_key);
        let encryption_key = derive(&master_key, "encryption");
        Self {
            cipher: Aes256Gcm::new((&*encryption_key).into()),
            hash_key: derive(&master_key, "hash"),
            token_signing_seed: derive(&master_key, "token signing"),
            check_value: hex(&derive(&master_key, "check")[..16]),
        }
    }

    /// Encrypts a text. `purpose` names its use, such as `stripe_gateways.login`, and is needed to open it.
    ///
    /// The nonce is random: with 96 bits, 2³² texts under one key keep the chance of a repeat below 2⁻³².
    pub fn seal(&self, entropy: &dyn Entropy, purpose: &str, plaintext: &str) -> String {
        let mut nonce = [0; NONCE_LENGTH];
        entropy.fill(&mut nonce);
        let payload = Payload {
            msg: plaintext.as_bytes(),
            aad: purpose.as_bytes(),
        };
        let ciphertext = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .expect("AES-GCM encrypts up to 64 GiB, and texts here are bounded by the size of a request");
        let sealed = [nonce.as_slice(), &ciphertext].concat();
        format!("{VERSION}{}", STANDARD_NO_PAD.encode(sealed))
    }

    /// Decrypts a text that [`Cipher::seal`] made for the same purpose.
    ///
    /// # Errors
    /// The text was changed, or sealed for another purpose or under another master key.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<String, NotOpened> {
        let encoded = sealed.strip_prefix(VERSION).ok_or(NotOpened)?;
        let bytes = STANDARD_NO_PAD.decode(encoded).map_err(|_| NotOpened)?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_LENGTH>().ok_or(NotOpened)?;
        let payload = Payload {
            msg: ciphertext,
            aad: purpose.as_bytes(),
        };
        let plaintext = self
            .cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| NotOpened)?;
        String::from_utf8(plaintext).map_err(|_| NotOpened)
    }

    /// A keyed hash, in hex. It suits random texts of 128 bits and more, such as client secrets; passwords need a slow hash.
    pub fn keyed_hash(&self, purpose: &str, text: &str) -> String {
        hex(&hmac(&self.hash_key, &[purpose.as_bytes(), b"\0", text.as_bytes()])[..])
    }

    /// Whether a text has a keyed hash. The time does not depend on where they differ.
    pub fn verify_hash(&self, purpose: &str, text: &str, hash: &str) -> bool {
        self.keyed_hash(purpose, text)
            .as_bytes()
            .ct_eq(hash.as_bytes())
            .into()
    }

    /// A value that identifies the master key and reveals nothing else about it. It is stored to recognize the key.
    pub fn check_value(&self) -> &str {
        &self.check_value
    }

    /// Seed of the Ed25519 key that signs access tokens.
    pub fn token_signing_seed(&self) -> Zeroizing<[u8; 32]> {
        self.token_signing_seed.clone()
    }
}

fn derive(master_key: &Key, label: &str) -> Key {
    hmac(master_key, &[b"tillgate ", label.as_bytes(), &[1]])
}

fn hmac(key: &Key, parts: &[&[u8]]) -> Key {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key[..]).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// Counts up, so that each nonce differs.
    #[derive(Default)]
    struct Counter(AtomicU8);

    impl Entropy for Counter {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    fn cipher() -> Cipher {
        Cipher::new([7; 32])
    }

    #[test]
    fn what_is_sealed_opens_again() {
        let entropy = Counter::default();
        let sealed = cipher().seal(&entropy, "a", "sk_test_é");
        assert!(sealed.starts_with("v1."));
        assert!(!sealed.contains("sk_test"));
        assert_eq!(cipher().open("a", &sealed).as_deref(), Ok("sk_test_é"));
    }

    #[test]
    fn equal_texts_are_sealed_differently() {
        let entropy = Counter::default();
        assert_ne!(
            cipher().seal(&entropy, "a", "x"),
            cipher().seal(&entropy, "a", "x")
        );
    }

    #[test]
    fn another_purpose_key_or_text_does_not_open() {
        let sealed = cipher().seal(&Counter::default(), "a", "secret");
        assert_eq!(cipher().open("b", &sealed), Err(NotOpened));
        assert_eq!(Cipher::new([8; 32]).open("a", &sealed), Err(NotOpened));
        let mut changed = sealed.clone().into_bytes();
        changed[20] = if changed[20] == b'A' { b'B' } else { b'A' };
        assert_eq!(
            cipher().open("a", &String::from_utf8(changed).unwrap()),
            Err(NotOpened)
        );
        for text in ["", "v1.", "v1.AAAA", "v2.AAAA", "not base64 !"] {
            assert_eq!(cipher().open("a", text), Err(NotOpened), "{text}");
        }
    }

    #[test]
    fn hashes_depend_on_key_purpose_and_text() {
        let hash = cipher().keyed_hash("client_secret", "s");
        assert_eq!(hash.len(), 64);
        assert!(cipher().verify_hash("client_secret", "s", &hash));
        assert!(!cipher().verify_hash("client_secret", "t", &hash));
        assert!(!cipher().verify_hash("other", "s", &hash));
        assert!(!Cipher::new([8; 32]).verify_hash("client_secret", "s", &hash));
        assert!(!cipher().verify_hash("client_secret", "s", ""));
    }

    #[test]
    fn every_use_has_a_key_of_its_own() {
        let cipher = cipher();
        assert_ne!(cipher.token_signing_seed(), cipher.hash_key);
        assert_ne!(cipher.check_value(), Cipher::new([8; 32]).check_value());
        assert_eq!(cipher.check_value(), Cipher::new([7; 32]).check_value());
    }

    /// Computed independently: `printf 'tillgate check\x01' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07`.
    #[test]
    fn the_check_value_never_changes() {
        assert_eq!(cipher().check_value(), "06a90ff7fe9df88d4583f25219cefe72");
    }
}
