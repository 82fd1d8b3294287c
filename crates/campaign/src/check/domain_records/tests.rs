use testkit::{Dns, DnsRecord};

use super::*;

fn wish<'w>(relay_host: &'w str, selector: &'w str) -> DomainWish<'w> {
    DomainWish {
        domain: "aurora-news.org",
        envelope_domain: "aurora-news.org",
        relay_host,
        hello_name: "mail.aurora-news.org",
        selector,
    }
}

/// Each record's standing and the text to copy.
async fn looked(dns: &Dns, selector: &str) -> Vec<(RecordStanding, String)> {
    let resolver = Resolver::asking(&[dns.address()]).unwrap();
    let found = domain_records(Ok(&resolver), wish("relay.aurora-news.org", selector)).await;
    assert_eq!(found.trouble, None, "{found:?}");
    assert!(found.records.iter().all(|it| !it.words.is_empty()), "{found:?}");
    found.records.into_iter().map(|it| (it.standing, it.wanted)).collect()
}

#[tokio::test]
async fn what_is_missing_is_told_with_what_to_copy_and_seen_once_it_is_there() {
    use RecordStanding::{Good, Missing, Unclear};
    let dns = Dns::start();
    dns.host("aurora-news.org", &["192.0.2.7"]);
    let spf = "v=spf1 a:relay.aurora-news.org ~all";
    let dmarc = "v=DMARC1; p=none; rua=mailto:postmaster@aurora-news.org";
    let [one, two, three] = looked(&dns, "").await.try_into().unwrap();
    assert_eq!(one, (Missing, spf.to_owned()));
    assert_eq!(two, (Unclear, String::new()), "nobody has told the selector");
    assert_eq!(three, (Missing, dmarc.to_owned()));
    assert_eq!(looked(&dns, "s1").await[1].0, Missing);

    let text = |text: &str| DnsRecord::Text(text.to_owned());
    dns.add("aurora-news.org", text("google-site-verification=x"));
    dns.add("aurora-news.org", text(spf));
    dns.add("s1._domainkey.aurora-news.org", text("v=DKIM1; k=rsa; p=MIGf"));
    dns.add("_dmarc.aurora-news.org", text("v=DMARC1; p=reject"));
    let found = looked(&dns, "s1").await;
    assert!(found.iter().all(|(standing, _)| *standing == Good), "{found:?}");
    assert_eq!(found[2].1, "v=DMARC1; p=reject", "what is good stays");
}

#[tokio::test]
async fn what_is_there_and_differs_is_told_apart_from_what_is_wrong() {
    use RecordStanding::{Unclear, Wrong};
    let dns = Dns::start();
    dns.host("aurora-news.org", &["192.0.2.7"]);
    let text = |text: &str| DnsRecord::Text(text.to_owned());
    dns.add("aurora-news.org", text("v=spf1 include:_spf.other.org -all"));
    dns.add("s1._domainkey.aurora-news.org", text("v=DKIM1; p="));
    dns.add("_dmarc.aurora-news.org", text("v=DMARC1; rua=mailto:a@b.org"));
    let found = looked(&dns, "s1").await;
    let merged = "v=spf1 include:_spf.other.org a:relay.aurora-news.org -all";
    assert_eq!(found[0], (Unclear, merged.to_owned()));
    assert_eq!((found[1].0, found[2].0), (Wrong, Wrong));
    dns.add("aurora-news.org", text("v=spf1 mx ~all"));
    assert_eq!(looked(&dns, "s1").await[0].0, Wrong, "two of them");
}

#[tokio::test]
async fn without_an_answer_there_is_still_something_to_copy() {
    // Nothing answers there any more.
    let gone = Dns::start().address();
    let resolver = Resolver::asking(&[gone]).unwrap();
    for resolver in [Ok(&resolver), Err("no resolv.conf".to_owned())] {
        let found = domain_records(resolver, wish("192.0.2.9", "s1")).await;
        assert!(found.trouble.is_some(), "{found:?}");
        assert_eq!(found.records[0].wanted, "v=spf1 ip4:192.0.2.9 ~all");
        assert_eq!(found.records[0].standing, RecordStanding::Unknown);
    }
    let example = DomainWish { domain: "aurora.example", ..wish("127.0.0.1", "") };
    let found = domain_records(Ok(&resolver), example).await;
    assert!(found.trouble.unwrap().contains("reserved"));
    assert_eq!(found.records[0].wanted, "v=spf1 a:mail.aurora-news.org ~all");
}

#[test]
fn a_record_gets_one_more_term_and_keeps_its_end() {
    for (record, expect) in [
        ("v=spf1 mx -all", "v=spf1 mx ip4:192.0.2.1 -all"),
        ("v=spf1 +all", "v=spf1 ip4:192.0.2.1 ~all"),
        ("v=spf1  ip4:192.0.2.1", "v=spf1 ip4:192.0.2.1 ~all"),
        ("v=spf1 ?all", "v=spf1 ip4:192.0.2.1 ?all"),
    ] {
        assert_eq!(with(record, "ip4:192.0.2.1"), expect);
    }
    for (host, expect) in [
        ("email-smtp.eu-west-1.amazonaws.com", "include:amazonses.com"),
        ("smtp.sendgrid.net", "include:sendgrid.net"),
        ("2001:db8::1", "ip6:2001:db8::1"),
        ("localhost", "a:mail.aurora-news.org"),
        ("Relay.Example.", "a:relay.example"),
    ] {
        assert_eq!(mechanism(wish(host, "")), expect);
    }
}
