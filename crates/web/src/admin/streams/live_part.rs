//! A part of a page that changes by itself.
//!
//! Invariant: two parts with the same revision read the same, but for the keys of their forms.

use askama::Template;

use crate::listen::assets::fnv1a;

/// Stands for the key of a form until somebody gets it: each reader has keys of their own.
pub(crate) const KEY: &str = "-key-of-this-form-";

/// A part of a page as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LivePart {
    pub(crate) revision: String,
    /// With [`KEY`] in the place of keys.
    html: String,
    /// What comes next is more than this part: the page has to be loaded again.
    pub(crate) is_over: bool,
}

impl LivePart {
    /// A part that changes when its text does.
    pub(crate) fn of(template: &impl Template) -> Result<Self, askama::Error> {
        let html = template.render()?;
        Ok(Self { revision: revision_of(&html), html, is_over: false })
    }

    /// A part that changes when `sign` does.
    pub(crate) fn signed(template: &impl Template, sign: &str) -> Result<Self, askama::Error> {
        Ok(Self { revision: revision_of(sign), html: template.render()?, is_over: false })
    }

    pub(crate) fn over(self, is_over: bool) -> Self {
        Self { is_over, ..self }
    }

    /// The same, or nothing when it is what somebody has.
    pub(crate) fn unless(self, known: Option<&str>) -> Option<Self> {
        (known != Some(&self.revision)).then_some(self)
    }

    /// For one reader, whose forms have this key.
    pub(crate) fn html(&self, key: &str) -> String {
        self.html.replace(KEY, key)
    }
}

/// Tells two states of a part apart.
pub(crate) fn revision_of(text: &str) -> String {
    format!("{:016x}", fnv1a(text.as_bytes()))
}
