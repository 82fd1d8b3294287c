//! Sends again to people whose delivery has ended, and lists who they are.

use model::{CampaignId, ContactId, DeliveryState};
use store::{CampaignRecipient, RecipientFilter, Store, StoreError};

use crate::CampaignError;
use crate::pause::find;

/// Deliveries put back in the queue in one transaction.
const SLICE: usize = 5_000;
/// Recipients in one page.
const PAGE: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryScope {
    /// Those who were refused permanently; with a code, those whom the relay refused with it.
    Failed(Option<u16>),
    /// Those for whom the message could not be made, once the data of the contact or announcement
    /// is corrected.
    Skipped,
    /// Those who may have the message already: each may get a second copy.
    InDoubt,
}

impl RetryScope {
    const fn filter(self) -> RecipientFilter {
        match self {
            Self::Failed(code) => RecipientFilter { state: DeliveryState::Failed, code },
            Self::Skipped => RecipientFilter { state: DeliveryState::Skipped, code: None },
            Self::InDoubt => RecipientFilter { state: DeliveryState::InDoubt, code: None },
        }
    }
}

/// How many people a retry would send to.
pub async fn retry_count(
    store: &Store,
    id: CampaignId,
    whom: RetryScope,
) -> Result<i64, CampaignError> {
    find(store, id).await?;
    Ok(store.recipients_count(id, whom.filter()).await?)
}

/// Puts them back in the queue, in slices, so that nobody else waits long for the store. Returns
/// how many. A finished campaign is sending again; a paused one stays paused. People who have left
/// in the meantime are not mailed: the claim skips them.
///
/// # Errors
/// When the campaign has not been started yet, or when the store fails: what was moved by then is
/// queued, and the same call continues with the rest.
pub async fn retry(store: &Store, id: CampaignId, whom: RetryScope) -> Result<i64, CampaignError> {
    find(store, id).await?;
    let (mut after, mut queued) = (ContactId(0), 0);
    // By contact, so that people who fail again meanwhile are not taken a second time.
    loop {
        let slice = store.deliveries_requeue(id, whom.filter(), after, SLICE).await?;
        queued += slice.deliveries;
        let Some(next) = slice.next else { return Ok(queued) };
        after = next;
    }
}

/// The campaign's recipients in one state, a page at a time.
#[derive(Debug)]
pub struct Recipients<'s> {
    store: &'s Store,
    campaign: CampaignId,
    filter: RecipientFilter,
    after: Option<ContactId>,
}

impl<'s> Recipients<'s> {
    /// Starts at the first page; `code` limits it to those the relay answered with that code.
    pub async fn of(
        store: &'s Store,
        campaign: CampaignId,
        state: DeliveryState,
        code: Option<u16>,
    ) -> Result<Self, CampaignError> {
        find(store, campaign).await?;
        let filter = RecipientFilter { state, code };
        Ok(Self { store, campaign, filter, after: Some(ContactId(0)) })
    }

    /// The next page; empty after the last one.
    pub async fn page(&mut self) -> Result<Vec<CampaignRecipient>, StoreError> {
        let Some(after) = self.after else { return Ok(Vec::new()) };
        let page = self.store.recipients_page(self.campaign, self.filter, after, PAGE).await?;
        self.after = page.last().map(|last| last.contact).filter(|_| page.len() == PAGE);
        Ok(page)
    }
}

/// The campaign's recipients in one state after this contact, or from the first on, in the order in
/// which contacts came; empty after the last one.
pub async fn recipients_after(
    store: &Store,
    campaign: CampaignId,
    state: DeliveryState,
    code: Option<u16>,
    after: Option<ContactId>,
) -> Result<Vec<CampaignRecipient>, StoreError> {
    let filter = RecipientFilter { state, code };
    store.recipients_page(campaign, filter, after.unwrap_or(ContactId(0)), PAGE).await
}
