//! The API, called without HTTP: the demo is made like any client would make it.

use serde_json::{Value, json};
use tillgate_model::{
    Id, Problem, Problems,
    openapi::{Operation, operations},
    query::Query,
};
use tillgate_payments::{Answer, ApplicationKind, Call, Caller, Service};
use tillgate_store::Scope;

use crate::failure::Failure;

/// Calls for an organization in test mode.
pub struct InProcess<'a> {
    service: &'a Service,
    caller: Caller,
    operations: Vec<Operation>,
}

impl<'a> InProcess<'a> {
    /// A caller as an integration.
    pub fn new(service: &'a Service, organization_id: &Id, application_id: &Id) -> Self {
        let caller = Caller {
            scope: Scope::of_operator(organization_id.clone(), true),
            application_id: application_id.clone(),
            kind: ApplicationKind::Integration,
            market_id: None,
            customer_id: None,
            address: None,
            token_hash: None,
        };
        Self {
            service,
            caller,
            operations: operations(),
        }
    }

    /// Creates a resource. Answers its id.
    ///
    /// # Errors
    /// The domain refuses.
    pub async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> Result<Id, Failure> {
        let body = json!({"data": {"type": kind, "attributes": attributes, "relationships": relationships}});
        let document = self.call("POST", kind, None, Some(body)).await?;
        id_in(&document).ok_or_else(|| Failure::Start(format!("the demo's {kind} was created without an id")))
    }

    /// Creates the resource of a document. Answers its id, or `None` if resources of that type can't be created.
    ///
    /// # Errors
    /// The domain refuses: its problems point into the document.
    pub async fn create_document(&self, kind: &str, document: &Value) -> Result<Option<Id>, Problems> {
        let creates = |operation: &&Operation| {
            operation.method() == "POST" && operation.resource.kind == kind && !operation.has_id()
        };
        let Some(operation) = self.operations.iter().find(creates) else {
            return Ok(None);
        };
        let answer = self.answer(*operation, None, document.to_string()).await?;
        let created: Value =
            serde_json::from_slice(&answer.body).map_err(|_| Problems::from(Problem::internal()))?;
        Ok(id_in(&created))
    }

    /// Changes attributes of a resource.
    ///
    /// # Errors
    /// The domain refuses.
    pub async fn update(&self, kind: &str, id: &Id, attributes: Value) -> Result<(), Failure> {
        let body = json!({"data": {"type": kind, "id": id, "attributes": attributes}});
        self.call("PATCH", kind, Some(id), Some(body)).await.map(|_| ())
    }

    /// A resource's attributes.
    ///
    /// # Errors
    /// The domain refuses, for example because there is no such resource.
    pub async fn attributes(&self, kind: &str, id: &Id) -> Result<Value, Failure> {
        let mut document = self.call("GET", kind, Some(id), None).await?;
        Ok(document
            .pointer_mut("/data/attributes")
            .map(Value::take)
            .unwrap_or_default())
    }

    async fn call(
        &self,
        method: &str,
        kind: &str,
        id: Option<&Id>,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        let mut path = format!("/api/{kind}");
        if id.is_some() {
            path.push_str("/{id}");
        }
        let operation = self
            .operations
            .iter()
            .find(|operation| operation.method() == method && operation.path() == path)
            .ok_or_else(|| Failure::Start(format!("there is no operation {method} {path}")))?;
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let answer = self.answer(*operation, id.cloned(), body).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|error| Failure::Start(format!("{method} {path} answered no document: {error}")))
    }

    async fn answer(&self, operation: Operation, id: Option<Id>, body: String) -> Result<Answer, Problems> {
        let call = Call {
            operation,
            id,
            query: Query::default(),
            body: body.into(),
            idempotency_key: None,
            if_match: None,
        };
        self.service.call(&self.caller, call).await
    }
}

fn id_in(document: &Value) -> Option<Id> {
    document.pointer("/data/id")?.as_str()?.parse().ok()
}
