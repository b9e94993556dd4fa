//! A request by whoever has a workspace's key: what it says, and what it asks of the workspace.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use events::ids::WorkspaceId;
use events::who::Who;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::body;
use super::caller::{Caller, RequestId};
use super::page::Query;
use crate::gateway::Gateway;
use crate::service::page::Page;
use crate::service::refusal::Refusal;
use crate::service::scope::Scope;

/// One request. Its body can be read once.
pub(super) struct Call {
    /// What it is asked of.
    pub(super) gateway: web::Data<Gateway>,
    /// Whose key it came with.
    pub(super) workspace: WorkspaceId,
    /// Who acts, as events tell it.
    pub(super) by: Who,
    id: RequestId,
    request: HttpRequest,
    payload: Option<web::Payload>,
}

impl Call {
    /// The body as it came.
    pub(super) async fn bytes(&mut self) -> Result<web::BytesMut, Refusal> {
        let payload = self.payload.take().ok_or_else(|| Refusal::fault(&"a body that was read before"))?;
        body::read(payload, self.gateway.limits).await
    }

    /// The body, which must be a JSON object of this shape.
    pub(super) async fn body<T: DeserializeOwned>(&mut self) -> Result<T, Refusal> {
        body::typed(&self.bytes().await?)
    }

    /// The body, which may be left out.
    pub(super) async fn body_if_any<T: DeserializeOwned + Default>(&mut self) -> Result<T, Refusal> {
        let bytes = self.bytes().await?;
        if bytes.is_empty() { Ok(T::default()) } else { body::typed(&bytes) }
    }

    /// Which one is meant where the path does not say: a parameter of one of these names behind the question mark, or
    /// a field of the body.
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

    /// Which part of a list is wanted.
    pub(super) fn page(&self) -> Result<Page, Refusal> {
        Query::of(&self.request)?.page()
    }

    /// The workspace that it is asked of, as the service room knows it.
    pub(super) fn scope(&self) -> Scope<'_> {
        Scope { gateway: &self.gateway, workspace: self.workspace, by: self.by, command: self.id.0 }
    }

    /// The parameters behind the question mark.
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
