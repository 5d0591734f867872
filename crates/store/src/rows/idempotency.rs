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

/// What was answered to a request with an idempotency key, or that it is being answered.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = idempotency_keys, primary_key(organization_id, test, application_id, owner_id, key), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct IdempotencyKeyRow {
    /// Whose it is.
    pub organization_id: String,
    /// Test mode, or live.
    pub test: bool,
    /// The application that sent it.
    pub application_id: String,
    /// For whom, as [`Sender::owner`] has it.
    pub owner_id: String,
    /// As sent.
    pub key: String,
    /// Hash over the request.
    pub fingerprint: String,
    /// When it was first sent.
    pub created_at: StoredTime,
    /// When the request's effect was decided.
    pub finished_at: Option<StoredTime>,
    /// Type of what the request made or changed.
    pub resource_type: Option<String>,
    /// Its id.
    pub resource_id: Option<String>,
    /// HTTP status of the answer; none if the answer is what the resource is now.
    pub status: Option<i32>,
    /// Link to what was created.
    pub location: Option<String>,
    /// Encrypted: the document.
    pub body: Option<String>,
}

/// Who chose an idempotency key. Two of them may choose the same.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The application.
    pub application_id: &'a Id,
    /// For whom: the customer, a guest as far as they are known, or empty if for nobody.
    pub owner: &'a str,
}
