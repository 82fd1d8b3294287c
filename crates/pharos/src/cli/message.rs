//! The arguments of `pharos message`.

use clap::{Args, Subcommand, ValueEnum};
use model::DeliveryState;

#[derive(Subcommand)]
pub(crate) enum MessageCommand {
    /// Send one announcement to one address.
    ///
    /// It is queued before any campaign, and a running server sends it. A contact with this address
    /// lends their attributes. Who has unsubscribed from a topic still gets it; who must not be mailed
    /// does not.
    Send(MessageSendArgs),
    /// Show one message, and what became of it.
    Show {
        /// Its number, as `message list` shows it.
        message: i64,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List single messages, the newest first.
    ///
    /// The list is personal data; it goes to standard output and nowhere else.
    List(MessageListArgs),
}

#[derive(Args)]
pub(crate) struct MessageSendArgs {
    /// The announcement's name: its newest version is sent.
    pub announcement: String,
    pub address: String,
    /// A value by name, before those of the contact; may be repeated. Nothing behind the `=` stands for
    /// no value.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub values: Vec<String>,
    /// A text of your own: asked for again with the same one, it is not sent again, however much later
    /// [default: a new one each time].
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Only check that it could be sent.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub(crate) struct MessageListArgs {
    /// Only those in this state.
    #[arg(long, value_enum, value_name = "STATE")]
    pub state: Option<MessageStateWord>,
    /// Only those whose address has this part.
    #[arg(long, value_name = "PART")]
    pub address: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub last: u16,
    /// Print JSON, one message a line.
    #[arg(long)]
    pub json: bool,
}

/// Where a message is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageStateWord {
    /// Still to be sent.
    Queued,
    /// Being sent now.
    Leased,
    /// Accepted by the relay.
    Sent,
    /// Refused permanently, or given up.
    Failed,
    /// Not sent, because the address must not be mailed.
    Suppressed,
    /// Perhaps sent: a crash or the relay left it unknown.
    InDoubt,
}

impl MessageStateWord {
    pub(crate) const fn state(self) -> DeliveryState {
        match self {
            Self::Queued => DeliveryState::Queued,
            Self::Leased => DeliveryState::Leased,
            Self::Sent => DeliveryState::Sent,
            Self::Failed => DeliveryState::Failed,
            Self::Suppressed => DeliveryState::Suppressed,
            Self::InDoubt => DeliveryState::InDoubt,
        }
    }
}
