//! What a page or a readable file shows of an account, in words.

use audience::OwnAccount;
use campaign::RecipientWords;
use model::{
    ConsentBasis, ConsentKind, DeliveryState, HitClass, RuleSet, SubscriptionState, Timestamp,
    TrackingMode,
};
use store::{CAPPED, Consent, ContactHistoryEntry, HitOf, LinkedVisitor, MessageTo, PAUSED};

use crate::recipient::account::asked_and_told;
use crate::recipient::account::entry::{AccountEntry, moment};
use crate::recipient::account::json::{changed_by, mail_class};
use crate::recipient::pause_choice::{PauseChoice, day};
use crate::recipient::sharing_choice::SharingChoice;

/// Changes and disclosures that a page shows; the download has all.
const CHANGES: usize = 50;

pub(super) struct ValueLine {
    pub(super) name: String,
    pub(super) value: String,
}

pub(super) struct ChosenTopicLine {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) is_subscribed: bool,
    pub(super) state: String,
}

pub(super) struct BrowserLine {
    /// What a form names it by.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) note: String,
}

/// An account in words.
pub(super) struct AccountView {
    pub(super) address: String,
    pub(super) known_since: String,
    pub(super) changed_at: String,
    pub(super) attributes: Vec<ValueLine>,
    /// With commas between them.
    pub(super) tags: String,
    /// The newest of what was changed about them.
    pub(super) changes: Vec<AccountEntry>,
    pub(super) topics: Vec<ChosenTopicLine>,
    pub(super) blocked: Option<String>,
    pub(super) pause: PauseChoice,
    /// None where sharing was never announced.
    pub(super) sharing: Option<SharingChoice>,
    pub(super) tracking: String,
    pub(super) is_tracked: bool,
    pub(super) may_allow: bool,
    pub(super) is_forgetting: bool,
    pub(super) consents: Vec<AccountEntry>,
    pub(super) mails: Vec<AccountEntry>,
    /// Where the next page of mails begins.
    pub(super) next_mails: Option<i64>,
    pub(super) singles: Vec<AccountEntry>,
    pub(super) hits: Vec<AccountEntry>,
    pub(super) browsers: Vec<BrowserLine>,
    pub(super) cuts: Vec<AccountEntry>,
    pub(super) tests: Vec<String>,
    pub(super) networks: Vec<AccountEntry>,
    pub(super) removals: Vec<AccountEntry>,
    /// Who got their data, the newest of it.
    pub(super) disclosures: Vec<AccountEntry>,
    pub(super) requests: Vec<AccountEntry>,
    /// What can be asked: the word of a form, and words for people.
    pub(super) kinds: Vec<(&'static str, String)>,
    /// Forms that they have not confirmed.
    pub(super) joins: Vec<AccountEntry>,
}

impl AccountView {
    pub(super) fn new(
        account: &OwnAccount,
        rules: &RuleSet,
        words: RecipientWords,
        now: Timestamp,
    ) -> Self {
        let teller = Teller { account, rules, words };
        let OwnAccount { profile, traces, tracking, .. } = account;
        let contact = &profile.contact;
        let is_tracked = tracking.mode == TrackingMode::Identified;
        Self {
            address: contact.email.to_string(),
            known_since: moment(contact.created_at),
            changed_at: moment(contact.updated_at),
            attributes: contact
                .attributes
                .iter()
                .map(|(name, value)| ValueLine { name: name.clone(), value: value.clone() })
                .collect(),
            tags: traces.tags.join(", "),
            changes: traces.changes.iter().take(CHANGES).map(|it| teller.change(it)).collect(),
            topics: teller.topics(),
            blocked: teller.blocked(),
            pause: PauseChoice::new(account.paused_until.map(day), now),
            sharing: account.sharing.as_ref().map(|it| SharingChoice::new(it, words)),
            tracking: words.text(match (is_tracked, account.may_allow) {
                (true, _) => "tracked",
                (false, true) => "untracked",
                (false, false) => "untracked-all",
            }),
            is_tracked,
            may_allow: account.may_allow && !is_tracked,
            is_forgetting: traces.is_forgetting,
            consents: profile.consents.iter().map(|it| teller.consent(it)).collect(),
            mails: profile.messages.iter().map(|it| teller.mail(it)).collect(),
            next_mails: account.next_mails.map(|it| it.0),
            singles: teller.singles(),
            hits: profile.hits.iter().map(|it| teller.hit(it)).collect(),
            browsers: account.browsers.iter().map(|it| teller.browser(it)).collect(),
            cuts: traces
                .cut_browsers
                .iter()
                .map(|(id, at)| entry(*at, short(&id.to_string())))
                .collect(),
            tests: traces.test_messages.iter().copied().map(moment).collect(),
            networks: traces
                .quick_networks
                .iter()
                .map(|(at, campaign, _)| entry(*at, teller.mail_name(*campaign)))
                .collect(),
            removals: account
                .kept_removals
                .iter()
                .map(|it| entry(it.at, source(words, &it.source)))
                .collect(),
            disclosures: asked_and_told::disclosures(account, words, CHANGES),
            requests: asked_and_told::requests(account, words),
            kinds: asked_and_told::kinds(words),
            joins: traces.joins.iter().map(|it| teller.join(it)).collect(),
        }
    }
}

fn entry(at: Timestamp, what: String) -> AccountEntry {
    AccountEntry { when: moment(at), what, note: String::new() }
}

/// The beginning of an identifier: enough to tell a few apart.
fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// How something was said.
fn source(words: RecipientWords, source: &str) -> String {
    match source {
        "one-click" => words.text("by-one-click"),
        "page" => words.text("by-page"),
        "account" => words.text("by-account"),
        "request" => words.text("by-request"),
        "elsewhere" => words.text("by-elsewhere"),
        "hard bounce" => words.text("by-hard-bounce"),
        "complaint" => words.text("by-complaint"),
        "operator" => words.text("by-operator"),
        "not confirmed" => words.text("by-not-confirmed"),
        "reconfirmation" => words.text("by-reconfirmation"),
        other => match other.strip_prefix("form ") {
            Some(form) => words.with("by-form", "form", form),
            None => other.to_owned(),
        },
    }
}

/// Tells what is kept.
struct Teller<'a> {
    account: &'a OwnAccount,
    rules: &'a RuleSet,
    words: RecipientWords,
}

impl Teller<'_> {
    fn topics(&self) -> Vec<ChosenTopicLine> {
        let of = |it: &audience::ChosenTopic| {
            let own =
                self.account.profile.subscriptions.iter().find(|own| own.topic == it.topic.slug);
            let state = own.map_or_else(
                || self.words.text("unsubscribed"),
                |own| {
                    let word = match own.state {
                        SubscriptionState::Subscribed => "subscribed",
                        SubscriptionState::Pending => "pending",
                        SubscriptionState::Unsubscribed => "unsubscribed",
                    };
                    let since = self.words.with("since", "date", &moment(own.changed_at));
                    format!("{}, {since}", self.words.text(word))
                },
            );
            ChosenTopicLine {
                slug: it.topic.slug.clone(),
                name: it.topic.name.clone(),
                is_subscribed: it.is_subscribed,
                state,
            }
        };
        self.account.topics.iter().map(of).collect()
    }

    fn blocked(&self) -> Option<String> {
        let (reason, since) = self.account.profile.suppression.as_ref()?;
        let words = match reason.as_str() {
            "unsubscribed" => self.words.text("reason-unsubscribed"),
            "hard bounce" => self.words.text("reason-hard-bounce"),
            "complaint" => self.words.text("reason-complaint"),
            _ => self.words.text("reason-manual"),
        };
        let values = [("date", moment(*since)), ("reason", words)];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        Some(self.words.filled("blocked", &values))
    }

    fn consent(&self, it: &Consent) -> AccountEntry {
        let about = match (it.kind, it.topic) {
            (ConsentKind::Tracking, _) => self.words.text("about-tracking"),
            (ConsentKind::Sharing, _) => self.words.text("shared-sharing"),
            (ConsentKind::Mail, None) => self.words.text("everything"),
            (ConsentKind::Mail, Some(topic)) => {
                let name = self.account.profile.topic_names.get(&topic);
                name.cloned().unwrap_or_else(|| topic.to_string())
            }
        };
        let word = self.words.text(if it.granted { "granted" } else { "withdrawn" });
        let notice = it.notice.as_deref().map(|it| self.words.with("notice", "version", it));
        let basis = it.basis.map(|basis| {
            self.words.text(match basis {
                ConsentBasis::Consent => "basis-consent",
                ConsentBasis::Contract => "basis-contract",
                ConsentBasis::ExistingCustomer => "basis-customer",
                ConsentBasis::Other => "basis-other",
                ConsentBasis::NotStated => "basis-not-stated",
            })
        });
        let given = [it.given_at.map(moment), it.given_ip.clone(), it.given_form.clone()];
        let told = [Some(source(self.words, &it.source)), notice, basis, it.proof.clone()];
        let note = told.into_iter().chain(given);
        AccountEntry {
            when: moment(it.at),
            what: format!("{about}: {word}"),
            note: note.flatten().collect::<Vec<_>>().join(", "),
        }
    }

    fn change(&self, it: &ContactHistoryEntry) -> AccountEntry {
        let what = match it.field.split_once(' ') {
            Some(("attribute", name)) => name.to_owned(),
            Some(("tag", _)) => self.words.text("tags"),
            Some(("paused", _)) => self.words.text("pause"),
            _ => self.words.text("address"),
        };
        let or_dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        let (before, after) = (or_dash(&it.before), or_dash(&it.after));
        let values = [("before", before.as_str()), ("after", after.as_str())];
        let by = self.words.text(match changed_by(it) {
            "you" => "changed-by-you",
            "import" => "changed-by-import",
            _ => "changed-by-us",
        });
        let note = format!("{}, {by}", self.words.filled("changed-from-to", &values));
        AccountEntry { when: moment(it.at), what, note }
    }

    fn state(&self, state: DeliveryState) -> String {
        self.words.text(match state {
            DeliveryState::Queued | DeliveryState::Leased => "state-queued",
            DeliveryState::Sent => "state-sent",
            DeliveryState::Failed => "state-failed",
            DeliveryState::Suppressed => "state-suppressed",
            DeliveryState::Skipped => "state-skipped",
            DeliveryState::InDoubt => "state-in-doubt",
        })
    }

    /// As [`Self::state`], with why it was left out.
    fn mail_state(&self, it: &MessageTo) -> String {
        match (it.state, it.reply.as_deref()) {
            (DeliveryState::Suppressed, Some(PAUSED)) => self.words.text("state-paused"),
            (DeliveryState::Suppressed, Some(CAPPED)) => self.words.text("state-capped"),
            (state, _) => self.state(state),
        }
    }

    fn class(&self, class: HitClass) -> String {
        self.words.text(match class {
            HitClass::Person => "class-person",
            HitClass::Proxied => "class-proxied",
            HitClass::Unknown | HitClass::Repeat => "class-unknown",
            HitClass::Preview | HitClass::Prefetch | HitClass::Scanner | HitClass::Head => {
                "class-machine"
            }
        })
    }

    fn mail(&self, it: &MessageTo) -> AccountEntry {
        let when = it.ended_at.or(it.started_at).map_or_else(String::new, moment);
        let mut did = vec![self.mail_state(it)];
        if it.viewed {
            did.push(self.words.text("viewed"));
        }
        if it.clicked {
            did.push(self.words.with("clicked", "links", &it.links.join(", ")));
        }
        if it.left_at.is_some() {
            did.push(self.words.text("left-by-it"));
        }
        match mail_class(it, self.rules) {
            Some(class) => did.push(self.class(class)),
            None if it.engagement_removed => did.push(self.words.text("not-kept")),
            None => did.push(self.words.text("nothing-recorded")),
        }
        AccountEntry { when, what: it.name.clone(), note: did.join(", ") }
    }

    fn singles(&self) -> Vec<AccountEntry> {
        let of = |it: &store::MessageRow| AccountEntry {
            when: moment(it.ended_at.unwrap_or(it.accepted_at)),
            what: it.announcement_name.clone(),
            note: self.state(it.state),
        };
        self.account.profile.singles.iter().map(of).collect()
    }

    fn join(&self, it: &store::Join) -> AccountEntry {
        let note: Vec<&str> = it.attributes.values().map(String::as_str).collect();
        AccountEntry {
            when: moment(it.at),
            what: source(self.words, &format!("form {}", it.form)),
            note: note.into_iter().chain(it.network.as_deref()).collect::<Vec<_>>().join(", "),
        }
    }

    fn mail_name(&self, campaign: model::CampaignId) -> String {
        let known = self.account.profile.messages.iter().find(|it| it.campaign == campaign);
        known.map_or_else(|| campaign.to_string(), |it| it.name.clone())
    }

    fn hit(&self, it: &HitOf) -> AccountEntry {
        let did = match &it.clicked {
            Some(label) if !label.is_empty() => self.words.with("clicked", "links", label),
            Some(_) => self.words.text("a-click"),
            None => self.words.text("a-view"),
        };
        let class = if it.is_head { HitClass::Head } else { self.rules.class(it.rules) };
        AccountEntry {
            when: moment(it.at),
            what: self.mail_name(it.campaign),
            note: format!("{did}, {}", self.class(class)),
        }
    }

    fn browser(&self, it: &LinkedVisitor) -> BrowserLine {
        let id = it.visitor.to_string();
        let clicks = i64::try_from(it.link.hits).unwrap_or(i64::MAX);
        let since = self.words.with("since", "date", &moment(it.link.first_at));
        BrowserLine {
            name: self.words.with("browser-number", "id", &short(&id)),
            note: format!("{}, {since}", self.words.counted("browser-clicks", clicks)),
            id,
        }
    }
}
