//! An entry of a list to choose from, in forms.

pub(crate) struct Choice {
    pub(crate) word: String,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}
