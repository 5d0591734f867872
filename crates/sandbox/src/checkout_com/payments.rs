//! `POST /payments`: the card that is charged, and whether the issuer or the buyer answers next.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use http::StatusCode;

use super::actions::decide;
use super::answer::{Answer, Outcome, Refusal};
use super::auth::Mode;
use super::behaviour::ThreeDs;
use super::card::Card;
use super::events::About;
use super::payment::{Action, ActionKind, Payment, ThreeDsSession, Verdict};
use super::render::View;
use super::request::{PaymentRequest, Source, ThreeDsRequest};
use super::response_code::{APPROVED, NOT_THREE_DS_ENABLED, THREE_DS_REQUIRED};
use super::{Call, CheckoutCom};
use crate::env::Env;

/// The next step of an accepted payment request.
enum Next {
    /// The issuer's response code.
    Issuer(Cow<'static, str>),
    /// The buyer is sent to the 3-D Secure page.
    Buyer,
}

/// The card that a source stands for.
struct Charged {
    card: Card,
    /// Id and owner, if the card is already saved.
    instrument: Option<(String, String)>,
    token: Option<String>,
}

impl CheckoutCom {
    pub(super) fn create_payment(&mut self, env: &mut Env, call: &Call) -> Outcome {
        let request = PaymentRequest::of_fields(&call.fields, call.now)?;
        self.check_customer(call.mode, &request.customer)?;
        let charged = self.resolve(call, &request.source)?;
        let (source_id, customer_id) = match charged.instrument {
            Some((_, owner)) if request.customer.id.as_ref().is_some_and(|id| *id != owner) => {
                return Err(Refusal::invalid("customer_id_invalid"));
            }
            Some((source_id, owner)) => (Some(source_id), owner),
            None => (None, self.customer_for(env, call.mode, &request.customer)),
        };
        if let Some(token) = &charged.token {
            self.use_up_token(env, token);
        }
        let (next, three_ds) = plan(env, &charged.card, &request);
        let payment = Payment {
            id: Self::new_id(env, "pay_"),
            live: call.mode.live,
            amount: request.amount,
            currency: request.currency,
            payment_type: request.payment_type,
            reference: request.reference,
            description: request.description,
            metadata: request.metadata,
            capture: request.capture,
            capture_on: request.capture_on,
            success_url: request.success_url,
            failure_url: request.failure_url,
            requested_on: call.now,
            idempotency_key: call.idempotency_key.clone(),
            card: charged.card,
            source_id,
            customer_id,
            three_ds,
            authorization_id: Self::new_id(env, "act_"),
            verdict: None,
            actions: Vec::new(),
            end_told: false,
        };
        self.payment_index.add(&payment);
        Ok(match next {
            Next::Buyer => {
                let body = self.view(env, &payment, call.now).pending();
                self.put_payment(env, payment.clone());
                self.tell(env, &payment, "payment_pending", &About::Payment, call.now);
                self.tell(env, &payment, "authentication_started", &About::Payment, call.now);
                Answer::json(StatusCode::ACCEPTED, body)
            }
            Next::Issuer(code) => Answer::json(StatusCode::CREATED, self.answer_at_once(env, payment, &code)),
        })
    }

    fn answer_at_once(&mut self, env: &mut Env, mut payment: Payment, code: &str) -> serde_json::Value {
        let now = payment.requested_on;
        let verdict = self.decide(env, &mut payment, code, now);
        // The answer is `Authorized` even if an automatic capture follows.
        let body = self.view(env, &payment, now).decided(&verdict);
        self.tell_verdict(env, &payment, now);
        start_capture(env, &mut payment, now);
        self.put_payment(env, payment);
        body
    }

    /// Records the issuer's answer. An approved card is saved as an instrument.
    pub(super) fn decide(
        &mut self,
        env: &mut Env,
        payment: &mut Payment,
        code: &str,
        now: DateTime<Utc>,
    ) -> Verdict {
        let approved = code == APPROVED;
        let verdict = Verdict {
            at: now,
            response_code: code.to_owned(),
            auth_code: approved.then(|| env.random_id("", 6, b"0123456789")),
            scheme_id: env.random_id("", 15, b"0123456789"),
        };
        if approved && payment.source_id.is_none() {
            let mode = Mode { live: payment.live };
            payment.source_id = Some(self.keep_card(env, mode, payment.card.clone(), &payment.customer_id));
        }
        payment.verdict = Some(verdict.clone());
        verdict
    }

    /// The payment with the data for its rendering.
    pub(super) fn view<'a>(&'a self, env: &'a Env, payment: &'a Payment, now: DateTime<Utc>) -> View<'a> {
        View {
            payment,
            customer: self.customers.get(&payment.customer_id),
            now,
            base: env.public_url(),
        }
    }

    fn resolve(&self, call: &Call, source: &Source) -> Result<Charged, Refusal> {
        let kept = |id: &str| {
            let instrument = self.instrument(call.mode, id);
            let instrument = instrument.ok_or_else(|| Refusal::invalid("source_id_unknown"))?;
            let instrument_and_owner = (instrument.id.clone(), instrument.customer_id.clone());
            Ok(Charged {
                card: instrument.card.clone(),
                instrument: Some(instrument_and_owner),
                token: None,
            })
        };
        match source {
            Source::Token(token) => {
                let card = self.card_of_token(call, token)?;
                Ok(Charged {
                    card,
                    instrument: None,
                    token: Some(token.clone()),
                })
            }
            Source::Card(card) => Ok(Charged {
                card: (**card).clone(),
                instrument: None,
                token: None,
            }),
            Source::Instrument(id) => kept(id),
            Source::Customer(id) => {
                let customer = self.customer(call.mode, id);
                let customer = customer.ok_or_else(|| Refusal::invalid("customer_not_found"))?;
                kept(customer.default.as_deref().unwrap_or_default())
            }
        }
    }
}

fn plan(env: &mut Env, card: &Card, request: &PaymentRequest) -> (Next, Option<ThreeDsSession>) {
    let behaviour = &card.behaviour;
    let issuer = || Next::Issuer(behaviour.response_code(request.amount));
    let Some(ThreeDsRequest { attempt_n3d }) = request.three_ds else {
        let required = behaviour.three_ds == ThreeDs::Required;
        return (
            if required {
                Next::Issuer(Cow::Borrowed(THREE_DS_REQUIRED))
            } else {
                issuer()
            },
            None,
        );
    };
    let without = |downgraded| {
        Some(ThreeDsSession {
            session_id: None,
            enrolled: false,
            downgraded,
            authentication: None,
        })
    };
    match behaviour.three_ds {
        ThreeDs::NotEnrolled => (issuer(), without(true)),
        ThreeDs::Unsupported if attempt_n3d => (issuer(), without(true)),
        ThreeDs::Unsupported => (Next::Issuer(Cow::Borrowed(NOT_THREE_DS_ENABLED)), without(false)),
        ThreeDs::Challenge(_) | ThreeDs::Required | ThreeDs::Frictionless(_) => {
            let session_id = Some(CheckoutCom::new_id(env, "sid_"));
            let session = ThreeDsSession {
                session_id,
                enrolled: true,
                downgraded: false,
                authentication: None,
            };
            (Next::Buyer, Some(session))
        }
    }
}

/// Accepts the capture that an approved payment requested at its creation.
pub(super) fn start_capture(env: &mut Env, payment: &mut Payment, now: DateTime<Utc>) {
    let approved = payment.verdict.as_ref().is_some_and(Verdict::is_approved);
    if !approved || !payment.capture || payment.amount == 0 {
        return;
    }
    let decision = decide(env, ActionKind::Capture, now);
    let earliest = decision.due;
    payment.actions.push(Action {
        id: CheckoutCom::new_id(env, "act_"),
        kind: ActionKind::Capture,
        amount: payment.amount,
        due: payment.capture_on.map_or(earliest, |wished| wished.max(earliest)),
        decline: decision.decline,
        told: false,
        closes: true,
        reference: payment.reference.clone(),
        metadata: payment.metadata.clone(),
        idempotency_key: payment.idempotency_key.clone(),
    });
}
