//! The steps by which a message is written: fixed pieces, and holes with an escape of their own.

use crate::escape;

/// One step of writing a message.
#[derive(Debug, Clone)]
pub(crate) enum FillStep {
    Literal(Box<[u8]>),
    Value {
        value: usize,
        slot: Slot,
    },
    Token(TokenSlot),
    /// The sealed target of a link, by its number.
    Target(usize),
    /// The first of these whose condition holds.
    Branch(Vec<Arm>),
    To,
    Subject,
    Date,
    Campaign,
}

/// One way that a condition can go.
#[derive(Debug, Clone)]
pub(crate) struct Arm {
    /// The number of its condition; nothing for `else`.
    pub(crate) when: Option<usize>,
    pub(crate) steps: Vec<FillStep>,
}

impl FillStep {
    /// Calls `look` with this step and every step inside it.
    pub(crate) fn visit(&self, look: &mut impl FnMut(&Self)) {
        look(self);
        if let Self::Branch(arms) = self {
            arms.iter().flat_map(|arm| &arm.steps).for_each(|step| step.visit(look));
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Html,
    UrlComponent,
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSlot {
    Link(u16),
    View,
    Unsubscribe,
    Browse,
    Message,
}

impl Slot {
    pub(crate) fn escaped(self, value: &str) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Html => escape::html(value),
            Self::UrlComponent => escape::url_component(value),
            Self::Plain => escape::plain(value),
        }
    }
}
