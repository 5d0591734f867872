//! The declaration of a resource: its name, attributes, relationships and actions.
//!
//! `#[resource]` writes the implementation of [`Resource`] from the declaration; everything else (schemas, routes, documents,
//! links, permissions) is generic code over [`ResourceMeta`].

use std::ops::{Deref, DerefMut};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use validator::Validate;

use crate::{
    id::Id,
    openapi::components::RequestPartsOf,
    relationship::Identifier,
    scalar::{JsonObject, Timestamp},
    text::Text,
};

/// The actions on a resource over HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, strum::IntoStaticStr, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    /// `GET /type`
    List,
    /// `GET /type/id`, and its related and relationships endpoints
    Retrieve,
    /// `POST /type`
    Create,
    /// `PATCH /type/id`
    Update,
    /// `DELETE /type/id`
    Delete,
}

/// The buyer that a sales channel calls for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Buyer {
    /// A buyer without a login.
    Guest,
    /// A customer who has logged in.
    Customer,
}

/// The published API that a resource is compatible with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// `/api/{type}`, snake_case attributes, `page[number]`.
    CommerceLayer,
    /// `/api/v1/{type}`, dasherized attributes, `page` and `per_page`.
    Foodetective,
}

impl Dialect {
    /// The path prefix of the dialect's types.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::CommerceLayer => "/api",
            Self::Foodetective => "/api/v1",
        }
    }

    /// A declared name as documents spell it.
    pub fn in_documents(self, name: &str) -> String {
        match self {
            Self::CommerceLayer => name.to_owned(),
            Self::Foodetective => name.replace('_', "-"),
        }
    }

    /// A name in a request as it is declared: the second dialect takes it with dashes too.
    pub fn declared(self, name: &str) -> String {
        match self {
            Self::CommerceLayer => name.to_owned(),
            Self::Foodetective => name.replace('-', "_"),
        }
    }

    /// The dialect of a request path.
    pub fn of_path(path: &str) -> Self {
        if path.starts_with("/api/v1/") || path == "/api/v1" {
            Self::Foodetective
        } else {
            Self::CommerceLayer
        }
    }
}

/// What the values of an attribute are in filters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueType {
    /// A text, or a word of a closed set.
    Text,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A moment.
    Time,
    /// A JSON object.
    Json,
}

/// An attribute as declared, by the name that it has in documents; the second dialect writes dashes in it.
#[derive(Debug)]
pub struct AttributeMeta {
    /// Name in queries.
    pub name: &'static str,
    /// What its values are.
    pub value_type: ValueType,
    /// Lists can be filtered by it.
    pub filter: bool,
    /// Lists can be sorted by it.
    pub sort: bool,
    /// `PATCH` can change it.
    pub update: bool,
}

const fn common(name: &'static str, value_type: ValueType, update: bool) -> AttributeMeta {
    AttributeMeta {
        name,
        value_type,
        filter: true,
        sort: !matches!(value_type, ValueType::Json),
        update,
    }
}

/// The identifier, which every resource has beside its attributes.
pub const ID: &AttributeMeta = &common("id", ValueType::Text, false);

/// The attributes that every resource has.
pub const COMMON: &[AttributeMeta] = &[
    common("created_at", ValueType::Time, false),
    common("updated_at", ValueType::Time, false),
    common("reference", ValueType::Text, true),
    common("reference_origin", ValueType::Text, true),
    common("metadata", ValueType::Json, true),
];

/// A relationship as declared.
#[derive(Debug)]
pub struct RelationshipMeta {
    /// Name in documents and paths.
    pub name: &'static str,
    /// Whether it is to-many: the related endpoint answers a list.
    pub many: bool,
    /// The column that a to-one relationship is stored in, unless the store says otherwise.
    pub column: &'static str,
    /// It is found by rules, not by what is stored: lists can't be filtered through it.
    pub computed: bool,
    /// Types that it can point to.
    pub targets: &'static [&'static str],
    /// Description in the document.
    pub description: &'static str,
}

impl RelationshipMeta {
    /// The type that it points to; none if there are several that have no type in common.
    pub fn target(&self) -> Option<&'static ResourceMeta> {
        if self.targets == <crate::resources::PaymentSource as crate::relationship::Target>::TYPES {
            return None;
        }
        crate::registry::resource(self.targets[0])
    }

    /// The types that it can point to: the common one, or each of several.
    pub fn leads_to(&self) -> Vec<&'static ResourceMeta> {
        match self.target() {
            Some(target) => vec![target],
            None => self
                .targets
                .iter()
                .filter_map(|kind| crate::registry::resource(kind))
                .collect(),
        }
    }
}

/// A resource as declared.
#[derive(Debug)]
pub struct ResourceMeta {
    /// Type in documents and paths, such as `stripe_payments`.
    pub kind: &'static str,
    /// Singular of the type, for operation ids: `stripe_payment`.
    pub singular: &'static str,
    /// Name of its component schema: `StripePayment`.
    pub schema: &'static str,
    /// The API that it is compatible with.
    pub dialect: Dialect,
    /// Path of its list below the dialect's prefix, if that is not its type: `users/me/cards`.
    pub list: Option<&'static str>,
    /// There are more of it with each payment or customer, so that a list that no index finds may take too long.
    pub grows: bool,
    /// Heading in the documentation.
    pub tag: &'static str,
    /// Description in the document.
    pub description: &'static str,
    /// Its actions.
    pub actions: &'static [Action],
    /// Actions that a sales channel may use; integrations may use all of `actions`.
    pub sales_channel: &'static [Action],
    /// Actions that a customer who has logged in through a sales channel may use. Declared if they differ.
    pub customer: &'static [Action],
    /// Actions that may call a PSP, and so answer 502 or 503.
    pub calls_psp: &'static [Action],
    /// What it shows of its own; [`COMMON`] has what all show.
    pub attributes: &'static [AttributeMeta],
    /// Its relationships.
    pub relationships: &'static [RelationshipMeta],
    /// The texts among the attributes and triggers of its requests. Secrets that are no keys are excluded.
    pub texts: &'static [(&'static str, Text)],
}

impl ResourceMeta {
    /// `/api/stripe_payments`
    pub fn path(&self) -> String {
        format!("{}/{}", self.dialect.prefix(), self.kind)
    }

    /// Path of its list: `/api/stripe_payments`.
    pub fn list_path(&self) -> String {
        format!("{}/{}", self.dialect.prefix(), self.list.unwrap_or(self.kind))
    }

    /// The relationship with a name.
    pub fn relationship(&self, name: &str) -> Option<&'static RelationshipMeta> {
        self.relationships
            .iter()
            .find(|relationship| relationship.name == name)
    }

    /// Its attributes and those that every resource has.
    pub fn all_attributes(&self) -> impl Iterator<Item = &'static AttributeMeta> + use<> {
        self.attributes.iter().chain(COMMON)
    }

    /// The attribute of that name, or the identifier.
    pub fn attribute(&self, name: &str) -> Option<&'static AttributeMeta> {
        [ID].into_iter()
            .chain(self.all_attributes())
            .find(|attribute| attribute.name == name)
    }

    /// Whether a caller may read resources of the type; nobody in particular is an integration.
    pub fn is_readable(&self, buyer: Option<Buyer>) -> bool {
        buyer.is_none_or(|buyer| {
            let permitted = self.permitted_to(buyer);
            permitted.contains(&Action::Retrieve) || permitted.contains(&Action::List)
        })
    }

    /// What a buyer may do.
    pub fn permitted_to(&self, buyer: Buyer) -> &'static [Action] {
        match buyer {
            Buyer::Guest => self.sales_channel,
            Buyer::Customer => self.customer,
        }
    }

    /// `stripe_payments:create`, as shown in the document.
    pub fn permission(&self, action: Action) -> String {
        let verb = match action {
            Action::List | Action::Retrieve => "read".into(),
            other => other.to_string(),
        };
        format!("{}:{verb}", self.kind)
    }
}

/// A type that the API serves.
pub trait Resource: Sized + Clone + Send + Sync + 'static {
    /// Rendered attributes.
    type Attributes: Serialize + JsonSchema;

    /// The declaration.
    const META: &'static ResourceMeta;
    /// Makes the schema of `POST` bodies, if the resource can be created.
    const CREATE_PARTS: Option<RequestPartsOf>;
    /// Makes the schema of `PATCH` bodies, if the resource can be updated.
    const UPDATE_PARTS: Option<RequestPartsOf>;

    /// The attributes as rendered.
    fn attributes(record: &Record<Self>) -> Self::Attributes;

    /// The target of a to-one relationship.
    fn to_one(&self, name: &str) -> Option<&Identifier>;
}

/// A resource that `POST` creates.
pub trait Creatable: Resource {
    /// Attributes of a create request.
    type Attributes: DeserializeOwned + JsonSchema + Validate;
    /// Relationships of a create request.
    type Relationships: DeserializeOwned + JsonSchema;

    /// A record from the request; missing members have their defaults. The record is not stamped yet.
    fn from_create(
        attributes: &<Self as Creatable>::Attributes,
        relationships: &<Self as Creatable>::Relationships,
    ) -> Record<Self>;
}

/// A resource that `PATCH` updates.
pub trait Updatable: Resource {
    /// Attributes and triggers of an update request.
    type Attributes: DeserializeOwned + JsonSchema + Validate;
    /// Relationships of an update request.
    type Relationships: DeserializeOwned + JsonSchema;

    /// Applies the request to a record. Triggers are left to the caller.
    fn apply(
        record: &mut Record<Self>,
        attributes: &<Self as Updatable>::Attributes,
        relationships: &<Self as Updatable>::Relationships,
    );
}

/// A resource as it is stored: the declared fields, and those of every resource.
#[derive(Clone, Debug)]
pub struct Record<R> {
    /// Identifier.
    pub id: Id,
    /// Time of its creation.
    pub created_at: Timestamp,
    /// Time of its last change.
    pub updated_at: Timestamp,
    /// Identifier in another system.
    pub reference: Option<String>,
    /// Name of that system.
    pub reference_origin: Option<String>,
    /// The client's own data.
    pub metadata: JsonObject,
    /// The declared fields.
    pub fields: R,
}

impl<R> Record<R> {
    /// A record without an id and times. [`Record::stamp`] is called before it is stored.
    pub fn unstamped(fields: R) -> Self {
        Self {
            id: Id::from_letters([0; crate::id::ID_LENGTH]),
            created_at: Timestamp::new(chrono::DateTime::UNIX_EPOCH),
            updated_at: Timestamp::new(chrono::DateTime::UNIX_EPOCH),
            reference: None,
            reference_origin: None,
            metadata: JsonObject::default(),
            fields,
        }
    }

    /// Gives a new record its id and times.
    pub fn stamp(&mut self, id: Id, now: Timestamp) {
        self.id = id;
        self.created_at = now;
        self.updated_at = now;
    }
}

impl<R> Deref for Record<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.fields
    }
}

impl<R> DerefMut for Record<R> {
    fn deref_mut(&mut self) -> &mut R {
        &mut self.fields
    }
}
