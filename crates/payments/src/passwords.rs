//! Passwords of customers, hashed with Argon2id outside of the threads that answer requests.

use std::{
    collections::HashMap,
    hint::black_box,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use argon2::{
    Argon2,
    password_hash::{Error, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tillgate_model::{Problem, Problems, problem::Kind};
use tokio::sync::Semaphore;

use crate::{cipher::Cipher, failure::Failure, ports::Entropy};

/// The context that the hashes are sealed under.
const PURPOSE: &str = "customer_passwords.hash";
/// Bytes of a salt (RFC 9106 section 3.1 recommends 16).
const SALT_LENGTH: usize = 16;
/// Passwords that may wait for each one that is being hashed: at some twenty milliseconds each, they wait about a second.
const QUEUE: usize = 32;

/// Hashes passwords, a few at a time: each takes a processor, and 19 MiB of memory (the crate's defaults, which are the least
/// that OWASP's Password Storage Cheat Sheet recommends: two passes over 19 MiB).
pub struct Passwords {
    working: Arc<Semaphore>,
    queue: Arc<Queue>,
}

/// Passwords that are being hashed, or wait.
struct Queue {
    places: usize,
    places_of_client: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_client: HashMap<String, usize>,
}

/// A place in the queue. Dropping it frees the place.
pub struct Place {
    queue: Arc<Queue>,
    client: String,
}

impl Passwords {
    /// Hashes up to `parallel` passwords at once. Up to `places_of_client` passwords of one client are hashed or wait.
    pub fn new(parallel: usize, places_of_client: usize) -> Self {
        Self {
            working: Arc::new(Semaphore::new(parallel)),
            queue: Arc::new(Queue {
                places: parallel.saturating_mul(QUEUE),
                places_of_client,
                taken: Mutex::default(),
            }),
        }
    }

    /// Takes a place in the queue for a password of a client, such as a network address.
    pub fn enter(&self, client: String) -> Result<Place, Failure> {
        let mut taken = self.queue.lock();
        let of_client = taken.by_client.get(&client).copied().unwrap_or_default();
        if of_client >= self.queue.places_of_client {
            return Err(too_many_of_client());
        }
        if taken.all >= self.queue.places {
            return Err(busy());
        }
        taken.all += 1;
        taken.by_client.insert(client.clone(), of_client + 1);
        drop(taken);
        Ok(Place {
            queue: Arc::clone(&self.queue),
            client,
        })
    }

    /// Hashes a new password, with a salt from `entropy`. The hash is in the PHC string format, which names its parameters.
    async fn hash(
        &self,
        place: Place,
        entropy: &dyn Entropy,
        password: SecretString,
    ) -> Result<String, Failure> {
        let mut salt = [0; SALT_LENGTH];
        entropy.fill(&mut salt);
        let hash = self.run(place, move || hash(&password, &salt)).await?;
        Ok(hash.map_err(fault)?.to_string())
    }

    /// Whether a password has a hash. Without a hash, the answer is no after the same time.
    async fn verify(
        &self,
        place: Place,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, Failure> {
        let verified = self
            .run(place, move || verify(&password, hash.as_deref()))
            .await?;
        match verified {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let working = Arc::clone(&self.working).acquire_owned().await;
        let working = working.map_err(|error| Failure::Internal(error.to_string()))?;
        let finished = tokio::task::spawn_blocking(move || {
            // Held to the end of the work, even if the caller no longer waits.
            let (_place, _working) = (place, working);
            work()
        });
        finished
            .await
            .map_err(|error| Failure::Internal(format!("hashing a password: {error}")))
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.queue.lock();
        taken.all = taken.all.saturating_sub(1);
        if let Some(of_client) = taken.by_client.get_mut(&self.client) {
            *of_client = of_client.saturating_sub(1);
            if *of_client == 0 {
                taken.by_client.remove(&self.client);
            }
        }
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

fn too_many_of_client() -> Failure {
    let message =
        "Too many passwords from this address are being checked at the same time. Send one after the other.";
    Problems::from(Problem::too_many("max-passwords-of-address", message))
        .retry_after(1)
        .into()
}

impl Passwords {
    /// Hashes and seals a password for the database.
    pub async fn seal(
        &self,
        cipher: &Cipher,
        entropy: &dyn Entropy,
        client: String,
        password: SecretString,
    ) -> Result<String, Failure> {
        let place = self.enter(client)?;
        let hash = self.hash(place, entropy, password).await?;
        Ok(cipher.seal(entropy, PURPOSE, &hash))
    }

    /// Whether a password is the one that [`seal`](Self::seal) got. Without a stored one, the answer is no after the same time.
    pub async fn check(
        &self,
        cipher: &Cipher,
        place: Place,
        password: SecretString,
        stored: Option<&str>,
    ) -> Result<bool, Failure> {
        let hash = stored.map(|stored| cipher.open(PURPOSE, stored)).transpose()?;
        self.verify(place, password, hash).await
    }
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
        let (passwords, entropy) = (Passwords::new(1, 1), Counted(0.into()));
        let place = || passwords.enter("client".into()).unwrap();
        let make = async || passwords.hash(place(), &entropy, "correct horse".into()).await;
        let (one, other) = (make().await.unwrap(), make().await.unwrap());
        assert_ne!(one, other, "each hash has a salt of its own");
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        let verify = async |password: &str, hash: Option<&str>| {
            let hash = hash.map(str::to_owned);
            passwords.verify(place(), password.into(), hash).await.unwrap()
        };
        assert!(verify("correct horse", Some(&one)).await);
        assert!(verify("correct horse", Some(&other)).await);
        assert!(!verify("correct horsf", Some(&one)).await);
        assert!(!verify("correct horse", None).await);
        let damaged = passwords
            .verify(place(), "correct horse".into(), Some("$argon2id$".into()))
            .await;
        assert!(matches!(damaged, Err(Failure::Internal(_))), "{damaged:?}");
    }

    #[tokio::test]
    async fn those_who_would_wait_too_long_are_sent_away() {
        let passwords = Passwords::new(1, 2);
        let places: Vec<_> = (0..=QUEUE)
            .map(|number| passwords.enter(format!("{number}")))
            .collect();
        let (served, refused): (Vec<_>, Vec<_>) = places.into_iter().partition(Result::is_ok);
        assert_eq!((served.len(), refused.len()), (QUEUE, 1));
        let Some(Err(Failure::Problems(problems))) = refused.into_iter().next() else {
            panic!("refused otherwise");
        };
        assert_eq!((problems.status(), problems.retry_after), (503, Some(1)));
        // Finished passwords have freed their places.
        for place in served {
            assert!(passwords.run(place.unwrap(), || ()).await.is_ok());
        }
        assert!(passwords.enter("0".into()).is_ok());
        assert!(passwords.queue.lock().by_client.is_empty());
    }

    #[test]
    fn one_client_leaves_room_for_others() {
        let passwords = Passwords::new(1, 2);
        let places: Vec<_> = (0..3).map(|_| passwords.enter("one".into())).collect();
        let (served, refused): (Vec<_>, Vec<_>) = places.into_iter().partition(Result::is_ok);
        assert_eq!((served.len(), refused.len()), (2, 1));
        let Some(Err(Failure::Problems(problems))) = refused.into_iter().next() else {
            panic!("refused otherwise");
        };
        assert_eq!((problems.status(), problems.retry_after), (429, Some(1)));
        assert!(passwords.enter("other".into()).is_ok());
        drop(served);
        assert!(passwords.enter("one".into()).is_ok());
    }
}
