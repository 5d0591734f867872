use crate::StoredTime;
use diesel::prelude::*;

diesel::table! {
    organizations (id) {
        id -> Text,
        name -> Text,
        created_at -> Timestamp,
    }
}

/// Whom data belongs to.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = organizations)]
pub struct OrganizationRow {
    /// Identifier.
    pub id: String,
    /// Unique name.
    pub name: String,
    /// When it was created.
    pub created_at: StoredTime,
}

diesel::table! {
    applications (client_id) {
        client_id -> Text,
        id -> Text,
        organization_id -> Text,
        test -> Bool,
        name -> Text,
        kind -> Text,
        secret_hash -> Nullable<Text>,
        market_id -> Nullable<Text>,
        created_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
        rotated_at -> Nullable<Timestamp>,
        previous_secret_hash -> Nullable<Text>,
        previous_secret_until -> Nullable<Timestamp>,
    }
}

/// What may ask for access tokens.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = applications, primary_key(client_id), treat_none_as_null = true)]
pub struct ApplicationRow {
    /// Public name of its credentials.
    pub client_id: String,
    /// Identifier.
    pub id: String,
    /// Whose it is.
    pub organization_id: String,
    /// Test mode, or live.
    pub test: bool,
    /// Name, for people.
    pub name: String,
    /// `integration` or `sales_channel`.
    pub kind: String,
    /// Keyed hash of the client secret; a sales channel has none.
    pub secret_hash: Option<String>,
    /// The market that a sales channel sells in.
    pub market_id: Option<String>,
    /// When it was created.
    pub created_at: StoredTime,
    /// Since when it gets no tokens.
    pub disabled_at: Option<StoredTime>,
    /// When it got its present secret, if that is not its first.
    pub rotated_at: Option<StoredTime>,
    /// Keyed hash of the secret before.
    pub previous_secret_hash: Option<String>,
    /// Until when that one is taken too.
    pub previous_secret_until: Option<StoredTime>,
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    counters (organization_id, test, name) {
        organization_id -> Text,
        test -> Bool,
        name -> Text,
        value -> BigInt,
    }
}
