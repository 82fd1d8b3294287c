use std::collections::BTreeMap;

use model::ContactId;

use super::*;

const TEXT: &str = "---\nsubject: x\nfrom: a@aurora.example\n---\nx\n";

fn sending(campaign: CampaignId) -> Rc<SendingCampaign> {
    let sender = render::Sender {
        organisation: "Aurora".into(),
        postal_address: "1 Harbour Road".into(),
        domain: "aurora.example".into(),
        beacon_url: "https://t.aurora.example".into(),
        web_url: "https://www.aurora.example".into(),
        brand: Default::default(),
        attachments: Default::default(),
        honeypot_link: false,
    };
    let announcement = render::Announcement::parse(TEXT).unwrap();
    let compiled = render::compile_single(&announcement, &sender).unwrap();
    let from = compiled.from().clone();
    let of_messages = SendingCampaign::of_messages(compiled, vec![Vec::new()], from);
    Rc::new(SendingCampaign { campaign, ..of_messages })
}

fn fill(queue: &Queue, campaign: CampaignId, deliveries: i64) {
    let sending = sending(campaign);
    let delivery = |number| ClaimedDelivery {
        sending: Rc::clone(&sending),
        claimed: Claimed {
            contact: ContactId(number),
            email: EmailAddress::parse("a@x.org").unwrap(),
            attributes: BTreeMap::new(),
            epoch: 1,
            attempts: 0,
            first_attempt_at: model::Timestamp(0),
            last_code: None,
            tracking: model::TrackingMode::Identified,
        },
        removal_epoch: 0,
        valid_until: Instant::now(),
    };
    queue.put(campaign, (0..deliveries).map(delivery));
}

/// Whose turn it was: `m` for a message, the campaign's number otherwise.
fn turns(queue: &Queue) -> String {
    let taken = std::iter::from_fn(|| queue.take(Pick::Next));
    let turn = |it: ClaimedDelivery| match it.sending.campaign {
        SINGLE => "m".to_owned(),
        campaign => campaign.0.to_string(),
    };
    taken.map(turn).collect()
}

#[tokio::test]
async fn messages_go_first_and_every_eighth_turn_is_a_campaigns() {
    let queue = Queue::default();
    fill(&queue, CampaignId(5), 3);
    fill(&queue, CampaignId(6), 2);
    fill(&queue, SINGLE, 20);
    assert_eq!(turns(&queue), "mmmmmmm5mmmmmmm6mmmmmm565");
    assert_eq!(queue.waiting_in_all(), 0);
}

#[tokio::test]
async fn a_campaign_that_rests_holds_up_no_message_and_messages_do_not_wait_for_one() {
    let queue = Queue::default();
    fill(&queue, CampaignId(5), 1);
    queue.rest(CampaignId(5), Instant::now() + std::time::Duration::from_secs(60));
    fill(&queue, SINGLE, 20);
    assert_eq!(turns(&queue), "m".repeat(20));
    assert_eq!((queue.waiting_in_all(), queue.waiting(SINGLE)), (1, 0));
}
