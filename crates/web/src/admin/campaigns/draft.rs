//! Writing an announcement, and sending it, on the page of its campaign.
//!
//! Invariant: everybody who would get it is gone through when the page is opened, and never by typing.

mod draft_text;
pub(crate) mod new;
pub(crate) mod page;
pub(crate) mod write;

use model::CampaignNumber;

fn path(number: CampaignNumber) -> String {
    format!("/admin/campaigns/{number}")
}
