//! The form in which a text is written, whosever it is: saved as it is typed, with the message beside it,
//! and both texts when two people write at once.
//!
//! Invariants: what is shown is what was saved last; a text is saved only over the revision that its
//! writer has seen, and of two that differ both are shown. What a text belongs to is told by
//! [`EditedText`], so that every text is written in the same form.

pub(crate) mod frame;
pub(crate) mod layouts;
pub(crate) mod preview_page;
pub(crate) mod save;
pub(crate) mod state;
pub(crate) mod text_form;

use actions::{Call, Refusal, TextWish};
use campaign::Problem;
use model::{Timestamp, Zone};
use store::CampaignText;

use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;

/// A text that the form writes, and what it belongs to.
pub(crate) trait EditedText {
    /// What keeps two texts apart, in words: "the draft", "the announcement".
    const OWNER: &'static str;
    /// What is said when a text was kept aside.
    const KEPT: Message;

    /// The address below which the form saves (`/write`) and shows the message (`/preview`).
    fn path(&self) -> String;
    /// The address of the page with the form.
    fn page_path(&self) -> String;
    /// Of a page below that one.
    fn frame(&self, admitted: &Admitted) -> AdminFrame;
    /// The text as it was saved last.
    async fn there(&self, parts: &AdminParts) -> Result<CampaignText, PageProblem>;
    /// What is wrong with it, and what is good to know.
    async fn findings(
        &self,
        parts: &AdminParts,
        text: &CampaignText,
    ) -> Result<(Vec<Problem>, Vec<String>), PageProblem>;
    async fn write(&self, parts: &AdminParts, call: &Call, wish: TextWish) -> Result<(), Refusal>;
    /// Keeps a text aside.
    async fn keep(&self, parts: &AdminParts, call: &Call, text: &str) -> Result<(), Refusal>;
}

/// Of who may repeat what they ask for: a revision decides whether it is done.
pub(crate) fn repeatable(admitted: &Admitted) -> Call {
    Call::new(admitted.permit.actor().clone(), now())
}

/// `12:03`, in the reader's zone.
pub(crate) fn clock(zone: &Zone, at: Timestamp) -> String {
    let field = zone.field(at);
    field.split_once('T').map_or_else(String::new, |(_, clock)| clock.to_owned())
}
