//! What runs here: version, database, nodes, what waits to be counted, disk.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::Right;
use report::SystemStatus;
use report::number_text::thousands;

use crate::admin::campaigns::gap_rows::GapRows;
use crate::admin::media::weight;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/system.html")]
struct SystemPage {
    frame: AdminFrame,
    /// Why this node does not do what it is there for.
    troubles: Vec<String>,
    /// Why nothing can be sent.
    cannot_send: Option<String>,
    facts: Vec<(&'static str, String)>,
    nodes: Vec<NodeLine>,
    /// Of the last 30 days.
    gaps: GapRows,
    as_of: String,
    may_see_settings: bool,
}

struct NodeLine {
    number: u16,
    host: String,
    alive: bool,
}

pub(crate) async fn system(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    let at = now();
    let status = match report::system_status(&parts.store, at).await {
        Ok(status) => status,
        Err(problem) => {
            return PageProblem::Failed("looking at the system", Box::new(problem))
                .page(&admitted.visitor);
        }
    };
    let page = SystemPage {
        frame: admitted.frame("system"),
        troubles: (parts.readiness)(),
        cannot_send: parts.cannot_send(),
        facts: facts(&parts, &status),
        gaps: GapRows::new(&status.gaps),
        nodes: status
            .nodes
            .into_iter()
            .map(|it| NodeLine { number: it.number, host: it.host, alive: it.alive })
            .collect(),
        as_of: at.readable(),
        may_see_settings: admitted.can(Right::SettingsRead),
    };
    respond::page(StatusCode::OK, &page)
}

fn facts(parts: &AdminParts, status: &SystemStatus) -> Vec<(&'static str, String)> {
    let process = (parts.process)();
    let counted = |number: u64| thousands(i64::try_from(number).unwrap_or(i64::MAX));
    let database = status.database.bytes.and_then(|bytes| u64::try_from(bytes).ok());
    let mut facts = vec![
        ("Version", process.version),
        ("Database", format!("{}, schema {}", status.database.product, status.database.schema)),
        ("Store", process.store),
    ];
    if let Some(bytes) = database.or(process.store_bytes) {
        facts.push(("Store on disk", weight(bytes)));
    }
    facts.push(("Data folder", process.data_folder));
    if let Some(free) = process.free_bytes {
        facts.push(("Free there", weight(free)));
    }
    facts.push(("Hits answered and not counted yet", counted(status.hits_waiting)));
    facts.push(("Removals promised and not stored yet", counted(status.removals_waiting)));
    facts
}
