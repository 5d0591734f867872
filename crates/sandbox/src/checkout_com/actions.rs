//! Captures, voids, refunds and reversals: accepted with 202, done after the configured delay.

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::currency::check_amount;
use super::events::About;
use super::payment::{Action, ActionKind, Payment, Stage};
use super::request::MAX_REFERENCE_CHARS;
use super::response_code;
use super::{Call, CheckoutCom};
use crate::env::Env;
use crate::faults::{Fault, Occasion};
use crate::ledger::Vendor;

/// The members of an action request besides its amount.
struct Note {
    reference: Option<String>,
    metadata: Map<String, Value>,
}

/// An action that passed every check.
struct Accepted {
    kind: ActionKind,
    amount: u64,
    closes: bool,
    note: Note,
}

impl CheckoutCom {
    pub(super) fn capture(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let payment = self
            .payment(call.mode, id)
            .ok_or_else(Refusal::not_found)?
            .clone();
        let note = read_note(call)?;
        let amount = read_amount(call, &payment)?;
        let closes = match call.fields.text("capture_type", "capture_type_invalid")? {
            None | Some("Final") => true,
            Some("NonFinal") => false,
            Some(_) => return Err(Refusal::invalid("capture_type_invalid")),
        };
        if !matches!(payment.stage(call.now), Stage::Authorized | Stage::Expired) {
            return Err(Refusal::forbidden());
        }
        let captured = payment.accepted(ActionKind::Capture, call.now);
        let closed = payment
            .actions
            .iter()
            .any(|action| action.counts(call.now) && (action.closes || action.kind == ActionKind::Void));
        let remaining = payment.amount.saturating_sub(captured);
        if closed || remaining == 0 {
            return Err(Refusal::forbidden());
        }
        if payment.is_past_expiry(call.now) {
            return Err(Refusal::Processing("payment_expired"));
        }
        let amount = amount.unwrap_or(remaining);
        if amount > payment.amount {
            return Err(Refusal::Processing("capture_value_greater_than_authorized"));
        }
        if amount > remaining {
            return Err(Refusal::Processing(
                "capture_value_greater_than_remaining_authorized",
            ));
        }
        Ok(self.accept(
            env,
            call,
            payment,
            Accepted {
                kind: ActionKind::Capture,
                amount,
                closes,
                note,
            },
        ))
    }

    pub(super) fn void(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let payment = self
            .payment(call.mode, id)
            .ok_or_else(Refusal::not_found)?
            .clone();
        let note = read_note(call)?;
        // Checkout.com docs, void a payment: after a partial capture, the rest is released.
        let captured = payment.effective(ActionKind::Capture, call.now);
        let is_under_way = payment.accepted(ActionKind::Capture, call.now) > captured;
        let amount = payment.balances(call.now).available_to_void;
        let is_voiding = payment.accepted(ActionKind::Void, call.now) > 0;
        if amount == 0 || is_under_way || is_voiding {
            return Err(Refusal::forbidden());
        }
        Ok(self.accept(
            env,
            call,
            payment,
            Accepted {
                kind: ActionKind::Void,
                amount,
                closes: true,
                note,
            },
        ))
    }

    pub(super) fn refund(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let payment = self
            .payment(call.mode, id)
            .ok_or_else(Refusal::not_found)?
            .clone();
        let note = read_note(call)?;
        let amount = read_amount(call, &payment)?;
        let captured = payment.effective(ActionKind::Capture, call.now);
        if captured == 0 {
            return Err(Refusal::forbidden());
        }
        let remaining = captured.saturating_sub(payment.accepted(ActionKind::Refund, call.now));
        let limit = match call
            .fields
            .text("capture_action_id", "capture_action_id_invalid")?
        {
            None => remaining,
            Some(id) => {
                let capture = payment.actions.iter().find(|action| {
                    action.id == id && action.kind == ActionKind::Capture && action.is_effective(call.now)
                });
                capture
                    .ok_or_else(|| Refusal::invalid("capture_action_id_invalid"))?
                    .amount
                    .min(remaining)
            }
        };
        let amount = amount.unwrap_or(limit);
        if amount == 0 || amount > limit {
            return Err(Refusal::Processing("refund_amount_exceeds_balance"));
        }
        Ok(self.accept(
            env,
            call,
            payment,
            Accepted {
                kind: ActionKind::Refund,
                amount,
                closes: false,
                note,
            },
        ))
    }

    /// Voids the authorized amount or refunds the captured one; 204 if that was done before.
    pub(super) fn reverse(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let payment = self
            .payment(call.mode, id)
            .ok_or_else(Refusal::not_found)?
            .clone();
        let note = read_note(call)?;
        if !matches!(payment.stage(call.now), Stage::Authorized | Stage::Voided) {
            return Err(Refusal::forbidden());
        }
        let captured = payment.accepted(ActionKind::Capture, call.now);
        if captured == 0 {
            if payment.accepted(ActionKind::Void, call.now) > 0 {
                return Ok(Answer::empty(StatusCode::NO_CONTENT));
            }
            let amount = payment.amount;
            return Ok(self.accept(
                env,
                call,
                payment,
                Accepted {
                    kind: ActionKind::Void,
                    amount,
                    closes: true,
                    note,
                },
            ));
        }
        if payment.effective(ActionKind::Capture, call.now) < captured {
            return Err(Refusal::forbidden());
        }
        match captured.saturating_sub(payment.accepted(ActionKind::Refund, call.now)) {
            0 => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            amount => {
                let refund = Accepted {
                    kind: ActionKind::Refund,
                    amount,
                    closes: true,
                    note,
                };
                Ok(self.accept(env, call, payment, refund))
            }
        }
    }

    fn accept(&mut self, env: &mut Env, call: &Call, mut payment: Payment, accepted: Accepted) -> Answer {
        let Accepted {
            kind,
            amount,
            closes,
            note,
        } = accepted;
        let id = Self::new_id(env, "act_");
        let mut body = json!({ "action_id": id });
        if let Some(reference) = &note.reference {
            body["reference"] = json!(reference);
        }
        let payment_url = format!("{}/payments/{}", env.public_url(), payment.id);
        body["_links"] = json!({ "payment": { "href": payment_url } });
        let decision = decide(env, kind, call.now);
        let action = Action {
            id,
            kind,
            amount,
            due: decision.due,
            decline: decision.decline,
            told: false,
            closes,
            reference: note.reference,
            metadata: note.metadata,
            idempotency_key: call.idempotency_key.clone(),
        };
        payment.actions.push(action.clone());
        self.put_payment(env, payment.clone());
        let pending = match kind {
            ActionKind::Capture => Some("payment_capture_pending"),
            ActionKind::Refund => Some("payment_refund_pending"),
            ActionKind::Void => None,
        };
        if let Some(event) = pending.filter(|_| action.due > call.now) {
            self.tell(env, &payment, event, &About::Action(&action), call.now);
        }
        Answer::json(StatusCode::ACCEPTED, body)
    }
}

/// The time and the outcome of an action that is accepted now.
pub(super) struct Decision {
    pub due: DateTime<Utc>,
    pub decline: Option<String>,
}

/// Decides on an action, with the faults that hit it.
pub(super) fn decide(env: &mut Env, kind: ActionKind, now: DateTime<Utc>) -> Decision {
    let fault = match kind {
        ActionKind::Capture => env.strike(&Occasion::Capture(Vendor::CheckoutCom)),
        ActionKind::Refund => env.strike(&Occasion::Refund(Vendor::CheckoutCom)),
        ActionKind::Void => None,
    };
    let refused_later = fault
        .as_ref()
        .filter(|_| kind == ActionKind::Refund)
        .map(Fault::delay);
    let delay = env.action_delay().max(refused_later.unwrap_or_default());
    let delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
    Decision {
        due: now.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC),
        decline: fault.map(|_| response_code::DO_NOT_HONOUR.to_owned()),
    }
}

fn read_note(call: &Call) -> Result<Note, Refusal> {
    let reference = call
        .fields
        .text_up_to("reference", MAX_REFERENCE_CHARS, "reference_invalid")?;
    Ok(Note {
        reference,
        metadata: call.fields.metadata()?,
    })
}

fn read_amount(call: &Call, payment: &Payment) -> Result<Option<u64>, Refusal> {
    let amount = call.fields.unsigned("amount", "amount_invalid")?;
    if amount == Some(0) {
        return Err(Refusal::invalid("amount_invalid"));
    }
    if let Some(amount) = amount {
        check_amount(amount, &payment.currency)?;
    }
    Ok(amount)
}
