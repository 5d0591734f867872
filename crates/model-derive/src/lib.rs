//! `#[resource]`: writes the code of an API resource from its declaration.
//!
//! It knows nothing of databases or HTTP. The `tillgate_model::resource` module describes the output.

mod declaration;
mod emit;

use proc_macro::TokenStream;

/// Declares a resource. The item reads like the documentation's table:
///
/// ```ignore
/// /// A wallet.
/// #[resource(type = "wallets", singular = "wallet", tag = "Wallets", actions(list, retrieve, create, update, delete))]
/// pub struct Wallet {
///     /// Its name.
///     #[attribute(read, create, update)]
///     #[validate(length(max = 255))]
///     pub name: Option<String>,
///     /// Surcharge.
///     #[money(read, create, update)]
///     pub price_amount: i64,
///     /// Ask the PSP now.
///     #[trigger(update)]
///     pub refresh: Option<bool>,
///     /// Whose it is.
///     #[relationship(create)]
///     pub customer: One<Customer>,
/// }
/// ```
///
/// - `#[attribute(read, create, update)]`: where the attribute occurs. Without `Option`, a create must give it, unless
///   `default = …` says what it is otherwise.
/// - `#[attribute(…, filter, sort)]`: lists can be filtered by it, and sorted by it.
/// - `#[attribute(…, key)]`: a key or an identifier of a payment gateway: white space around it is dropped.
/// - `#[money(…)]`: the same for an amount in minor units, shown as `X_cents`, `X_float` and `formatted_X` in the
///   currency of the field `currency_code`.
/// - `#[trigger(create, update)]`: a write-only member named `_field`; it is not kept.
/// - `#[relationship(create, update)]`: a `One`, `ToOne` or `ToMany`. `computed` marks one that is found by rules.
/// - `grows` says that there are more with each payment or customer: its lists find their rows by indexes, or in limited time.
/// - `list = "users/me/wallets"` says where the list is, if not at the type.
/// - a field without any of these is kept, but the API does not show it.
#[proc_macro_attribute]
pub fn resource(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = syn::parse::Parser::parse(declaration::Container::parse, arguments).and_then(|container| {
        let item: syn::ItemStruct = syn::parse(item)?;
        declaration::Declaration::parse(container, item)
    });
    match parsed {
        Ok(declaration) => emit::resource(&declaration).into(),
        Err(error) => error.to_compile_error().into(),
    }
}
