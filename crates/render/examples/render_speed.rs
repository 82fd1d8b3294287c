//! How long compiling and rendering take, on one core.
//!
//! Run it with `scripts/bench-render`.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "an example, run by hand")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use model::{CampaignId, ContactId, EmailAddress, LinkSlot, Timestamp};
use render::{Announcement, Compiled, Recipient, Sender, TopicName, compile};
use token::{Addressee, Claims, Keyring, Purpose};

/// A newsletter of 100 kB with the style sheet of a template compiler.
const DOCUMENT: &str = include_str!("../../../tests/documents/digest-compiled-long.html");

fn main() {
    let keys = Keyring::generate().expect("there is randomness");
    let compile_us = timed(10, 20, |_| {
        black_box(compiled(DOCUMENT));
    });
    let body = DOCUMENT.splitn(3, "---\n").nth(2).expect("a body");
    let inline_us = timed(10, 20, |_| {
        let inliner = css_inline::CSSInliner::options().keep_style_tags(true).build();
        black_box(inliner.inline(body).expect("it can be inlined"));
    });
    println!("document: {} kB, {} links", body.len() / 1000, compiled(DOCUMENT).links().len());
    println!("css-inline alone: {:.1} ms (parses, inlines and writes)", inline_us / 1000.0);
    println!("RESULT compile_ms {:.1} ms   goal <= 30", compile_us / 1000.0);
    println!("RESULT compile_ratio {:.2} ratio   compile / css-inline", compile_us / inline_us);

    let notice = compiled(&notice());
    let (bytes, simple_us) = rendered(&notice, &keys);
    let tokens = notice.links().len() + 4;
    let sealed_us = timed(1_000, 200, |number| {
        for slot in 0..u16::try_from(tokens).unwrap_or(u16::MAX) {
            let contact = ContactId(number);
            let claims = Claims {
                campaign: CampaignId(1),
                addressee: Addressee::Contact(contact),
                slot: LinkSlot(slot),
            };
            let _ = black_box(keys.seal(Purpose::Click, claims));
        }
    });
    println!(
        "message: {} kB, {} links, {tokens} tokens, 20 values",
        bytes / 1000,
        notice.links().len()
    );
    println!("RESULT render_simple_us {simple_us:.2} us   goal <= 10; its tokens {sealed_us:.2}");
    let (bytes, vm_us) = rendered(&compiled(&computed()), &keys);
    println!(
        "RESULT render_vm_us {vm_us:.2} us   goal <= 60; {} kB, 10 expressions, 5 conditions, a loop",
        bytes / 1000
    );
    let (bytes, document_us) = rendered(&compiled(DOCUMENT), &keys);
    println!("RESULT render_document_us {document_us:.2} us   {} kB", bytes / 1000);
}

fn compiled(text: &str) -> Compiled {
    let sender = Sender {
        organisation: "Example".to_owned(),
        postal_address: "1 Harbour Street".to_owned(),
        domain: "news.example.com".to_owned(),
        beacon_url: "https://t.example.com".to_owned(),
        web_url: "https://mail.example.com".to_owned(),
        brand: render::Brand::default(),
        attachments: render::AttachmentLimits::default(),
        honeypot_link: false,
    };
    let announcement = Announcement::parse(text).expect("it is well formed");
    let topic = TopicName { slug: "release-notices", name: "Release notices" };
    compile(&announcement, &sender, &topic).expect("it compiles")
}

/// The bytes of a message, and the microseconds that it takes.
fn rendered(compiled: &Compiled, keys: &Keyring) -> (usize, f64) {
    let email = EmailAddress::parse("ann@example.com").expect("an address");
    let attributes: BTreeMap<String, String> =
        compiled.tags().iter().map(|tag| (tag.clone(), format!("Köln & {tag}"))).collect();
    let mut out = Vec::new();
    let us = timed(1_000, 200, |number| {
        out.clear();
        let contact = ContactId(number);
        let recipient =
            Recipient { contact: Some(contact), ..Recipient::test(&email, &attributes) };
        let date = Timestamp(1_795_428_245_000_000);
        let done = compiled.render(CampaignId(1), &recipient, keys, date, &mut out);
        done.expect("nothing is missing");
        black_box(&out);
    });
    (out.len(), us)
}

/// 20 kB with 20 links and 20 values.
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

/// What minijinja's virtual machine has to compute for each message.
fn computed() -> String {
    let mut text = String::from("---\nsubject: {{ value_0 | title }}\nfrom: a@example.com\n---\n");
    for n in 0..10 {
        text.push_str(&format!(
            "Value {n}: {{{{ value_{n} | upper | replace(\"&\", \"and\") }}}}\n\n"
        ));
    }
    for n in 0..5 {
        text.push_str(&format!(
            "{{% if value_{n} | length > {n} %}}Long enough: [more](https://example.com/{n})\n\n{{% endif %}}\n\n"
        ));
    }
    text + "{% for word in value_0 | split(\" \") %}{{ loop.index }}: {{ word | title }}, {% endfor %}\n"
}

/// Microseconds of a call, in the fastest of `rounds` of `calls` each: what the machine's other work
/// adds is left out.
fn timed(calls: i64, rounds: usize, mut call: impl FnMut(i64)) -> f64 {
    let round = |_| {
        let start = Instant::now();
        (1..=calls).for_each(&mut call);
        start.elapsed()
    };
    let best: Duration = (0..rounds).map(round).min().unwrap_or_default();
    best.as_secs_f64() * 1e6 / f64::from(u32::try_from(calls).unwrap_or(u32::MAX))
}
