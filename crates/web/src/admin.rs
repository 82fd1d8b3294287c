//! The pages for people who run campaigns. `routes` lists them all.

mod account;
pub(crate) mod accounts;
mod announcements;
mod audit;
pub(crate) mod campaigns;
mod contacts;
mod deliveries;
pub(crate) mod entry;
mod erasures;
mod imports;
pub mod inbox;
mod inbox_pages;
mod kept_topics;
pub(crate) mod live;
mod media;
pub(crate) mod page;
pub(crate) mod parts;
pub(crate) mod route_access;
pub(crate) mod router;
pub(crate) mod routes;
mod set_up_screens;
pub(crate) mod streams;
mod system;
pub(crate) mod text_editor;
mod topics;
mod users;
