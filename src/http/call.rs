//! A request by whoever has a workspace's key: what it says, and what it asks of the workspace.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use actors::workspace::{Answer, Command, State, Workspace};
use events::ids::WorkspaceId;
use events::record::Cause;
use events::who::Who;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::body;
use super::caller::{Caller, RequestId};
use super::error::Refused;
use super::page::{PageQuery, Query};
use crate::gateway::Gateway;

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
    async fn bytes(&mut self) -> Result<web::BytesMut, Refused> {
        let payload = self.payload.take().ok_or_else(|| Refused::fault(&"a body that was read before"))?;
        body::read(payload, self.gateway.limits).await
    }

    /// The body, which must be a JSON object of this shape.
    pub(super) async fn body<T: DeserializeOwned>(&mut self) -> Result<T, Refused> {
        body::typed(&self.bytes().await?)
    }

    /// The body, which may be left out.
    pub(super) async fn body_if_any<T: DeserializeOwned + Default>(&mut self) -> Result<T, Refused> {
        let bytes = self.bytes().await?;
        if bytes.is_empty() { Ok(T::default()) } else { body::typed(&bytes) }
    }

    /// Which one is meant where the path does not say: a parameter of one of these names behind the question mark, or
    /// a field of the body.
    pub(super) async fn named(&mut self, names: &[&'static str]) -> Result<String, Refused> {
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
        found.ok_or_else(|| Refused::bad("missing_field", format!("{} is missing", names.join(" or "))))
    }

    /// A parameter behind the question mark, if it is there and not empty.
    pub(super) fn parameter(&self, name: &str) -> Result<Option<String>, Refused> {
        Ok(Query::of(&self.request)?.text(name).map(str::to_owned))
    }

    /// Which part of a list is wanted.
    pub(super) fn page(&self) -> Result<PageQuery, Refused> {
        Query::of(&self.request)?.page()
    }

    /// The cause of what the request leads to.
    pub(super) fn cause(&self) -> Cause {
        Cause::request(self.by, self.id.0, None)
    }

    /// Gives the workspace a command.
    pub(super) async fn ask(&self, command: Command) -> Result<Answer, Refused> {
        Ok(self.gateway.shard.ask::<Workspace>(self.workspace, command, self.cause()).await?)
    }

    /// Looks at the workspace.
    pub(super) async fn look<V: Send + 'static>(
        &self,
        view: impl Fn(&State) -> V + Clone + Send + 'static,
    ) -> Result<V, Refused> {
        Ok(self.gateway.shard.look::<Workspace, _>(self.workspace, view).await?.value)
    }
}

impl FromRequest for Call {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut parts = || {
            let Caller { workspace, key } = Caller::from_request(request, &mut Payload::None).into_inner()?;
            let id = RequestId::from_request(request, &mut Payload::None).into_inner()?;
            let gateway = request.app_data::<web::Data<Gateway>>().cloned();
            let gateway = gateway.ok_or_else(|| Refused::fault(&"a route without a gateway"))?;
            let payload = web::Payload::from_request(request, payload).into_inner().ok();
            Ok(Self { gateway, workspace, by: Who::Key(key), id, request: request.clone(), payload })
        };
        ready(parts())
    }
}
