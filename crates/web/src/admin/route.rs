//! What is known of an admin page before anybody asks for it.

use axum::http::Method;
use axum::routing::MethodRouter;

use crate::admin::parts::AdminParts;
use crate::admin::route_access::Access;

/// A page of the admin side, a part of one, or something that is done there.
#[derive(Debug)]
pub struct AdminRoute {
    pub method: Method,
    pub path: &'static str,
    /// What somebody must be or may do to ask for it.
    pub access: Access,
    pub handler: fn() -> MethodRouter<AdminParts>,
    /// What it shows or does, in one line.
    pub about: &'static str,
}

/// The rows of the table.
macro_rules! pages {
    ($($method:ident $path:literal $access:expr, $handler:path, $about:literal;)+) => {
        &[$($crate::admin::route::AdminRoute {
            method: axum::http::Method::$method,
            path: $path,
            access: $access,
            handler: || axum::routing::on(axum::routing::MethodFilter::$method, $handler),
            about: $about,
        }),+]
    };
}

pub(crate) use pages;
