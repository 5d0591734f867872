//! The PSPs: one line each. All code that iterates over PSPs follows from this list.

/// Gives a macro, for each provider: its module, its gateway type with the resource, and its source type with the resource.
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
