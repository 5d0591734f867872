//! The way to the PSP of a gateway: its language and its key.

use tillgate_gateways::{Gateway, GatewaySettings, PspRequest};
use tillgate_model::{Secret, resources::GatewayType};
use tillgate_store::PaymentGatewayRow;
use url::Url;

use crate::{
    context::Context,
    failure::Failure,
    providers::{credentials::secret_key, list::for_each_provider},
};

/// A PSP's language, and the key that it wants.
pub struct ProviderConnection {
    /// The language.
    pub gateway: Box<dyn Gateway>,
    /// The key.
    pub key: Secret,
    /// Where the PSP is, which is the only place that the key is sent to.
    base_url: Url,
}

macro_rules! clients {
    ($($module:ident: $gateway_type:ident $gateway:ident, $source_type:ident $source:ident;)*) => {
        /// The language of a gateway's PSP, if there is a PSP.
        fn client(row: &PaymentGatewayRow, settings: GatewaySettings) -> Option<Box<dyn Gateway>> {
            match *row.kind {
                $(GatewayType::$gateway_type => super::$module::client::client(row, settings),)*
            }
        }
    };
}
for_each_provider!(clients);

impl ProviderConnection {
    /// The way to a gateway's PSP.
    pub fn of(context: &Context, row: &PaymentGatewayRow) -> Result<Self, Failure> {
        let base_url: Url = row
            .base_url
            .parse()
            .map_err(|error| Failure::Internal(format!("stored URL: {error}")))?;
        let settings = GatewaySettings {
            base_url: Some(base_url.clone()),
            api_version: row.api_version.clone(),
            processing_channel_id: row.processing_channel_id.clone(),
            connected_account: row.connected_account.clone(),
        };
        let gateway = client(row, settings)
            .ok_or_else(|| Failure::Internal(format!("the gateway {} has no PSP", row.id)))?;
        Ok(Self {
            gateway,
            key: secret_key(context, row)?,
            base_url,
        })
    }

    /// Whether a request goes to where the PSP is now. One that was stored may be for the place where it was before.
    pub fn leads_to(&self, request: &PspRequest) -> bool {
        request
            .url
            .starts_with(self.base_url.as_str().trim_end_matches('/'))
            && Url::parse(&request.url).is_ok_and(|url| url.origin() == self.base_url.origin())
    }
}
