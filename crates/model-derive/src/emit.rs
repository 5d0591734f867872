use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use crate::declaration::{Declaration, Kind, Member, doc_text};

pub fn resource(declaration: &Declaration) -> TokenStream {
    let record = record(declaration);
    let attributes = rendered_attributes(declaration);
    let implementation = implementation(declaration);
    let create = declaration.has_action("create").then(|| create(declaration));
    let update = declaration.has_action("update").then(|| update(declaration));
    quote!(#record #attributes #implementation #create #update)
}

/// The declared struct without its triggers and to-many relationships.
fn record(declaration: &Declaration) -> TokenStream {
    let Declaration {
        name,
        visibility,
        docs,
        members,
        ..
    } = declaration;
    let fields = members.iter().filter(|member| member.is_kept()).map(|member| {
        let Member {
            name,
            ty,
            visibility,
            docs,
            ..
        } = member;
        quote!(#(#docs)* #visibility #name: #ty)
    });
    quote!(#(#docs)* #[derive(Clone, Debug)] #visibility struct #name { #(#fields),* })
}

/// The three names of an amount.
fn money_names(name: &Ident) -> [Ident; 3] {
    [
        format_ident!("{name}_cents"),
        format_ident!("{name}_float"),
        format_ident!("formatted_{name}"),
    ]
}

fn rendered_attributes(declaration: &Declaration) -> TokenStream {
    let name = format_ident!("{}Attributes", declaration.name);
    let doc = format!("Attributes of `{}`.", declaration.name);
    let rename = dialect_case(declaration);
    let fields = declaration
        .members
        .iter()
        .filter(|member| member.read)
        .map(|member| {
            let Member { name, ty, docs, .. } = member;
            if member.kind != Kind::Money {
                return quote!(#(#docs)* pub #name: #ty);
            }
            let [cents, float, formatted] = money_names(name);
            let (cents_type, float_type, text_type) = match member.optional() {
                Some(_) => (quote!(Option<i64>), quote!(Option<f64>), quote!(Option<String>)),
                None => (quote!(i64), quote!(f64), quote!(String)),
            };
            let what = doc_text(docs);
            let in_minor_units = format!("{what} In minor units of the currency.");
            let as_number = format!("{what} As a number, for display only.");
            let as_text = format!("{what} Formatted in the manner of the currency.");
            quote! {
                #[doc = #in_minor_units] pub #cents: #cents_type,
                #[doc = #as_number] pub #float: #float_type,
                #[doc = #as_text] pub #formatted: #text_type
            }
        });
    quote! {
        #[doc = #doc]
        #[derive(serde::Serialize, schemars::JsonSchema)]
        #[serde(#rename deny_unknown_fields)]
        pub struct #name {
            #(#fields,)*
            /// When the resource was created.
            pub created_at: crate::scalar::Timestamp,
            /// When the resource was last changed.
            pub updated_at: crate::scalar::Timestamp,
            /// Identifier of the resource in another system.
            pub reference: Option<String>,
            /// Name of that other system.
            pub reference_origin: Option<String>,
            /// The client's own data.
            pub metadata: crate::scalar::JsonObject,
        }
    }
}

/// The Foodetective dialect writes attribute names with dashes.
fn dialect_case(declaration: &Declaration) -> TokenStream {
    match &declaration.container.dialect {
        Some(dialect) if dialect == "Foodetective" => quote!(rename_all = "kebab-case",),
        _ => quote!(),
    }
}

fn implementation(declaration: &Declaration) -> TokenStream {
    let Declaration {
        container,
        name,
        docs,
        members,
        ..
    } = declaration;
    let attributes = format_ident!("{name}Attributes");
    let schema = name.to_string();
    let description = doc_text(docs);
    let (kind, singular, tag) = (&container.kind, &container.singular, &container.tag);
    let aliases = &container.aliases;
    let grows = container.grows;
    let list = match &container.list {
        Some(path) => quote!(Some(#path)),
        None => quote!(None),
    };
    let dialect = container
        .dialect
        .clone()
        .unwrap_or_else(|| format_ident!("CommerceLayer"));
    let [actions, sales_channel, customer, calls_psp] = [
        &container.actions,
        &container.sales_channel,
        container.customer.as_ref().unwrap_or(&container.sales_channel),
        &container.calls_psp,
    ]
    .map(|names| {
        let variants = names
            .iter()
            .map(|name| format_ident!("{}", capitalized(&name.to_string())));
        quote!(&[#(crate::resource::Action::#variants),*])
    });
    let relationships = members
        .iter()
        .filter(|member| member.kind == Kind::Relationship)
        .map(|member| {
            let (name, many, description) = (
                member.name.to_string(),
                member.is_to_many(),
                doc_text(&member.docs),
            );
            let (ty, computed, column) = (&member.ty, member.computed, format!("{}_id", member.name));
            quote! {
                crate::resource::RelationshipMeta {
                    name: #name,
                    many: #many,
                    column: #column,
                    computed: #computed,
                    targets: <#ty as crate::relationship::Relation>::TYPES,
                    description: #description,
                }
            }
        });
    let shown = members
        .iter()
        .filter(|member| member.read)
        .flat_map(attribute_metas);
    let texts = members.iter().filter_map(|member| {
        let text = format_ident!("{}", member.text()?);
        let name = match member.kind {
            Kind::Trigger => format!("_{}", member.name),
            _ => member.name.to_string(),
        };
        Some(quote!((#name, crate::text::Text::#text)))
    });
    let to_one = members
        .iter()
        .filter(|member| member.kind == Kind::Relationship && !member.is_to_many())
        .map(|Member { name, .. }| {
            let text = name.to_string();
            quote!(#text => self.#name.identifier(),)
        });
    let values = members.iter().filter(|member| member.read).map(rendered_value);
    let [create_parts, update_parts] = ["create", "update"].map(|action| {
        let function = format_ident!("{action}_parts");
        if declaration.has_action(action) {
            quote!(Some(crate::openapi::components::#function::<Self>))
        } else {
            quote!(None)
        }
    });
    quote! {
        impl crate::relationship::Target for #name {
            const NAME: &'static str = #schema;
            const TYPES: &'static [&'static str] = &[#kind, #(#aliases),*];
        }

        impl crate::resource::Resource for #name {
            type Attributes = #attributes;

            const META: &'static crate::resource::ResourceMeta = &crate::resource::ResourceMeta {
                kind: #kind,
                singular: #singular,
                schema: #schema,
                dialect: crate::resource::Dialect::#dialect,
                list: #list,
                grows: #grows,
                tag: #tag,
                description: #description,
                actions: #actions,
                sales_channel: #sales_channel,
                customer: #customer,
                calls_psp: #calls_psp,
                attributes: &[#(#shown),*],
                relationships: &[#(#relationships),*],
                texts: &[
                    #(#texts,)*
                    ("reference", crate::text::Text::Line),
                    ("reference_origin", crate::text::Text::Line),
                ],
            };

            const CREATE_PARTS: Option<crate::openapi::components::RequestPartsOf> = #create_parts;
            const UPDATE_PARTS: Option<crate::openapi::components::RequestPartsOf> = #update_parts;

            fn attributes(record: &crate::resource::Record<Self>) -> #attributes {
                #attributes {
                    #(#values,)*
                    created_at: record.created_at,
                    updated_at: record.updated_at,
                    reference: record.reference.clone(),
                    reference_origin: record.reference_origin.clone(),
                    metadata: record.metadata.clone(),
                }
            }

            fn to_one(&self, name: &str) -> Option<&crate::relationship::Identifier> {
                match name {
                    #(#to_one)*
                    _ => None,
                }
            }
        }
    }
}

/// What the declaration says of the attributes that a member is shown as. Of an amount, the minor units are asked for.
fn attribute_metas(member: &Member) -> Vec<TokenStream> {
    let meta = |name: String, asked: bool| {
        let value_type = format_ident!("{}", member.value_type());
        let [filter, sort, update] =
            [member.filter, member.sort, member.update].map(|declared| asked && declared);
        quote! {
            crate::resource::AttributeMeta {
                name: #name,
                value_type: crate::resource::ValueType::#value_type,
                filter: #filter,
                sort: #sort,
                update: #update,
            }
        }
    };
    if member.kind != Kind::Money {
        return vec![meta(member.name.to_string(), true)];
    }
    let [cents, float, formatted] = money_names(&member.name);
    vec![
        meta(cents.to_string(), true),
        meta(float.to_string(), false),
        meta(formatted.to_string(), false),
    ]
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn rendered_value(member: &Member) -> TokenStream {
    let name = &member.name;
    if member.kind != Kind::Money {
        return quote!(#name: record.#name.clone());
    }
    let [cents, float, formatted] = money_names(name);
    if member.optional().is_some() {
        quote! {
            #cents: record.#name,
            #float: record.#name.map(|cents| crate::money::Money::new(cents, record.currency_code).to_major()),
            #formatted: record.#name.map(|cents| crate::money::Money::new(cents, record.currency_code).formatted())
        }
    } else {
        quote! {
            #cents: record.#name,
            #float: crate::money::Money::new(record.#name, record.currency_code).to_major(),
            #formatted: crate::money::Money::new(record.#name, record.currency_code).formatted()
        }
    }
}

/// Name of the request member and of the field that holds it.
fn request_name(member: &Member) -> (Ident, Option<TokenStream>) {
    match member.kind {
        Kind::Money => (money_names(&member.name)[0].clone(), None),
        Kind::Trigger => {
            let wire = format!("_{}", member.name);
            (member.name.clone(), Some(quote!(#[serde(rename = #wire)])))
        }
        _ => (member.name.clone(), None),
    }
}

fn common_request_members(ty: impl Fn(TokenStream) -> TokenStream, extra: &TokenStream) -> TokenStream {
    let (text, object) = (ty(quote!(String)), ty(quote!(crate::scalar::JsonObject)));
    let [text_extra, object_extra] = if extra.is_empty() {
        [quote!(), quote!()]
    } else {
        [
            quote!(#extra #[schemars(with = "Option<String>")]),
            quote!(#extra #[schemars(with = "Option<crate::scalar::JsonObject>")]),
        ]
    };
    quote! {
        /// Identifier of the resource in another system.
        #text_extra
        #[validate(length(max = 255))]
        pub reference: #text,
        /// Name of that other system.
        #text_extra
        #[validate(length(max = 255))]
        pub reference_origin: #text,
        /// The client's own data: a JSON object.
        #object_extra
        pub metadata: #object,
    }
}

fn request_structs(
    name: &Ident,
    verb: &str,
    fields: &[TokenStream],
    common: &TokenStream,
    relationships: &[TokenStream],
) -> TokenStream {
    let attributes_name = format_ident!("{verb}{name}Attributes");
    let relationships_name = format_ident!("{verb}{name}Relationships");
    let [attributes_doc, relationships_doc] = ["Attributes", "Relationships"]
        .map(|what| format!("{what} of a request to {} `{name}`.", verb.to_lowercase()));
    quote! {
        #[doc = #attributes_doc]
        #[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema, validator::Validate)]
        #[schemars(deny_unknown_fields)]
        pub struct #attributes_name { #(#fields,)* #common }

        #[doc = #relationships_doc]
        #[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        pub struct #relationships_name { #(#relationships,)* }
    }
}

fn create(declaration: &Declaration) -> TokenStream {
    let name = &declaration.name;
    let mut fields = Vec::new();
    let mut relationships = Vec::new();
    for member in declaration.members.iter().filter(|member| member.create) {
        let Member {
            ty, docs, passed_on, ..
        } = member;
        let (field, rename) = request_name(member);
        if member.kind == Kind::Relationship {
            relationships.push(if member.is_one() {
                quote!(#(#docs)* pub #field: #ty)
            } else {
                let with = quote!(#ty).to_string();
                quote!(#(#docs)* #[serde(default)] #[schemars(with = #with)] pub #field: Option<#ty>)
            });
            continue;
        }
        let ty = match (&member.default, member.optional()) {
            (Some(_), None) => quote!(Option<#ty>),
            _ => quote!(#ty),
        };
        let default = member
            .default
            .as_ref()
            .map(|value| quote!(#[schemars(extend("default" = #value))]));
        fields.push(quote!(#(#docs)* #rename #default #(#passed_on)* pub #field: #ty));
    }
    let common = common_request_members(|ty| quote!(Option<#ty>), &quote!());
    let structs = request_structs(name, "Create", &fields, &common, &relationships);
    let values = declaration
        .members
        .iter()
        .filter(|member| member.is_kept())
        .map(|member| {
            let target = &member.name;
            let (field, _) = request_name(member);
            match (member.create, member.kind, &member.default) {
                (true, Kind::Relationship, _) if member.is_one() => {
                    quote!(#target: relationships.#field.clone())
                }
                (true, Kind::Relationship, _) => {
                    quote!(#target: relationships.#field.clone().unwrap_or_default())
                }
                (true, _, Some(default)) if member.optional().is_none() => {
                    quote!(#target: attributes.#field.clone().unwrap_or_else(|| #default.into()))
                }
                (true, _, _) => quote!(#target: attributes.#field.clone()),
                (false, _, Some(default)) => quote!(#target: #default.into()),
                (false, _, None) => quote!(#target: Default::default()),
            }
        });
    let [attributes_name, relationships_name] =
        ["Attributes", "Relationships"].map(|what| format_ident!("Create{name}{what}"));
    quote! {
        #structs

        impl crate::resource::Creatable for #name {
            type Attributes = #attributes_name;
            type Relationships = #relationships_name;

            #[allow(unused_variables)] // a resource may have nothing to create but the common members
            fn from_create(attributes: &#attributes_name, relationships: &#relationships_name) -> crate::resource::Record<Self> {
                let mut record = crate::resource::Record::unstamped(Self { #(#values,)* });
                record.reference = attributes.reference.clone();
                record.reference_origin = attributes.reference_origin.clone();
                record.metadata = attributes.metadata.clone().unwrap_or_default();
                record
            }
        }
    }
}

fn update(declaration: &Declaration) -> TokenStream {
    let name = &declaration.name;
    let nullable = quote!(#[serde(default, deserialize_with = "crate::scalar::present")]);
    let mut fields = Vec::new();
    let mut relationships = Vec::new();
    let mut assignments = Vec::new();
    for member in declaration.members.iter().filter(|member| member.update) {
        let Member {
            ty,
            docs,
            passed_on,
            name: target,
            ..
        } = member;
        let (field, rename) = request_name(member);
        let with = quote!(#ty).to_string();
        match member.kind {
            Kind::Relationship => {
                relationships.push(
                    quote!(#(#docs)* #[serde(default)] #[schemars(with = #with)] pub #field: Option<#ty>),
                );
                assignments.push(
                    quote!(if let Some(value) = &relationships.#field { record.#target = value.clone(); }),
                );
            }
            Kind::Trigger => fields.push(quote!(#(#docs)* #rename #(#passed_on)* pub #field: #ty)),
            _ if member.optional().is_some() => {
                fields.push(quote!(#(#docs)* #rename #nullable #[schemars(with = #with)] #(#passed_on)* pub #field: Option<#ty>));
                assignments.push(
                    quote!(if let Some(value) = &attributes.#field { record.#target = value.clone(); }),
                );
            }
            _ => {
                fields.push(quote!(#(#docs)* #rename #[serde(default)] #[schemars(with = #with)] #(#passed_on)* pub #field: Option<#ty>));
                assignments.push(
                    quote!(if let Some(value) = &attributes.#field { record.#target = value.clone(); }),
                );
            }
        }
    }
    let common = common_request_members(|ty| quote!(Option<Option<#ty>>), &nullable);
    let structs = request_structs(name, "Update", &fields, &common, &relationships);
    let [attributes_name, relationships_name] =
        ["Attributes", "Relationships"].map(|what| format_ident!("Update{name}{what}"));
    quote! {
        #structs

        impl crate::resource::Updatable for #name {
            type Attributes = #attributes_name;
            type Relationships = #relationships_name;

            #[allow(unused_variables)] // a resource may have nothing to update but the common members
            fn apply(record: &mut crate::resource::Record<Self>, attributes: &#attributes_name, relationships: &#relationships_name) {
                #(#assignments)*
                if let Some(value) = &attributes.reference { record.reference = value.clone(); }
                if let Some(value) = &attributes.reference_origin { record.reference_origin = value.clone(); }
                if let Some(value) = &attributes.metadata { record.metadata = value.clone().unwrap_or_default(); }
            }
        }
    }
}
