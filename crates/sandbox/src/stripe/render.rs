//! The JSON of Stripe's objects, with every field present as in the vendor's answers.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::model::{
    Address, BillingDetails, Card, Charge, Customer, PaymentIntent, PaymentMethod, Refund, Shipping, Token,
};

fn time(at: Option<DateTime<Utc>>) -> Value {
    at.map_or(Value::Null, |at| at.timestamp().into())
}

fn address(address: &Address) -> Value {
    json!({
        "city": address.city, "country": address.country, "line1": address.line1, "line2": address.line2,
        "postal_code": address.postal_code, "state": address.state,
    })
}

fn shipping(shipping: Option<&Shipping>) -> Value {
    shipping.map_or(Value::Null, |shipping| {
        json!({
            "address": address(&shipping.address), "carrier": shipping.carrier, "name": shipping.name,
            "phone": shipping.phone, "tracking_number": shipping.tracking_number,
        })
    })
}

fn billing_details(details: &BillingDetails) -> Value {
    json!({
        "address": address(&details.address), "email": details.email, "name": details.name, "phone": details.phone,
        "tax_id": null,
    })
}

fn checks(card: &Card, details: &BillingDetails) -> Value {
    json!({
        "address_line1_check": details.address.line1.as_ref().map(|_| "pass"),
        "address_postal_code_check": details.address.postal_code.as_ref().map(|_| "pass"),
        "cvc_check": card.cvc_check(),
    })
}

pub(super) fn token(token: &Token) -> Value {
    let card = &token.card;
    json!({
        "id": token.id, "object": "token",
        "card": {
            "id": token.card_id, "object": "card", "address_city": null, "address_country": null,
            "address_line1": null, "address_line1_check": null, "address_line2": null, "address_state": null,
            "address_zip": card.postal_code,
            "address_zip_check": card.postal_code.as_ref().map(|_| "unchecked"),
            "brand": brand_name(&card.brand), "country": "US",
            "cvc_check": card.cvc_given.then_some("unchecked"), "dynamic_last4": null, "exp_month": card.exp_month,
            "exp_year": card.exp_year, "fingerprint": card.fingerprint, "funding": card.funding,
            "last4": card.last4, "metadata": {}, "name": card.name, "tokenization_method": null, "wallet": null,
        },
        "client_ip": null, "created": token.created.timestamp(), "livemode": token.livemode, "type": "card",
        "used": token.used,
    })
}

/// The brand as tokens spell it: for people.
fn brand_name(brand: &str) -> &str {
    match brand {
        "visa" => "Visa",
        "mastercard" => "MasterCard",
        "amex" => "American Express",
        "discover" => "Discover",
        "diners" => "Diners Club",
        "jcb" => "JCB",
        "unionpay" => "UnionPay",
        _ => "Unknown",
    }
}

pub(super) fn customer(customer: &Customer) -> Value {
    if customer.deleted {
        return json!({ "id": customer.id, "object": "customer", "deleted": true });
    }
    json!({
        "id": customer.id, "object": "customer", "address": customer.address.as_ref().map(address), "balance": 0,
        "created": customer.created.timestamp(), "currency": null, "default_source": customer.default_source,
        "delinquent": false, "description": customer.description, "discount": null, "email": customer.email,
        "invoice_prefix": customer.invoice_prefix,
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": customer.default_payment_method, "footer": null,
            "rendering_options": null,
        },
        "livemode": customer.livemode, "metadata": customer.metadata, "name": customer.name,
        "next_invoice_sequence": 1, "phone": customer.phone, "preferred_locales": [],
        "shipping": shipping(customer.shipping.as_ref()), "tax_exempt": "none", "test_clock": null,
    })
}

pub(super) fn payment_method(method: &PaymentMethod) -> Value {
    let card = &method.card;
    json!({
        "id": method.id, "object": "payment_method", "allow_redisplay": method.allow_redisplay,
        "billing_details": billing_details(&method.billing_details),
        "card": {
            "brand": card.brand, "checks": checks(card, &method.billing_details), "country": "US",
            "display_brand": card.brand, "exp_month": card.exp_month, "exp_year": card.exp_year,
            "fingerprint": card.fingerprint, "funding": card.funding, "generated_from": null, "last4": card.last4,
            "networks": { "available": [card.brand], "preferred": null },
            "regulated_status": "unregulated", "three_d_secure_usage": { "supported": true }, "wallet": null,
        },
        "created": method.created.timestamp(), "customer": method.customer, "customer_account": null,
        "livemode": method.livemode, "metadata": method.metadata, "type": "card",
    })
}

pub(super) fn payment_intent(pi: &PaymentIntent, public_url: &str) -> Value {
    let mut options = json!({
        "installments": null, "mandate_options": null, "network": null,
        "request_three_d_secure": pi.request_three_d_secure,
    });
    if let Some(multicapture) = &pi.request_multicapture {
        options["request_multicapture"] = multicapture.as_str().into();
    }
    let automatic = pi
        .automatic_payment_methods
        .as_ref()
        .map(|redirects| json!({ "allow_redirects": redirects, "enabled": true }));
    json!({
        "id": pi.id, "object": "payment_intent", "amount": pi.amount, "amount_capturable": pi.amount_capturable,
        "amount_details": { "tip": {} }, "amount_received": pi.amount_received, "application": null,
        "application_fee_amount": null, "automatic_payment_methods": automatic,
        "canceled_at": time(pi.canceled_at), "cancellation_reason": pi.cancellation_reason,
        "capture_method": pi.capture_method, "client_secret": pi.client_secret,
        "confirmation_method": pi.confirmation_method, "created": pi.created.timestamp(), "currency": pi.currency,
        "customer": pi.customer, "customer_account": null, "description": pi.description,
        "excluded_payment_method_types": null, "last_payment_error": pi.last_payment_error,
        "latest_charge": pi.latest_charge, "livemode": pi.livemode, "metadata": pi.metadata,
        "next_action": next_action(pi, public_url), "on_behalf_of": null, "payment_method": pi.payment_method,
        "payment_method_configuration_details": null,
        "payment_method_options": { "card": options },
        "payment_method_types": pi.payment_method_types, "processing": null, "receipt_email": pi.receipt_email,
        "review": null, "setup_future_usage": pi.setup_future_usage, "shipping": shipping(pi.shipping.as_ref()),
        "source": null, "statement_descriptor": pi.statement_descriptor,
        "statement_descriptor_suffix": pi.statement_descriptor_suffix, "status": pi.status.as_str(),
        "transfer_data": null, "transfer_group": null,
    })
}

fn next_action(pi: &PaymentIntent, public_url: &str) -> Value {
    let Some(challenge) = &pi.challenge else {
        return Value::Null;
    };
    let page = format!(
        "{public_url}/sandbox/stripe/3ds/{}?challenge={}",
        pi.id, challenge.key
    );
    match &pi.return_url {
        Some(return_url) if !challenge.in_sdk => json!({
            "type": "redirect_to_url", "redirect_to_url": { "return_url": return_url, "url": page },
        }),
        _ => json!({
            "type": "use_stripe_sdk", "use_stripe_sdk": { "type": "three_d_secure_redirect", "stripe_js": page },
        }),
    }
}

pub(super) fn charge(charge: &Charge) -> Value {
    let failure = charge.failure.as_ref();
    json!({
        "id": charge.id, "object": "charge", "amount": charge.amount, "amount_captured": charge.amount_captured,
        "amount_refunded": charge.amount_refunded, "application": null, "application_fee": null,
        "application_fee_amount": null, "balance_transaction": charge.balance_transaction,
        "billing_details": billing_details(&charge.billing_details), "calculated_statement_descriptor": "SANDBOX",
        "captured": charge.captured, "created": charge.created.timestamp(), "currency": charge.currency,
        "customer": charge.customer, "description": charge.description, "disputed": charge.disputed,
        "failure_balance_transaction": null, "failure_code": failure.map(|failure| &failure.code),
        "failure_message": failure.map(|failure| &failure.message), "fraud_details": {},
        "livemode": charge.livemode, "metadata": charge.metadata, "on_behalf_of": null, "order": null,
        "outcome": outcome(charge), "paid": failure.is_none(), "payment_intent": charge.payment_intent,
        "payment_method": charge.payment_method,
        "payment_method_details": payment_method_details(charge),
        "presentment_details": null, "radar_options": {}, "receipt_email": charge.receipt_email,
        "receipt_number": null, "receipt_url": null, "refunded": charge.refunded, "review": null,
        "shipping": shipping(charge.shipping.as_ref()), "source": null, "source_transfer": null,
        "statement_descriptor": null, "statement_descriptor_suffix": charge.statement_descriptor_suffix,
        "status": if failure.is_none() { "succeeded" } else { "failed" },
        "transfer_data": null, "transfer_group": null,
    })
}

fn payment_method_details(charge: &Charge) -> Value {
    let approved = charge.failure.is_none();
    let multicapture = if charge.multicapture {
        "available"
    } else {
        "unavailable"
    };
    json!({
            "card": {
                "amount_authorized": approved.then_some(charge.amount),
                "authorization_code": approved.then_some("000000"), "brand": charge.card.brand,
                "capture_before": time(charge.capture_before),
                "checks": checks(&charge.card, &charge.billing_details), "country": "US",
                "exp_month": charge.card.exp_month, "exp_year": charge.card.exp_year,
                "extended_authorization": { "status": "disabled" }, "fingerprint": charge.card.fingerprint,
                "funding": charge.card.funding, "incremental_authorization": { "status": "unavailable" },
                "installments": null, "last4": charge.card.last4, "mandate": null,
                "moto": charge.moto.then_some(true),
                "multicapture": { "status": multicapture },
                "network": charge.card.brand, "network_token": { "used": false },
                "network_transaction_id": charge.network_transaction_id,
                "overcapture": { "maximum_amount_capturable": charge.amount, "status": "unavailable" },
                "regulated_status": "unregulated", "three_d_secure": three_d_secure(charge), "wallet": null,
            },
            "type": "card",
    })
}

fn outcome(charge: &Charge) -> Value {
    let Some(failure) = &charge.failure else {
        return json!({
            "advice_code": null, "network_advice_code": null, "network_decline_code": null,
            "network_status": "approved_by_network", "reason": null, "risk_level": "normal", "risk_score": 20,
            "seller_message": "Payment complete.", "type": "authorized",
        });
    };
    let blocked = failure.decline_code.as_deref() == Some("fraudulent");
    json!({
        "advice_code": null, "network_advice_code": null, "network_decline_code": failure.network_code,
        "network_status": if blocked { "not_sent_to_network" } else { "declined_by_network" },
        "reason": if blocked { "highest_risk_level" } else { failure.decline_code.as_deref().unwrap_or(&failure.code) },
        "risk_level": if blocked { "highest" } else { "normal" }, "risk_score": if blocked { 90 } else { 20 },
        "seller_message": if blocked { "Stripe blocked this payment as too risky." } else { "The bank did not approve the payment." },
        "type": if blocked { "blocked" } else { "issuer_declined" },
    })
}

fn three_d_secure(charge: &Charge) -> Value {
    if !charge.authenticated {
        return Value::Null;
    }
    json!({
        "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": null,
        "result": "authenticated", "result_reason": null, "transaction_id": null, "version": "2.2.0",
    })
}

pub(super) fn refund(refund: &Refund) -> Value {
    let mut value = json!({
        "id": refund.id, "object": "refund", "amount": refund.amount,
        "balance_transaction": refund.balance_transaction, "charge": refund.charge,
        "created": refund.created.timestamp(), "currency": refund.currency,
        "destination_details": {
            "card": {
                "reference_status": if refund.status == "succeeded" { "available" } else { "pending" },
                "reference_type": "acquirer_reference_number", "type": "refund",
            },
            "type": "card",
        },
        "metadata": refund.metadata, "payment_intent": refund.payment_intent, "reason": refund.reason,
        "receipt_number": null, "source_transfer_reversal": null, "status": refund.status,
        "transfer_reversal": null,
    });
    if let Some(reason) = &refund.failure_reason {
        value["failure_reason"] = reason.as_str().into();
    }
    if refund.status == "pending" {
        value["pending_reason"] = "processing".into();
    }
    value
}
