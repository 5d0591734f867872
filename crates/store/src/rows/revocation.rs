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

/// Access tokens that count no more, although they have not ended.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = revocations)]
pub struct NewRevocationRow {
    /// What the tokens have in common, in the domain's words.
    pub kind: String,
    /// Which one of these.
    pub subject: String,
    /// The application that asked for it, if one did.
    pub application_id: Option<String>,
    /// Those that were made until then; all if absent.
    pub issued_before: Option<StoredTime>,
    /// When the last of them has ended by itself; never if absent.
    pub expires_at: Option<StoredTime>,
}

/// A revocation as it is read.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = revocations)]
pub struct RevocationRow {
    /// Counts up in the order of writing.
    pub sequence: i64,
    /// What the tokens have in common, in the domain's words.
    pub kind: String,
    /// Which one of these.
    pub subject: String,
    /// Those that were made until then; all if absent.
    pub issued_before: Option<StoredTime>,
    /// When the last of them has ended by itself; never if absent.
    pub expires_at: Option<StoredTime>,
}
