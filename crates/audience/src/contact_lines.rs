//! Contacts as lines of a CSV file that an import can read.

use std::collections::BTreeSet;
use std::io::{self, Write};

use model::{DisclosedField, SubscriptionState};
use store::ListedContact;

use crate::contact_filter::{ContactFilter, mail_status};
use crate::csv_cells;

/// A table with more attributes is unreadable for people.
pub(crate) const MAX_ATTRIBUTES: usize = 1_000;

/// The columns before the attributes. Blanks, so that none is called as an attribute is.
pub(crate) const EXPORTED: [&str; 4] = ["email", "mail status", TOPICS, TAGS];
/// What somebody gets. An import that reads it back makes no attribute of it.
pub(crate) const TOPICS: &str = "subscribed to";
/// The same holds for what somebody is tagged with.
pub(crate) const TAGS: &str = "tagged with";

/// The lines of one file.
pub(crate) struct ContactLines<'f> {
    /// Of the attributes, each of which is a column.
    pub(crate) names: &'f BTreeSet<String>,
    /// What `mail status` is about.
    pub(crate) filter: &'f ContactFilter,
    /// What is told of them.
    pub(crate) fields: &'f [DisclosedField],
}

impl ContactLines<'_> {
    pub(crate) fn header(&self, out: &mut impl Write) -> io::Result<()> {
        line(out, self.cells(EXPORTED).chain(self.names.iter().map(String::as_str)))
    }

    pub(crate) fn line(&self, out: &mut impl Write, contact: &ListedContact) -> io::Result<()> {
        let (topics, tags) = (topics(contact), contact.tags.join(", "));
        let cells = [contact.email.as_str(), mail_status(contact, self.filter), &topics, &tags];
        let value = |name| contact.attributes.get(name).map_or("", String::as_str);
        line(out, self.cells(cells).chain(self.names.iter().map(value)))
    }

    /// Of the cells before the attributes those that may be told.
    fn cells<'c>(&self, cells: [&'c str; 4]) -> impl Iterator<Item = &'c str> + use<'c, '_> {
        use DisclosedField as F;
        let fields = [F::Address, F::Standing, F::Standing, F::Attributes];
        let told = fields.map(|field| self.fields.contains(&field));
        cells.into_iter().zip(told).filter(|(_, told)| *told).map(|(cell, _)| cell)
    }
}

/// `offers release-notices`, of those that they get.
fn topics(contact: &ListedContact) -> String {
    let get =
        contact.subscriptions.iter().filter(|(_, state)| **state == SubscriptionState::Subscribed);
    get.map(|(slug, _)| slug.as_str()).collect::<Vec<_>>().join(" ")
}

fn line<'c>(out: &mut impl Write, values: impl IntoIterator<Item = &'c str>) -> io::Result<()> {
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        csv_cells::cell(out, value.as_bytes())?;
    }
    out.write_all(b"\n")
}
