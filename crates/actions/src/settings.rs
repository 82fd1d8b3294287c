//! Who sends and over which relay: what the store keeps of it beside the configuration file, and what
//! comes of both.

mod kept;
mod live;

pub use kept::KeptSettings;
pub use live::{LiveSettings, SettingProblem, SettingsInUse, SettingsSource};
