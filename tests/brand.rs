//! One brand on everything a recipient sees, and frozen with what was sent.

use harness::{Letter, Pharos, Sink, http};

const KEYS: [&str; 5] = ["name", "logo", "colour", "legal", "social"];

/// The example's configuration with its brand.
fn branded(config: &str) -> String {
    let key = |line: &str| KEYS.iter().any(|key| line.starts_with(&format!("# {key} = ")));
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(set) if key(line) => set.replace("#0b6075", "#6d28d9"),
        _ => line.to_owned(),
    };
    let (head, brand) = config.split_once("[brand]").expect("a brand");
    let (brand, rest) = brand.split_once("\n\n").expect("an end");
    let brand: Vec<String> = brand.lines().map(line).collect();
    format!("{head}[brand]{}\n\n{rest}", brand.join("\n"))
}

fn mailed(sink: &Sink) -> (Pharos, Letter) {
    let mut pharos = Pharos::with(sink.port, |config| branded(&config));
    pharos.import_readers(1);
    pharos.serve().start_campaign();
    pharos.finished();
    (pharos, sink.letters().remove(0))
}

#[test]
fn messages_and_pages_show_the_brand() {
    let sink = Sink::start();
    let (_pharos, letter) = mailed(&sink);
    for shown in ["https://aurora.example/logo.png", "#6d28d9", "Registered in Ireland", "Mastodon"]
    {
        assert!(letter.html.contains(shown), "{shown}: {}", letter.html);
    }
    assert!(letter.text.contains("Registered in Ireland"), "{}", letter.text);
    let page = http::get(&letter.unsubscribe);
    assert!(page.text().contains("src=\"https://aurora.example/logo.png\""), "{}", page.text());
    let policy = page.header("content-security-policy").expect("a policy").to_owned();
    assert!(policy.contains("img-src 'self' https://aurora.example;"), "{policy}");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let sheet = letter.unsubscribe.split("/u/").next().expect("a base").to_owned() + "/brand.css";
    assert!(http::get(&sheet).text().contains("--sea: #6d28d9;"));
}

#[test]
fn what_was_sent_keeps_the_brand_and_the_layout_it_had() {
    let sink = Sink::start();
    let (mut pharos, letter) = mailed(&sink);
    let sent = pharos.ok(&["campaign", "preview", "1"]);
    let other = pharos.ok(&["campaign", "preview", "1", "--layout", "offer"]);
    assert!(other != sent, "another layout looks otherwise");
    let unknown = pharos.run(&["campaign", "preview", "1", "--layout", "offers"]);
    assert!(unknown.code == 2 && unknown.err.contains("similar value exists: 'offer'"));
    for layout in ["release-notice", "newsletter", "offer", "reminder", "plain", "none"] {
        assert!(pharos.ok(&["announcement", "layouts"]).contains(layout), "{layout}");
    }
    pharos.stop();
    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    pharos.write("pharos.toml", config.replace("logo.png", "other.png"));
    pharos.serve();
    let page = http::get(&letter.page());
    assert!(page.text().contains("logo.png") && !page.text().contains("other.png"));
    let leave = http::get(&letter.unsubscribe);
    assert!(leave.text().contains("other.png"), "{}", leave.text());
    pharos.stop();
}
