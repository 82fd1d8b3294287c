//! How long what is kept.

use std::time::Duration;

/// How long what is kept, as the configuration says; nothing is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Views and clicks one by one, and their times in what is kept by contact.
    pub events: Option<Duration>,
    /// What each contact did with a campaign, after it has ended.
    pub engagements: Option<Duration>,
    /// Browsers since they were last seen, and to which contacts they were tied.
    pub visitors: Option<Duration>,
    /// Hours of campaigns; afterwards there are days.
    pub hours: Option<Duration>,
    /// Whom a single message was for, after its end.
    pub messages: Duration,
}
