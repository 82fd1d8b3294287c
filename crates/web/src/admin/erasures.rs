//! Erasing a list of people: it is uploaded or pasted, counted, and erased when its number is typed.

pub(crate) mod page;
pub(crate) mod upload;

use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminFrame;

const PATH: &str = "/admin/erasures";

fn frame(admitted: &Admitted) -> AdminFrame {
    admitted.frame("contacts").below("/admin/contacts", "Contacts")
}
