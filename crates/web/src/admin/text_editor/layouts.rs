//! The layouts to choose from, each with a sketch of what it looks like.

use campaign::{Layout, SplitText, TextField};

pub(crate) struct LayoutChoice {
    pub(crate) word: &'static str,
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) chosen: bool,
}

/// All of them, with the one that a text has. None is chosen when it names one that there isn't.
pub(crate) fn choices(text: &SplitText) -> Vec<LayoutChoice> {
    let named = text.get(TextField::Layout);
    let chosen = if named.is_empty() { text.usual_layout().name() } else { named.as_str() };
    let choice = |layout: Layout| LayoutChoice {
        word: layout.name(),
        name: name(layout),
        about: layout.summary(),
        chosen: layout.name() == chosen,
    };
    Layout::ALL.into_iter().map(choice).collect()
}

/// The layout that was chosen, as the text is to name it: one that a text without a layout has anyway
/// needs no line.
pub(crate) fn chosen(text: &SplitText, typed: &str) -> String {
    let is_usual = typed == text.usual_layout().name();
    if is_usual && text.get(TextField::Layout).is_empty() {
        return String::new();
    }
    typed.to_owned()
}

const fn name(layout: Layout) -> &'static str {
    match layout {
        Layout::ReleaseNotice => "Release notice",
        Layout::Newsletter => "Newsletter",
        Layout::Offer => "Offer",
        Layout::Reminder => "Reminder",
        Layout::Plain => "Letter",
        Layout::None => "No layout",
    }
}
