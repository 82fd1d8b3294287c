//! Whole mails in the manner of the template sets that people use, in a real browser: what Pharos
//! sends looks like what its author wrote, on wide and narrow screens, light and dark.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness::browser::browse;
use image::RgbaImage;
use model::{CampaignId, ContactId, EmailAddress, LinkSlot};
use percent_encoding::percent_decode_str;
use render::{
    Announcement, ArchiveAddresses, Brand, BrandColors, BrandText, Color, Compiled, FontStack,
    Layout, Logo, LogoWidth, PublicAddress, Recipient, Sender, SocialLink, TopicName,
    archive_pages, compile,
};
use serde_json::Value;
use token::{Keyring, Purpose};

/// The share of pixels that may differ in a document, for letters that land between pixels.
const MOST_DIFFERENT: f64 = 0.001;
/// Colours that are closer than this, per channel, look the same.
const SAME_COLOR: u8 = 8;

/// What the merge tags stand for: plain letters, the same in text and in addresses.
const VALUES: [(&str, &str); 6] = [
    ("first_name", "Zoe"),
    ("company", "Tern"),
    ("customer_id", "c-1042"),
    ("order_id", "o-77"),
    ("city", "Bergen"),
    ("last_name", "Hansen"),
];
const EMAIL: &str = "zoe@tern.example";

#[test]
fn every_document_looks_as_its_author_wrote_it() {
    let folder = tempfile::tempdir().unwrap();
    let documents = documents();
    let names: Vec<&String> = documents.iter().map(|document| &document.name).collect();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("list.json", &serde_json::to_string(&names).unwrap());
    for document in &documents {
        write(&format!("{}.author.html", document.name), &document.author);
        write(&format!("{}.sent.html", document.name), &document.sent);
        let links: Vec<&str> =
            document.compiled.links().iter().map(|link| link.url.as_str()).collect();
        let links = serde_json::to_string(&links).unwrap();
        write(&format!("{}.links.json", document.name), &links);
    }
    let seen = browse("documents.mjs", folder.path());
    let faults: Vec<String> = documents
        .iter()
        .flat_map(|document| document.faults(&seen[&document.name], folder.path()))
        .collect();
    if !faults.is_empty() {
        let kept = folder.keep();
        panic!("{} faults, pictures in {}:\n{}", faults.len(), kept.display(), faults.join("\n"));
    }
}

/// A notice with everything that Markdown can say.
const NOTICE: &str = "---
subject: Aurora 4.2 is here
from: Aurora <news@aurora.example>
preheader: Faster sync
lang: de
---
# Aurora 4.2

Hello **you**, [read on](https://aurora.example/4.2) about `code`.

[Download](https://aurora.example/get \"button\")

![A ship](https://img.example/ship-600x280.png)

- one
- two

1. first
2. second

> said

| Item | Price |
|------|------:|
| Seat | 12 |

```
let x = 1;
```

---

## More

### And more

| | |
|---|---|
| When | Friday |
";

#[test]
fn layouts_and_footers_are_accessible() {
    let folder = tempfile::tempdir().unwrap();
    let mut pages = Vec::new();
    let mut add = |name: &str, page: &str, within: &str, looks: &[(u16, &str)]| {
        std::fs::write(folder.path().join(format!("{name}.html")), page).unwrap();
        pages.push(serde_json::json!({ "name": name, "within": within, "looks": looks }));
    };
    // A footer in a document of the author's own looks the same everywhere.
    let anywhere = [(600, "dark")];
    for layout in Layout::ALL {
        let name = layout.name();
        let text = NOTICE.replace("lang:", &format!("layout: {name}\nlang:"));
        let page = sent(name, &text).1;
        if layout == Layout::None {
            add(&format!("layout-{name}"), &page, "#pharos-footer", &anywhere);
            continue;
        }
        add(&format!("layout-{name}"), &page, "html", &[(600, "dark"), (375, "light")]);
        add(&format!("archived-{name}"), &archived(name, &text), "html", &[(600, "light")]);
        let text = text.replace("lang: de", "lang: ar");
        let page = sent_by(&Sender { brand: brand(), ..sender() }, name, &text).1;
        let name = format!("layout-{name}-branded");
        add(&name, &page, "html", &[(600, "light"), (375, "dark")]);
    }
    // The footer of a document is the same in all of them; what is around it is not.
    for document in documents().iter().step_by(6) {
        add(&document.name, &document.sent, "#pharos-footer", &anywhere);
    }
    let list = serde_json::to_string(&pages).unwrap();
    std::fs::write(folder.path().join("list.json"), list).unwrap();
    let found = browse("axe.mjs", folder.path());
    let found: Vec<&str> =
        found.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// An announcement as a page for everybody.
fn archived(name: &str, file: &str) -> String {
    let announcement = Announcement::parse(file).unwrap_or_else(|e| panic!("{name}: {e}"));
    let topic = TopicName { slug: "news", name: "News" };
    let addresses = ArchiveAddresses::new(&sender().web_url, topic.slug, 1);
    let values: BTreeMap<String, String> =
        VALUES.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let pages = archive_pages(&announcement, &sender(), &topic, &addresses, &values);
    pages.unwrap_or_else(|e| panic!("{name}: {e}")).remove(0).html
}

/// An announcement, compiled, as a page for one reader, and that reader's values.
fn sent(name: &str, file: &str) -> (Compiled, String, BTreeMap<String, String>) {
    sent_by(&sender(), name, file)
}

fn sent_by(
    sender: &Sender,
    name: &str,
    file: &str,
) -> (Compiled, String, BTreeMap<String, String>) {
    let announcement = Announcement::parse(file).unwrap_or_else(|e| panic!("{name}: {e}"));
    let topic = TopicName { slug: "news", name: "News" };
    let compiled = compile(&announcement, sender, &topic).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut attributes: BTreeMap<String, String> =
        VALUES.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    for tag in compiled.tags() {
        attributes.entry(tag.clone()).or_insert_with(|| format!("v-{}", tag.len()));
    }
    let email = EmailAddress::parse(EMAIL).unwrap();
    let recipient =
        Recipient { contact: Some(ContactId(1)), ..Recipient::test(&email, &attributes) };
    let page = compiled.page(CampaignId(1), &recipient, &keys()).unwrap();
    (compiled, page, attributes)
}

struct Document {
    name: String,
    compiled: Compiled,
    author: String,
    sent: String,
}

impl Document {
    fn new(path: &Path) -> Self {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let file = std::fs::read_to_string(path).unwrap();
        let (compiled, sent, attributes) = sent(&name, &file);
        let body = file.replace("\r\n", "\n");
        let body = body.splitn(3, "---\n").nth(2).unwrap().to_owned();
        Self { author: filled(&body, &attributes), sent, compiled, name }
    }

    fn faults(&self, seen: &Value, pictures: &Path) -> Vec<String> {
        let mut faults = self.link_faults(seen);
        for look in seen["looks"].as_array().unwrap() {
            let (width, scheme) = (&look["width"], look["scheme"].as_str().unwrap());
            let mut fault = |what: String| {
                faults.push(format!("{} at {width} px, {scheme}: {what}", self.name));
            };
            let footer = &look["footer"];
            if footer["shown"] != true || footer["clickable"] != true {
                fault(format!("the footer can't be seen: {footer}"));
            }
            if footer["size"].as_f64() < Some(12.0) || footer["contrast"].as_f64() < Some(4.5) {
                fault(format!("the footer can't be read: {footer}"));
            }
            let pixel = &look["pixel"];
            if pixel["width"] != 1 || pixel["height"] != 1 || pixel["loaded"] != 1 {
                fault(format!("the pixel is no pixel: {pixel}"));
            }
            let picture = |kind: &str| {
                let name = format!("{}.{width}.{scheme}.{kind}.png", self.name);
                std::fs::read(pictures.join(name)).unwrap()
            };
            let different = difference(&picture("author"), &picture("sent"));
            if different > MOST_DIFFERENT {
                fault(format!("{:.3} % of the picture differ", different * 100.0));
            }
        }
        faults
    }

    /// Every link of the author's is tracked under its own number and leads where it led.
    fn link_faults(&self, seen: &Value) -> Vec<String> {
        let list = |list: &Value| -> Vec<String> {
            let list = list.as_array().unwrap();
            list.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
        };
        let (author, sent) = (list(&seen["links"]["author"]), list(&seen["links"]["sent"]));
        let targets = list(&seen["targets"]);
        if author.len() != sent.len() {
            return vec![format!("{}: {} links, {} sent", self.name, author.len(), sent.len())];
        }
        let leads_to = |link: &String| match link.strip_prefix("https://t.nordlicht.example/c/") {
            None => link.clone(),
            Some(segment) => {
                let claims = keys().open_segment(Purpose::Click, segment).expect("our token");
                let LinkSlot(slot) = claims.slot;
                let own = keys().open_target(segment);
                own.unwrap_or_else(|| targets[usize::from(slot)].clone())
            }
        };
        let own = |link: &String| link.starts_with("https://mail.nordlicht.example/");
        let mut faults = Vec::new();
        for (author, sent) in author.iter().zip(&sent).filter(|(_, sent)| !own(sent)) {
            let led = leads_to(sent);
            let is_web = author.starts_with("http");
            if is_web && led == *sent {
                faults.push(format!("{}: {author} is not tracked", self.name));
            }
            if decoded(&led) != decoded(author) {
                faults.push(format!("{}: {author} leads to {led}", self.name));
            }
        }
        faults
    }
}

/// An address without its escapes: a value is escaped more strictly than authors do.
fn decoded(address: &str) -> String {
    percent_decode_str(address).decode_utf8_lossy().into_owned()
}

/// The share of pixels that two pictures show otherwise.
fn difference(author: &[u8], sent: &[u8]) -> f64 {
    if author == sent {
        return 0.0;
    }
    let picture = |bytes| image::load_from_memory(bytes).unwrap().into_rgba8();
    let (author, sent): (RgbaImage, RgbaImage) = (picture(author), picture(sent));
    let different = author.enumerate_pixels().filter(|(x, y, one)| {
        let other = sent.get_pixel_checked(*x, *y);
        other.is_none_or(|other| one.0.iter().zip(other.0).any(|(a, b)| a.abs_diff(b) > SAME_COLOR))
    });
    let different = u32::try_from(different.count()).unwrap();
    f64::from(different) / f64::from(author.height() * author.width())
}

/// The document with the values in the place of the tags.
fn filled(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let (tag, rest) = part.split_once("}}").unwrap();
        let name = tag.split('|').next().unwrap().trim();
        filled.push_str(match name {
            "email" => EMAIL,
            "unsubscribe_url" | "browser_url" => "https://mail.nordlicht.example/x",
            name => &values[name],
        });
        filled.push_str(rest);
    }
    filled
}

fn documents() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "html"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 40);
    paths.iter().map(|path| Document::new(path)).collect()
}

fn keys() -> Keyring {
    let secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    Keyring::parse(&format!("token 1 {secret}\naddress {secret}\n")).unwrap()
}

/// A brand whose colours can't be read as they are.
fn brand() -> Brand {
    let text = |text| BrandText::parse(text).unwrap();
    let address = |url| PublicAddress::parse(url).unwrap();
    Brand {
        name: Some(text("Nordlicht")),
        logo: Some(Logo {
            address: address("https://nordlicht.example/logo.png"),
            dark: Some(address("https://nordlicht.example/logo-dark.png")),
            alt: None,
            width: LogoWidth::default(),
        }),
        colors: BrandColors {
            accent: Some(Color::parse("#ffd400").unwrap()),
            accent_dark: Some(Color::parse("#1a1a5e").unwrap()),
            background: Some(Color::parse("#808080").unwrap()),
        },
        font: FontStack::parse("Avenir Next").unwrap(),
        legal: vec![text("Amtsgericht Hamburg, HRB 123456")],
        social: vec![SocialLink {
            name: text("Mastodon"),
            url: address("https://social.example/@nordlicht"),
        }],
        website: Some(address("https://nordlicht.example/")),
        privacy_contact: None,
    }
}

fn sender() -> Sender {
    Sender {
        organisation: "Nordlicht & Söhne".to_owned(),
        postal_address: "Hafenstraße 1\n20457 Hamburg".to_owned(),
        domain: "news.nordlicht.example".to_owned(),
        beacon_url: "https://t.nordlicht.example".to_owned(),
        web_url: "https://mail.nordlicht.example".to_owned(),
        brand: Brand::default(),
        attachments: render::AttachmentLimits::default(),
        honeypot_link: false,
    }
}
