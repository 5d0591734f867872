//! The list of revoked access tokens. Tokens are verified without the database, so each instance keeps this list, and reads new
//! revocations every few seconds.

use std::{
    collections::HashMap,
    sync::{
        RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};
use tillgate_model::{Problem, Problems, problem::Kind};
use tillgate_payments::{
    Context,
    revocations::{self, Revocation, Subject},
};

use crate::tokens::Claims;

/// Time between two reads.
pub const INTERVAL: Duration = Duration::from_secs(2);
/// Maximum age of the list for requests that change something.
const MAX_AGE: Duration = Duration::from_secs(30);
/// Number of revocations that are read at once.
const PAGE: i64 = 1000;
/// A slow transaction may commit a lower number later: this many numbers are read again.
const OVERLAP: i64 = 1000;
/// Number of revocations above which clients can revoke no more. Operators and changed passwords still can.
const MAX_OF_CLIENTS: usize = 200_000;
/// Number of revocations above which the list counts as unreadable.
const MAX: usize = 1_000_000;

/// Hash of the property that revoked tokens share: there may be many.
type Key = [u8; 16];

#[derive(Clone, Copy, PartialEq)]
struct Entry {
    sequence: i64,
    /// In milliseconds; all if absent.
    issued_before: Option<i64>,
    /// In seconds; never if absent.
    expires_at: Option<i64>,
}

#[derive(Default)]
struct List {
    entries: HashMap<Key, Entry>,
    /// Number of the last revocation.
    last: i64,
}

/// The list of revoked access tokens.
pub struct Revocations {
    list: RwLock<List>,
    /// Counts the changes of the list.
    generation: AtomicU64,
    began: Instant,
    /// Time of the last read, in milliseconds after `begun`.
    read_at: AtomicU64,
    /// Whether the list gets old. A service without other writers reads it between requests.
    ages: bool,
}

impl Revocations {
    /// An empty list. The caller [reads](Self::refresh) it.
    pub fn new(ages: bool) -> Self {
        Self {
            list: RwLock::default(),
            generation: AtomicU64::new(0),
            began: Instant::now(),
            read_at: AtomicU64::new(0),
            ages,
        }
    }

    /// Reads new revocations.
    ///
    /// # Errors
    /// The database fails, or the list is too long.
    pub async fn refresh(&self, context: &Context) -> Result<(), Problems> {
        let begins = self.elapsed();
        let mut last = self.read_list().last.saturating_sub(OVERLAP).max(0);
        loop {
            let page = revocations::after(context, last, PAGE).await?;
            let is_whole = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            last = page.last().map_or(last, |revocation| revocation.sequence);
            self.add(&page, context.clock.now().timestamp())?;
            if is_whole {
                break;
            }
        }
        self.read_at.store(begins, Ordering::SeqCst);
        Ok(())
    }

    /// Reads the whole list again, after the database has returned to an earlier state.
    ///
    /// # Errors
    /// The database fails, or the list is too long.
    pub async fn reload(&self, context: &Context) -> Result<(), Problems> {
        *self.list.write().unwrap_or_else(|broken| broken.into_inner()) = List::default();
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.refresh(context).await
    }

    fn add(&self, page: &[Revocation], now: i64) -> Result<(), Problems> {
        let mut list = self.list.write().unwrap_or_else(|broken| broken.into_inner());
        let mut changed = false;
        for revocation in page {
            list.last = list.last.max(revocation.sequence);
            let entry = Entry {
                sequence: revocation.sequence,
                issued_before: revocation.issued_before,
                expires_at: revocation.expires_at,
            };
            let key = key(&revocation.kind, &revocation.subject);
            // The last revocation of a subject counts.
            let known = list.entries.get(&key).copied();
            if known.is_none_or(|known| known.sequence < entry.sequence) {
                list.entries.insert(key, entry);
                changed = true;
            }
        }
        if changed {
            list.entries
                .retain(|_, entry| entry.expires_at.is_none_or(|end| end > now));
            self.generation.fetch_add(1, Ordering::SeqCst);
        }
        if list.entries.len() > MAX {
            tracing::error!("too many access tokens are revoked for the list");
            return Err(stale());
        }
        Ok(())
    }

    /// A number that changes with the list.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether a token is revoked.
    pub fn has(&self, claims: &Claims) -> bool {
        let list = self.read_list();
        if list.entries.is_empty() {
            return false;
        }
        let made_at = claims.made_at();
        let counts = |subject: Subject, value: &str| {
            let entry = list.entries.get(&key(subject.word(), value));
            entry.is_some_and(|entry| entry.issued_before.is_none_or(|before| made_at <= before))
        };
        counts(Subject::Application, &claims.application.id)
            || counts(Subject::Token, &claims.jti)
            || claims
                .owner
                .as_ref()
                .is_some_and(|owner| counts(Subject::Customer, &owner.id))
            || claims
                .sid
                .as_ref()
                .is_some_and(|login| counts(Subject::Login, login))
    }

    /// Refuses a change while the list is too old: the token may have been revoked since.
    ///
    /// # Errors
    /// The list has not been read for too long.
    pub fn require_fresh(&self) -> Result<(), Problems> {
        let age = self.elapsed().saturating_sub(self.read_at.load(Ordering::SeqCst));
        if self.ages && Duration::from_millis(age) > MAX_AGE {
            return Err(stale());
        }
        Ok(())
    }

    /// Refuses a client's revocation if there are too many.
    ///
    /// # Errors
    /// There are too many.
    pub fn require_room(&self) -> Result<(), Problems> {
        if self.read_list().entries.len() >= MAX_OF_CLIENTS {
            return Err(revocations::too_many());
        }
        Ok(())
    }

    fn read_list(&self) -> std::sync::RwLockReadGuard<'_, List> {
        // The list is consistent at each moment.
        self.list.read().unwrap_or_else(|broken| broken.into_inner())
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn key(kind: &str, subject: &str) -> Key {
    let hash: [u8; 32] = Sha256::digest(format!("{kind}:{subject}")).into();
    let mut key = Key::default();
    key.copy_from_slice(&hash[..16]);
    key
}

fn stale() -> Problems {
    let message = "The service can't read the revoked access tokens at the moment. Try again.";
    Problems::from(Problem::new(Kind::ServiceUnavailable, message)).retry_after(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::{ApplicationClaim, OrganizationClaim, OwnerClaim, OwnerKind};

    fn claims(made_at: i64) -> Claims {
        Claims {
            organization: OrganizationClaim {
                id: "org".into(),
                slug: "org".into(),
                enterprise: false,
            },
            application: ApplicationClaim {
                id: "app".into(),
                kind: "sales_channel".into(),
                public: true,
                confidential: false,
                client_id: "client".into(),
            },
            market: None,
            owner: Some(OwnerClaim {
                id: "customer".into(),
                kind: OwnerKind::Customer,
            }),
            scope: "market:all".into(),
            exp: i64::MAX,
            iat: made_at / 1000,
            test: true,
            rand: 0.0,
            iss: "https://pay.example".into(),
            jti: format!("{made_at:012x}rest"),
            sid: Some("login".into()),
        }
    }

    fn revocation(sequence: i64, kind: &str, subject: &str, issued_before: Option<i64>) -> Revocation {
        Revocation {
            sequence,
            kind: kind.into(),
            subject: subject.into(),
            issued_before,
            expires_at: Some(100),
        }
    }

    #[test]
    fn what_a_token_has_in_common_with_others_revokes_it() {
        let token = claims(5_000);
        for (kind, subject) in [
            ("application", "app"),
            ("customer", "customer"),
            ("login", "login"),
            ("token", token.jti.as_str()),
        ] {
            for (issued_before, expected) in [(None, true), (Some(5_000), true), (Some(4_999), false)] {
                let list = Revocations::new(true);
                list.add(&[revocation(1, kind, subject, issued_before)], 1)
                    .expect("room");
                assert_eq!(list.has(&token), expected, "{kind} {issued_before:?}");
            }
            let list = Revocations::new(true);
            list.add(&[revocation(1, kind, "other", None)], 1).expect("room");
            assert!(!list.has(&token), "{kind}");
        }
    }

    #[test]
    fn the_last_word_counts_in_whichever_order_it_is_read() {
        let list = Revocations::new(true);
        list.add(&[revocation(2, "application", "app", Some(4_000))], 1)
            .expect("room");
        let generation = list.generation();
        list.add(&[revocation(1, "application", "app", None)], 1)
            .expect("room");
        assert!(!list.has(&claims(5_000)));
        assert_eq!(list.generation(), generation, "nothing has changed");
        // The next change removes expired revocations.
        list.add(&[revocation(3, "token", "x", None)], 101).expect("room");
        assert!(!list.has(&claims(3_000)));
    }

    #[test]
    fn a_list_that_is_not_read_gets_old() {
        let list = Revocations::new(true);
        assert!(list.require_fresh().is_ok());
        let began = Instant::now().checked_sub(MAX_AGE + Duration::from_secs(1));
        let list = |ages| Revocations {
            began: began.expect("a moment"),
            ..Revocations::new(ages)
        };
        assert!(list(true).require_fresh().is_err());
        assert!(list(false).require_fresh().is_ok());
    }
}
