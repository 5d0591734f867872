//! Chooses the gateway that pays an order. If the order has a payment method, it is that method's gateway, for payment sources of
//! that method's type. Otherwise it is the gateway that the order's market offers for the type. Every new payment source and
//! every new authorization is checked with this: a method or a gateway may have been disabled, moved or changed since. Money that
//! is already held is captured, voided and refunded through the gateway that holds it.

use tillgate_model::{Id, Problem, resources::PaymentSourceType};
use tillgate_store::{MethodSummary, OrderRow, PaymentGatewayRow, PaymentMethodRow, Scope, Tx, query};

use crate::{failure::Failure, payment::locked::LockedPayment, request::Request, stored::parse_column};

/// The offers of an order's market for payment sources of one type: enabled methods with enabled gateways.
pub struct Offers {
    source_type: PaymentSourceType,
    offered: Vec<(MethodSummary, PaymentGatewayRow)>,
}

/// The way in which a payment source pays.
pub struct Choice {
    /// The gateway that the source uses.
    pub gateway: PaymentGatewayRow,
    /// Whether the order's payment method is for orders by mail or telephone.
    pub moto: bool,
}

impl Choice {
    /// Whether the caller pays by mail or telephone: only a merchant does, who enters the card data. A buyer can't, because such
    /// a payment is not authenticated.
    pub fn is_moto(&self, request: &Request) -> Option<bool> {
        (self.moto && request.caller.buyer().is_none()).then_some(true)
    }
}

impl Offers {
    /// Offers from the rows of the query `offers_of_order`.
    pub fn new(source_type: PaymentSourceType, offered: Vec<(MethodSummary, PaymentGatewayRow)>) -> Self {
        Self { source_type, offered }
    }

    /// Reads the offers of an order's market.
    pub async fn of(
        tx: &mut Tx<'_>,
        scope: &Scope,
        order: &OrderRow,
        source_type: PaymentSourceType,
    ) -> Result<Self, Failure> {
        let id: Id = parse_column(&order.id)?;
        let offered = query!(tx, payments::offers_of_order(scope, &id, source_type))?;
        Ok(Self::new(source_type, offered))
    }

    /// The offer of the order's payment method, or all offers if the order has no method.
    fn open_to(&self, order: &OrderRow) -> impl Iterator<Item = &(MethodSummary, PaymentGatewayRow)> {
        let chosen = order.payment_method_id.clone();
        self.offered
            .iter()
            .filter(move |(method, _)| chosen.as_ref().is_none_or(|chosen| *chosen == method.id))
    }

    /// The gateway for a new payment source of the type. `None` if nothing is offered, or several gateways are.
    pub fn choose(&self, order: &OrderRow) -> Option<Choice> {
        let (_, first) = self.open_to(order).next()?;
        let is_only = self.open_to(order).all(|(_, gateway)| gateway.id == first.id);
        self.through(order, &first.id).filter(|_| is_only)
    }

    /// The choice of a given gateway for an order, if it is offered.
    pub fn through(&self, order: &OrderRow, gateway_id: &str) -> Option<Choice> {
        let (method, gateway) = self
            .open_to(order)
            .find(|(_, gateway)| gateway.id == gateway_id)?;
        Some(Choice {
            gateway: gateway.clone(),
            moto: method.moto && order.payment_method_id.is_some(),
        })
    }

    /// The gateway for a new payment source of the type. Refuses the source without one.
    pub async fn choose_or_refuse(
        self,
        tx: &mut Tx<'_>,
        scope: &Scope,
        order: &OrderRow,
        pointer: &str,
    ) -> Result<Choice, Failure> {
        match self.choose(order) {
            Some(choice) => Ok(choice),
            None => Err(self.refusal(tx, scope, order, None, pointer).await?.into()),
        }
    }

    /// Whether a payment method is offered.
    pub fn has_method(&self, id: &str) -> bool {
        self.offered.iter().any(|(method, _)| method.id == id)
    }

    /// Why no gateway can pay the order, or why `gateway_id` can't, if that is given. `pointer` leads to the attribute that asks
    /// for the payment.
    pub async fn refusal(
        &self,
        tx: &mut Tx<'_>,
        scope: &Scope,
        order: &OrderRow,
        gateway_id: Option<&str>,
        pointer: &str,
    ) -> Result<Problem, Failure> {
        let source_type = self.source_type;
        let Some(id) = &order.payment_method_id else {
            let message = if self.offered.is_empty() {
                format!("can't be done: no enabled payment method of the order's market takes {source_type}")
            } else if gateway_id.is_some() {
                "can't be done: the order's market does not offer the payment source's gateway; create a new payment source".into()
            } else {
                format!(
                    "can't be done: the order's market has several gateways for {source_type}; choose one by the order's payment_method"
                )
            };
            return Ok(Problem::invalid(pointer, "no_gateway", message));
        };
        let method_id: Id = parse_column(id)?;
        let method = query!(tx, payment_methods::get(scope, &method_id))?;
        let reason = match &method {
            Some(method) if method.payment_source_type != source_type => {
                format!("takes {}, not {source_type}", method.payment_source_type)
            }
            Some(method) if method.disabled_at.is_some() || !is_of_market(method, order) => {
                "is not offered in its market any more; choose another payment_method".into()
            }
            _ if self.has_method(id) => "uses another gateway now; create a new payment source".into(),
            _ => "has a gateway that is disabled; choose another payment_method".into(),
        };
        let message = format!("can't be done: the order's payment method {id} {reason}");
        let problem = Problem::invalid(pointer, "not_available", message).meta("payment_method", id.clone());
        Ok(match method {
            Some(method) => problem.meta("payment_source_type", method.payment_source_type.to_string()),
            None => problem,
        })
    }
}

/// The order's payment method, if the payment source is of its type.
pub async fn method_of(
    tx: &mut Tx<'_>,
    payment: &LockedPayment,
) -> Result<Option<PaymentMethodRow>, Failure> {
    let Some(id) = &payment.order.payment_method_id else {
        return Ok(None);
    };
    let id: Id = parse_column(id)?;
    let method = query!(tx, payment_methods::get(&payment.scope, &id))?;
    Ok(method.filter(|method| method.payment_source_type == payment.source.kind))
}

fn is_of_market(method: &PaymentMethodRow, order: &OrderRow) -> bool {
    let market = method.market_id.as_ref();
    market.is_none_or(|market| *market == order.market_id)
}

/// The choice for a payment source's next attempt. `None` if its gateway is no longer offered.
pub async fn present(tx: &mut Tx<'_>, payment: &LockedPayment) -> Result<Option<Choice>, Failure> {
    let offers = Offers::of(tx, &payment.scope, &payment.order, *payment.source.kind).await?;
    Ok(offers.through(&payment.order, &payment.source.payment_gateway_id))
}

/// The choice for a payment source's next attempt. Refuses the attempt if its gateway is no longer offered. `pointer` leads to
/// the attribute that asks for it.
pub async fn present_or_refuse(
    tx: &mut Tx<'_>,
    payment: &LockedPayment,
    pointer: &str,
) -> Result<Choice, Failure> {
    let offers = Offers::of(tx, &payment.scope, &payment.order, *payment.source.kind).await?;
    let gateway_id = &payment.source.payment_gateway_id;
    match offers.through(&payment.order, gateway_id) {
        Some(choice) => Ok(choice),
        None => {
            let (scope, order) = (&payment.scope, &payment.order);
            Err(offers
                .refusal(tx, scope, order, Some(gateway_id), pointer)
                .await?
                .into())
        }
    }
}
