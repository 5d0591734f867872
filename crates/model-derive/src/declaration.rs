use syn::{
    Attribute, Error, Expr, Field, Fields, Ident, ItemStruct, LitStr, Meta, Result, Token, Type, Visibility,
    parse::ParseStream, punctuated::Punctuated, spanned::Spanned,
};

/// `#[resource(…)]`
#[derive(Default)]
pub struct Container {
    pub kind: Option<LitStr>,
    pub singular: Option<LitStr>,
    pub tag: Option<LitStr>,
    pub dialect: Option<Ident>,
    /// Path of the list, if that is not the type.
    pub list: Option<LitStr>,
    pub actions: Vec<Ident>,
    pub sales_channel: Vec<Ident>,
    /// By default, those of `sales_channel`.
    pub customer: Option<Vec<Ident>>,
    pub calls_psp: Vec<Ident>,
    /// There are more of it with each payment or customer.
    pub grows: bool,
    /// Types that name it in requests besides its own.
    pub aliases: Vec<LitStr>,
}

impl Container {
    pub fn parse(input: ParseStream) -> Result<Self> {
        let mut container = Self::default();
        syn::meta::parser(|meta| {
            let name = meta.path.require_ident()?.to_string();
            match name.as_str() {
                "type" => container.kind = Some(meta.value()?.parse()?),
                "singular" => container.singular = Some(meta.value()?.parse()?),
                "tag" => container.tag = Some(meta.value()?.parse()?),
                "dialect" => container.dialect = Some(meta.value()?.parse()?),
                "list" => container.list = Some(meta.value()?.parse()?),
                "actions" => container.actions = list(meta.input)?,
                "sales_channel" => container.sales_channel = list(meta.input)?,
                "customer" => container.customer = Some(list(meta.input)?),
                "calls_psp" => container.calls_psp = list(meta.input)?,
                "grows" => container.grows = true,
                "aliases" => container.aliases = list(meta.input)?,
                _ => return Err(meta.error("unknown resource option")),
            }
            Ok(())
        })
        .parse2_stream(input)?;
        Ok(container)
    }
}

/// `syn::meta::parser` gives a `Parser`; this runs it on a stream that is already open.
trait ParseStreamExt {
    fn parse2_stream(self, input: ParseStream) -> Result<()>;
}

impl<P: syn::parse::Parser<Output = ()>> ParseStreamExt for P {
    fn parse2_stream(self, input: ParseStream) -> Result<()> {
        let tokens: proc_macro2::TokenStream = input.parse()?;
        self.parse2(tokens)
    }
}

fn list<T: syn::parse::Parse>(input: ParseStream) -> Result<Vec<T>> {
    let content;
    syn::parenthesized!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?
        .into_iter()
        .collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Attribute,
    Money,
    Trigger,
    Relationship,
    /// A field that is stored and not shown.
    Internal,
}

pub struct Member {
    pub kind: Kind,
    pub name: Ident,
    pub ty: Type,
    pub visibility: Visibility,
    pub read: bool,
    pub create: bool,
    pub update: bool,
    /// Whether it is a key or an identifier of a payment gateway.
    pub key: bool,
    /// Lists can be filtered by it.
    pub filter: bool,
    /// Lists can be sorted by it.
    pub sort: bool,
    /// A relationship that is found by rules.
    pub computed: bool,
    pub default: Option<Expr>,
    /// Doc comments, and attributes for validator and schemars.
    pub docs: Vec<Attribute>,
    pub passed_on: Vec<Attribute>,
}

impl Member {
    /// The type inside `Option<…>`, if it is one.
    pub fn optional(&self) -> Option<&Type> {
        generic_argument(&self.ty, "Option")
    }

    /// The kind of its text, as a variant of `Text`; `None` if it is no text of a request.
    pub fn text(&self) -> Option<&'static str> {
        let is_given = (self.create || self.update) && matches!(self.kind, Kind::Attribute | Kind::Trigger);
        let is_string =
            matches!(self.optional().unwrap_or(&self.ty), Type::Path(path) if path.path.is_ident("String"));
        let is_validated_as = |rule: &str| {
            let mut rules = self
                .passed_on
                .iter()
                .filter(|attribute| attribute.path().is_ident("validate"));
            rules.any(|attribute| match &attribute.meta {
                Meta::List(list) => list
                    .tokens
                    .clone()
                    .into_iter()
                    .any(|token| token.to_string() == rule),
                _ => false,
            })
        };
        match self.key {
            _ if !is_given => None,
            true => Some("Key"),
            false if !is_string => None,
            false if is_validated_as("url") => Some("Url"),
            false if is_validated_as("email") => Some("Email"),
            false => Some("Line"),
        }
    }

    /// The type of its values in filters, as a variant of `ValueType`.
    pub fn value_type(&self) -> &'static str {
        let Type::Path(path) = self.optional().unwrap_or(&self.ty) else {
            return "Text";
        };
        let name = path.path.segments.last().map(|segment| segment.ident.to_string());
        match name.as_deref() {
            Some("i64") => "Integer",
            Some("bool") => "Boolean",
            Some("Timestamp") => "Time",
            Some("JsonObject") => "Json",
            _ => "Text",
        }
    }

    /// A to-many relationship or a trigger is no field of the record.
    pub fn is_kept(&self) -> bool {
        self.kind != Kind::Trigger && !self.is_to_many()
    }

    pub fn is_to_many(&self) -> bool {
        self.kind == Kind::Relationship && generic_argument(&self.ty, "ToMany").is_some()
    }

    /// Whether it is a relationship that is never empty.
    pub fn is_one(&self) -> bool {
        self.kind == Kind::Relationship && generic_argument(&self.ty, "One").is_some()
    }
}

fn generic_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path
        .path
        .segments
        .last()
        .filter(|segment| segment.ident == name)?;
    match &segment.arguments {
        syn::PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

pub struct Declaration {
    pub container: Container,
    pub name: Ident,
    pub visibility: Visibility,
    pub docs: Vec<Attribute>,
    pub members: Vec<Member>,
}

impl Declaration {
    pub fn parse(container: Container, item: ItemStruct) -> Result<Self> {
        let Fields::Named(fields) = item.fields else {
            return Err(Error::new(
                item.ident.span(),
                "a resource is a struct with named fields",
            ));
        };
        let members = fields.named.into_iter().map(member).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            container,
            name: item.ident,
            visibility: item.vis,
            docs: docs(&item.attrs),
            members,
        })
    }

    pub fn has_action(&self, name: &str) -> bool {
        self.container.actions.iter().any(|action| action == name)
    }
}

fn docs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .cloned()
        .collect()
}

/// A doc comment as one paragraph.
pub fn doc_text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn member(field: Field) -> Result<Member> {
    let name = field
        .ident
        .clone()
        .ok_or_else(|| Error::new(field.span(), "a field has a name"))?;
    let mut member = Member {
        kind: Kind::Internal,
        name,
        ty: field.ty,
        visibility: field.vis,
        read: false,
        create: false,
        update: false,
        key: false,
        filter: false,
        sort: false,
        computed: false,
        default: None,
        docs: docs(&field.attrs),
        passed_on: Vec::new(),
    };
    for attribute in field.attrs {
        let Some(name) = attribute.path().get_ident().map(ToString::to_string) else {
            continue;
        };
        member.kind = match name.as_str() {
            "attribute" => Kind::Attribute,
            "money" => Kind::Money,
            "trigger" => Kind::Trigger,
            "relationship" => Kind::Relationship,
            "validate" | "schemars" => {
                member.passed_on.push(attribute);
                continue;
            }
            _ => continue,
        };
        if matches!(attribute.meta, Meta::Path(_)) {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            match meta.path.require_ident()?.to_string().as_str() {
                "read" => member.read = true,
                "create" => member.create = true,
                "update" => member.update = true,
                "key" => member.key = true,
                "filter" => member.filter = true,
                "sort" => member.sort = true,
                "computed" => member.computed = true,
                "default" => member.default = Some(meta.value()?.parse()?),
                _ => {
                    return Err(
                        meta.error("expected read, create, update, filter, sort, computed, key or default")
                    );
                }
            }
            Ok(())
        })?;
    }
    Ok(member)
}
