//! Whether the holder of a link gets the link's topic.

use model::SubscriptionState;
use store::StoreError;

use crate::recipient::parts::Holder;

/// What a link to leave by can still do for its holder.
pub(crate) enum SubscriptionStanding {
    Subscribed,
    LeftTopic,
    LeftEverything,
}

pub(crate) async fn standing(holder: &Holder) -> Result<SubscriptionStanding, StoreError> {
    let store = &holder.store;
    if store.suppression_reason(holder.contact.email.key()).await?.is_some() {
        return Ok(SubscriptionStanding::LeftEverything);
    }
    let state = store.subscription_state(holder.contact.id, holder.topic.id).await?;
    Ok(match state {
        Some(SubscriptionState::Subscribed | SubscriptionState::Pending) => {
            SubscriptionStanding::Subscribed
        }
        Some(SubscriptionState::Unsubscribed) | None => SubscriptionStanding::LeftTopic,
    })
}
