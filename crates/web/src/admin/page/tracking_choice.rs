//! How much may be recorded, as a list to choose from in forms.

use model::TrackingMode;

use crate::admin::page::choice::Choice;
use crate::admin::page::form::Form;
use crate::admin::page::refused::{Refused, wrong};

/// What stands for whatever holds for everybody.
const DEFAULT: &str = "default";

/// What a mode records, in words.
pub(crate) const fn mode_words(mode: TrackingMode) -> &'static str {
    match mode {
        TrackingMode::Off => "nothing (no pixel, and links lead straight to their targets)",
        TrackingMode::Anonymous => "that there was a view or a click, of nobody",
        TrackingMode::Identified => "who viewed and clicked",
    }
}

/// Every mode by its word, with what it records.
pub(crate) const MODES: [(&str, &str); 3] = [
    (TrackingMode::Off.as_str(), mode_words(TrackingMode::Off)),
    (TrackingMode::Anonymous.as_str(), mode_words(TrackingMode::Anonymous)),
    (TrackingMode::Identified.as_str(), mode_words(TrackingMode::Identified)),
];

/// The limits of a topic or a campaign; the most there is is no limit.
pub(crate) fn limits(chosen: Option<TrackingMode>, default: &str) -> Vec<Choice> {
    let chosen = chosen.unwrap_or_default();
    let limit = |mode: TrackingMode, word: &str, name: &str| Choice {
        word: word.to_owned(),
        name: name.to_owned(),
        chosen: mode == chosen,
    };
    vec![
        limit(TrackingMode::Identified, DEFAULT, default),
        limit(TrackingMode::Anonymous, "anonymous", "Anonymous: views and clicks of nobody"),
        limit(TrackingMode::Off, "off", "Off: nothing"),
    ]
}

/// The limit that was chosen.
pub(crate) fn chosen_limit(form: &Form) -> Result<Option<TrackingMode>, Refused> {
    match form.text("tracking") {
        DEFAULT => Ok(None),
        _ => chosen_mode(form, "tracking").map(Some),
    }
}

/// The mode that a field holds.
pub(crate) fn chosen_mode(form: &Form, field: &str) -> Result<TrackingMode, Refused> {
    let mode = TrackingMode::from_word(form.text(field));
    mode.ok_or_else(|| wrong(field, "choose how much may be recorded"))
}
