//! Everything that is kept about a person, as JSON; the tables are made of it.

use audience::{MailsGot, OwnAccount, ProofEntry, SharingQuestion, WholeAccount};
use model::{ConsentBasis, ConsentKind, DisclosureBasis, HitClass, RuleSet, Timestamp};
use serde_json::{Value, json};
use store::{
    ContactHistoryEntry, DisclosureEntry, HitOf, LinkedVisitor, MessageRow, MessageTo,
    PersonRequest, Scope, THEMSELVES,
};

/// What kind of reader a mail's views and clicks look like, by the strongest evidence.
pub(super) fn mail_class(mail: &MessageTo, rules: &RuleSet) -> Option<HitClass> {
    rules.strongest(mail.evidence.hits.iter().copied())
}

/// The whole account; `made_at` is when it was read.
pub(super) fn account(whole: &WholeAccount, rules: &RuleSet, made_at: Timestamp) -> Value {
    let OwnAccount { profile, traces, tracking, browsers, kept_removals, next_mails, .. } =
        &whole.account;
    let OwnAccount { disclosures, requests, .. } = &whole.account;
    let contact = &profile.contact;
    let topic = |id: model::TopicId| profile.topic_names.get(&id).cloned();
    let suppression = profile
        .suppression
        .as_ref()
        .map(|(reason, since)| json!({ "reason": reason, "since": since.rfc3339() }));
    json!({
        "made_at": made_at.rfc3339(),
        "profile": {
            "address": contact.email.to_string(),
            "kept_since": contact.created_at.rfc3339(),
            "changed_at": contact.updated_at.rfc3339(),
            "attributes": contact.attributes,
            "tags": traces.tags.join(", "),
        },
        "changes": traces.changes.iter().map(change).collect::<Vec<_>>(),
        "suppression": suppression,
        "paused_until": whole.account.paused_until.map(Timestamp::rfc3339),
        "sharing": whole.account.sharing.as_ref().map(sharing),
        "tracking": {
            "said": tracking.said.map(model::TrackingMode::as_str),
            "holds": tracking.mode.as_str(),
            "is_being_forgotten": traces.is_forgetting,
        },
        "subscriptions": profile.subscriptions.iter().map(|it| json!({
            "topic": it.name, "state": it.state.as_str(), "since": it.changed_at.rfc3339(),
        })).collect::<Vec<_>>(),
        "consents": whole.proof.entries.iter().map(|it| consent(it, &topic)).collect::<Vec<_>>(),
        "consents_are_all": !whole.proof.more_entries,
        "mails_without_consent": mails_got(whole.proof.mails_without_entry),
        "mails": profile.messages.iter().map(|it| mail(it, rules)).collect::<Vec<_>>(),
        "mails_are_all": next_mails.is_none(),
        "single_messages": profile.singles.iter().map(single).collect::<Vec<_>>(),
        "views_and_clicks":
            profile.hits.iter().map(|it| hit(it, &profile.messages, rules)).collect::<Vec<_>>(),
        "views_and_clicks_next": whole.next_hits.map(next_hits),
        "browsers": browsers.iter().map(browser).collect::<Vec<_>>(),
        "cut_browsers": traces.cut_browsers.iter().map(|(id, at)| json!({
            "browser": id.to_string(), "at": at.rfc3339(),
        })).collect::<Vec<_>>(),
        "networks_that_asked_soon": traces.quick_networks.iter().map(|(at, campaign, network)| {
            json!({ "at": at.rfc3339(), "campaign": campaign.to_string(), "network": network })
        }).collect::<Vec<_>>(),
        "test_messages": traces.test_messages.iter().map(|at| at.rfc3339()).collect::<Vec<_>>(),
        "said_before": kept_removals.iter().map(|it| json!({
            "about": match it.scope {
                Scope::Everything => "everything".to_owned(),
                Scope::Topic(id) => topic(id).unwrap_or_else(|| id.to_string()),
            },
            "how": it.source, "at": it.at.rfc3339(),
        })).collect::<Vec<_>>(),
        "disclosures": disclosures.entries.iter().map(disclosure).collect::<Vec<_>>(),
        "disclosures_are_all": !disclosures.more,
        "requests": requests.iter().map(request).collect::<Vec<_>>(),
        "waiting_forms": traces.joins.iter().map(|it| waiting_form(it, topic)).collect::<Vec<_>>(),
        "open_links_into_the_account": traces.links,
    })
}

/// What they have typed into a form and not confirmed.
fn waiting_form(it: &store::Join, topic: impl Fn(model::TopicId) -> Option<String>) -> Value {
    let topics = it.topics.iter().map(|id| topic(*id).unwrap_or_else(|| id.to_string()));
    let values = it.attributes.iter().map(|(name, value)| format!("{name}: {value}"));
    json!({
        "form": it.form,
        "at": it.at.rfc3339(),
        "until": it.ends_at.rfc3339(),
        "topics": topics.collect::<Vec<_>>().join(", "),
        "values": values.collect::<Vec<_>>().join(", "),
        "network": it.network,
        "agent": it.agent,
    })
}

/// Where the views and clicks after this moment are.
pub(super) fn next_hits(after: Timestamp) -> String {
    format!("/account/files/views_and_clicks.json?after={}", after.0)
}

/// Who has changed something about a person: no names of those who work with the list.
pub(super) fn changed_by(it: &ContactHistoryEntry) -> &'static str {
    match it.actor.as_str() {
        THEMSELVES => "you",
        actor if actor.starts_with("form ") => "you",
        actor if actor.starts_with("import ") => "import",
        _ => "us",
    }
}

/// Who got something: no names of those who work with the list, and of their programs.
pub(super) fn recipient(it: &DisclosureEntry) -> Option<&str> {
    (it.basis != DisclosureBasis::OwnUse).then_some(it.recipient.as_str())
}

fn disclosure(it: &DisclosureEntry) -> Value {
    json!({
        "at": it.at.rfc3339(),
        "to": recipient(it).unwrap_or("us"),
        "country": it.country,
        "basis": it.basis.as_str(),
        "purpose": it.purpose,
        "fields": it.fields_text(),
        "kind": it.kind.as_str(),
    })
}

fn request(it: &PersonRequest) -> Value {
    json!({
        "at": it.received_at.rfc3339(),
        "kind": it.kind.as_str(),
        "text": it.text,
        "due": it.due_at.rfc3339(),
        "extension": it.extension,
        "state": it.state.as_str(),
        "outcome": it.outcome,
        "closed_at": it.closed_at.map(Timestamp::rfc3339),
    })
}

fn change(it: &ContactHistoryEntry) -> Value {
    json!({
        "at": it.at.rfc3339(),
        "what": it.field,
        "before": it.before,
        "after": it.after,
        "by": changed_by(it),
    })
}

/// What was announced about sharing, and whether they may be shared.
fn sharing(it: &SharingQuestion) -> Value {
    let notices = it.notices.iter().map(|notice| {
        let fields: Vec<&str> = notice.fields.iter().map(|field| field.as_str()).collect();
        json!({
            "recipient": notice.recipient,
            "purpose": notice.purpose,
            "fields": fields,
            "text": notice.text,
            "announced_at": notice.announced_at.rfc3339(),
            "begins_at": notice.begins_at.rfc3339(),
        })
    });
    json!({ "allowed": it.is_allowed, "notices": notices.collect::<Vec<_>>() })
}

/// Campaign mail that was sent because of an entry.
fn mails_got(got: Option<MailsGot>) -> Value {
    got.map_or(
        Value::Null,
        |it| json!({ "count": it.count, "first": it.first.rfc3339(), "last": it.last.rfc3339() }),
    )
}

fn consent(entry: &ProofEntry, topic: &dyn Fn(model::TopicId) -> Option<String>) -> Value {
    let it = &entry.consent;
    let about = match (it.kind, it.topic) {
        (ConsentKind::Tracking | ConsentKind::Sharing, _) => it.kind.as_str().to_owned(),
        (ConsentKind::Mail, None) => "everything".to_owned(),
        (ConsentKind::Mail, Some(id)) => topic(id).unwrap_or_else(|| id.to_string()),
    };
    json!({
        "at": it.at.rfc3339(),
        "about": about,
        "granted": it.granted,
        "how": it.source,
        "tracking": it.tracking_word(),
        "notice": it.notice,
        "notice_text": entry.notice_text,
        "basis": it.basis.map(ConsentBasis::as_str),
        "proof": it.proof,
        "given_at": it.given_at.map(Timestamp::rfc3339),
        "given_from": it.given_ip,
        "given_by": it.given_form,
        "campaign": it.campaign.map(|id| id.to_string()),
        "mails": entry.mails.map_or(0, |it| it.count),
        "first_mail": entry.mails.map(|it| it.first.rfc3339()),
        "last_mail": entry.mails.map(|it| it.last.rfc3339()),
    })
}

fn mail(it: &MessageTo, rules: &RuleSet) -> Value {
    json!({
        "campaign": it.campaign.to_string(),
        "name": it.name,
        "state": it.state.as_str(),
        "at": it.ended_at.map(Timestamp::rfc3339),
        "reply": it.reply,
        "viewed": it.viewed,
        "clicked": it.clicked,
        "links": it.links.join(", "),
        "class": mail_class(it, rules).map(HitClass::as_str),
        "unsubscribed_at": it.left_at.map(Timestamp::rfc3339),
        "engagement_removed": it.engagement_removed,
    })
}

fn single(it: &MessageRow) -> Value {
    json!({
        "name": it.announcement_name,
        "state": it.state.as_str(),
        "address": it.email.as_ref().map(ToString::to_string),
        "asked_at": it.accepted_at.rfc3339(),
        "at": it.ended_at.map(Timestamp::rfc3339),
        "reply": it.reply,
        "is_test": !it.live,
    })
}

/// A view or a click.
pub(super) fn hit(it: &HitOf, mails: &[MessageTo], rules: &RuleSet) -> Value {
    let name = mails.iter().find(|mail| mail.campaign == it.campaign);
    let class = if it.is_head { HitClass::Head } else { rules.class(it.rules) };
    json!({
        "at": it.at.rfc3339(),
        "campaign": it.campaign.to_string(),
        "name": name.map(|mail| mail.name.as_str()),
        "kind": if it.clicked.is_some() { "click" } else { "view" },
        "link": it.clicked,
        "program": String::from_utf8_lossy(&it.agent),
        "class": class.as_str(),
    })
}

fn browser(it: &LinkedVisitor) -> Value {
    json!({
        "browser": it.visitor.to_string(),
        "first_at": it.link.first_at.rfc3339(),
        "last_at": it.link.last_at.rfc3339(),
        "clicks": it.link.hits,
        "campaign": it.link.campaign.to_string(),
    })
}
