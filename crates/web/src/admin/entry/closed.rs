//! Pages that others can reach stay closed until there is an owner: before that, whoever came first
//! could become one.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use crate::admin::accounts::Accounts;
use crate::listen::respond;

pub(crate) async fn until_owner(
    State(accounts): State<Accounts>,
    request: Request,
    next: Next,
) -> Response {
    match accounts.are_open().await {
        Ok(true) => next.run(request).await,
        Ok(false) => {
            let text = "Pharos has no owner yet, so its pages are closed to everybody. On its machine: \
                pharos user add you@example.com --role owner\n";
            respond::text(StatusCode::SERVICE_UNAVAILABLE, text)
        }
        Err(problem) => respond::failed("looking for an owner", &problem),
    }
}
