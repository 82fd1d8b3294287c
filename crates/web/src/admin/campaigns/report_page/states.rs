//! Where everyone is, as rows of a report's table.

use model::DeliveryState;
use report::number_text::thousands;
use report::{CampaignReport, ReportReason};

pub(super) struct StateRow {
    pub(super) name: String,
    /// As it stands in the address of the deliveries.
    pub(super) word: &'static str,
    pub(super) contacts: String,
    pub(super) why: Vec<String>,
}

pub(super) fn state(report: &CampaignReport, (state, contacts): (DeliveryState, i64)) -> StateRow {
    let mut name = state.as_str().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let why = if contacts == 0 { vec![nobody(state).to_owned()] } else { reasons(report, state) };
    let word = crate::admin::deliveries::words::state_word(state);
    StateRow { name, word, contacts: thousands(contacts), why }
}

/// What a zero means, where that is worth knowing.
fn nobody(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::InDoubt => "nobody: the outcome of every send is known",
        _ => "nobody",
    }
}

fn reasons(report: &CampaignReport, state: DeliveryState) -> Vec<String> {
    let usual = match state {
        DeliveryState::Sent => "accepted by the relay",
        DeliveryState::Queued => "waiting for their turn or their next try",
        DeliveryState::Leased => "being sent right now",
        DeliveryState::Failed => "refused permanently",
        DeliveryState::Suppressed => {
            "had left, complained or paused before their turn, or had had enough mail"
        }
        DeliveryState::Skipped => "the message could not be made for them",
        DeliveryState::InDoubt => {
            "unknown whether the relay accepted it, after a crash; not sent again"
        }
    };
    // A relay's reply to every accepted message is different and says nothing.
    if matches!(state, DeliveryState::Sent | DeliveryState::Leased) {
        return vec![usual.to_owned()];
    }
    let of_state: Vec<&ReportReason> =
        report.reasons.iter().filter(|reason| reason.state == state.as_str()).collect();
    match of_state.as_slice() {
        [] => vec![usual.to_owned()],
        [only] if only.sentence().is_empty() => vec![usual.to_owned()],
        [only] => vec![only.sentence()],
        several => several.iter().map(|reason| counted(reason, usual)).collect(),
    }
}

fn counted(reason: &ReportReason, usual: &str) -> String {
    let sentence = reason.sentence();
    let words = if sentence.is_empty() { usual } else { &sentence };
    format!("{}: {words}", thousands(reason.contacts))
}
