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

/// The password of a customer.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = customer_passwords)]
pub struct CustomerPasswordRow {
    /// Id of the organization.
    pub organization_id: String,
    /// Whether it is in test mode.
    pub test: bool,
    /// The customer.
    pub customer_id: String,
    /// The hash, in the PHC string format, encrypted.
    pub hash: String,
    /// Time of its last change.
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

/// A token that gets a customer another access token.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens)]
pub struct RefreshTokenRow {
    /// Id of the organization.
    pub organization_id: String,
    /// Whether it is in test mode.
    pub test: bool,
    /// Keyed hash of the token.
    pub hash: String,
    /// The login that it belongs to: each use of a token gives another one of the same family.
    pub family_id: String,
    /// The application that it was given to.
    pub application_id: String,
    /// The customer.
    pub customer_id: String,
    /// Time of its creation.
    pub created_at: StoredTime,
    /// Time of its expiry.
    pub expires_at: StoredTime,
    /// Time of its use. It is kept until it expires, so that a second use is noticed.
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
