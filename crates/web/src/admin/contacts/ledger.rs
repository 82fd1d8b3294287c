//! The ledger of a contact's consents, and by what right they are written to.
//!
//! Invariant: what they said about tracking or sharing is no right to write to them, and no goodbye.

use model::{ConsentKind, SubscriptionState};
use store::{Consent, ContactProfile};

use crate::admin::contacts::timeline::{proof, topic_name, tracking_told};

/// A topic, whether they get it, and by what right.
pub(super) struct RightRow {
    pub(super) topic: String,
    pub(super) state: SubscriptionState,
    pub(super) proof: String,
}

pub(super) struct LedgerRow {
    pub(super) when: String,
    pub(super) what: String,
    pub(super) proof: String,
}

impl RightRow {
    pub(super) fn new(subscription: &store::Subscription, profile: &ContactProfile) -> Self {
        let about = |consent: &&Consent| {
            let name = consent.topic.map(|id| topic_name(profile, id));
            let granted = subscription.state == SubscriptionState::Subscribed;
            consent.kind == ConsentKind::Mail
                && consent.granted == granted
                && name.is_none_or(|name| name == subscription.name)
        };
        let proof = profile.consents.iter().find(about).map_or_else(
            || format!("since {}", subscription.changed_at.readable()),
            |consent| format!("{}, {}", proof(consent), consent.at.readable()),
        );
        Self { topic: subscription.name.clone(), state: subscription.state, proof }
    }
}

impl LedgerRow {
    pub(super) fn new(consent: &Consent, profile: &ContactProfile) -> Self {
        let topic = consent.topic.map_or("everything".to_owned(), |id| topic_name(profile, id));
        let verb = if consent.granted { "agreed to" } else { "left" };
        let what = tracking_told(consent).unwrap_or_else(|| format!("{verb} {topic}"));
        Self { when: consent.at.readable(), what, proof: proof(consent) }
    }
}
