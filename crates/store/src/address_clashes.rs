//! Finds customers whose e-mail addresses differ in case alone. A migration makes the addresses lower case, so an operator must
//! decide first which of these customers stays.

use std::fmt::Write as _;

use diesel::{QueryableByName, sql_types::Text};

use crate::StoreError;

/// The migration that these customers block.
pub const MIGRATION: &str = "00000000000008";
/// Maximum number of reported addresses.
const TOLD: usize = 20;

/// Customers with the same address.
#[derive(QueryableByName)]
pub struct Clash {
    #[diesel(sql_type = Text)]
    organization_id: String,
    #[diesel(sql_type = Text)]
    mode: String,
    #[diesel(sql_type = Text)]
    customers: String,
}

/// The query for such customers; `aggregate` makes one text of all `email (id)` of a group.
pub fn query(aggregate: &str) -> String {
    format!(
        "SELECT organization_id, CASE WHEN test THEN 'test' ELSE 'live' END AS mode, {aggregate} AS customers \
         FROM customers GROUP BY organization_id, test, lower(trim(email)) HAVING count(*) > 1 \
         ORDER BY 1, 2, 3 LIMIT {}",
        TOLD + 1
    )
}

/// Refuses the migration if there are any.
pub fn refuse(clashes: &[Clash]) -> Result<(), StoreError> {
    if clashes.is_empty() {
        return Ok(());
    }
    let mut text = String::from(
        "e-mail addresses will be compared without case, and these customers have the same one. Change the address of all \
         but one of each line (PATCH /api/customers/ID), or delete them, with the version of tillgate that ran before. \
         Nothing was migrated.",
    );
    for clash in clashes.iter().take(TOLD) {
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "\n  organization {}, {} mode: {}",
            clash.organization_id, clash.mode, clash.customers
        );
    }
    if clashes.len() > TOLD {
        text.push_str("\n  … and more");
    }
    Err(StoreError::Unavailable(text))
}
