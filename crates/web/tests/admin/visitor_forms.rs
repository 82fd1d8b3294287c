//! Browsers: looked up by their identifier, cut from a contact, removed.

use std::time::Duration;

use model::hit::HitSigns;
use model::{
    CampaignNumber, ContactId, Hit, HitClass, HitKind, LinkSlot, Rule, RulesSeen, VisitorId,
};
use store::{HitBatch, Mark, RecordedHit, RecorderProgress};

use super::AT;
use super::forms::{Office, TEXT, refused, said, send};

const ID: VisitorId = VisitorId([0x3f; 12]);
const PAGE: &str = "/admin/visitors?visitor=3f3f-3f3f-3f3f-3f3f-3f3f-3f3f";

/// Each of these has clicked in the browser.
async fn clicked(office: &Office, contacts: &[ContactId]) {
    office.draft(TEXT).await;
    let store = &office.house.store;
    let campaign = store.campaign_by_number(CampaignNumber(1)).await.unwrap().unwrap();
    store.campaign_start(campaign, AT).await.unwrap();
    let hit = |(offset, contact): (u32, &ContactId)| RecordedHit {
        node: 1,
        segment: 1,
        offset,
        hit: Hit {
            at: AT,
            campaign,
            contact: Some(*contact),
            kind: HitKind::Click(LinkSlot(0)),
            visitor: Some(ID),
            client: None,
            signs: HitSigns::default(),
            agent: Vec::new(),
        },
        rules: RulesSeen::NONE.with(Rule::AGENT_BROWSER),
        class: HitClass::Person,
        origin: model::HitOrigin::default(),
    };
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: 9 };
    let batch = HitBatch {
        recorder: 1,
        hits: (0..).zip(contacts).map(hit).collect(),
        gaps: Vec::new(),
        progress: RecorderProgress::Marks(vec![mark]),
        soon: Duration::ZERO,
    };
    store.hits_record(batch).await.unwrap();
}

#[tokio::test]
async fn a_browser_is_cut_from_one_contact_and_then_removed() {
    let office = Office::new().await;
    let (owner, store) = (&office.owner, &office.house.store);
    let ((ann, path), bob) = (office.ann().await, office.contact("bob@reader.example").await);
    assert!(owner.get(&path).await.body.contains("None is tied to them"));
    assert!(owner.get(PAGE).await.body.contains("Nothing is kept of it"));
    let wrong = owner.get("/admin/visitors?visitor=ann%3Cevil%3E").await;
    refused(&wrong, 422, "visitor", "24 hexadecimal digits");

    clicked(&office, &[ann, bob]).await;
    let shown = owner.get(&path).await.body;
    assert!(shown.contains(&PAGE.replace("/admin", "href=\"/admin")), "{shown}");
    assert!(shown.contains("<td>weak</td><td class=\"why\">1 click on 1 day, of 1 campaign</td>"));
    // As somebody would type it from a letter.
    let typed = "/admin/visitors?visitor=3F3F3F3F%203f3f3f3f%203f3f3f3f";
    let shown = owner.get(typed).await.body;
    assert!(
        shown.contains("ann@reader.example") && shown.contains("bob@reader.example"),
        "{shown}"
    );

    let base = format!("/admin/visitors/{ID}");
    let cut = format!("{base}/cut?contact={ann}");
    assert!(store.visitor_contacts(ID).await.unwrap().len() == 2, "looking changes nothing");
    let fields = [("contact", ann.to_string())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = send(owner, &cut, &format!("{base}/cut"), &fields).await;
    let shown = said(owner, &answer, "is cut from that contact").await.body;
    assert!(!shown.contains("ann@reader.example") && shown.contains("bob@reader.example"));
    assert!(owner.get(&cut).await.body.contains("is not tied to that contact"));
    assert!(owner.get(&path).await.body.contains("None is tied to them"));

    let answer = send(owner, &format!("{base}/remove"), &format!("{base}/remove"), &[]).await;
    let shown = said(owner, &answer, "is removed; counts stay").await.body;
    assert!(shown.contains("Nothing is kept of it"), "{shown}");
    let log = store.audit_after(0).await.unwrap();
    let entry = log.iter().find(|entry| entry.action == "visitor.cut").unwrap();
    assert_eq!(entry.object_id, ann.to_string());
    assert!(log.iter().any(|entry| entry.action == "visitor.remove"));
    assert!(log.iter().all(|entry| !format!("{entry:?}").contains("3f3f")), "{log:?}");
}

#[tokio::test]
async fn who_is_trusted_with_some_topics_sees_no_browser() {
    let office = Office::new().await;
    let (ann, path) = office.ann().await;
    clicked(&office, &[ann]).await;
    let marketer = office.marketer("mo@team.example", office.news).await;
    let shown = marketer.get(&path).await;
    assert_eq!(shown.status, 200);
    assert!(!shown.body.contains("Browsers") && !shown.body.contains("3f3f"), "{}", shown.body);
    assert_eq!(marketer.get(PAGE).await.status, 403);
}
