use super::*;

fn records(dmarc: &[&str], spf: &[&str]) -> SenderRecords {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    SenderRecords {
        hosts: Ok(DomainHosts { takes_mail: true }),
        dmarc: owned(dmarc),
        is_inherited: false,
        spf: owned(spf),
    }
}

/// What is wrong, in a word each.
#[track_caller]
fn check(from: &str, envelope: &str, records: &SenderRecords, expect: &[&str]) -> SenderDomain {
    let (domain, found) = judge(from, envelope, records);
    let subjects: Vec<_> =
        found.iter().map(|it| it.subject.rsplit(' ').next().unwrap_or_default()).collect();
    assert_eq!(subjects, expect, "{found:?}");
    domain
}

#[test]
fn a_domain_that_is_set_up_well_is_fine() {
    let good = records(&["v=DMARC1; p=Reject; sp=none"], &["v=spf1 include:x.org -all"]);
    let domain = check("news.aurora.co.uk", "bounces.aurora.co.uk", &good, &[]);
    assert_eq!(domain.dmarc_policy.as_deref(), Some("reject"));
    assert!(domain.is_aligned && domain.has_spf);
    let inherited = SenderRecords { is_inherited: true, ..good };
    let domain = check("news.aurora.co.uk", "aurora.co.uk", &inherited, &[]);
    assert_eq!(domain.dmarc_policy.as_deref(), Some("none"), "sp is for domains below");
}

#[test]
fn what_is_missing_is_told_each_for_itself() {
    let none = SenderRecords { hosts: Err(LookupProblem::NoSuchName), ..records(&[], &[]) };
    check("a.org", "b.org", &none, &["hosts", "dmarc", "alignment", "spf"]);
    let deaf = SenderRecords {
        hosts: Ok(DomainHosts { takes_mail: false }),
        ..records(&["v=DMARC1; p=none"], &["v=spf1 mx ~all"])
    };
    check("a.org", "a.org", &deaf, &["hosts"]);
    let twice = records(&["v=DMARC1; p=none", "v=DMARC1; p=none"], &["v=spf1 mx", "v=spf1 a"]);
    check("a.org", "a.org", &twice, &["dmarc", "spf"]);
    for (spf, expect) in [
        ("v=spf1 -all", &["spf"][..]),
        ("v=spf1 mx +all", &["spf"]),
        ("v=spf1 all", &["spf"]),
        ("v=spf1 mx ?all", &[]),
        ("v=spf1 redirect=_spf.b.org", &[]),
    ] {
        check("a.org", "a.org", &records(&["v=DMARC1; p=none"], &[spf]), expect);
    }
}

#[test]
fn domains_belong_together_by_the_public_suffix_list() {
    let relaxed = records(&["v=DMARC1; p=none"], &["v=spf1 mx ~all"]);
    check("a.co.uk", "b.co.uk", &relaxed, &["alignment"]);
    check("x.github.io", "y.github.io", &relaxed, &["alignment"]);
    check("a.org", "mail.a.org", &relaxed, &[]);
    let strict = records(&["v=DMARC1; p=none; aspf=s"], &["v=spf1 mx ~all"]);
    check("a.org", "mail.a.org", &strict, &["alignment"]);
    check("mail.a.org", "mail.a.org", &strict, &[]);
}
