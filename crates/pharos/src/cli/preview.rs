//! The arguments of `pharos campaign preview`, `test-send` and `publish`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use model::CampaignNumber;
use render::Layout;

#[derive(Args)]
pub(crate) struct PreviewArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub campaign: CampaignNumber,
    #[command(flatten)]
    pub values: ValuesArgs,
    /// What to write to standard output.
    #[arg(long, value_enum, default_value_t = PreviewPart::Message, conflicts_with = "page")]
    pub part: PreviewPart,
    /// Write a page to look at instead: the message 600 and 375 pixels wide, light and dark, without
    /// images, as text and as source.
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TestSendArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub campaign: CampaignNumber,
    /// The address to send it to; it need not be a contact. May be repeated, up to ten times.
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub to: Vec<String>,
    #[command(flatten)]
    pub values: ValuesArgs,
}

#[derive(Args)]
pub(crate) struct PublishArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub campaign: CampaignNumber,
    /// What a merge tag without a default says to everybody; may be repeated.
    #[arg(long = "value", value_name = "NAME=VALUE")]
    pub values: Vec<String>,
    /// Keep it out of the topic's list and feed: only for those who know its address.
    #[arg(long)]
    pub unlisted: bool,
}

/// Whose values a message is shown with.
#[derive(Args)]
pub(crate) struct ValuesArgs {
    /// Show the values of this contact; otherwise made-up ones.
    #[arg(long, value_name = "ADDRESS")]
    pub contact: Option<String>,
    /// Show this value of an attribute instead; may be repeated. Nothing behind the `=` stands for a
    /// contact without a value.
    #[arg(long = "value", value_name = "NAME=VALUE")]
    pub values: Vec<String>,
    /// Show it in another layout, as today's settings make it. Changes nothing.
    #[arg(long, value_parser = layouts())]
    pub layout: Option<Layout>,
}

pub(super) fn layouts() -> impl TypedValueParser<Value = Layout> {
    PossibleValuesParser::new(Layout::ALL.map(Layout::name)).try_map(|name| {
        Layout::ALL.into_iter().find(|layout| layout.name() == name).ok_or("no layout")
    })
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PreviewPart {
    /// The whole message, exactly as it would be sent.
    Message,
    /// Its HTML.
    Html,
    /// Its plain text.
    Text,
    /// The page that everybody may read when it is published, with the values of --value alone.
    Public,
}
