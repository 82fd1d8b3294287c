//! What a page says once about what was just done.
//!
//! Invariant: only a code travels, in a cookie; whatever a cookie holds, a page shows words from here.

macro_rules! messages {
    ($($name:ident $code:literal $words:literal;)+) => {
        /// Something that was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Message {
            $($name),+
        }

        impl Message {
            const ALL: &[Self] = &[$(Self::$name),+];

            pub(crate) const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code),+
                }
            }

            pub(crate) const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words),+
                }
            }
        }
    };
}

messages! {
    SignedOut "signed-out" "You are signed out.";
    TookTooLong "took-too-long" "It took too long. Please sign in again.";
    PasswordChosen "password-chosen" "Your password is set. Please sign in with it.";
    PasswordChanged "password-changed"
        "Your password is changed, and you are signed out everywhere else.";
    SecondFactorRemoved "second-factor-removed"
        "The second factor is removed. Sign in again with your password.";
    SessionEnded "session-ended" "The session is ended.";
    SessionsEnded "sessions-ended" "The sessions are ended.";
    UserChanged "user-changed" "The user is changed. It holds from their next request on.";
    UserDisabled "user-disabled" "The user is disabled: no session and no token of theirs works.";
    UserEnabled "user-enabled" "The user may sign in again.";
    SecondFactorReset "second-factor-reset"
        "The second factor and the passkeys are removed. They need only their password, and are \
        signed out everywhere.";
    PasskeyAdded "passkey-added" "The passkey is added. It signs you in from now on.";
    PasskeyRemoved "passkey-removed"
        "The passkey is removed here. Your device may still show it; you can delete it there.";
    Confirmed "confirmed" "Thank you. You can go on for ten minutes.";
    TokenRevoked "token-revoked" "The token is revoked for good.";
    CampaignStarting "campaign-starting"
        "It starts in 60 seconds. Until then you can take it back.";
    CampaignScheduled "campaign-scheduled"
        "It is scheduled. Until its time you can move it or take it back.";
    TestSent "test-sent" "The test is sent.";
    CampaignTakenBack "campaign-taken-back" "It is a draft again; nobody has got it.";
    CampaignPaused "campaign-paused"
        "It is paused: no further message goes out until somebody resumes it.";
    CampaignResumed "campaign-resumed" "It goes on.";
    DeliveriesRetried "deliveries-retried" "They are queued again; the figures below follow them.";
    NobodyToRetry "nobody-to-retry" "Nobody was left to send to again.";
    CampaignDeleted "campaign-deleted"
        "The draft is deleted. Its text is under Announcements; a new draft can be made of it.";
    CampaignTopicSet "campaign-topic-set" "It goes to the subscribers of that topic now.";
    TextKept "text-kept"
        "The draft stays as it is. Your text is kept as a version of the announcement.";
    AnnouncementTextKept "announcement-text-kept"
        "The announcement stays as it is. Your text is kept as a version of it.";
    AnnouncementInUse "announcement-in-use" "It is in use: single messages say it from now on.";
    AnnouncementDeleted "announcement-deleted" "The announcement is deleted, with all its versions.";
    SingleMessageQueued "single-message-queued" "The message is queued, before any campaign.";
    CampaignPublished "campaign-published" "Everybody may read it now, at the address below.";
    CampaignWithdrawn "campaign-withdrawn" "Its public page is gone.";
    ContactAdded "contact-added" "The contact is added.";
    ContactAddedSuppressed "contact-added-suppressed"
        "The contact is added and not subscribed: the address must not be mailed.";
    ContactChanged "contact-changed" "The contact is changed.";
    AttributeSet "attribute-set" "It is declared. A server looks at the values that there are.";
    AttributeCounting "attribute-counting" "Nothing is declared. A server counts which values fit: look again in a moment.";
    FormSet "form-set" "The form is open, as it is shown here.";
    FormClosed "form-closed" "The form is closed. Links that were mailed still work.";
    FormRemoved "form-removed" "The form is removed, with what waited to be confirmed.";
    CampaignAudienceSet "campaign-audience-set" "Whom the campaign goes to is set. It is counted anew below.";
    SegmentKept "segment-kept" "The segment is kept.";
    SegmentRemoved "segment-removed" "The segment is removed.";
    AttributeRemoved "attribute-removed" "It is declared no more. Its values stay, as free texts.";
    BulkCounting "bulk-counting" "A server counts it; nothing is changed. Look again in a moment.";
    BulkStarted "bulk-started" "A server does it, also when you close this page.";
    ContactsMerged "contacts-merged" "The two are one contact now. It can be undone for 30 days.";
    ContactMerged "contact-merged"
        "The contact that you asked for was merged into this one, who has what was kept of both.";
    ContactsUnmerged "contacts-unmerged" "The merge is undone: the other contact is there again.";
    ContactSubscribed "contact-subscribed" "They are subscribed.";
    ContactUnsubscribed "contact-unsubscribed"
        "They are unsubscribed. Only they themselves can come back.";
    ContactPaused "contact-paused" "Saved. No campaign goes to them until then.";
    PauseEnded "pause-ended" "Their pause is over.";
    ReconfirmationBegun "reconfirmation-begun" "They are asked. A server mails them, also when you close this page.";
    ReconfirmationCancelled "reconfirmation-cancelled" "It is cancelled. Nobody more is mailed or stopped.";
    MailCapSet "mail-cap-set" "Saved. It holds from the next message on.";
    CapIgnored "cap-ignored" "The campaign goes to people however many mails they have had.";
    CapKept "cap-kept" "The campaign keeps to the cap.";
    TrackingSet "tracking-set"
        "Saved. It holds from the next message, and the next view or click, on.";
    TrackingSaid "tracking-said"
        "Saved. It holds from their next view or click on, in mail that they already have as well.";
    TrackingForgotten "tracking-forgotten"
        "Saved. What they did until now is nobody’s any more; counts stay.";
    VisitorCut "visitor-cut"
        "The browser is cut from that contact. With very many views and clicks it takes some seconds.";
    VisitorRemoved "visitor-removed" "What was kept of the browser is removed; counts stay.";
    ContactSuppressed "contact-suppressed" "The address is suppressed: it is never mailed.";
    SuppressionLifted "suppression-lifted"
        "The suppression is lifted. They get what they are still subscribed to.";
    SuppressionStays "suppression-stays"
        "Nothing was lifted: they have left by their own wish, or the reason is not one that \
        can be lifted here.";
    ContactErased "contact-erased"
        "The person is erased. Their address is known only by a hash, so that no import \
        brings it back.";
    ErasureCounted "erasure-counted" "The list is being counted; nobody is erased yet.";
    ErasureStarted "erasure-started" "A server erases them, also when you close this page.";
    ErasureStopped "erasure-stopped"
        "It is stopped, and the list is removed. Whoever was erased stays so.";
    NothingChanged "nothing-changed" "Nothing was to be changed: it was so already.";
    FileUploaded "file-uploaded" "The file is there. Nothing is imported yet.";
    ImportRehearsed "import-rehearsed" "It is being rehearsed; nothing is changed.";
    ImportStarted "import-started"
        "A server imports it, also when you close this page.";
    ImportStopped "import-stopped" "It is stopped. What it had done stays.";
    UndoCounted "undo-counted" "It is being counted; nothing is changed.";
    UndoStarted "undo-started" "A server takes it back, also when you close this page.";
    ReportScheduled "report-scheduled" "The report is mailed from now on.";
    ReportUnscheduled "report-unscheduled" "The report is mailed no more.";
    ShareLinkRevoked "share-link-revoked" "The link does not work any more.";
    ExportStarted "export-started" "A server writes the file, also when you close this page.";
    CampaignCreated "campaign-created" "It is a draft. Nobody gets it until it is started.";
    MediaAdded "media-added" "It is in the library.";
    MediaDescribed "media-described" "Readers without pictures get other words from now on.";
    MediaRemoved "media-removed"
        "It is taken out of the library. Messages that were sent still show it.";
    TopicAdded "topic-added" "The topic is added.";
    TopicRenamed "topic-renamed" "The topic has its new name.";
    ArchiveOpened "archive-opened"
        "The archive is open: what is sent to the topic from now on is published.";
    ArchiveClosed "archive-closed"
        "The archive is closed: its list and feed are gone; published pages stay.";
    RulesUsed "rules-used"
        "Every report is made by it from now on, of what was counted before as well.";
    ProcessorSet "processor-set" "The recipient may get what is said, for what is said, and nothing else.";
    ProcessorRemoved "processor-removed" "The recipient gets nothing any more. What they got stays in the register.";
    SharingAnnounced "sharing-announced" "Announced. Nothing is shared before it begins, and nobody who was not sent the campaign.";
    SharingCancelled "sharing-cancelled" "Cancelled: nothing is shared by it any more.";
    RequestAdded "request-added" "The request is entered. It must be answered within a month.";
    RequestClosed "request-closed" "The request is closed.";
    RequestExtended "request-extended" "The request has two months more. Tell the person why, within the first one.";
    SettingsKept "settings-kept" "Kept. It holds from now on.";
    SetUpDomainNeeded "set-up-domain-needed" "First say who sends: the records are those of your domain.";
    SetUpDomainDone "set-up-domain-done" "The domain is set up. The last step is a start.";
    SetUpStarted "set-up-started" "You are set up. This is where campaigns stand.";
    SetUpDismissed "set-up-dismissed"
        "You are not reminded any more. The screens stay at /admin/setup.";
    SampleAdded "sample-added" "The sample data is there.";
    SampleRemoved "sample-removed" "The sample data is gone.";
    DoneBefore "done-before" "That was done already. It was not done twice.";
}

impl Message {
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|message| message.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_back_and_nothing_else_is() {
        for &message in Message::ALL {
            assert_eq!(Message::from_code(message.code()), Some(message));
        }
        assert_eq!(Message::from_code("<script>"), None);
    }
}
