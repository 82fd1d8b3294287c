//! Whether somebody may be shared with others, as a form asks for it.
//!
//! Invariant: a form says what it has shown, so that nobody who only saves something else is noted with a yes
//! or a no that they did not say.

use audience::SharingQuestion;
use campaign::RecipientWords;

use crate::recipient::pause_choice::day;

/// What a form needs to ask for it.
pub(crate) struct SharingChoice {
    pub(crate) is_allowed: bool,
    pub(crate) notices: Vec<SharingLine>,
}

/// A notice that holds.
pub(crate) struct SharingLine {
    /// To whom, what for and from when on.
    pub(crate) about: String,
    pub(crate) text: String,
}

impl SharingChoice {
    pub(crate) fn new(question: &SharingQuestion, words: RecipientWords) -> Self {
        let line = |it: &store::SharingNotice| {
            let (recipient, purpose) = (apart(&it.recipient), apart(&it.purpose));
            let begins = day(it.begins_at);
            let values = [("recipient", &*recipient), ("purpose", &purpose), ("date", &begins)];
            SharingLine { about: words.filled("sharing-to", &values), text: it.text.clone() }
        };
        let SharingQuestion { notices, is_allowed } = question;
        Self { is_allowed: *is_allowed, notices: notices.iter().map(line).collect() }
    }

    /// Their word, if it is another one than the form has shown; `shown` is empty where it did not ask.
    pub(crate) fn wished(shown: &str, ticked: &str) -> Option<bool> {
        let is_ticked = !ticked.is_empty();
        match shown {
            "yes" => (!is_ticked).then_some(false),
            "no" => is_ticked.then_some(true),
            _ => None,
        }
    }
}

/// Set apart, in whichever direction it is written.
fn apart(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_was_changed_on_the_form() {
        let wished = SharingChoice::wished;
        assert_eq!((wished("yes", "yes"), wished("yes", "")), (None, Some(false)));
        assert_eq!((wished("no", "yes"), wished("no", "")), (Some(true), None));
        assert_eq!((wished("", "yes"), wished("", ""), wished("x", "")), (None, None, None));
    }
}
