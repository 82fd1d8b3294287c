//! How long a message takes: a 20 kB notice with 20 links and 10 values, on one core.
//!
//! Run it with `cargo run --release -p render --example render_speed`.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "an example, run by hand")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use model::{CampaignId, ContactId, EmailAddress, LinkSlot, Timestamp};
use render::{Announcement, Recipient, Sender, TopicName, compile};
use token::{Claims, Keyring, Purpose};

/// Messages in a round, and rounds.
const MESSAGES: i64 = 1_000;
const ROUNDS: usize = 200;

fn main() {
    let sender = Sender {
        organisation: "Example".to_owned(),
        postal_address: "1 Harbour Street".to_owned(),
        domain: "news.example.com".to_owned(),
        beacon_url: "https://t.example.com".to_owned(),
        web_url: "https://mail.example.com".to_owned(),
    };
    let announcement = Announcement::parse(&notice()).expect("the notice below is well formed");
    let topic = TopicName { slug: "release-notices", name: "Release notices" };
    let compiled = compile(&announcement, &sender, &topic).expect("it compiles");
    let keys = Keyring::generate().expect("there is randomness");
    let email = EmailAddress::parse("ann@example.com").expect("an address");
    let attributes: BTreeMap<String, String> =
        (0..10).map(|n| (format!("value_{n}"), format!("Köln & {n}"))).collect();
    let recipient = |contact| Recipient { contact, email: &email, attributes: &attributes };

    let mut out = Vec::new();
    let rendered = timed(|contact| {
        out.clear();
        let date = Timestamp(1_795_428_245_000_000);
        let done = compiled.render(CampaignId(1), &recipient(contact), &keys, date, &mut out);
        done.expect("nothing is missing");
        black_box(&out);
    });
    let sealed = timed(|contact| {
        for slot in 0..24 {
            let claims = Claims { campaign: CampaignId(1), contact, slot: LinkSlot(slot) };
            let _ = black_box(keys.seal(Purpose::Click, claims));
        }
    });
    println!("message: {} bytes, {} links", out.len(), compiled.links().len());
    println!("render: {:.2} us, of which 24 tokens: {:.2} us", micros(rendered), micros(sealed));
}

fn notice() -> String {
    let mut text = String::from("---\nsubject: News for {{ value_0 }}\nfrom: a@example.com\n---\n");
    for n in 0..20 {
        let words = "some plain words about what is new in this release of the product ".repeat(3);
        let value = n % 10;
        text.push_str(&format!(
            "## Part {n}\n\n{words} {{{{ value_{value} }}}} [more](https://example.com/{n})\n\n"
        ));
    }
    text
}

/// The least time of a round: what the machine's other work adds is left out.
fn timed(mut call: impl FnMut(ContactId)) -> Duration {
    let round = |_| {
        let start = Instant::now();
        (1..=MESSAGES).for_each(|contact| call(ContactId(contact)));
        start.elapsed()
    };
    (0..ROUNDS).map(round).min().unwrap_or_default()
}

fn micros(total: Duration) -> f64 {
    total.as_secs_f64() * 1e6 / f64::from(u32::try_from(MESSAGES).unwrap_or(u32::MAX))
}
