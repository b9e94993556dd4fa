//! A request with a workspace's key: its parts, and the workspace it acts on.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use events::ids::WorkspaceId;
use events::who::Who;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::body;
use super::caller::{self, Caller, RequestId};
use super::page::Query;
use super::submit;
use crate::gateway::Gateway;
use crate::service::page::Page;
use crate::service::refusal::Refusal;
use crate::service::scope::Scope;

/// A request. Its body can be read only once.
pub(super) struct Call {
    pub(super) gateway: web::Data<Gateway>,
    /// The workspace whose key the request has.
    pub(super) workspace: WorkspaceId,
    /// The acting key, as recorded in events.
    pub(super) by: Who,
    id: RequestId,
    request: HttpRequest,
    payload: Option<web::Payload>,
}

impl Call {
    /// Reads the body as bytes. Refuses a key that was revoked while the body came.
    pub(super) async fn bytes(&mut self) -> Result<web::BytesMut, Refusal> {
        let payload = self.payload.take().ok_or_else(|| Refusal::fault(&"a body that was read before"))?;
        let bytes = body::read(payload, self.gateway.limits).await?;
        caller::key_in_force(&self.gateway, &self.request)?;
        Ok(bytes)
    }

    /// Reads the body, which must be a JSON object of this type.
    pub(super) async fn body<T: DeserializeOwned>(&mut self) -> Result<T, Refusal> {
        body::typed(&self.bytes().await?)
    }

    /// Reads the body as [`Call::body`]; an empty body gives the default.
    pub(super) async fn body_if_any<T: DeserializeOwned + Default>(&mut self) -> Result<T, Refusal> {
        let bytes = self.bytes().await?;
        if bytes.is_empty() { Ok(T::default()) } else { body::typed(&bytes) }
    }

    /// Reads an identifier that is not in the path: from a query parameter with one of these names, or from a field
    /// of the body.
    pub(super) async fn named(&mut self, names: &[&'static str]) -> Result<String, Refusal> {
        let query = Query::of(&self.request)?;
        if let Some(text) = names.iter().find_map(|name| query.text(name)) {
            return Ok(text.to_owned());
        }
        let bytes = self.bytes().await?;
        let fields = if bytes.is_empty() { Map::new() } else { body::object(&bytes)? };
        let found = names.iter().find_map(|name| match fields.get(*name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        found.ok_or_else(|| Refusal::new("missing_field", format!("{} is missing", names.join(" or "))))
    }

    /// True if nothing is to be done: only the verdict is wanted.
    pub(super) fn is_dry_run(&self) -> Result<bool, Refusal> {
        submit::dry_run(self.request.headers())
    }

    /// Returns the requested part of a list.
    pub(super) fn page(&self) -> Result<Page, Refusal> {
        Query::of(&self.request)?.page()
    }

    /// Returns the scope in which the service layer acts on the workspace.
    pub(super) fn scope(&self) -> Scope<'_> {
        Scope { gateway: &self.gateway, workspace: self.workspace, by: self.by, command: self.id.0 }
    }

    /// Returns the query parameters.
    pub(super) fn query(&self) -> Result<Query, Refusal> {
        Query::of(&self.request)
    }
}

impl FromRequest for Call {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut parts = || {
            let Caller { workspace, key } = Caller::from_request(request, &mut Payload::None).into_inner()?;
            let id = RequestId::from_request(request, &mut Payload::None).into_inner()?;
            let gateway = request.app_data::<web::Data<Gateway>>().cloned();
            let gateway = gateway.ok_or_else(|| Refusal::fault(&"a route without a gateway"))?;
            let payload = web::Payload::from_request(request, payload).into_inner().ok();
            Ok(Self { gateway, workspace, by: Who::Key(key), id, request: request.clone(), payload })
        };
        ready(parts())
    }
}
