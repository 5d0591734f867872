//! The output of `#[resource]`, once by hand: both must give the same document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillgate_model_derive::resource;
use validator::Validate;

use crate::{
    Action, Creatable, Dialect, Identifier, JsonObject, One, Record, Resource, ResourceMeta, Timestamp,
    Updatable,
    document::{self, Frame},
    openapi::components::{self, RequestPartsOf},
    relationship::Target,
    resource::{AttributeMeta, RelationshipMeta, ValueType},
    resources::Order,
    text::Text,
};

/// A note on an order.
#[resource(
    type = "notes",
    singular = "note",
    tag = "Commerce",
    actions(list, retrieve, create, update),
    sales_channel(retrieve)
)]
pub struct Note {
    /// Text of the note.
    #[attribute(read, create, update, filter, sort)]
    #[validate(length(min = 1, max = 10))]
    pub text: String,
    /// Author of the note.
    #[attribute(read, create, update)]
    pub author: Option<String>,
    /// Make the note public.
    #[trigger(update)]
    pub publish: Option<bool>,
    /// The order that the note is on.
    #[relationship(create)]
    pub order: One<Order>,
}

mod written {
    use super::*;

    #[derive(Clone, Debug)]
    pub struct Note {
        pub text: String,
        pub author: Option<String>,
        pub order: One<Order>,
    }

    /// Attributes of `Note`.
    #[derive(Serialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct NoteAttributes {
        /// Text of the note.
        pub text: String,
        /// Author of the note.
        pub author: Option<String>,
        /// When the resource was created.
        pub created_at: Timestamp,
        /// When the resource was last changed.
        pub updated_at: Timestamp,
        /// Identifier of the resource in another system.
        pub reference: Option<String>,
        /// Name of that other system.
        pub reference_origin: Option<String>,
        /// The client's own data.
        pub metadata: JsonObject,
    }

    /// Attributes of a request to create `Note`.
    #[derive(Deserialize, JsonSchema, Validate)]
    #[schemars(deny_unknown_fields)]
    pub struct CreateNoteAttributes {
        /// Text of the note.
        #[validate(length(min = 1, max = 10))]
        pub text: String,
        /// Author of the note.
        pub author: Option<String>,
        /// Identifier of the resource in another system.
        #[validate(length(max = 255))]
        pub reference: Option<String>,
        /// Name of that other system.
        #[validate(length(max = 255))]
        pub reference_origin: Option<String>,
        /// The client's own data: a JSON object.
        pub metadata: Option<JsonObject>,
    }

    /// Relationships of a request to create `Note`.
    #[derive(Deserialize, JsonSchema)]
    #[schemars(deny_unknown_fields)]
    pub struct CreateNoteRelationships {
        /// The order that the note is on.
        pub order: One<Order>,
    }

    /// Attributes of a request to update `Note`.
    #[derive(Deserialize, JsonSchema, Validate)]
    #[schemars(deny_unknown_fields)]
    pub struct UpdateNoteAttributes {
        /// Text of the note.
        #[serde(default)]
        #[schemars(with = "String")]
        #[validate(length(min = 1, max = 10))]
        pub text: Option<String>,
        /// Author of the note.
        #[serde(default, deserialize_with = "crate::scalar::present")]
        #[schemars(with = "Option<String>")]
        pub author: Option<Option<String>>,
        /// Make the note public.
        #[serde(rename = "_publish")]
        #[allow(dead_code)] // the declaration does not say what a trigger does
        pub publish: Option<bool>,
        /// Identifier of the resource in another system.
        #[serde(default, deserialize_with = "crate::scalar::present")]
        #[schemars(with = "Option<String>")]
        #[validate(length(max = 255))]
        pub reference: Option<Option<String>>,
        /// Name of that other system.
        #[serde(default, deserialize_with = "crate::scalar::present")]
        #[schemars(with = "Option<String>")]
        #[validate(length(max = 255))]
        pub reference_origin: Option<Option<String>>,
        /// The client's own data: a JSON object.
        #[serde(default, deserialize_with = "crate::scalar::present")]
        #[schemars(with = "Option<JsonObject>")]
        pub metadata: Option<Option<JsonObject>>,
    }

    /// Relationships of a request to update `Note`.
    #[derive(Deserialize, JsonSchema)]
    #[schemars(deny_unknown_fields)]
    pub struct UpdateNoteRelationships {}

    impl Target for Note {
        const NAME: &'static str = "Note";
        const TYPES: &'static [&'static str] = &["notes"];
    }

    impl Resource for Note {
        type Attributes = NoteAttributes;

        const META: &'static ResourceMeta = &ResourceMeta {
            kind: "notes",
            singular: "note",
            schema: "Note",
            dialect: Dialect::CommerceLayer,
            list: None,
            grows: false,
            tag: "Commerce",
            description: "A note on an order.",
            actions: &[Action::List, Action::Retrieve, Action::Create, Action::Update],
            sales_channel: &[Action::Retrieve],
            customer: &[Action::Retrieve],
            calls_psp: &[],
            attributes: &[
                AttributeMeta {
                    name: "text",
                    value_type: ValueType::Text,
                    filter: true,
                    sort: true,
                    update: true,
                },
                AttributeMeta {
                    name: "author",
                    value_type: ValueType::Text,
                    filter: false,
                    sort: false,
                    update: true,
                },
            ],
            relationships: &[RelationshipMeta {
                name: "order",
                many: false,
                column: "order_id",
                computed: false,
                targets: <Order as Target>::TYPES,
                description: "The order that the note is on.",
            }],
            texts: &[
                ("text", Text::Line),
                ("author", Text::Line),
                ("reference", Text::Line),
                ("reference_origin", Text::Line),
            ],
        };
        const CREATE_PARTS: Option<RequestPartsOf> = Some(components::create_parts::<Self>);
        const UPDATE_PARTS: Option<RequestPartsOf> = Some(components::update_parts::<Self>);

        fn attributes(record: &Record<Self>) -> NoteAttributes {
            NoteAttributes {
                text: record.text.clone(),
                author: record.author.clone(),
                created_at: record.created_at,
                updated_at: record.updated_at,
                reference: record.reference.clone(),
                reference_origin: record.reference_origin.clone(),
                metadata: record.metadata.clone(),
            }
        }

        fn to_one(&self, name: &str) -> Option<&Identifier> {
            (name == "order").then(|| self.order.identifier()).flatten()
        }
    }

    impl Creatable for Note {
        type Attributes = CreateNoteAttributes;
        type Relationships = CreateNoteRelationships;

        fn from_create(
            attributes: &CreateNoteAttributes,
            relationships: &CreateNoteRelationships,
        ) -> Record<Self> {
            let mut record = Record::unstamped(Self {
                text: attributes.text.clone(),
                author: attributes.author.clone(),
                order: relationships.order.clone(),
            });
            record.reference = attributes.reference.clone();
            record.reference_origin = attributes.reference_origin.clone();
            record.metadata = attributes.metadata.clone().unwrap_or_default();
            record
        }
    }

    impl Updatable for Note {
        type Attributes = UpdateNoteAttributes;
        type Relationships = UpdateNoteRelationships;

        fn apply(record: &mut Record<Self>, attributes: &UpdateNoteAttributes, _: &UpdateNoteRelationships) {
            if let Some(text) = &attributes.text {
                record.text = text.clone();
            }
            if let Some(author) = &attributes.author {
                record.author = author.clone();
            }
            if let Some(reference) = &attributes.reference {
                record.reference = reference.clone();
            }
            if let Some(reference_origin) = &attributes.reference_origin {
                record.reference_origin = reference_origin.clone();
            }
            if let Some(metadata) = &attributes.metadata {
                record.metadata = metadata.clone().unwrap_or_default();
            }
        }
    }
}

/// All that the document and a rendered resource show of a type.
fn shown<R: Creatable + Updatable>() -> [Value; 4] {
    let mut all = components::Components::default();
    components::add_resource::<R>(&mut all);
    let create = br#"{"data":{"type":"notes","attributes":{"text":"a","metadata":{"k":1}},"relationships":{"order":{"data":{"type":"orders","id":"QWERtyUpBa"}}}}}"#;
    let update =
        br#"{"data":{"type":"notes","id":"aaaaaaaaaa","attributes":{"author":"b","_publish":true}}}"#;
    let Ok(input) = crate::request::Shape::create::<R>().read_create::<R>(create) else {
        return Default::default();
    };
    let mut record = R::from_create(&input.attributes, &input.relationships);
    let update = crate::request::Shape::update::<R>().read_update::<R>(update, &record.id);
    let Ok(update) = update else {
        return Default::default();
    };
    R::apply(&mut record, &update.attributes, &update.relationships);
    let organization_id = record.id.clone();
    let frame = Frame {
        base_url: "https://example.com",
        organization_id: &organization_id,
        test: true,
    };
    let document = serde_json::from_slice(&document::one(&record, frame)).expect("a document is JSON");
    let definitions = Value::Object(all.into_map());
    [
        definitions,
        components::create_schema::<R>(),
        components::update_schema::<R>(),
        document,
    ]
}

#[test]
fn the_declaration_gives_what_one_would_write_by_hand() {
    let (declared, by_hand) = (shown::<Note>(), shown::<written::Note>());
    assert_eq!(declared, by_hand);
    assert_eq!(declared[3]["data"]["attributes"]["author"], "b");
    assert_eq!(format!("{:?}", Note::META), format!("{:?}", written::Note::META));
}
