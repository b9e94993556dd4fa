//! Documentation of the operator's routes.

use serde_json::{Value, json};

use super::doc::Doc;
use super::{schemas, workspace};
use crate::http::admin::workspaces::{CreateBody, GrantBody};
use crate::service::erasures::ErasureRow;
use crate::service::workspaces::WorkspaceRow;

pub(super) fn docs() -> Vec<Doc> {
    [workspaces(), erasures()].into_iter().flatten().collect()
}

fn workspaces() -> Vec<Doc> {
    let created = schemas::object(json!({
        "workspace_id": integer(),
        "api_key": {"type": "string", "description": "Shown only now."},
        "inbound_url": {"type": "string", "format": "uri"},
    }));
    vec![
        Doc::new("Workspaces", "GET /admin/v1/workspaces", "All workspaces, the newest first")
            .lists::<WorkspaceRow>()
            .paged(),
        Doc::new("Workspaces", "GET /admin/v1/workspaces/{id}", "One workspace")
            .answers::<WorkspaceRow>(200)
            .refusing(&["workspace_not_found"]),
        Doc::new("Workspaces", "POST /admin/v1/workspaces", "Creates a workspace with a key and a secret URL")
            .takes::<CreateBody>()
            .answers_schema(201, created),
        Doc::new("Workspaces", "POST /admin/v1/workspaces/{id}/credits", "Grants credits")
            .takes::<GrantBody>()
            .answers_schema(200, schemas::object(json!({"balance": integer()})))
            .refusing(&["workspace_not_found"]),
    ]
}

fn erasures() -> Vec<Doc> {
    vec![
        workspace::erasing("POST /admin/v1/chats/{id}/erase", "Erases a chat of any workspace, as the operator"),
        Doc::new("Chats", "GET /admin/v1/erasures", "Who erased what and why, the newest first")
            .lists::<ErasureRow>()
            .paged(),
    ]
}

fn integer() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u64::MAX})
}
