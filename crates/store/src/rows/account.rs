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
    }
}

/// What may ask for access tokens.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = applications)]
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
