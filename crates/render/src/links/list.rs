//! The tracked links of an announcement: their numbers, addresses and names in a report.

use std::collections::BTreeMap;

use model::LinkSlot;

use crate::escape;
use crate::links::address::LinkAddress;
use crate::problem::{Problem, SourcePosition};

/// Most tracked links in one announcement.
pub const LINKS: usize = 500;
/// The longest address of a tracked link, in bytes.
const URL_BYTES: usize = 4_096;
/// The longest label of a link, in characters; the rest is cut.
const LABEL_CHARS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedLink {
    /// Its number within the announcement, from 0 in reading order.
    pub slot: LinkSlot,
    /// Where it leads; with the merge tags as they are written, when it leads everyone elsewhere.
    pub url: String,
    /// What a reader sees of it: its text, or its image's alternative text; may be empty.
    pub label: String,
}

impl TrackedLink {
    /// The address that the link would have if the author's text named it as `address`.
    pub(crate) fn address_in_text(
        address: &str,
        parameters: &[(String, String)],
    ) -> Option<String> {
        match LinkAddress::read(address) {
            Ok(LinkAddress::Web(address)) => {
                Some(escape::url(&with_parameters(&address, parameters)).into_owned())
            }
            _ => None,
        }
    }
}

/// The links found so far.
#[derive(Debug, Default)]
pub(crate) struct LinkList {
    links: Vec<TrackedLink>,
    /// The author's own names (`data-link`) with the number of the link.
    named: BTreeMap<String, usize>,
    /// The link whose text is being read.
    open: Option<usize>,
}

/// Why a link can't be tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Untrackable {
    TooLong,
    TooMany,
    /// Its `data-link` names a link that leads elsewhere.
    NameTaken,
}

impl Untrackable {
    /// The problem of a link at `place` with its author's name.
    pub(crate) fn problem(self, name: Option<&str>, place: SourcePosition) -> Problem {
        match self {
            Self::TooLong => place.problem(
                format!("a link's address is longer than {URL_BYTES} bytes"),
                "use a shorter one",
            ),
            Self::TooMany => {
                place.problem(format!("there are more than {LINKS} links"), "use fewer")
            }
            Self::NameTaken => place.problem(
                format!(
                    "data-link=\"{}\" is the name of a link that leads elsewhere",
                    name.unwrap_or_default()
                ),
                "give links to different pages different names",
            ),
        }
    }
}

impl LinkList {
    /// The slot of the link with this address, as the file writes it, and the author's name.
    pub(crate) fn slot(&mut self, url: &str, name: Option<&str>) -> Result<u16, Untrackable> {
        if url.len() > URL_BYTES {
            return Err(Untrackable::TooLong);
        }
        if let Some(known) = name.and_then(|name| self.named.get(name)) {
            let leads_there = self.links.get(*known).is_some_and(|link| link.url == url);
            let slot = u16::try_from(*known).map_err(|_| Untrackable::TooMany)?;
            self.open = Some(*known);
            return if leads_there { Ok(slot) } else { Err(Untrackable::NameTaken) };
        }
        if self.links.len() >= LINKS {
            return Err(Untrackable::TooMany);
        }
        let number = self.links.len();
        let slot = u16::try_from(number).map_err(|_| Untrackable::TooMany)?;
        let label = name.unwrap_or_default().to_owned();
        self.links.push(TrackedLink { slot: LinkSlot(slot), url: url.to_owned(), label });
        self.open = Some(number);
        if let Some(name) = name {
            self.named.insert(name.to_owned(), number);
        }
        Ok(slot)
    }

    /// The link that was opened last ends here.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    /// Puts the link that is open aside.
    pub(crate) fn put_aside(&mut self) -> Option<usize> {
        self.open.take()
    }

    /// Goes on with a link that was put aside.
    pub(crate) fn take_up(&mut self, link: Option<usize>) {
        self.open = link;
    }

    /// Adds a text to the label of the link that is open. Links that their author named keep their
    /// name.
    pub(crate) fn push_label(&mut self, text: &str) {
        let Some(number) = self.open else { return };
        if self.named.values().any(|named| *named == number) {
            return;
        }
        let Some(link) = self.links.get_mut(number) else { return };
        for word in text.split_whitespace() {
            if link.label.chars().count() + word.chars().count() >= LABEL_CHARS {
                break;
            }
            if !link.label.is_empty() {
                link.label.push(' ');
            }
            link.label.push_str(word);
        }
    }

    /// The links, each told apart from the others of the same name and address by its place.
    pub(crate) fn finish(self) -> Vec<TrackedLink> {
        let mut links = self.links;
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let key = |link: &TrackedLink| (link.url.clone(), link.label.clone());
        for link in &links {
            *counts.entry(key(link)).or_default() += 1;
        }
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        for link in &mut links {
            let (place, of) = (seen.entry(key(link)).or_default(), counts.get(&key(link)));
            *place += 1;
            if let Some(of) = of.filter(|of| **of > 1) {
                let label = format!("{} ({place} of {of})", link.label);
                link.label = label.trim_start().to_owned();
            }
        }
        links
    }
}

/// The address with `parameters` added to its query, before the fragment. Those that it has already
/// stay as they are.
pub(crate) fn with_parameters(address: &str, parameters: &[(String, String)]) -> String {
    let (before, fragment) = match address.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment)),
        None => (address, None),
    };
    let mut tagged = before.to_owned();
    let query = before.split_once('?').map_or("", |(_, query)| query);
    let has = |name: &str| {
        query.split(['&', ';']).any(|pair| pair.split('=').next().is_some_and(|it| it == name))
    };
    for (name, value) in parameters.iter().filter(|(name, _)| !has(name.as_str())) {
        let separator = match tagged.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with(['&', ';']) => "",
            Some(_) => "&",
        };
        tagged.push_str(&format!("{separator}{name}={}", escape::url_component(value)));
    }
    if let Some(fragment) = fragment {
        tagged.push('#');
        tagged.push_str(fragment);
    }
    tagged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_before_the_fragment_and_never_twice() {
        let parameters = [("utm_source", "news & more"), ("utm_medium", "email")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (address, expect) in [
            (
                "https://a.example",
                "https://a.example?utm_source=news%20%26%20more&utm_medium=email",
            ),
            (
                "https://a.example/x?#y?z",
                "https://a.example/x?utm_source=news%20%26%20more&utm_medium=email#y?z",
            ),
            (
                "https://a.example/?utm_medium=x&b",
                "https://a.example/?utm_medium=x&b&utm_source=news%20%26%20more",
            ),
            (
                "https://a.example/?utm_source&utm_medium=",
                "https://a.example/?utm_source&utm_medium=",
            ),
        ] {
            assert_eq!(with_parameters(address, &parameters), expect);
            assert_eq!(with_parameters(expect, &parameters), expect, "twice is once");
        }
    }

    #[test]
    fn a_name_makes_one_link_of_two_and_places_tell_equal_ones_apart() {
        let mut list = LinkList::default();
        let mut add = |url: &str, name: Option<&str>, text: &str| {
            let slot = list.slot(url, name);
            list.push_label(text);
            list.close();
            list.push_label("never");
            slot
        };
        assert_eq!(add("https://a.example", Some("cta"), "Get it"), Ok(0));
        assert_eq!(add("https://a.example", None, "Get  it"), Ok(1));
        assert_eq!(add("https://a.example", Some("cta"), "now"), Ok(0));
        assert_eq!(add("https://a.example", None, "Get it"), Ok(2));
        assert_eq!(add("https://b.example", Some("cta"), ""), Err(Untrackable::NameTaken));
        assert_eq!(add("https://b.example", None, ""), Ok(3));
        let labels: Vec<String> = list.finish().into_iter().map(|link| link.label).collect();
        assert_eq!(labels, ["cta", "Get it (1 of 2)", "Get it (2 of 2)", ""]);
    }
}
