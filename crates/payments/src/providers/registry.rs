//! Finds the provider of a gateway or a payment source.

use tillgate_model::resources::{GatewayType, PaymentSourceType};

use crate::providers::{checkout_com, list::for_each_provider, manual, provider::Provider, stripe};

macro_rules! lookups {
    ($($module:ident: $gateway_type:ident $gateway:ident, $source_type:ident $source:ident;)*) => {
        /// The provider of gateways of a type.
        pub fn of_gateway(kind: GatewayType) -> &'static dyn Provider {
            match kind {
                $(GatewayType::$gateway_type => &$module::PROVIDER,)*
            }
        }

        /// The provider of payment sources of a type.
        pub fn of_source(kind: PaymentSourceType) -> &'static dyn Provider {
            match kind {
                $(PaymentSourceType::$source_type => &$module::PROVIDER,)*
            }
        }

        /// The gateway type of a type of payment sources.
        pub fn gateway_type_of(kind: PaymentSourceType) -> GatewayType {
            match kind {
                $(PaymentSourceType::$source_type => GatewayType::$gateway_type,)*
            }
        }

        /// The payment source type of a type of gateways.
        pub fn source_type_of(kind: GatewayType) -> PaymentSourceType {
            match kind {
                $(GatewayType::$gateway_type => PaymentSourceType::$source_type,)*
            }
        }
    };
}
for_each_provider!(lookups);

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;
    use crate::providers::provider::Confirmation;

    #[test]
    fn each_type_of_gateways_has_its_type_of_payment_sources() {
        assert_eq!(GatewayType::VARIANTS.len(), PaymentSourceType::VARIANTS.len());
        for gateway in GatewayType::VARIANTS {
            assert_eq!(gateway_type_of(source_type_of(*gateway)), *gateway);
            let source = source_type_of(*gateway);
            let (one, other) = (
                of_gateway(*gateway).capabilities(),
                of_source(source).capabilities(),
            );
            assert_eq!(one, other, "{gateway}");
        }
    }

    #[test]
    fn a_token_belongs_to_one_provider_at_most() {
        for token in ["pm_1", "card_1", "src_1", "tok_1", "cus_1", "other", ""] {
            let owners = GatewayType::VARIANTS
                .iter()
                .filter(|gateway| of_gateway(**gateway).owns_token(token));
            assert!(owners.count() <= 1, "{token}");
        }
    }

    #[test]
    fn who_is_confirmed_later_can_be_confirmed_later() {
        for gateway in GatewayType::VARIANTS {
            let provider = of_gateway(*gateway);
            let is_later = provider.capabilities().confirmation == Confirmation::Later;
            assert_eq!(provider.confirmed_later().is_some(), is_later, "{gateway}");
        }
    }
}
