//! The arguments of `pharos tracking`, and the modes that other commands take.

use clap::{Args, Subcommand, ValueEnum};
use model::{TrackingMode, TrackingPolicy};

#[derive(Subcommand)]
pub(crate) enum TrackingCommand {
    /// Show what may be recorded of whom.
    Show,
    /// Change what may be recorded, from the next message and the next hit on.
    ///
    /// What is left out stays. The least of what was decided counts: a contact's own word goes above
    /// --without-consent, and never above --at-most and what the campaign records.
    Set(TrackingSetArgs),
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub(crate) struct TrackingSetArgs {
    /// Both modes and --address-days at once.
    #[arg(long, value_enum, conflicts_with_all = ["at_most", "without_consent"])]
    pub preset: Option<Preset>,
    /// Nobody is tracked beyond this, whatever they have said.
    #[arg(long, value_enum, value_name = "MODE")]
    pub at_most: Option<Mode>,
    /// For contacts who have said nothing.
    #[arg(long, value_enum, value_name = "MODE")]
    pub without_consent: Option<Mode>,
    /// For how many days the network address of a view or click is kept in full, encrypted; 0: never. Then
    /// its first part (203.0.113.0/24). Acts on what is there, too.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(0..=365))]
    pub address_days: Option<u16>,
    /// The version of what you tell people about tracking, such as 2026-11; it is kept with whatever
    /// they say from now on. Empty for none.
    #[arg(long, value_name = "VERSION")]
    pub notice: Option<String>,
}

/// What may be recorded of views and clicks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Nothing: no pixel, and links lead straight to their targets.
    Off,
    /// That there was a view or a click, of nobody.
    Anonymous,
    /// Whose it was.
    Identified,
}

/// What may be recorded, or what holds for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeOrDefault {
    /// Nothing: no pixel, and links lead straight to their targets.
    Off,
    /// That there was a view or a click, of nobody.
    Anonymous,
    /// Whose it was.
    Identified,
    /// What holds for everybody, as `tracking show` says it.
    Default,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// Everybody is tracked but for those who do not want it.
    Standard,
    /// Only who has agreed is tracked, as the law of the European Union asks for.
    Eu,
}

impl Mode {
    pub(crate) const fn mode(self) -> TrackingMode {
        match self {
            Self::Off => TrackingMode::Off,
            Self::Anonymous => TrackingMode::Anonymous,
            Self::Identified => TrackingMode::Identified,
        }
    }
}

impl ModeOrDefault {
    pub(crate) const fn mode(self) -> Option<TrackingMode> {
        match self {
            Self::Off => Some(TrackingMode::Off),
            Self::Anonymous => Some(TrackingMode::Anonymous),
            Self::Identified => Some(TrackingMode::Identified),
            Self::Default => None,
        }
    }
}

impl Preset {
    pub(crate) fn policy(self) -> TrackingPolicy {
        match self {
            Self::Standard => TrackingPolicy::default(),
            Self::Eu => TrackingPolicy::EU,
        }
    }
}
