use crate::StoredTime;
use diesel::prelude::*;

diesel::table! {
    revocations (sequence) {
        sequence -> BigInt,
        kind -> Text,
        subject -> Text,
        application_id -> Nullable<Text>,
        issued_before -> Nullable<Timestamp>,
        expires_at -> Nullable<Timestamp>,
    }
}

/// Access tokens that were revoked before their expiry.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = revocations)]
pub struct NewRevocationRow {
    /// The property that the tokens share, in the domain's words.
    pub kind: String,
    /// The value of that property.
    pub subject: String,
    /// The application that requested it, if one did.
    pub application_id: Option<String>,
    /// Tokens that were issued until then are revoked; all if null.
    pub issued_before: Option<StoredTime>,
    /// Expiry of the last of these tokens; never if null.
    pub expires_at: Option<StoredTime>,
}

/// A stored revocation.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = revocations)]
pub struct RevocationRow {
    /// Number in the order of writing.
    pub sequence: i64,
    /// The property that the tokens share, in the domain's words.
    pub kind: String,
    /// The value of that property.
    pub subject: String,
    /// Tokens that were issued until then are revoked; all if null.
    pub issued_before: Option<StoredTime>,
    /// Expiry of the last of these tokens; never if null.
    pub expires_at: Option<StoredTime>,
}
