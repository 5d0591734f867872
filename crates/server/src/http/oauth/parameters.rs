//! The parameters of token requests, as the document shows them.

/// A request for an access token. Unknown parameters are ignored.
#[derive(utoipa::ToSchema)]
#[schema(as = TokenRequest)]
#[allow(dead_code, reason = "it is here for the document")]
pub struct TokenParameters {
    /// The kind of grant.
    grant_type: GrantType,
    /// Client id of the application, unless HTTP Basic has it.
    #[schema(required = false, max_length = 255)]
    client_id: String,
    /// Client secret of the application, unless HTTP Basic has it, or the application is a sales channel.
    #[schema(required = false, max_length = 255, format = Password)]
    client_secret: String,
    /// Scope of the token; by default the application's.
    #[schema(required = false, max_length = 255, example = "market:all")]
    scope: String,
    /// With `password`: e-mail address of the customer.
    #[schema(required = false, max_length = 255)]
    username: String,
    /// With `password`: password of the customer.
    #[schema(required = false, max_length = 255, format = Password)]
    password: String,
    /// With `refresh_token`: the token of the last answer. It works once.
    #[schema(required = false, max_length = 255, format = Password)]
    refresh_token: String,
}

/// The supported grants.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "it is here for the document")]
enum GrantType {
    /// An application's own credentials.
    #[schema(rename = "client_credentials")]
    ClientCredentials,
    /// A customer's e-mail address and password, through a sales channel.
    #[schema(rename = "password")]
    Password,
    /// The refresh token of a logged-in customer.
    #[schema(rename = "refresh_token")]
    RefreshToken,
}

/// A request to revoke a token. Unknown parameters are ignored.
#[derive(utoipa::ToSchema)]
#[schema(as = RevocationRequest)]
#[allow(dead_code, reason = "it is here for the document")]
pub struct RevocationParameters {
    /// The access token or refresh token.
    #[schema(min_length = 1, max_length = 4096, format = Password)]
    token: String,
    /// Kind of the token; optional, and may be wrong.
    #[schema(required = false, max_length = 255, example = "access_token")]
    token_type_hint: String,
    /// Client id of the application, unless HTTP Basic has it.
    #[schema(required = false, max_length = 255)]
    client_id: String,
    /// Client secret of the application, unless HTTP Basic has it, or the application is a sales channel.
    #[schema(required = false, max_length = 255, format = Password)]
    client_secret: String,
}
