//! Passwords of customers: hashed with Argon2id, away from the threads that answer requests.

use std::{hint::black_box, sync::Arc};

use argon2::{
    Argon2,
    password_hash::{Error, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tillgate_model::{Problem, Problems, problem::Kind};
use tokio::sync::Semaphore;

use crate::{
    context::{Context, Entropy},
    failure::Failure,
};

/// What the hashes are sealed as.
const PURPOSE: &str = "customer_passwords.hash";
/// Bytes of a salt (RFC 9106 section 3.1 recommends 16).
const SALT_LENGTH: usize = 16;
/// Passwords that wait for their turn, for each that is being hashed: at some twenty milliseconds each, they wait about a
/// second.
const QUEUE: usize = 32;

/// Hashes passwords, a few at a time: each takes a processor, and 19 MiB of memory (the crate's defaults, which are the least
/// that OWASP's Password Storage Cheat Sheet recommends: two passes over 19 MiB).
pub struct Passwords {
    working: Arc<Semaphore>,
    places: Semaphore,
}

impl Passwords {
    /// Hashes up to `parallel` passwords at once.
    pub fn new(parallel: usize) -> Self {
        Self {
            working: Arc::new(Semaphore::new(parallel)),
            places: Semaphore::new(parallel.saturating_mul(QUEUE)),
        }
    }

    /// Hashes a new password; the salt comes from `entropy`. The hash is in the PHC string format, which names the parameters
    /// that it was made with.
    async fn hash(&self, entropy: &dyn Entropy, password: SecretString) -> Result<String, Failure> {
        let mut salt = [0; SALT_LENGTH];
        entropy.fill(&mut salt);
        let hash = self.run(move || hash(&password, &salt)).await?;
        Ok(hash.map_err(fault)?.to_string())
    }

    /// Whether a password has a hash. Without a hash it has not, which takes as long to find out.
    async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Failure> {
        let verified = self.run(move || verify(&password, hash.as_deref())).await?;
        match verified {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let _place = self.places.try_acquire().map_err(|_| busy())?;
        let working = Arc::clone(&self.working).acquire_owned().await;
        let working = working.map_err(|error| Failure::Internal(error.to_string()))?;
        let finished = tokio::task::spawn_blocking(move || {
            // Held to the end of the work, whoever still waits for it.
            let _working = working;
            work()
        });
        finished
            .await
            .map_err(|error| Failure::Internal(format!("hashing a password: {error}")))
    }
}

fn hash(password: &SecretString, salt: &[u8]) -> Result<PasswordHash, Error> {
    Argon2::default().hash_password_with_salt(password.expose_secret().as_bytes(), salt)
}

fn verify(password: &SecretString, stored: Option<&str>) -> Result<(), Error> {
    let Some(stored) = stored else {
        black_box(hash(password, &[0; SALT_LENGTH])?);
        return Err(Error::PasswordInvalid);
    };
    Argon2::default().verify_password(password.expose_secret().as_bytes(), stored)
}

fn fault(error: Error) -> Failure {
    Failure::Internal(format!("hashing a password: {error}"))
}

fn busy() -> Failure {
    let problem = Problem::new(
        Kind::ServiceUnavailable,
        "Too many passwords wait to be checked. Try again.",
    );
    Problems::from(problem).retry_after(1).into()
}

/// What is stored of a password.
pub async fn seal(context: &Context, password: SecretString) -> Result<String, Failure> {
    let hash = context.passwords.hash(&*context.entropy, password).await?;
    Ok(context.vault.seal(&*context.entropy, PURPOSE, &hash))
}

/// Whether a password is the one that [`seal`] was given. Where nothing is stored, it takes as long to say no.
pub async fn check(context: &Context, password: SecretString, stored: Option<&str>) -> Result<bool, Failure> {
    let hash = stored
        .map(|stored| context.vault.open(PURPOSE, stored))
        .transpose()?;
    context.passwords.verify(password, hash).await
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted(std::sync::atomic::AtomicU8);

    impl Entropy for Counted {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[tokio::test]
    async fn a_password_has_its_own_hash_only() {
        let (passwords, entropy) = (Passwords::new(1), Counted(0.into()));
        let one = passwords.hash(&entropy, "correct horse".into()).await.unwrap();
        let other = passwords.hash(&entropy, "correct horse".into()).await.unwrap();
        assert_ne!(one, other, "each hash has a salt of its own");
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        let verify = async |password: &str, hash: Option<&str>| {
            let hash = hash.map(str::to_owned);
            passwords.verify(password.into(), hash).await.unwrap()
        };
        assert!(verify("correct horse", Some(&one)).await);
        assert!(verify("correct horse", Some(&other)).await);
        assert!(!verify("correct horsf", Some(&one)).await);
        assert!(!verify("correct horse", None).await);
        let damaged = passwords
            .verify("correct horse".into(), Some("$argon2id$".into()))
            .await;
        assert!(matches!(damaged, Err(Failure::Internal(_))), "{damaged:?}");
    }

    #[tokio::test]
    async fn those_who_would_wait_too_long_are_sent_away() {
        let passwords = Passwords::new(1);
        let waiting: Vec<_> = (0..=QUEUE).map(|_| passwords.run(|| ())).collect();
        let outcomes = futures::future::join_all(waiting).await;
        let (served, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((served.len(), refused.len()), (QUEUE, 1));
        let Some(Err(Failure::Problems(problems))) = refused.into_iter().next() else {
            panic!("refused otherwise");
        };
        assert_eq!((problems.status(), problems.retry_after), (503, Some(1)));
        // Their places are free again.
        assert!(passwords.run(|| ()).await.is_ok());
    }
}
