//! An empty store becomes that of a large installation.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use model::{CampaignId, EmailAddress, InDoubtPolicy, LinkSlot, Timestamp, TopicId};
use store::{CampaignLink, ContactRow, NewAnnouncement, NewCampaign, Outcome, Settled, Store};

use crate::Failure;

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
const IMPORT: usize = 10_000;
const FIRST: [&str; 16] = [
    "mia", "zoe", "ann", "ben", "carl", "dora", "emil", "fay", "gus", "hana", "ines", "jon", "kai",
    "lea", "max", "nora",
];
const LAST: [&str; 20] = [
    "ortega", "smith", "miller", "schmidt", "garcia", "novak", "rossi", "dubois", "kowalski",
    "ivanov", "yamada", "kim", "nguyen", "silva", "lopez", "brown", "jones", "taylor", "walker",
    "hall",
];
const DOMAINS: [&str; 8] = [
    "gmail.com",
    "gmail.com",
    "gmail.com",
    "outlook.com",
    "yahoo.com",
    "web.de",
    "lumen.example",
    "aurora.example",
];
pub(crate) async fn fill(store: &Store, contacts: u32, campaigns: u32) -> Result<(), Failure> {
    let news = store.topic_ensure("news".into(), "Release notices".into()).await?;
    let offers = store.topic_ensure("offers".into(), "Offers".into()).await?;
    let started = Instant::now();
    import(store, news, 0..contacts).await?;
    import(store, offers, (0..contacts).step_by(contacts.div_ceil(200).max(1) as usize)).await?;
    println!("STEP import {:.1}", started.elapsed().as_secs_f64());
    let started = Instant::now();
    while store.address_pages_fill().await? {}
    println!("STEP pages {:.1}", started.elapsed().as_secs_f64());
    let everybody = create(store, news, 0).await?;
    store.campaign_start(everybody, AT).await?;
    settle(store, everybody).await?;
    for number in 1..campaigns {
        let campaign = create(store, offers, number).await?;
        if number % 4 != 0 {
            store.campaign_start(campaign, AT).await?;
            settle(store, campaign).await?;
        }
    }
    create(store, news, campaigns).await?;
    println!("STEP campaigns {:.1}", started.elapsed().as_secs_f64());
    Ok(())
}

async fn import(
    store: &Store,
    topic: TopicId,
    numbers: impl Iterator<Item = u32>,
) -> Result<(), Failure> {
    let numbers: Vec<u32> = numbers.collect();
    for part in numbers.chunks(IMPORT) {
        let rows = part.iter().map(|number| row(*number)).collect::<Result<Vec<_>, _>>()?;
        store.contacts_import(rows, Some(topic), "import of people.csv".into(), AT).await?;
    }
    Ok(())
}

pub(crate) fn row(number: u32) -> Result<ContactRow, Failure> {
    let scattered = number.wrapping_mul(2_654_435_761) as usize;
    let of = |names: &[&'static str], shift: u32| names[(scattered >> shift) % names.len()];
    let (first, last) = (of(&FIRST, 3), of(&LAST, 9));
    let email = EmailAddress::parse(&format!("{first}.{last}{number}@{}", of(&DOMAINS, 15)))?;
    let attributes = BTreeMap::from([
        ("company".into(), format!("Company {}", scattered % 10_007)),
        ("first_name".into(), first.to_owned()),
        ("plan".into(), "team".into()),
    ]);
    Ok(ContactRow { email, attributes })
}

async fn create(store: &Store, topic: TopicId, number: u32) -> Result<CampaignId, Failure> {
    let source = format!("---\nsubject: Notice {number}\n---\n\n{}", "Some text. ".repeat(400));
    let (name, subject) = (format!("Notice {number}"), format!("Notice {number} is here"));
    let content = NewAnnouncement { name: name.clone(), subject, source };
    let announcement = store.announcement_save(content, AT).await?;
    let link = |slot: u16| CampaignLink {
        slot: LinkSlot(slot),
        url: format!("https://aurora.example/{slot}"),
        label: format!("Read {slot}"),
    };
    let (policy, links) = (InDoubtPolicy::NeverResend, (0..8).map(link).collect());
    let new = NewCampaign { name, announcement, topic, policy, links };
    Ok(store.campaign_create(new, AT).await?)
}

/// Everything is sent, but for one in a thousand.
async fn settle(store: &Store, campaign: CampaignId) -> Result<(), Failure> {
    loop {
        let lease = Duration::from_secs(600);
        let claimed = store.deliveries_claim(campaign, 1, 2_000, AT, lease).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        let settled = claimed.iter().enumerate().map(|(number, it)| Settled {
            contact: it.contact,
            epoch: it.epoch,
            outcome: match number % 1_000 {
                999 => Outcome::Failed { code: 550, reply: "5.1.1 no such user".into() },
                _ => Outcome::Sent { reply: "250 2.0.0 taken".into() },
            },
        });
        store.deliveries_settle(campaign, settled.collect(), AT, None).await?;
    }
}
