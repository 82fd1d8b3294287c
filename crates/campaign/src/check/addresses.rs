//! Asks the servers of links and images whether there is something, and tells what is not.
//!
//! A link is asked with HEAD, and with GET before it is called dead; an image with GET, as readers
//! will. Links with a contact's values in them are not asked: they are everybody's own, and
//! following one could do something in their name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fetcher::{Ask, FetchFailure, FetchProblem, Fetched, Fetcher, Redirect};
use model::is_reserved_domain;
use render::{AddressUse, WebAddress};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::image_facts::{ImageFacts, readable_bytes};
pub use super::verdict::AddressOutcome;
use super::verdict::{ask_again, verdict};
use crate::finding::{CheckFinding, Severity};

/// More different addresses are not asked.
const MOST_ASKED: usize = 1_000;
/// The first bytes of an image, in which its size stands.
const IMAGE_START: usize = 256 * 1024;
/// An image is not read any further.
const IMAGE_BYTES: u64 = 10_000_000;
/// All images together that weigh more make readers on the road wait.
const HEAVY_SUM: u64 = 3_000_000;
/// How much of an address is shown.
const SHOWN_CHARACTERS: usize = 200;

/// An address, where it stands first, and what its server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedAddress {
    pub address: WebAddress,
    /// How often it stands in the text.
    pub places: usize,
    pub outcome: AddressOutcome,
    pub status: Option<u16>,
    /// Those that were followed, in order.
    pub redirects: Vec<Redirect>,
    /// Of an image that is there.
    pub image: Option<ImageFacts>,
    /// Why no connection to its server came about, as far as that may be our own trouble.
    is_cut_off: bool,
    is_lookup_trouble: bool,
    /// Whether the announcement's own check warns of it.
    is_told_already: bool,
}

/// Asks for every different address once, and calls `progress` with how many were asked and how
/// many there are. What is left at the deadline is unknown.
pub(crate) async fn ask_all(
    fetcher: &Arc<Fetcher>,
    addresses: &[WebAddress],
    limit: Duration,
    mut progress: impl FnMut(usize, usize),
) -> Vec<CheckedAddress> {
    let deadline = Instant::now() + limit;
    let different = different(addresses);
    let mut tasks = JoinSet::new();
    for (number, (address, _)) in different.iter().enumerate().take(MOST_ASKED) {
        if let Some(url) = asked(address) {
            let (fetcher, used_as) = (Arc::clone(fetcher), address.used_as);
            tasks.spawn(async move { (number, ask(&fetcher, &url, used_as).await) });
        }
    }
    let all = tasks.len();
    let mut answers = BTreeMap::new();
    progress(0, all);
    while let Ok(Some(ended)) = timeout_at(deadline, tasks.join_next()).await {
        if let Ok((number, answer)) = ended {
            answers.insert(number, answer);
        }
        progress(answers.len(), all);
    }
    let checked = different.into_iter().enumerate().map(|(number, (address, places))| {
        let answer = answers.remove(&number);
        checked(address, places, answer)
    });
    checked.collect()
}

/// Each address once, without its fragment, with the number of its places.
fn different(addresses: &[WebAddress]) -> Vec<(&WebAddress, usize)> {
    let mut different: Vec<(&WebAddress, usize)> = Vec::new();
    let mut known = BTreeMap::new();
    for address in addresses {
        let number = *known.entry((page(&address.url), address.used_as)).or_insert_with(|| {
            different.push((address, 0));
            different.len() - 1
        });
        if let Some((_, places)) = different.get_mut(number) {
            *places += 1;
        }
    }
    different
}

fn page(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}

/// The address as it is asked, if it is.
fn asked(address: &WebAddress) -> Option<String> {
    let may = !address.is_personal && !is_reserved(address);
    may.then(|| page(&address.url).to_owned())
}

fn is_reserved(address: &WebAddress) -> bool {
    let rest = address.url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default().trim_end_matches('.');
    is_reserved_domain(&name.to_ascii_lowercase())
}

async fn ask(fetcher: &Fetcher, url: &str, used_as: AddressUse) -> Result<Fetched, FetchFailure> {
    if used_as == AddressUse::Image {
        return fetcher.fetch(url, Ask::File { kept: IMAGE_START, most: IMAGE_BYTES }).await;
    }
    let answer = fetcher.fetch(url, Ask::Head).await;
    if ask_again(&answer) { fetcher.fetch(url, Ask::Page).await } else { answer }
}

fn checked(
    address: &WebAddress,
    places: usize,
    answer: Option<Result<Fetched, FetchFailure>>,
) -> CheckedAddress {
    let unasked = || {
        AddressOutcome::Unknown(match (address.is_personal, is_reserved(address)) {
            (true, _) => "has a contact's value in it".to_owned(),
            (_, true) => "is at a domain that is reserved for examples".to_owned(),
            _ => "was not asked: there was no time left".to_owned(),
        })
    };
    let problem = match &answer {
        Some(Err(failure)) => Some(&failure.problem),
        _ => None,
    };
    let is_cut_off = matches!(problem, Some(FetchProblem::Connect(_) | FetchProblem::Timeout(_)));
    let is_told_already = address.is_private && problem == Some(&FetchProblem::Private);
    let is_lookup_trouble = matches!(problem, Some(FetchProblem::LookupFailed(_)));
    let outcome = answer.as_ref().map_or_else(unasked, verdict);
    let is_image = address.used_as == AddressUse::Image && outcome == AddressOutcome::Reachable;
    let (status, redirects, image) = match answer {
        Some(Ok(fetched)) => {
            let image = is_image.then(|| ImageFacts::of(&fetched));
            (Some(fetched.status), fetched.redirects, image)
        }
        Some(Err(failure)) => (None, failure.redirects, None),
        None => (None, Vec::new(), None),
    };
    let address = address.clone();
    CheckedAddress {
        address,
        places,
        outcome,
        status,
        redirects,
        image,
        is_cut_off,
        is_lookup_trouble,
        is_told_already,
    }
}

/// What of it deserves to be told.
pub(crate) fn findings(checked: &[CheckedAddress]) -> Vec<CheckFinding> {
    let (told_together, mut found) = together(checked);
    for it in checked.iter().filter(|it| !it.address.is_personal && !is_reserved(&it.address)) {
        let is_ours = told_together && (it.is_cut_off || it.is_lookup_trouble);
        if !is_ours && !it.is_told_already {
            found.extend(of_one(it));
        }
    }
    found.extend(sum_of_images(checked));
    found
}

/// What is told once for many: what is not asked, and our own trouble with the network. Says
/// whether there is such trouble.
fn together(checked: &[CheckedAddress]) -> (bool, Vec<CheckFinding>) {
    let mut found = Vec::new();
    let mut tell = |which: &dyn Fn(&CheckedAddress) -> bool, text: &str| {
        let those: Vec<_> = checked.iter().filter(|it| which(it)).collect();
        if let Some(first) = those.first() {
            let (them, is) = match those.len() {
                1 => ("1 address".to_owned(), "is"),
                many => (format!("{many} addresses"), "are"),
            };
            let text = format!("{them} {is} not checked: {text}");
            let finding = placed(Severity::Hint, "link", &first.address, &text);
            found.push(finding.about(text));
        }
    };
    let personal = |it: &CheckedAddress| it.address.is_personal;
    tell(&personal, "a contact's value makes another one for everybody");
    tell(
        &|it| !personal(it) && is_reserved(&it.address),
        "the domain is reserved for examples, and leads nowhere",
    );
    let asked: Vec<_> =
        checked.iter().filter(|it| !personal(it) && !is_reserved(&it.address)).collect();
    let cut_off = |it: &CheckedAddress| it.is_cut_off || it.is_lookup_trouble;
    let hosts: BTreeSet<_> = asked.iter().filter_map(|it| host(&it.address.url)).collect();
    // One server that is down is its own trouble, all of several are ours.
    let is_ours = hosts.len() > 1 && asked.iter().all(|it| cut_off(it));
    if is_ours {
        tell(
            &|it| cut_off(it),
            "no server can be reached; has this machine a way to the internet? (`--offline` \
             leaves the network out)",
        );
    }
    (is_ours, found)
}

fn host(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split(['/', '?', '#']).next()
}

fn of_one(it: &CheckedAddress) -> Vec<CheckFinding> {
    let CheckedAddress { address, outcome, redirects, .. } = it;
    let code = address.used_as.as_str();
    let name = format!("the {code} `{}`", shown(&address.url));
    let more = match it.places {
        1 => String::new(),
        many => format!(" (in {many} places)"),
    };
    let tell = |severity, what: &str| {
        let finding = placed(severity, code, address, &format!("{name} {what}{more}"));
        finding.about(format!("{}: {what}", address.url))
    };
    let mut found = Vec::new();
    match outcome {
        AddressOutcome::Dead(why) => found.push(tell(Severity::Warning, why)),
        AddressOutcome::Unknown(why) => {
            found.push(tell(Severity::Hint, &format!("could not be checked: it {why}")));
        }
        AddressOutcome::Reachable => {
            if let Some(last) = redirects.last() {
                found.push(tell(Severity::Hint, &format!("redirects to {}", shown(&last.to))));
            }
        }
    }
    if let Some(image) = &it.image {
        found.extend(image.flaws(address).iter().map(|(severity, what)| tell(*severity, what)));
    }
    found
}

fn sum_of_images(checked: &[CheckedAddress]) -> Option<CheckFinding> {
    let images = || checked.iter().filter_map(|it| it.image.as_ref()?.bytes);
    let sum: u64 = images().sum();
    (sum > HEAVY_SUM && images().count() > 1).then(|| {
        let text = format!("all images together weigh {}", readable_bytes(sum));
        CheckFinding::new(Severity::Warning, "image", text).about("all images")
    })
}

/// A finding at the place of an address.
pub(crate) fn placed(
    severity: Severity,
    code: &'static str,
    address: &WebAddress,
    text: &str,
) -> CheckFinding {
    let place = match (address.line, address.column) {
        (0, _) => String::new(),
        (line, 0) => format!("line {line}: "),
        (line, column) => format!("line {line}, column {column}: "),
    };
    CheckFinding {
        line: Some(address.line).filter(|line| *line > 0),
        ..CheckFinding::new(severity, code, format!("{place}{text}"))
    }
}

fn shown(url: &str) -> String {
    let mut characters = url.chars();
    let start: String = characters.by_ref().take(SHOWN_CHARACTERS).collect();
    if characters.next().is_some() { format!("{start}...") } else { start }
}

#[cfg(test)]
#[path = "addresses/tests.rs"]
mod tests;
