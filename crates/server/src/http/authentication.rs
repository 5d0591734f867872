//! Authenticates the caller by the request's access token.

use std::collections::HashMap;

use actix_web::{HttpRequest, http::header::AUTHORIZATION};
use sha2::{Digest, Sha256};
use tillgate_model::{Id, Problem, Problems, problem::Kind};
use tillgate_payments::Caller;
use tillgate_store::Scope;

use super::{client_address::ClientAddress, state::Worker};
use crate::tokens::{Claims, OwnerClaim, OwnerKind};

/// Maximum number of tokens that a thread remembers.
const MAX_REMEMBERED: usize = 4096;

/// Hashes of tokens whose signature was checked before: a check takes longer than most of a request.
#[derive(Default)]
pub struct VerifiedTokens {
    callers: HashMap<[u8; 32], Verified>,
    /// Generation of the revocations that they were checked against.
    generation: u64,
}

struct Verified {
    caller: Caller,
    ends: i64,
}

/// The caller that the request's token names.
///
/// # Errors
/// The token is missing or invalid.
pub fn caller(worker: &Worker, request: &HttpRequest) -> Result<Caller, Problems> {
    let token = bearer_token(request)
        .ok_or_else(|| invalid("Send an access token of this service: `Authorization: Bearer …`."))?;
    let clock = &*worker.service.context().clock;
    let hash: [u8; 32] = Sha256::digest(token).into();
    let mut verified = worker.verified.borrow_mut();
    let revocations = &worker.shared.revocations;
    let generation = revocations.generation();
    if verified.generation != generation {
        verified.callers.clear();
        verified.generation = generation;
    }
    let verified = &mut verified.callers;
    let mut caller = match verified.get(&hash) {
        Some(known) if known.ends > clock.now().timestamp() => known.caller.clone(),
        _ => {
            verified.remove(&hash);
            let claims = worker.shared.tokens.verify(token, clock).ok();
            let claims = claims.filter(|claims| !revocations.has(claims));
            let ends = claims.as_ref().map_or(0, |claims| claims.exp);
            let caller = claims.and_then(read).ok_or_else(|| {
                invalid("The access token is not valid, has expired or was revoked. Get a new one at /oauth/token.")
            })?;
            if verified.len() >= MAX_REMEMBERED {
                verified.clear();
            }
            verified.insert(
                hash,
                Verified {
                    caller: caller.clone(),
                    ends,
                },
            );
            caller
        }
    };
    caller.address = Some(ClientAddress::of(request).ip);
    caller.token_hash = Some(hash);
    Ok(caller)
}

fn bearer_token(request: &HttpRequest) -> Option<&str> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    // Not `to_str`, which reads each byte of the longest header.
    let (scheme, token) = str::from_utf8(headers.next()?.as_bytes()).ok()?.split_once(' ')?;
    let alone = headers.next().is_none();
    (alone && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim())
}

/// Reads the ids of a signed token. Only this service signs them.
fn read(claims: Claims) -> Option<Caller> {
    let market_id = match claims.market {
        Some(market) => Some(market.id.first()?.parse::<Id>().ok()?),
        None => None,
    };
    let customer_id = match claims.owner {
        Some(OwnerClaim {
            id,
            kind: OwnerKind::Customer,
        }) => Some(id.parse::<Id>().ok()?),
        None => None,
    };
    Some(Caller {
        scope: Scope::of_token(claims.organization.id.parse().ok()?, claims.test),
        application_id: claims.application.id.parse().ok()?,
        kind: claims.application.kind.parse().ok()?,
        market_id,
        customer_id,
        address: None,
        token_hash: None,
    })
}

fn invalid(message: &'static str) -> Problems {
    Problem::new(Kind::InvalidToken, message).into()
}
