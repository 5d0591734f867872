//! After a run: our records, the PSPs' ledgers, and the clients' answers must agree.

mod acknowledged;
pub mod audit;
mod books;
mod looks;
mod open;
mod orders;
mod payments;
mod told;
mod wallet;

use crate::api::Api;

pub use books::Books;
pub use looks::Looks;

/// The results of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Found {
    /// Number of calls that are flagged for an operator.
    pub flagged: usize,
    /// Money effects at the PSPs.
    pub effects: usize,
}

/// Makes the checks that must hold as soon as the merchant has read all payments. Later, forgotten payments have expired.
pub fn halfway(api: &Api) {
    let world = &api.host.world;
    world.turn_of("check");
    let Ok(books) = world.quietly(|| Books::read(api)) else {
        return;
    };
    let findings = [
        orders::statuses(&books),
        open::given_up(&books),
        wallet::buyers(&books, world),
    ];
    for finding in findings.into_iter().flatten() {
        world.violate(finding);
    }
}

/// Makes all checks. Violations are noted in the world.
pub fn everything(api: &Api) -> Found {
    let world = &api.host.world;
    world.turn_of("check");
    let books = match world.quietly(|| Books::read(api)) {
        Ok(books) => books,
        Err(error) => {
            world.violate(format!("the books can't be read: {error}"));
            return Found::default();
        }
    };
    let notes = api.notes.borrow();
    let impostors = world.impostors();
    let findings = [
        payments::check(&books, &impostors),
        orders::check(&books, &notes, &impostors),
        acknowledged::check(&books, &notes),
        open::check(&books, &notes),
        wallet::check(&books, &notes, world),
        told::check(&books, &notes.topics, &api.host.merchant.told()),
    ];
    for finding in findings.into_iter().flatten() {
        world.violate(finding);
    }
    Found {
        flagged: books.flagged().count(),
        effects: books.psp.len(),
    }
}
