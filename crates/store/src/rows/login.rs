use crate::StoredTime;
use diesel::prelude::*;

diesel::table! {
    customer_passwords (organization_id, test, customer_id) {
        organization_id -> Text,
        test -> Bool,
        customer_id -> Text,
        hash -> Text,
        changed_at -> Timestamp,
    }
}

/// What a customer's password is checked against.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = customer_passwords)]
pub struct CustomerPasswordRow {
    /// Whose it is.
    pub organization_id: String,
    /// Test mode, or live.
    pub test: bool,
    /// The customer.
    pub customer_id: String,
    /// Encrypted: the hash, in the PHC string format.
    pub hash: String,
    /// When it was last changed.
    pub changed_at: StoredTime,
}

diesel::table! {
    refresh_tokens (organization_id, test, hash) {
        organization_id -> Text,
        test -> Bool,
        hash -> Text,
        family_id -> Text,
        application_id -> Text,
        customer_id -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

/// A token that a customer gets one access token more for.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens)]
pub struct RefreshTokenRow {
    /// Whose it is.
    pub organization_id: String,
    /// Test mode, or live.
    pub test: bool,
    /// Keyed hash of the token.
    pub hash: String,
    /// The login that it goes back to: each use of a token gives another one of the same family.
    pub family_id: String,
    /// The application that it was given to.
    pub application_id: String,
    /// The customer.
    pub customer_id: String,
    /// When it was made.
    pub created_at: StoredTime,
    /// When it ends.
    pub expires_at: StoredTime,
    /// When it was used. It is kept until it ends, so that a second use is noticed.
    pub used_at: Option<StoredTime>,
}

diesel::table! {
    login_attempts (organization_id, test, subject) {
        organization_id -> Text,
        test -> Bool,
        subject -> Text,
        failures -> BigInt,
        began_at -> Timestamp,
    }
}
