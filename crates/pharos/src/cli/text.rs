//! The command line of `pharos campaign text` and `pharos campaign write`.

use std::path::PathBuf;

use clap::Args;
use model::CampaignNumber;

#[derive(Args)]
pub(crate) struct TextArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub campaign: CampaignNumber,
    /// Write it to this file; otherwise to standard output.
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct WriteArgs {
    /// The campaign's number, as `campaign status` lists it.
    pub campaign: CampaignNumber,
    /// The announcement's file. It may be unfinished: `campaign check` says what is missing.
    pub file: PathBuf,
    /// Write only over this revision, as `campaign text` has told it.
    #[arg(long, value_name = "REVISION")]
    pub if_revision: Option<i64>,
}
