//! What people do by themselves: their accounts, what they choose, and forms by which they join.

use super::{Metrics, Row};

impl Metrics {
    pub(super) fn account_counters(&self) -> [Row<'_>; 8] {
        let accounts = &*self.public.account;
        [
            ("account_links_asked", "Links into accounts that were asked for", &accounts.asked),
            ("account_links_limited", "Askers for links who had to wait", &accounts.limited),
            ("account_links_put_off", "Askers for links told to come back", &accounts.put_off),
            (
                "account_mails_sent",
                "Mails about accounts that a relay has accepted",
                &accounts.mailed,
            ),
            ("account_mails_failed", "Mails about accounts that were not sent", &accounts.failed),
            ("account_sessions_opened", "Accounts opened by a link", &accounts.opened),
            ("account_downloads", "Files of everything about one person", &accounts.downloads),
            ("account_erasures", "People who have erased themselves", &accounts.erased),
        ]
    }

    pub(super) fn preference_counters(&self) -> [Row<'_>; 3] {
        let preferences = &self.public.preferences;
        [
            (
                "preferences_saved",
                "Choices of what to get that changed something",
                &preferences.saved,
            ),
            ("preferences_pauses", "Pauses begun or changed by their person", &preferences.pauses),
            (
                "preferences_refused",
                "Choices of what to get that were refused",
                &preferences.refused,
            ),
        ]
    }

    pub(super) fn join_counters(&self) -> [Row<'_>; 9] {
        let joins = &*self.public.joins;
        [
            ("joins_typed", "Forms that were sent and let through", &joins.typed),
            ("joins_trapped", "Forms that a program has filled in", &joins.trapped),
            ("joins_unproved", "Senders of forms asked to press a button", &joins.pressing),
            ("joins_limited", "Senders of forms who had to wait", &joins.limited),
            ("joins_put_off", "Senders of forms told to come back", &joins.put_off),
            ("joins_of_children", "Senders of forms who are under 13", &joins.children),
            (
                "join_mails_sent",
                "Mails that ask to confirm a form and that a relay has accepted",
                &joins.mailed,
            ),
            (
                "join_mails_failed",
                "Mails that ask to confirm a form and were not sent",
                &joins.failed,
            ),
            ("joins_confirmed", "Forms that their person has confirmed", &joins.confirmed),
        ]
    }
}
