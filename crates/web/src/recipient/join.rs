//! Joining by a form: the form itself, what is typed into it, and the link that confirms it.
//!
//! Invariants: GET and HEAD only show (promise P3). Whether an address is known shows in no answer. A form
//! may be sent from any site, because nothing holds until its mailed link was used; scripts of other sites
//! read an answer only where the form names the site. Nothing is ticked or chosen in advance.

mod again;
pub(crate) mod confirm;
mod form_view;
mod json_answer;
mod request;
pub(crate) mod send;
