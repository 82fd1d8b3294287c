//! Writing an announcement, and sending it, on the page of its campaign.
//!
//! Invariants: what is shown is what was saved last; a text is saved only over the revision that its
//! writer has seen, and of two that differ both are shown; everybody who would get it is gone through when
//! the page is opened, and never by typing.

pub(crate) mod frame;
pub(crate) mod layouts;
pub(crate) mod new;
pub(crate) mod page;
pub(crate) mod text_form;
pub(crate) mod write;

use actions::Call;
use model::{CampaignNumber, Timestamp, Zone};

use crate::admin::page::visitor::Admitted;
use crate::clock::now;

/// Of who may repeat what they ask for: a revision decides whether it is done.
fn repeatable(admitted: &Admitted) -> Call {
    Call::new(admitted.permit.actor().clone(), now())
}

fn path(number: CampaignNumber) -> String {
    format!("/admin/campaigns/{number}")
}

/// `12:03`, in the reader's zone.
pub(crate) fn clock(zone: &Zone, at: Timestamp) -> String {
    let field = zone.field(at);
    field.split_once('T').map_or_else(String::new, |(_, clock)| clock.to_owned())
}
