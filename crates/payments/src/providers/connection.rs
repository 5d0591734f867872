//! The connection to a gateway's PSP: its client and its key.

use tillgate_gateways::{Gateway, GatewaySettings, PspRequest};
use tillgate_model::{Secret, resources::GatewayType};
use tillgate_store::PaymentGatewayRow;
use url::Url;

use crate::{
    context::Context,
    failure::Failure,
    providers::{credentials::secret_key, list::for_each_provider},
};

/// A client of a PSP's API, and the key that the PSP requires.
pub struct ProviderConnection {
    /// The client.
    pub gateway: Box<dyn Gateway>,
    /// The secret key.
    pub key: Secret,
    /// The PSP's URL. The key is sent nowhere else.
    base_url: Url,
}

macro_rules! clients {
    ($($module:ident: $gateway_type:ident $gateway:ident, $source_type:ident $source:ident;)*) => {
        /// The client for a gateway's PSP, if there is a PSP.
        fn client(row: &PaymentGatewayRow, settings: GatewaySettings) -> Option<Box<dyn Gateway>> {
            match *row.kind {
                $(GatewayType::$gateway_type => super::$module::client::client(row, settings),)*
            }
        }
    };
}
for_each_provider!(clients);

impl ProviderConnection {
    /// The connection to a gateway's PSP.
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

    /// Whether a request's URL is below the PSP's present URL. The URL of a stored request may be a former one.
    pub fn leads_to(&self, request: &PspRequest) -> bool {
        request
            .url
            .starts_with(self.base_url.as_str().trim_end_matches('/'))
            && Url::parse(&request.url).is_ok_and(|url| url.origin() == self.base_url.origin())
    }
}
