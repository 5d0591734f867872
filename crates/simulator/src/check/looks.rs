//! A check for the outcome of a call finds it, if the PSPs answer and nothing is in progress there any more.

use std::collections::BTreeMap;

use super::Books;
use crate::api::Api;

/// Number of checks for the outcome of each open call.
#[derive(Debug, Default)]
pub struct Looks(BTreeMap<String, i32>);

impl Looks {
    /// The numbers so far.
    pub fn so_far(api: &Api) -> Self {
        Self(open_calls(api).into_iter().collect())
    }

    /// Fails if calls are open that were checked twice since then.
    pub fn check(&self, api: &Api) {
        let world = &api.host.world;
        world.turn_of("check");
        for (id, looks) in open_calls(api) {
            let before = self.0.get(&id).copied();
            if before.is_some_and(|before| looks >= before + 2) {
                world.violate(format!(
                    "the outcome of {id} is checked again and again, but can be found"
                ));
            }
        }
    }
}

/// Open calls, without those that their PSP has accepted: a refund may take days.
fn open_calls(api: &Api) -> Vec<(String, i32)> {
    let Ok(books) = api.host.world.quietly(|| Books::read(api)) else {
        return Vec::new();
    };
    let is_accepted = |id: &Option<String>| {
        let mut rows = books.transactions.iter();
        rows.any(|row| Some(&row.id) == id.as_ref() && row.gateway_transaction_id.is_some())
    };
    let open = books
        .operations
        .iter()
        .filter(|operation| operation.finished_at.is_none() && !is_accepted(&operation.transaction_id));
    open.map(|operation| (operation.id.clone(), operation.attempts))
        .collect()
}
