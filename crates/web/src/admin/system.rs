//! What runs here: version, database, nodes, what waits to be counted, disk.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::Right;
use report::number_text::thousands;
use report::{ReportError, StorageLine, SystemStatus, size_text, storage_report};

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
    storage: Vec<StorageRow>,
    /// When the disk is full.
    disk: String,
    sizes_are_estimates: bool,
    /// Of the last 30 days.
    gaps: GapRows,
    as_of: String,
    may_see_settings: bool,
}

/// What one kind of records takes, and will take.
struct StorageRow {
    kind: String,
    now: String,
    kept: String,
    per_day: String,
    freed: String,
    later: [String; 3],
}

impl StorageRow {
    fn new(it: &StorageLine) -> Self {
        Self {
            kind: it.kind.clone(),
            now: size_text(it.bytes),
            kept: it.kept_days.map_or("–".to_owned(), |days| format!("{days} days")),
            per_day: it.per_day_28.map_or("–".to_owned(), size_text),
            freed: size_text(it.freed_in_30),
            later: [it.in_30, it.in_90, it.in_365].map(size_text),
        }
    }
}

struct NodeLine {
    number: u16,
    host: String,
    alive: bool,
}

pub(crate) async fn system(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    let at = now();
    let around = (parts.process)().around_the_store();
    let looked = async {
        let status = report::system_status(&parts.store, at).await?;
        Ok::<_, ReportError>((status, storage_report(&parts.store, &around, at).await?))
    };
    let (status, storage) = match looked.await {
        Ok(found) => found,
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
        storage: storage.lines.iter().map(StorageRow::new).collect(),
        disk: storage.disk_words(),
        sizes_are_estimates: storage.sizes_are_estimates,
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
