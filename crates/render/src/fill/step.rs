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
    /// The target itself, in plain text.
    PlainTarget(usize),
    /// The first of these whose condition holds.
    Branch(Vec<Arm>),
    Loop(Loop),
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

/// Steps for each item of a list.
#[derive(Debug, Clone)]
pub(crate) struct Loop {
    /// The number of its list.
    pub(crate) list: usize,
    pub(crate) item: Vec<FillStep>,
    /// Instead, when there are no items; nothing when the author wrote none.
    pub(crate) otherwise: Option<Vec<FillStep>>,
}

impl FillStep {
    /// Calls `look` with this step and every step inside it.
    pub(crate) fn visit(&self, look: &mut impl FnMut(&Self)) {
        look(self);
        match self {
            Self::Branch(arms) => {
                arms.iter().flat_map(|arm| &arm.steps).for_each(|step| step.visit(look));
            }
            Self::Loop(Loop { item, otherwise, .. }) => {
                item.iter().chain(otherwise.iter().flatten()).for_each(|step| step.visit(look));
            }
            _ => {}
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
    Honeypot,
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
