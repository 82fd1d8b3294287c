//! Contacts who may be one person.
//!
//! Invariant: bounded: of each look some 100,000 contacts are read, in the order of their numbers, and the
//! answer says where to go on. Two who are alike are found when both are among those, or when one of them has
//! the plain form of the other's address, wherever that one is. Only proposes.

use std::collections::HashMap;

use model::{ContactId, EmailAddress};
use store::{ListedContact, Store, StoreError};

/// Contacts that are read at once.
const PAGE: usize = 5_000;
/// Contacts of one look.
const LOOK: usize = 100_000;
/// Pairs of one look.
const MOST: usize = 200;

/// Why two contacts may be one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// Their addresses differ by what stands behind a plus, or at Gmail by dots, alone.
    Address,
    /// Name and company are the same.
    Name,
}

impl Likeness {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Name => "name",
        }
    }
}

/// Two contacts who may be one person; the older one is proposed to be kept. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    pub keep: ContactId,
    pub keep_email: String,
    pub other: ContactId,
    pub other_email: String,
    pub likeness: Likeness,
}

/// What one look has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Duplicates {
    pub pairs: Vec<Duplicate>,
    /// Where the next look begins; None: there is nobody more.
    pub next: Option<ContactId>,
}

/// Looks for contacts who may be one person among those after `after`.
///
/// # Errors
/// When the store can't answer.
pub async fn duplicates(store: &Store, after: ContactId) -> Result<Duplicates, StoreError> {
    let (mut found, mut at, mut looked) = (Duplicates::default(), after, 0);
    let (mut addresses, mut names) = (HashMap::new(), HashMap::new());
    while looked < LOOK && found.pairs.len() < MOST {
        let page = store.contacts_page(at, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        (at, looked) = (last.id, looked + page.len());
        for contact in &page {
            let Ok(email) = EmailAddress::parsed_before(&contact.email) else { continue };
            let plain = plain_address(&email);
            let mut alike = addresses.get(&plain).cloned();
            if alike.is_none() && plain != email.key() {
                alike = plain_contact(store, &plain).await?.filter(|it| it.0 != contact.id);
            }
            if let Some(other) = &alike {
                found.pairs.push(pair(other, contact, Likeness::Address));
            }
            addresses.entry(plain).or_insert_with(|| (contact.id, contact.email.clone()));
            let Some(name) = name_of(contact) else { continue };
            match names.get(&name) {
                Some(other) if alike.is_none() => {
                    found.pairs.push(pair(other, contact, Likeness::Name));
                }
                Some(_) => {}
                None => {
                    names.insert(name, (contact.id, contact.email.clone()));
                }
            }
        }
    }
    found.next = Some(at);
    Ok(found)
}

fn pair(one: &(ContactId, String), other: &ListedContact, likeness: Likeness) -> Duplicate {
    let other = (other.id, other.email.clone());
    let (keep, other) = if one.0 <= other.0 { (one.clone(), other) } else { (other, one.clone()) };
    Duplicate { keep: keep.0, keep_email: keep.1, other: other.0, other_email: other.1, likeness }
}

/// The contact with the plain form of an address.
async fn plain_contact(
    store: &Store,
    plain: &str,
) -> Result<Option<(ContactId, String)>, StoreError> {
    let Ok(email) = EmailAddress::parse(plain) else { return Ok(None) };
    let found = store.contact_by_email(email).await?;
    Ok(found.map(|it| (it.id, it.email.as_str().to_owned())))
}

/// An address without what stands behind a plus, and at Gmail without dots: those reach one mailbox.
fn plain_address(email: &EmailAddress) -> String {
    let local = email.local().to_ascii_lowercase();
    let local = local.split('+').next().filter(|it| !it.is_empty()).unwrap_or(&local);
    match email.domain() {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        domain => format!("{local}@{domain}"),
    }
}

/// First and last name with the company, where all are known.
fn name_of(contact: &ListedContact) -> Option<String> {
    let value = |names: &[&str]| {
        let found = names.iter().find_map(|name| contact.attributes.get(*name));
        let text = found?.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        (!text.is_empty()).then_some(text)
    };
    let company = value(&["company", "organisation", "organization"])?;
    let name = match (value(&["first_name"]), value(&["last_name"])) {
        (Some(first), Some(last)) => format!("{first} {last}"),
        _ => value(&["name", "full_name"])?,
    };
    Some(format!("{name}\n{company}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_mailbox_have_one_plain_form() {
        for (written, plain) in [
            ("Ann.Lee@Gmail.com", "annlee@gmail.com"),
            ("annlee+news@googlemail.com", "annlee@gmail.com"),
            ("ann.lee+x@reader.example", "ann.lee@reader.example"),
            ("+x@reader.example", "+x@reader.example"),
        ] {
            assert_eq!(plain_address(&EmailAddress::parse(written).unwrap()), plain, "{written}");
        }
    }
}
