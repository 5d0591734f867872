//! Captures, voids, refunds and reversals: accepted with 202, effective after the configured delay.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::currency::check_amount;
use super::payment::{Action, ActionKind, Payment, Stage};
use super::payments::effective_time;
use super::request::MAX_REFERENCE_CHARS;
use super::{Call, CheckoutCom};
use crate::env::Env;

/// What an action request says besides its amount.
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
        let captured = payment.accepted(ActionKind::Capture);
        let closed = payment
            .actions
            .iter()
            .any(|action| action.closes || action.kind == ActionKind::Void);
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
        if payment.stage(call.now) != Stage::Authorized || !payment.actions.is_empty() {
            return Err(Refusal::forbidden());
        }
        let amount = payment.amount;
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
        let remaining = captured.saturating_sub(payment.accepted(ActionKind::Refund));
        let limit = match call
            .fields
            .text("capture_action_id", "capture_action_id_invalid")?
        {
            None => remaining,
            Some(id) => {
                let capture = payment.actions.iter().find(|action| {
                    action.id == id && action.kind == ActionKind::Capture && action.due <= call.now
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

    /// Voids what is authorized or refunds what is captured; 204 when that was done before.
    pub(super) fn reverse(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let payment = self
            .payment(call.mode, id)
            .ok_or_else(Refusal::not_found)?
            .clone();
        let note = read_note(call)?;
        if !matches!(payment.stage(call.now), Stage::Authorized | Stage::Voided) {
            return Err(Refusal::forbidden());
        }
        let captured = payment.accepted(ActionKind::Capture);
        if captured == 0 {
            if payment.accepted(ActionKind::Void) > 0 {
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
        match captured.saturating_sub(payment.accepted(ActionKind::Refund)) {
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
        payment.actions.push(Action {
            id,
            kind,
            amount,
            due: effective_time(env, call.now),
            closes,
            reference: note.reference,
            metadata: note.metadata,
            idempotency_key: call.idempotency_key.clone(),
        });
        self.put_payment(env, payment);
        Answer::json(StatusCode::ACCEPTED, body)
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
