//! The blocks that an announcement in Markdown consists of.

use serde::{Deserialize, Serialize};

/// A part of an announcement's text. Merge tags may stand in every text and address.
///
/// Markdown is what it is: a text that begins with `# ` is read as a heading when it has been printed,
/// and two texts in a row as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "block", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Block {
    /// Whatever has no block of its own: paragraphs, lists, tables, code, HTML.
    Text { markdown: String },
    /// `text` is Markdown within one line.
    Heading { level: u8, text: String },
    /// `label` is Markdown within one line.
    Button { label: String, address: String },
    /// A picture with a paragraph for itself. Its alternative text is no Markdown.
    Image {
        alt: String,
        address: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    /// What it quotes is Markdown without the `>` before each line.
    Quote { markdown: String },
    /// A line across the message.
    Divider,
    /// Side by side, and one below the other on phones.
    Columns { left: Vec<Block>, right: Vec<Block> },
    /// Only [`Block::Change`], conditions and loops.
    Changes { changes: Vec<Block> },
    /// What is new or otherwise, with a label such as *New* or *Fixed*. Only inside of
    /// [`Block::Changes`].
    Change { label: String, markdown: String },
    /// A card; a picture at its beginning stands beside the rest.
    Product { blocks: Vec<Block> },
    /// What the first arm shows whose condition holds.
    Condition {
        arms: Vec<ConditionArm>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<Vec<Block>>,
    },
    /// `each` is `NAME in LIST`; `otherwise` is shown for a list without items.
    Loop {
        each: String,
        blocks: Vec<Block>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<Vec<Block>>,
    },
    /// Sections and whatever else MJML allows in its body.
    Mjml { source: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionArm {
    pub condition: String,
    pub blocks: Vec<Block>,
}

/// What a fence of colons names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directive {
    Columns,
    Column,
    Changes,
    Product,
    Mjml,
}

impl Directive {
    pub(crate) const ALL: [Self; 5] =
        [Self::Columns, Self::Column, Self::Changes, Self::Product, Self::Mjml];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Column => "column",
            Self::Changes => "changes",
            Self::Product => "product",
            Self::Mjml => "mjml",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}
