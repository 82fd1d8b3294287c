use std::sync::Mutex;

use super::*;
use crate::mail_questions::MailAnswer;

/// Answers as it is told, and counts.
struct Told {
    answer: fn(&str) -> Option<bool>,
    asked: Mutex<Vec<String>>,
}

impl MailDomains for Told {
    fn takes_mail<'a>(&'a self, domain: &'a str) -> MailAnswer<'a> {
        self.asked.lock().unwrap().push(domain.to_owned());
        let answer = (self.answer)(domain);
        Box::pin(async move { answer })
    }
}

struct World {
    runtime: tokio::runtime::Runtime,
    told: Arc<Told>,
}

impl World {
    fn answering(answer: fn(&str) -> Option<bool>) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_time().build().unwrap();
        Self { runtime, told: Arc::new(Told { answer, asked: Mutex::default() }) }
    }

    fn review(&self, wishes: ReviewWishes) -> AddressReview {
        let mail: Arc<dyn MailDomains> = Arc::clone(&self.told) as _;
        let sources = AddressSources { mail: Some(mail), ..AddressSources::default() };
        AddressReview::new(&sources, wishes, self.runtime.handle())
    }
}

/// What was counted, the reasons of what was refused, and the list's lines.
fn looked(
    review: &mut AddressReview,
    addresses: &[&str],
) -> (ImportSummary, Vec<String>, Vec<String>) {
    let (mut summary, mut refused) = (ImportSummary::default(), Vec::new());
    for (line, address) in (2..).zip(addresses) {
        let email = EmailAddress::parse(address).unwrap();
        let place = AddressPlace { line, column: "email", part: None };
        if let Err(reject) = review.look(&email, place, &mut summary) {
            refused.push(format!("{line}: {}", reject.reason));
        }
    }
    let list = String::from_utf8(review.list().to_vec()).unwrap();
    (summary, refused, list.lines().map(str::to_owned).collect())
}

#[test]
fn what_may_be_wrong_is_counted_and_listed_and_nothing_is_refused() {
    let world = World::answering(|_| panic!("nobody is to be asked"));
    let mut review = world.review(ReviewWishes::default());
    let (summary, refused, list) = looked(
        &mut review,
        &[
            "ann@reader.example",
            "info@reader.example",
            "bob@gmial.com",
            "bob@mailinator.com",
            "Ann@Reader.example",
        ],
    );
    assert_eq!(refused, [""; 0]);
    assert_eq!((summary.role_addresses, summary.disposable, summary.typos), (1, 1, 1));
    assert_eq!((summary.no_mail, summary.mx_unanswered), (0, 0));
    assert_eq!(
        list,
        [
            "line,warning,detail",
            "3,role address,\"info@ is an office, not a person\"",
            "4,typo,gmial.com: did you mean gmail.com?",
            "5,disposable domain,mailinator.com",
            "6,repeated,the address of line 2 again",
        ]
    );
    assert!(!list.iter().any(|it| it.contains("ann@") || it.contains("bob@")), "no address");
}

#[test]
fn offices_and_disposable_domains_are_refused_when_that_is_wanted() {
    let world = World::answering(|_| None);
    let said = ["reject_role", "reject_disposable"];
    let wishes = ReviewWishes::said(&|name| said.contains(&name));
    let mut review = world.review(wishes);
    let (summary, refused, list) = looked(
        &mut review,
        &["info@reader.example", "bob@mailinator.com", "bob@gmial.com", "ann@reader.example"],
    );
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused[0].starts_with("2: ") && refused[1].starts_with("3: mailinator.com"));
    assert_eq!((summary.role_addresses, summary.disposable, summary.typos), (0, 0, 1));
    assert_eq!(list.len(), 2);
}

#[test]
fn a_domain_is_asked_about_once_and_no_answer_refuses_nobody() {
    let answer = |domain: &str| match domain {
        "gone.example" => Some(false),
        "silent.example" => None,
        _ => Some(true),
    };
    let addresses = [
        "ann@gone.example",
        "bob@gone.example",
        "eve@silent.example",
        "leo@silent.example",
        "mia@reader.example",
    ];
    for (name, no_mail, refusals) in [("check_mx", 2, 0), ("reject_no_mx", 0, 2)] {
        let world = World::answering(answer);
        let mut review = world.review(ReviewWishes::said(&|it| it == name));
        let (summary, refused, _) = looked(&mut review, &addresses);
        assert_eq!((summary.no_mail, refused.len()), (no_mail, refusals), "{name}");
        assert_eq!(summary.mx_unanswered, 2);
        let asked = world.told.asked.lock().unwrap().clone();
        assert_eq!(asked, ["gone.example", "silent.example", "reader.example"]);
    }
}

#[test]
fn nobody_is_asked_any_more_when_nobody_answers() {
    let world = World::answering(|_| None);
    let mut review = world.review(ReviewWishes::said(&|it| it == "reject_no_mx"));
    let addresses: Vec<String> = (0..50).map(|n| format!("ann@d{n}.example")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let (summary, refused, _) = looked(&mut review, &addresses);
    assert_eq!((summary.mx_unanswered, refused.len()), (50, 0));
    assert_eq!(world.told.asked.lock().unwrap().len(), 20);
}

#[test]
fn the_list_is_bounded_and_everything_is_counted() {
    let world = World::answering(|_| None);
    let mut review = world.review(ReviewWishes::default());
    let rows = 40_000;
    let addresses: Vec<String> = (0..rows).map(|n| format!("info@d{n}.reader.example")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let (summary, _, list) = looked(&mut review, &addresses);
    assert_eq!(summary.role_addresses, rows);
    assert!(review.list().len() <= LIST_BYTES);
    assert!(list.len() > 10_000 && list.len() < 40_000, "{}", list.len());
}

#[test]
fn wishes_are_read_as_they_were_written() {
    for said in [&[][..], &["reject_role"], &["check_mx"], &["reject_no_mx", "reject_disposable"]] {
        let wishes = ReviewWishes::said(&|name| said.contains(&name));
        assert_eq!(ReviewWishes::from_json(Some(&wishes.to_json())), wishes);
    }
    assert_eq!(ReviewWishes::from_json(None), ReviewWishes::default());
}
