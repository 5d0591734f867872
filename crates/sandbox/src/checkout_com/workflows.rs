//! `/workflows`: the URLs that events are sent to (Checkout.com docs: manage webhooks).
//!
//! Only the condition on events is applied. Those on entities and processing channels are stored and always hold: the simulator
//! has one of each.

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::fields::{Fields, is_list_of_texts};
use super::{Call, CheckoutCom};
use crate::env::Env;
use crate::webhooks::{Signing, Target};

/// Checkout.com docs: up to 100 webhook configurations.
const MAX_WORKFLOWS: usize = 100;
const MAX_PARTS: usize = 10;
const MAX_HEADERS: usize = 20;
const MAX_NAME_CHARS: usize = 255;
const MAX_KEY_CHARS: usize = 255;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Workflow {
    id: String,
    live: bool,
    name: Option<String>,
    active: bool,
    /// As they were sent, each with an id.
    conditions: Vec<Map<String, Value>>,
    actions: Vec<WebhookAction>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WebhookAction {
    id: String,
    url: String,
    /// Added to every message, such as a fixed `Authorization`.
    headers: Vec<(String, String)>,
    key: Option<String>,
}

impl Workflow {
    /// Whether it subscribes to events of this type; without a condition on events, to all.
    fn wants(&self, kind: &str) -> bool {
        let lists = |condition: &Map<String, Value>| -> Option<bool> {
            let sources = condition.get("events")?.as_object()?;
            let mut listed = sources.values().filter_map(Value::as_array).flatten();
            Some(listed.any(|event| event.as_str() == Some(kind)))
        };
        self.active && self.conditions.iter().filter_map(lists).all(|listed| listed)
    }

    fn link(&self, base: &str) -> Value {
        json!({ "self": { "href": format!("{base}/workflows/{}", self.id) } })
    }

    fn summary(&self, base: &str) -> Value {
        json!({ "id": self.id, "name": self.name, "active": self.active, "_links": self.link(base) })
    }

    fn render(&self, base: &str) -> Value {
        let mut body = self.summary(base);
        body["conditions"] = json!(self.conditions);
        body["actions"] = self.actions.iter().map(WebhookAction::render).collect();
        body
    }
}

impl WebhookAction {
    fn render(&self) -> Value {
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let mut body = json!({ "id": self.id, "type": "webhook", "url": self.url, "headers": headers });
        if let Some(key) = &self.key {
            body["signature"] = json!({ "method": "HMACSHA256", "key": key });
        }
        body
    }

    fn target(&self) -> Target {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            if let Some((name, value)) = header(name, value) {
                headers.insert(name, value);
            }
        }
        let signing = self.key.clone().map_or(Signing::Unsigned, Signing::CheckoutCom);
        Target {
            url: self.url.clone(),
            headers,
            signing,
        }
    }

    fn read(env: &mut Env, fields: &Fields) -> Result<Self, Refusal> {
        if fields.text("type", "workflow_action_type_invalid")? != Some("webhook") {
            return Err(Refusal::invalid("workflow_action_type_invalid"));
        }
        let url = fields.url("url", "workflow_action_url_invalid")?;
        let url = url.ok_or_else(|| Refusal::invalid("workflow_action_url_required"))?;
        let mut headers = Vec::new();
        if let Some(given) = fields.object("headers", "workflow_action_headers_invalid")? {
            for (name, value) in given.members() {
                let valid = value.as_str().filter(|value| header(name, value).is_some());
                let value = valid.ok_or_else(|| Refusal::invalid("workflow_action_headers_invalid"))?;
                headers.push((name.clone(), value.to_owned()));
            }
        }
        if headers.len() > MAX_HEADERS {
            return Err(Refusal::invalid("workflow_action_headers_invalid"));
        }
        let mut key = None;
        if let Some(signature) = fields.object("signature", "workflow_action_signature_invalid")? {
            if signature.text("method", "workflow_action_signature_invalid")? != Some("HMACSHA256") {
                return Err(Refusal::invalid("workflow_action_signature_invalid"));
            }
            key = signature
                .text_up_to("key", MAX_KEY_CHARS, "workflow_action_signature_invalid")?
                .filter(|key| !key.is_empty());
            if key.is_none() {
                return Err(Refusal::invalid("workflow_action_signature_invalid"));
            }
        }
        Ok(Self {
            id: CheckoutCom::new_id(env, "wfa_"),
            url,
            headers,
            key,
        })
    }
}

impl CheckoutCom {
    /// `POST /workflows`
    pub(super) fn create_workflow(&mut self, env: &mut Env, call: &Call) -> Outcome {
        let name = call
            .fields
            .text_up_to("name", MAX_NAME_CHARS, "workflow_name_invalid")?;
        let active = call.fields.boolean("active", "workflow_active_invalid")?;
        let conditions = parts(call, "conditions", "workflow_conditions_invalid")?;
        let actions = parts(call, "actions", "workflow_actions_invalid")?;
        if actions.is_empty() {
            return Err(Refusal::invalid("workflow_actions_required"));
        }
        let count = self
            .workflows
            .iter()
            .filter(|(_, workflow)| workflow.live == call.mode.live)
            .count();
        if count >= MAX_WORKFLOWS {
            return Err(Refusal::invalid("workflow_limit_reached"));
        }
        let conditions: Result<_, Refusal> = conditions
            .iter()
            .map(|condition| {
                let mut kept = read_condition(condition)?;
                kept.insert("id".to_owned(), json!(Self::new_id(env, "wfc_")));
                Ok(kept)
            })
            .collect();
        let actions: Result<_, Refusal> = actions
            .iter()
            .map(|action| WebhookAction::read(env, action))
            .collect();
        let workflow = Workflow {
            id: Self::new_id(env, "wf_"),
            live: call.mode.live,
            name,
            active: active.unwrap_or(true),
            conditions: conditions?,
            actions: actions?,
        };
        let body = json!({ "id": workflow.id, "_links": workflow.link(env.public_url()) });
        self.workflows.put(env, &workflow.id.clone(), workflow);
        Ok(Answer::json(StatusCode::CREATED, body))
    }

    /// `GET /workflows`
    pub(super) fn list_workflows(&self, env: &Env, call: &Call) -> Outcome {
        let visible = self.workflows.iter().map(|(_, workflow)| workflow);
        let data: Vec<Value> = visible
            .filter(|workflow| workflow.live == call.mode.live)
            .map(|workflow| workflow.summary(env.public_url()))
            .collect();
        Ok(Answer::json(StatusCode::OK, json!({ "data": data })))
    }

    /// `GET /workflows/{id}`
    pub(super) fn get_workflow(&self, env: &Env, call: &Call, id: &str) -> Outcome {
        let workflow = self.workflow(call, id)?;
        Ok(Answer::json(StatusCode::OK, workflow.render(env.public_url())))
    }

    /// `PATCH /workflows/{id}`: name and activity.
    pub(super) fn update_workflow(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        let mut workflow = self.workflow(call, id)?.clone();
        let name = call
            .fields
            .text_up_to("name", MAX_NAME_CHARS, "workflow_name_invalid")?;
        workflow.name = name.or(workflow.name);
        let active = call.fields.boolean("active", "workflow_active_invalid")?;
        workflow.active = active.unwrap_or(workflow.active);
        let body = json!({ "name": workflow.name, "active": workflow.active });
        self.workflows.put(env, id, workflow);
        Ok(Answer::json(StatusCode::OK, body))
    }

    /// `PUT /workflows/{id}/actions/{action}`: a new address, headers and key for the action.
    pub(super) fn replace_workflow_action(
        &mut self,
        env: &mut Env,
        call: &Call,
        id: &str,
        action_id: &str,
    ) -> Outcome {
        let mut workflow = self.workflow(call, id)?.clone();
        let action = workflow.actions.iter_mut().find(|action| action.id == action_id);
        let action = action.ok_or_else(Refusal::not_found)?;
        *action = WebhookAction {
            id: action_id.to_owned(),
            ..WebhookAction::read(env, &call.fields)?
        };
        let body = action.render();
        self.workflows.put(env, id, workflow);
        Ok(Answer::json(StatusCode::OK, body))
    }

    /// `DELETE /workflows/{id}`: its waiting messages are not sent any more.
    pub(super) fn delete_workflow(&mut self, env: &mut Env, call: &Call, id: &str) -> Outcome {
        self.workflow(call, id)?;
        self.workflows.remove(env, id);
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    fn workflow(&self, call: &Call, id: &str) -> Result<&Workflow, Refusal> {
        let workflow = self.workflows.get(id);
        workflow
            .filter(|workflow| workflow.live == call.mode.live)
            .ok_or_else(Refusal::not_found)
    }

    /// Ids of the webhook actions that subscribe to an event.
    pub(super) fn subscribers(&self, live: bool, kind: &str) -> Vec<String> {
        self.workflows
            .iter()
            .filter(|(_, workflow)| workflow.live == live && workflow.wants(kind))
            .flat_map(|(_, workflow)| workflow.actions.iter().map(|action| action.id.clone()))
            .collect()
    }

    /// The target of a webhook action's messages, while its workflow is active.
    pub(crate) fn webhook_target(&self, action_id: &str) -> Option<Target> {
        self.workflows
            .iter()
            .filter(|(_, workflow)| workflow.active)
            .flat_map(|(_, workflow)| &workflow.actions)
            .find(|action| action.id == action_id)
            .map(WebhookAction::target)
    }
}

fn parts(call: &Call, name: &str, code: &'static str) -> Result<Vec<Fields>, Refusal> {
    let parts = call.fields.objects(name, code)?.unwrap_or_default();
    if parts.len() > MAX_PARTS {
        return Err(Refusal::invalid(code));
    }
    Ok(parts)
}

fn read_condition(fields: &Fields) -> Result<Map<String, Value>, Refusal> {
    const CODE: &str = "workflow_condition_invalid";
    let (member, well_formed) = match fields.text("type", CODE)? {
        Some("event") => {
            let sources = fields.object("events", CODE)?;
            let lists = sources.as_ref().is_some_and(|sources| {
                let mut lists = sources.members().map(|(_, list)| is_list_of_texts(list));
                sources.members().next().is_some() && lists.all(|list| list)
            });
            ("events", lists)
        }
        Some("entity") => ("entities", fields.is_list_of_texts("entities")),
        Some("processing_channel") => (
            "processing_channels",
            fields.is_list_of_texts("processing_channels"),
        ),
        _ => return Err(Refusal::invalid(CODE)),
    };
    if !well_formed {
        return Err(Refusal::invalid(CODE));
    }
    let kept = fields
        .members()
        .filter(|(name, _)| *name == "type" || *name == member);
    Ok(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}
