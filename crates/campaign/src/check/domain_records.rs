//! The records that a sender's domain needs, to be copied, and what stands there now.
//!
//! Nothing is sent to find out: whether the relay signs is seen in a message that it has delivered.

use std::net::IpAddr;
use std::time::Duration;

use fetcher::{LookupProblem, Resolver};

use super::sender_domain::{self, SenderRecords};

/// For all questions together.
const LIMIT: Duration = Duration::from_secs(15);

/// About which domain, and who sends for it.
#[derive(Debug, Clone, Copy)]
pub struct DomainWish<'w> {
    /// Where announcements come from.
    pub domain: &'w str,
    /// Where bounces go.
    pub envelope_domain: &'w str,
    /// The relay as the settings name it.
    pub relay_host: &'w str,
    /// The name that we give ourselves, for a relay on this machine.
    pub hello_name: &'w str,
    /// The relay's for DKIM; empty when it is not known.
    pub selector: &'w str,
}

/// What the records of a domain should be, and are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRecords {
    pub domain: String,
    /// Why DNS was not asked or did not answer, if so.
    pub trouble: Option<String>,
    /// SPF, DKIM, DMARC.
    pub records: Vec<DomainRecord>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRecord {
    /// `SPF`, `DKIM` or `DMARC`.
    pub kind: &'static str,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// Where it belongs; empty when that is not known.
    pub name: String,
    /// The text to copy; empty when only the relay's operator knows it.
    pub wanted: String,
    /// The records that are there.
    pub found: Vec<String>,
    pub standing: RecordStanding,
    /// What to think of what is there, in words.
    pub words: String,
}

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordStanding {
    Good,
    /// Whether it is right can't be seen from here.
    Unclear,
    Missing,
    Wrong,
    /// DNS was not asked, or did not answer.
    Unknown,
}

/// What DNS has said of all three.
struct FoundRecords {
    sender: SenderRecords,
    keys: Vec<String>,
}

/// Looks up the records of a domain. Always answers, within 15 seconds.
pub async fn domain_records(
    resolver: Result<&Resolver, String>,
    wish: DomainWish<'_>,
) -> DomainRecords {
    let found = match resolver {
        _ if model::is_reserved_domain(wish.domain) => Err(format!(
            "{} is reserved for examples, so nobody can answer for it. Set `organisation.domain` to \
             your own domain.",
            wish.domain
        )),
        Ok(resolver) => match tokio::time::timeout(LIMIT, look(resolver, wish)).await {
            Ok(looked) => looked.map_err(|why| format!("DNS gives no answer: {why}.")),
            Err(_) => Err(format!("DNS has given no answer within {} s.", LIMIT.as_secs())),
        },
        Err(why) => Err(format!("DNS can’t be used here: {why}.")),
    };
    let (found, trouble) = match found {
        Ok(found) => (Some(found), None),
        Err(trouble) => (None, Some(trouble)),
    };
    let records =
        vec![spf(wish, found.as_ref()), dkim(wish, found.as_ref()), dmarc(wish, found.as_ref())];
    DomainRecords { domain: wish.domain.to_owned(), trouble, records }
}

async fn look(resolver: &Resolver, wish: DomainWish<'_>) -> Result<FoundRecords, LookupProblem> {
    let sender = sender_domain::records(resolver, wish.domain, wish.envelope_domain);
    let keys = async {
        match wish.selector {
            "" => Ok(Vec::new()),
            _ => sender_domain::texts(resolver, &key_name(wish)).await,
        }
    };
    let (sender, keys) = tokio::join!(sender, keys);
    Ok(FoundRecords { sender: sender?, keys: keys? })
}

fn key_name(wish: DomainWish<'_>) -> String {
    format!("{}._domainkey.{}", wish.selector, wish.domain)
}

/// What SPF says about the relay: an operator that is known by its host's name, or the host itself.
fn mechanism(wish: DomainWish<'_>) -> String {
    let host = wish.relay_host.trim_end_matches('.').to_ascii_lowercase();
    let known = [
        (".amazonaws.com", "include:amazonses.com"),
        ("smtp.sendgrid.net", "include:sendgrid.net"),
        ("smtp-relay.gmail.com", "include:_spf.google.com"),
        ("smtp.gmail.com", "include:_spf.google.com"),
        ("smtp.office365.com", "include:spf.protection.outlook.com"),
        ("smtp.mailgun.org", "include:mailgun.org"),
    ];
    if let Some((_, include)) = known.iter().find(|(end, _)| host.ends_with(end)) {
        return (*include).to_owned();
    }
    let own = || match wish.hello_name.contains('.') && !wish.hello_name.starts_with('[') {
        true => format!("a:{}", wish.hello_name),
        false => "a mx".to_owned(),
    };
    match host.parse() {
        // The relay on this machine sends from this machine's address.
        Ok(ip @ (IpAddr::V4(_) | IpAddr::V6(_))) if ip.is_loopback() => own(),
        Ok(IpAddr::V4(ip)) => format!("ip4:{ip}"),
        Ok(IpAddr::V6(ip)) => format!("ip6:{ip}"),
        Err(_) if host == "localhost" => own(),
        Err(_) => format!("a:{host}"),
    }
}

fn spf(wish: DomainWish<'_>, found: Option<&FoundRecords>) -> DomainRecord {
    let mechanism = mechanism(wish);
    let spf = found.map(|found| found.sender.spf.as_slice());
    let fresh = format!("v=spf1 {mechanism} ~all");
    let name = wish.envelope_domain.to_owned();
    let (wanted, standing, words) = match spf {
        None => (fresh, RecordStanding::Unknown, String::new()),
        Some([]) => {
            let words = format!(
                "{name} has no SPF record. If your relay’s operator names another one, take that."
            );
            (fresh, RecordStanding::Missing, words)
        }
        Some([record]) => match sender_domain::spf_trouble(&name, std::slice::from_ref(record)) {
            Some(trouble) => (with(record, &mechanism), RecordStanding::Wrong, sentence(&trouble)),
            None if names(record, &mechanism) => {
                (record.clone(), RecordStanding::Good, "It names your relay.".to_owned())
            }
            None => {
                let words = format!(
                    "There is one, and `{mechanism}` does not stand in it. That is right if one of its \
                     other terms stands for your relay; if none does, replace it by this."
                );
                (with(record, &mechanism), RecordStanding::Unclear, words)
            }
        },
        Some(several) => {
            let words = format!("There are {}, so none counts: keep one.", several.len());
            let first = several.first().map_or(fresh, |record| with(record, &mechanism));
            (first, RecordStanding::Wrong, words)
        }
    };
    DomainRecord {
        kind: "SPF",
        purpose: "says which machines send for the domain that bounces go to",
        name,
        wanted,
        found: spf.unwrap_or_default().to_vec(),
        standing,
        words,
    }
}

fn names(record: &str, mechanism: &str) -> bool {
    let has = |wanted: &str| {
        record.split(' ').any(|term| term.trim_start_matches('+').eq_ignore_ascii_case(wanted))
    };
    mechanism.split(' ').all(has)
}

/// The record with one more term, and an end that lets nobody else in.
fn with(record: &str, mechanism: &str) -> String {
    let is_end =
        |term: &str| term.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all");
    let mut terms: Vec<&str> = record.split(' ').filter(|it| !it.is_empty()).collect();
    let end = terms.iter().position(|term| is_end(term)).map(|at| terms.remove(at));
    terms.retain(|term| !is_end(term));
    terms.extend(mechanism.split(' ').filter(|term| !names(record, term)));
    terms.push(match end {
        Some(end @ ("-all" | "~all" | "?all")) => end,
        _ => "~all",
    });
    terms.join(" ")
}

fn dkim(wish: DomainWish<'_>, found: Option<&FoundRecords>) -> DomainRecord {
    let keys: &[String] = found.map(|found| found.keys.as_slice()).unwrap_or_default();
    let key = |record: &String| sender_domain::tag(record, "p").map(str::to_owned);
    let (standing, words) = match (wish.selector, found, keys) {
        ("", ..) => (
            RecordStanding::Unclear,
            "Your relay signs, with a key whose name and text its operator shows. Type its name, the \
             selector, to have it looked up."
                .to_owned(),
        ),
        (_, None, _) => (RecordStanding::Unknown, String::new()),
        (_, _, []) => (
            RecordStanding::Missing,
            "No key is there by this selector. Its text is the public key, which your relay’s operator \
             shows."
                .to_owned(),
        ),
        (_, _, [record]) => match key(record).as_deref() {
            Some("") => {
                (RecordStanding::Wrong, "The key was withdrawn: its p= is empty.".to_owned())
            }
            Some(_) => (
                RecordStanding::Good,
                format!(
                    "A key is there. A message that was delivered should say d={} and s={} in its \
                     DKIM-Signature.",
                    wish.domain, wish.selector
                ),
            ),
            None => (RecordStanding::Wrong, "This is no key: it has no p=.".to_owned()),
        },
        (_, _, several) => {
            (RecordStanding::Wrong, format!("There are {} records: keep one.", several.len()))
        }
    };
    DomainRecord {
        kind: "DKIM",
        purpose: "proves that a message comes from your domain and was not changed",
        name: if wish.selector.is_empty() { String::new() } else { key_name(wish) },
        wanted: String::new(),
        found: keys.to_vec(),
        standing,
        words,
    }
}

fn dmarc(wish: DomainWish<'_>, found: Option<&FoundRecords>) -> DomainRecord {
    let organisation = sender_domain::organisation(wish.domain);
    let wanted = format!("v=DMARC1; p=none; rua=mailto:postmaster@{organisation}");
    let records = found.map(|found| found.sender.dmarc.as_slice()).unwrap_or_default();
    let (standing, words) = match found {
        None => (RecordStanding::Unknown, String::new()),
        Some(found) => match sender_domain::dmarc_policy(wish.domain, &found.sender) {
            (_, Some(_)) if records.is_empty() => (
                RecordStanding::Missing,
                "There is none, and large providers ask for one of whoever writes to many. This one \
                 only collects reports; once they look right, make it p=quarantine."
                    .to_owned(),
            ),
            (_, Some(trouble)) => (RecordStanding::Wrong, sentence(&trouble)),
            (Some(policy), None) => {
                (RecordStanding::Good, format!("Its policy is {policy}."))
            }
            (None, None) => {
                (RecordStanding::Wrong, "It has no policy: it needs p=none at least.".to_owned())
            }
        },
    };
    let name = match found {
        Some(found) if !found.sender.dmarc.is_empty() && !found.sender.is_inherited => wish.domain,
        _ => organisation,
    };
    let wanted = match (standing, records) {
        (RecordStanding::Good, [record]) => record.clone(),
        _ => wanted,
    };
    DomainRecord {
        kind: "DMARC",
        purpose: "says what others do with mail that only pretends to come from your domain",
        name: format!("_dmarc.{name}"),
        wanted,
        found: records.to_vec(),
        standing,
        words,
    }
}

/// Findings begin small and have no full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
#[path = "domain_records/tests.rs"]
mod tests;
