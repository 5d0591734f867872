use crate::StoredTime;
use diesel::prelude::*;
use tillgate_model::Id;

diesel::table! {
    idempotency_keys (organization_id, test, application_id, owner_id, key) {
        organization_id -> Text,
        test -> Bool,
        application_id -> Text,
        owner_id -> Text,
        key -> Text,
        fingerprint -> Text,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        resource_type -> Nullable<Text>,
        resource_id -> Nullable<Text>,
        status -> Nullable<Integer>,
        location -> Nullable<Text>,
        body -> Nullable<Text>,
    }
}

/// The answer to a request with an idempotency key, or the fact that it is in progress.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = idempotency_keys, primary_key(organization_id, test, application_id, owner_id, key), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct IdempotencyKeyRow {
    /// Id of the organization.
    pub organization_id: String,
    /// Whether it is in test mode.
    pub test: bool,
    /// The application that sent it.
    pub application_id: String,
    /// Owner of the key, as in [`Sender::owner`].
    pub owner_id: String,
    /// The key as sent.
    pub key: String,
    /// Hash over the request.
    pub fingerprint: String,
    /// Time of its first request.
    pub created_at: StoredTime,
    /// Time when the request's effect was decided.
    pub finished_at: Option<StoredTime>,
    /// Type of the resource that the request created or changed.
    pub resource_type: Option<String>,
    /// Id of that resource.
    pub resource_id: Option<String>,
    /// HTTP status of the answer; null if the answer is the resource's present state.
    pub status: Option<i32>,
    /// Link to the created resource.
    pub location: Option<String>,
    /// The document, encrypted.
    pub body: Option<String>,
}

/// The owner of idempotency keys. Two owners may choose the same key.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The application.
    pub application_id: &'a Id,
    /// The customer, a guest as far as known, or empty.
    pub owner: &'a str,
}
