//! The PSPs: one line each. Everything that goes over all of them follows from this list.

/// Gives a macro, for each provider: its module, its type of gateways with the resource, its type of payment sources with the
/// resource.
macro_rules! for_each_provider {
    ($do:ident) => {
        $do! {
            stripe: StripeGateways StripeGateway, StripePayments StripePayment;
            checkout_com: CheckoutComGateways CheckoutComGateway, CheckoutComPayments CheckoutComPayment;
            manual: ManualGateways ManualGateway, WireTransfers WireTransfer;
        }
    };
}
pub(crate) use for_each_provider;
