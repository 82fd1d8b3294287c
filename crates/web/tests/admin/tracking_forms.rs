//! What may be recorded of whom, set by forms.

use model::{ContactId, TrackingMode, TrackingPolicy};

use super::forms::{DRAFT, Office, TEXT, refused, said, send};

async fn word(office: &Office, id: ContactId) -> Option<TrackingMode> {
    office.house.store.contact_tracking(id).await.unwrap()
}

#[tokio::test]
async fn what_a_contact_says_is_noted_with_its_proof_and_told_as_that() {
    let office = Office::new().await;
    let (owner, (id, path)) = (&office.owner, office.ann().await);
    assert!(owner.get(&path).await.body.contains("They have said nothing: identified."));
    let page = format!("{path}/tracking");
    let none = send(owner, &page, &page, &[("mode", "")]).await;
    refused(&none, 422, "mode", "Choose how much");
    let long = "x".repeat(201);
    let typed = [("mode", "off"), ("source", long.as_str())];
    let answer = send(owner, &page, &page, &typed).await;
    refused(&answer, 422, "source", "at most 200 characters");
    assert!(answer.body.contains(&long), "what was typed comes back");
    let unsure = send(owner, &page, &page, &[("mode", "off"), ("forget", "yes")]).await;
    refused(&unsure, 422, "sure", "does not come back");
    assert_eq!(word(&office, id).await, None);
    let rules =
        [("without_consent", "identified"), ("at_most", "identified"), ("notice", "2026-11")];
    let set = send(owner, "/admin/tracking", "/admin/tracking", &rules).await;
    said(owner, &set, "Saved").await;

    let typed = [("mode", "off"), ("source", "a <letter>")];
    let answer = send(owner, &page, &page, &typed).await;
    let shown = said(owner, &answer, "Saved. It holds").await;
    assert_eq!(word(&office, id).await, Some(TrackingMode::Off));
    assert!(shown.body.contains("They have said: off."), "{}", shown.body);
    // In the ledger and in what happened, and never as a goodbye.
    assert!(shown.body.contains("<td>tracking: off, notice 2026-11</td>"), "{}", shown.body);
    assert!(shown.body.contains("Tracking: off, notice 2026-11: a &#60;letter&#62;"));
    assert!(!shown.body.contains("eft everything"), "{}", shown.body);
    // Their subscription keeps its own proof.
    assert!(shown.body.contains("<td class=\"why\">x, "), "{}", shown.body);
    let again = send(owner, &page, &page, &typed).await;
    said(owner, &again, "Nothing").await;
    let typed = [("mode", "off"), ("forget", "yes"), ("sure", "yes")];
    let forgot = send(owner, &page, &page, &typed).await;
    said(owner, &forgot, "nobody’s any more").await;
    // Nor is an agreement to it one to mail.
    let agreed = send(owner, &page, &page, &[("mode", "identified"), ("source", "by phone")]).await;
    let shown = said(owner, &agreed, "Saved. It holds").await;
    assert!(shown.body.contains("<td class=\"why\">x, "), "{}", shown.body);
    let log = office.house.store.audit_after(0).await.unwrap();
    let logged = log.iter().filter(|entry| entry.action == "contact.tracking").count();
    assert_eq!(logged, 4);
}

#[tokio::test]
async fn what_holds_for_everybody_is_told_in_words_and_set_at_once() {
    let office = Office::new().await;
    let (owner, page) = (&office.owner, "/admin/tracking");
    let policy = async || office.house.store.tracking_policy().await.unwrap();
    assert!(owner.get(page).await.body.contains("This is the standard."));
    let eu = send(owner, page, page, &[("preset", "eu")]).await;
    let shown = said(owner, &eu, "Saved").await;
    assert_eq!(policy().await, TrackingPolicy::EU);
    assert!(shown.body.contains("preset for the European Union"), "{}", shown.body);
    let anonymous = TrackingMode::Anonymous;
    let mixed = [("without_consent", "identified"), ("at_most", "anonymous"), ("notice", "v <2>")];
    let set = send(owner, page, page, &mixed).await;
    let shown = said(owner, &set, "Saved").await;
    assert_eq!(policy().await.at_most, anonymous);
    assert!(shown.body.contains("value=\"v &#60;2&#62;\""), "{}", shown.body);
    let some = [("without_consent", "some"), ("at_most", "off"), ("notice", "")];
    refused(&send(owner, page, page, &some).await, 422, "without_consent", "Choose");
    let days =
        |days| [("without_consent", "off"), ("at_most", "anonymous"), ("address_days", days)];
    let set = send(owner, page, page, &days("7")).await;
    let shown = said(owner, &set, "Saved").await;
    assert_eq!(policy().await.address_days, 7);
    assert!(shown.body.contains("Network addresses are kept in full for 7 days"), "{}", shown.body);
    for (wrong, words) in [("366", "0 (never) to 365"), ("-1", "a number from"), ("x", "a number")]
    {
        refused(&send(owner, page, page, &days(wrong)).await, 422, "address_days", words);
    }
    let long = "n".repeat(65);
    let long = [("without_consent", "off"), ("at_most", "off"), ("notice", &long)];
    refused(&send(owner, page, page, &long).await, 422, "notice", "at most 64 characters");
    assert_eq!(policy().await.at_most, anonymous);
}

#[tokio::test]
async fn a_topic_and_a_campaign_record_less_while_it_is_a_draft_and_later() {
    let office = Office::new().await;
    let owner = &office.owner;
    let (topic, action) = ("/admin/topics/news", "/admin/topics/news/tracking");
    let set = send(owner, topic, action, &[("tracking", "anonymous")]).await;
    let shown = said(owner, &set, "Saved").await;
    assert!(shown.body.contains("value=\"anonymous\" selected"), "{}", shown.body);
    refused(&send(owner, topic, action, &[("tracking", "x")]).await, 422, "tracking", "Choose");
    let choices = async || {
        let id = office.house.store.campaign_by_number(model::CampaignNumber(1)).await;
        office.house.store.tracking_choices(id.unwrap().unwrap()).await.unwrap()
    };

    office.draft(TEXT).await;
    let (send_page, action) = (format!("{DRAFT}/send"), format!("{DRAFT}/tracking"));
    let set = send(owner, &send_page, &action, &[("tracking", "off")]).await;
    said(owner, &set, "Saved").await;
    assert_eq!(choices().await.topic, Some(TrackingMode::Anonymous));
    assert_eq!(choices().await.campaign, Some(TrackingMode::Off));
    let shown = owner.get(&send_page).await;
    assert!(shown.body.contains("value=\"off\" selected"), "{}", shown.body);

    let started = office.house.campaign().await;
    let path = format!("/admin/campaigns/{}", started.number());
    let set = send(owner, &path, &format!("{path}/tracking"), &[("tracking", "anonymous")]).await;
    let shown = said(owner, &set, "Saved").await;
    assert!(shown.body.contains("value=\"anonymous\" selected"), "{}", shown.body);
    let set = send(owner, &path, &format!("{path}/tracking"), &[("tracking", "default")]).await;
    said(owner, &set, "Saved").await;
    let choices = office.house.store.tracking_choices(started).await.unwrap();
    assert_eq!(choices.campaign, None);
}

#[tokio::test]
async fn r22_a_sharing_notice_is_announced_by_an_owner_previewed_and_cancelled() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let (owner, store) = (&office.owner, &office.house.store);
    let page = "/admin/sharing-notices";
    let friends = store::Processor {
        name: "Friends".into(),
        country: "DE".into(),
        basis: model::DisclosureBasis::Sharing,
        purposes: vec!["calendars".into()],
        fields: model::DisclosureKind::ContactsFile.fields().to_vec(),
        changed_at: model::Timestamp(1),
    };
    store.processor_set(friends).await.unwrap();
    let number = store.campaigns_list().await.unwrap().remove(0).id.number().to_string();
    let typed = [
        ("recipient", "Friends"),
        ("purpose", "calendars"),
        ("field.address", "yes"),
        ("text", "Friends <print> our calendar."),
        ("campaign", number.as_str()),
        ("days", "30"),
    ];
    for (field, value, at, words) in [
        ("text", "", "text", "1 to 2000 characters"),
        ("days", "13", "days", "14 to 365 days"),
        ("days", "soon", "days", "number of days"),
        ("field.address", "", "fields", "at least one field"),
        ("campaign", "", "campaign", "by its number"),
        ("purpose", "curiosity", "purpose", "allowed: calendars"),
        ("begins", "2020-01-01", "begins", "at least 30 days from now"),
    ] {
        let mut wrong: Vec<_> = typed.iter().copied().filter(|(name, _)| *name != field).collect();
        wrong.push((field, value));
        let answer = send(owner, page, page, &wrong).await;
        refused(&answer, 422, at, words);
    }
    assert_eq!(store.sharing_notices().await.unwrap(), []);
    let answer = send(owner, page, page, &typed).await;
    let shown = said(owner, &answer, "Announced.").await;
    assert!(shown.body.contains("Friends &#60;print&#62; our calendar."), "{}", shown.body);
    assert!(shown.body.contains("Left out: were not sent the notice"), "{}", shown.body);
    let notice = store.sharing_notices().await.unwrap().remove(0);
    assert_eq!((notice.days, notice.cancelled_at), (30, None));
    // It has not begun: there is nothing to export yet, and asking for it is refused.
    assert!(!shown.body.contains("Export them"));
    let id = notice.id.to_string();
    let early = send(owner, "/admin/contacts", "/admin/exports", &[("notice", &id)]).await;
    refused(&early, 422, "", "begins on");
    let here = format!("{page}/{id}");
    let answer = send(owner, &here, &here, &[]).await;
    let shown = said(owner, &answer, "Cancelled").await;
    assert!(shown.body.contains("cancelled on") && !shown.body.contains("Cancel it"));
    let log = store.audit_after(0).await.unwrap();
    for action in ["sharing.announce", "sharing.cancel"] {
        assert_eq!(log.iter().filter(|entry| entry.action == action).count(), 1, "{action}");
    }
}
