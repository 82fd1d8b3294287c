//! A draft's text, as the form writes it.

use actions::{Call, Refusal, TextWish};
use campaign::Problem;
use model::CampaignNumber;
use store::CampaignText;

use crate::admin::campaigns::acts::record_of;
use crate::admin::campaigns::draft::path;
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::text_editor::EditedText;

/// The text of the draft with this number.
pub(crate) struct DraftText(pub(crate) CampaignNumber);

impl EditedText for DraftText {
    const OWNER: &'static str = "the draft";
    const KEPT: Message = Message::TextKept;

    fn path(&self) -> String {
        path(self.0)
    }

    fn page_path(&self) -> String {
        path(self.0)
    }

    fn frame(&self, admitted: &Admitted) -> AdminFrame {
        let campaigns = admitted.frame("campaigns").below("/admin/campaigns", "Campaigns");
        campaigns.below(path(self.0), "The draft")
    }

    async fn there(&self, parts: &AdminParts) -> Result<CampaignText, PageProblem> {
        let record = record_of(parts, &self.0.to_string()).await?;
        let text = campaign::text(&parts.resources.store, record.campaign.id).await;
        text.map_err(PageProblem::failed("reading a draft"))
    }

    async fn findings(
        &self,
        parts: &AdminParts,
        _: &CampaignText,
    ) -> Result<(Vec<Problem>, Vec<String>), PageProblem> {
        let (resources, record) = (&parts.resources, record_of(parts, &self.0.to_string()).await?);
        let id = record.campaign.id;
        let mistakes = campaign::mistakes(&resources.store, &resources.sender(), id).await;
        Ok((mistakes.map_err(PageProblem::failed("reading a draft"))?, Vec::new()))
    }

    async fn write(&self, parts: &AdminParts, call: &Call, wish: TextWish) -> Result<(), Refusal> {
        actions::campaign_write(&parts.resources, call, self.0, wish).await.map(drop)
    }

    async fn keep(&self, parts: &AdminParts, call: &Call, text: &str) -> Result<(), Refusal> {
        actions::campaign_text_keep(&parts.resources, call, self.0, text).await
    }
}
