//! Lists: what a request asks for becomes one statement, for all resources and both databases.
//!
//! Names in a statement come from the declarations and from this module; values are always bound. The scope, and what the
//! caller may see, stand on every table that a statement names.

mod condition;
mod counts;
mod driver;
mod lanes;
mod order;
mod source;
mod sql;
mod statement;
mod time_limit;

pub use condition::Cond;
pub use counts::{EXACT_TO, Knowledge, Total};
pub use lanes::Lanes;
pub use source::{Link, Source, link, source};
pub use statement::{Count, Detailed, Explained, Flavor, List, Plan, Selected};
pub use time_limit::{contains, exceeded, register};

use crate::{StoreError, Tx};

/// Rows of a table that lists can be made of.
#[allow(async_fn_in_trait)] // queries run where they are called: nothing has to be Send
pub trait Listed: Clone + Send + Sized + 'static {
    /// The table.
    const TABLE: &'static str;

    /// The rows that a plan selects, each with the owner whose list it is in, where the plan has owners.
    async fn list(tx: &mut Tx<'_>, plan: &Plan<'_>) -> Result<Vec<(Self, Option<String>)>, StoreError>;

    /// The row's id.
    fn row_id(&self) -> &str;
}
