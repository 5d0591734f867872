use crate::StoredTime;
use diesel::prelude::*;

diesel::table! {
    organizations (id) {
        id -> Text,
        name -> Text,
        created_at -> Timestamp,
    }
}

/// A tenant: the owner of data.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = organizations)]
pub struct OrganizationRow {
    pub id: String,
    /// Unique name.
    pub name: String,
    /// Time of its creation.
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

/// A client of the API that may ask for access tokens.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = applications, primary_key(client_id), treat_none_as_null = true)]
pub struct ApplicationRow {
    /// Public id of its credentials.
    pub client_id: String,
    pub id: String,
    /// Id of its organization.
    pub organization_id: String,
    /// Whether it is in test mode.
    pub test: bool,
    /// Name for people.
    pub name: String,
    /// `integration` or `sales_channel`.
    pub kind: String,
    /// Keyed hash of the client secret; a sales channel has none.
    pub secret_hash: Option<String>,
    /// The market that a sales channel sells in.
    pub market_id: Option<String>,
    /// Time of its creation.
    pub created_at: StoredTime,
    /// Time since which it gets no tokens.
    pub disabled_at: Option<StoredTime>,
    /// Time of its present secret, if that is not its first.
    pub rotated_at: Option<StoredTime>,
    /// Keyed hash of the former secret.
    pub previous_secret_hash: Option<String>,
    /// End of the former secret's validity.
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
