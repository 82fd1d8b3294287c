//! How states of deliveries stand in addresses and in the style sheet.

use model::DeliveryState;

/// A state as one word without blanks.
pub(crate) const fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::InDoubt => "in-doubt",
        other => other.as_str(),
    }
}
