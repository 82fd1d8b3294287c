//! Keys of settings in which mailers tell people what goes on; pages and commands read them.

/// With `/` and a node's number behind it: the present trouble with the relay, empty for none.
pub const RELAY_TROUBLE: &str = "relay_trouble";
/// As [`RELAY_TROUBLE`], of the store.
pub const STORE_TROUBLE: &str = "store_trouble";
/// As [`RELAY_TROUBLE`], of the mailer's journal.
pub const JOURNAL_TROUBLE: &str = "journal_trouble";
/// With `/` and a campaign's number behind it: why the relay refuses the campaign as a whole, empty
/// when it does not.
pub const CAMPAIGN_TROUBLE: &str = "campaign_trouble";
/// With `/` and a node's number behind it: how many messages a minute its mailer may send, empty
/// for any number. There once a mailer has worked on that node.
pub const MAILER_LIMIT: &str = "mailer_limit";
