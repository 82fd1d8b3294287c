//! What somebody may do on the admin side and by the API, and the roles that bundle it.

use std::fmt;

/// One thing that somebody may do. Its word is also the scope of an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    AnnouncementsRead,
    AnnouncementsWrite,
    /// Drafts, progress and audiences, but for who is in them.
    CampaignsRead,
    CampaignsWrite,
    /// Start, pause, resume, retry: what changes who gets mail.
    CampaignsSend,
    /// People with their addresses and attributes.
    ContactsRead,
    ContactsWrite,
    /// Deliveries with their replies; addresses are masked without [`Self::ContactsRead`].
    DeliveriesRead,
    InboxRead,
    MediaRead,
    MediaWrite,
    ReportsRead,
    TopicsRead,
    TopicsWrite,
    /// Send single messages.
    MessagesSend,
    UsersRead,
    /// Users below owner, their roles, invitations and tokens.
    UsersWrite,
    SettingsRead,
    SettingsWrite,
    /// Versions, disks, nodes.
    SystemRead,
    AuditRead,
    /// Who the owners are, keys, and how long what is kept.
    OwnershipWrite,
}

impl Right {
    pub const ALL: [Self; 22] = [
        Self::AnnouncementsRead,
        Self::AnnouncementsWrite,
        Self::CampaignsRead,
        Self::CampaignsWrite,
        Self::CampaignsSend,
        Self::ContactsRead,
        Self::ContactsWrite,
        Self::DeliveriesRead,
        Self::InboxRead,
        Self::MediaRead,
        Self::MediaWrite,
        Self::ReportsRead,
        Self::TopicsRead,
        Self::TopicsWrite,
        Self::MessagesSend,
        Self::UsersRead,
        Self::UsersWrite,
        Self::SettingsRead,
        Self::SettingsWrite,
        Self::SystemRead,
        Self::AuditRead,
        Self::OwnershipWrite,
    ];

    /// Such as `campaigns:send`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AnnouncementsRead => "announcements:read",
            Self::AnnouncementsWrite => "announcements:write",
            Self::CampaignsRead => "campaigns:read",
            Self::CampaignsWrite => "campaigns:write",
            Self::CampaignsSend => "campaigns:send",
            Self::ContactsRead => "contacts:read",
            Self::ContactsWrite => "contacts:write",
            Self::DeliveriesRead => "deliveries:read",
            Self::InboxRead => "inbox:read",
            Self::MediaRead => "media:read",
            Self::MediaWrite => "media:write",
            Self::ReportsRead => "reports:read",
            Self::TopicsRead => "topics:read",
            Self::TopicsWrite => "topics:write",
            Self::MessagesSend => "messages:send",
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::SettingsRead => "settings:read",
            Self::SettingsWrite => "settings:write",
            Self::SystemRead => "system:read",
            Self::AuditRead => "audit:read",
            Self::OwnershipWrite => "ownership:write",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == word)
    }
}

/// Whom a right reaches when somebody is trusted with some topics only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightReach {
    /// What belongs to those topics.
    Topics,
    /// The same as without: it is shared by all topics.
    Shared,
    /// Nothing: it is about the whole installation.
    Installation,
}

impl Right {
    #[must_use]
    pub const fn reach(self) -> RightReach {
        match self {
            Self::CampaignsRead
            | Self::CampaignsWrite
            | Self::CampaignsSend
            | Self::ContactsRead
            | Self::ContactsWrite
            | Self::DeliveriesRead
            | Self::InboxRead
            | Self::ReportsRead
            | Self::TopicsRead
            | Self::TopicsWrite => RightReach::Topics,
            Self::AnnouncementsRead
            | Self::AnnouncementsWrite
            | Self::MediaRead
            | Self::MediaWrite
            | Self::SystemRead => RightReach::Shared,
            // A single message belongs to no topic.
            Self::MessagesSend
            | Self::UsersRead
            | Self::UsersWrite
            | Self::SettingsRead
            | Self::SettingsWrite
            | Self::AuditRead
            | Self::OwnershipWrite => RightReach::Installation,
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a user is here for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but ownership, keys and retention.
    Administrator,
    /// Sends campaigns and looks after contacts.
    Marketer,
    /// Writes announcements, and sends nothing.
    Author,
    /// Reads results, and never sees an address.
    Reporter,
    /// Reads everything, and changes nothing.
    Auditor,
}

impl Role {
    pub const ALL: [Self; 6] = [
        Self::Owner,
        Self::Administrator,
        Self::Marketer,
        Self::Author,
        Self::Reporter,
        Self::Auditor,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Administrator => "administrator",
            Self::Marketer => "marketer",
            Self::Author => "author",
            Self::Reporter => "reporter",
            Self::Auditor => "auditor",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether somebody in this role may do this, on the topics they are trusted with.
    #[must_use]
    pub const fn may(self, right: Right) -> bool {
        use Right as R;
        match self {
            Self::Owner => true,
            Self::Administrator => !matches!(right, R::OwnershipWrite),
            Self::Marketer => matches!(
                right,
                R::AnnouncementsRead
                    | R::AnnouncementsWrite
                    | R::CampaignsRead
                    | R::CampaignsWrite
                    | R::CampaignsSend
                    | R::ContactsRead
                    | R::ContactsWrite
                    | R::DeliveriesRead
                    | R::InboxRead
                    | R::MediaRead
                    | R::MediaWrite
                    | R::MessagesSend
                    | R::ReportsRead
                    | R::TopicsRead
                    | R::TopicsWrite
            ),
            Self::Author => matches!(
                right,
                R::AnnouncementsRead
                    | R::AnnouncementsWrite
                    | R::CampaignsRead
                    | R::InboxRead
                    | R::MediaRead
                    | R::MediaWrite
                    | R::ReportsRead
                    | R::TopicsRead
            ),
            Self::Reporter => matches!(
                right,
                R::AnnouncementsRead
                    | R::CampaignsRead
                    | R::DeliveriesRead
                    | R::MediaRead
                    | R::ReportsRead
                    | R::TopicsRead
                    | R::SystemRead
            ),
            Self::Auditor => matches!(
                right,
                R::AnnouncementsRead
                    | R::CampaignsRead
                    | R::ContactsRead
                    | R::DeliveriesRead
                    | R::InboxRead
                    | R::MediaRead
                    | R::ReportsRead
                    | R::TopicsRead
                    | R::UsersRead
                    | R::SettingsRead
                    | R::SystemRead
                    | R::AuditRead
            ),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for right in Right::ALL {
            assert_eq!(Right::from_word(right.as_str()), Some(right));
        }
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
        }
        assert_eq!(Right::from_word("campaigns:start"), None);
    }

    #[test]
    fn an_auditor_reads_everything_and_changes_nothing() {
        for right in Right::ALL {
            assert_eq!(Role::Auditor.may(right), right.as_str().ends_with(":read"), "{right}");
        }
    }

    #[test]
    fn only_an_owner_decides_on_ownership() {
        let may: Vec<Role> =
            Role::ALL.into_iter().filter(|role| role.may(Right::OwnershipWrite)).collect();
        assert_eq!(may, [Role::Owner]);
    }

    #[test]
    fn whoever_reports_sees_no_address() {
        assert!(!Role::Reporter.may(Right::ContactsRead) && !Role::Author.may(Right::ContactsRead));
    }
}
