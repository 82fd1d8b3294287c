//! A report for outsiders.

use std::time::{Duration, SystemTime};

use access::share_token;
use model::hit::HitSigns;
use model::{Hit, HitClass, HitKind, Rule, RulesSeen};
use store::{HitBatch, Mark, NewShareLink, RecordedHit, RecorderProgress};

use super::*;

fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}

impl House {
    /// The path of a link to the campaign's report, and its id.
    async fn shared(&self, campaign: CampaignId, ends_at: Timestamp) -> (String, i64) {
        let (token, token_hash) = share_token().unwrap();
        let new = NewShareLink {
            campaign,
            name: "The printer".into(),
            token_hash,
            created_by: "Ann".into(),
            ends_at,
        };
        let id = self.store.share_link_add(new, now()).await.unwrap();
        (format!("/r/{}", token.reveal()), id)
    }

    /// A campaign to 80 contacts of one domain, 15 of another and 3 of a third; 41 have opened it.
    async fn large_campaign(&self) -> CampaignId {
        let domains = [("big.example", 80), ("mid.example", 15), ("small.example", 3)];
        let row = |n: usize, domain: &str| ContactRow {
            email: EmailAddress::parse(&format!("person{n}@{domain}")).unwrap(),
            attributes: BTreeMap::new(),
        };
        let rows = domains.iter().flat_map(|(domain, many)| (0..*many).map(|n| row(n, domain)));
        let other = self.store.topic_ensure("large".into(), "Large".into()).await.unwrap();
        let rows = rows.collect();
        self.store.contacts_import(rows, Some(other), "test".into(), START).await.unwrap();
        let text = NOTICE.replace("topic: news", "topic: large");
        let wish = Create { name: None, topic: None, policy: InDoubtPolicy::NeverResend };
        let created = campaign::create(&self.store, &self.sender, &text, wish, START).await;
        let id = created.unwrap().id;
        self.store.campaign_start(id, START).await.unwrap();
        let lease = Duration::from_secs(60);
        let claimed = self.store.deliveries_claim(id, 1, 200, START, lease).await.unwrap();
        let sent = |claim: &store::Claimed| Settled {
            contact: claim.contact,
            epoch: claim.epoch,
            outcome: Outcome::Sent { reply: "250 secret reply".into() },
        };
        let settled = claimed.iter().map(sent).collect();
        self.store.deliveries_settle(id, settled, START, None).await.unwrap();
        let hit = |(offset, claim): (u32, &store::Claimed)| RecordedHit {
            node: 1,
            segment: 1,
            offset,
            hit: Hit {
                at: Timestamp(START.0 + 60_000_000),
                campaign: id,
                contact: Some(claim.contact),
                kind: HitKind::View,
                visitor: None,
                client: None,
                signs: HitSigns::default(),
                agent: Vec::new(),
            },
            rules: RulesSeen::NONE.with(Rule::AGENT_BROWSER),
            class: HitClass::Person,
            origin: model::HitOrigin::default(),
        };
        let batch = HitBatch {
            recorder: 1,
            hits: (0..41).zip(&claimed).map(hit).collect(),
            gaps: Vec::new(),
            progress: RecorderProgress::Marks(vec![Mark {
                reader: "hits/1".into(),
                segment: 1,
                offset: 50,
            }]),
            soon: Duration::ZERO,
        };
        self.store.hits_record(batch).await.unwrap();
        id
    }
}

#[tokio::test]
async fn r23_an_outsider_reads_figures_in_tens_and_of_no_person() {
    let house = House::new().await;
    let id = house.large_campaign().await;
    let (path, link) = house.shared(id, now().after(Duration::from_secs(600))).await;
    let answer = ask(&house.public, Method::GET, &path, "", "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let body = &answer.body;
    for told in ["<td class=\"n\">100</td>", "big.example", "40.0\u{a0}%", "All others"] {
        assert!(body.contains(told), "{told}: {body}");
    }
    for hidden in [">98<", ">41<", "small.example", "mid.example", "@", "secret", "aurora.example/"]
    {
        assert!(!body.contains(hidden), "{hidden}: {body}");
    }
    let numbers = body.split("<td class=\"n\">").skip(1).map(|it| it.split('<').next().unwrap());
    for number in numbers.filter_map(|it| it.parse::<i64>().ok()) {
        assert_eq!(number % 10, 0, "{number}");
    }
    assert!(answer.headers.get("set-cookie").is_none() && !body.contains("<script"));
    assert_eq!(answer.headers["cache-control"], "private, no-store");
    assert_eq!(answer.headers["referrer-policy"], "no-referrer");
    assert!(answer.headers["x-robots-tag"].to_str().unwrap().contains("noindex"));
    let links = house.store.share_links_of(id).await.unwrap();
    assert_eq!(links[0].last_used.unwrap().day(), now().day());

    house.store.share_link_revoke(id, link, now()).await.unwrap();
    let gone = ask(&house.public, Method::GET, &path, "", "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(!gone.body.contains("Aurora 4.2"), "{}", gone.body);
}

#[tokio::test]
async fn a_link_that_is_over_cut_or_to_too_few_tells_nothing() {
    let house = House::new().await;
    let later = now().after(Duration::from_secs(600));
    let (over, _) = house.shared(house.campaign, now().before(Duration::from_secs(1))).await;
    let (small, _) = house.shared(house.campaign, later).await;
    let forged = format!("/r/{}", "A".repeat(43));
    for path in [over.as_str(), &small[..small.len() - 1], &forged, "/r/x"] {
        let answer = ask(&house.public, Method::GET, path, "", "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body.contains("This link does not work"), "{}", answer.body);
    }
    let answer = ask(&house.public, Method::GET, &small, "", "").await;
    assert!(answer.body.contains("Too few to tell"), "{}", answer.body);
    let posted = ask(&house.public, Method::POST, &small, URLENCODED, "a=b").await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
}
