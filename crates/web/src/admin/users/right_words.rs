//! Rights and roles in plain words.

use model::{Right, Role};

/// What somebody with the right may do: "who may …".
pub(crate) const fn right_words(right: Right) -> &'static str {
    match right {
        Right::AnnouncementsRead => "read announcements",
        Right::AnnouncementsWrite => "write announcements",
        Right::CampaignsRead => "look at campaigns and their progress",
        Right::CampaignsWrite => "create and change campaigns",
        Right::CampaignsSend => "start, pause and resume campaigns",
        Right::ContactsRead => "see contacts with their addresses",
        Right::ContactsWrite => "import, change and remove contacts",
        Right::DeliveriesRead => "see single deliveries and what the relay replied",
        Right::InboxRead => "read test messages",
        Right::MediaRead => "look at the media library",
        Right::MediaWrite => "add and remove pictures and files",
        Right::ReportsRead => "read reports",
        Right::TopicsRead => "see topics with their numbers",
        Right::TopicsWrite => "change topics",
        Right::MessagesSend => "send single messages",
        Right::UsersRead => "see who has an account",
        Right::UsersWrite => "invite people, and change their roles",
        Right::SettingsRead => "see settings",
        Right::SettingsWrite => "change settings",
        Right::SystemRead => "see how the system is doing",
        Right::AuditRead => "read the audit log",
        Right::OwnershipWrite => "say who the owners are",
    }
}

/// What a role is for.
pub(crate) const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Owner => "may do everything",
        Role::Administrator => "may do everything but make owners",
        Role::Marketer => "sends campaigns and looks after contacts",
        Role::Author => "writes announcements, and sends nothing",
        Role::Reporter => "reads results, and never sees an address",
        Role::Auditor => "reads everything, and changes nothing",
    }
}
