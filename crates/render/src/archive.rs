//! What a campaign said, as a page that everybody may read.
//!
//! Invariant: nothing in it leads to a recipient: no token, no pixel, no value of a contact. Links lead
//! straight to their targets.

use std::collections::BTreeMap;

use model::{CampaignId, EmailAddress};

use crate::announcement::Announcement;
use crate::compile::Compilation;
use crate::compiled::{Subject, subject_text};
use crate::fill::contact_values::Holes;
use crate::fill::filled::Filled;
use crate::fill::program::{Deciders, Encoding, ProgramBuilder, for_text};
use crate::own_addresses::{ArchiveAddresses, Edition};
use crate::placeholders::Piece;
use crate::problem::{Problem, Problems, RenderProblem, SourcePosition};
use crate::sender::{Recipient, Sender, TopicName};
use crate::used_values::{merge_tags, used_values};

/// Characters of a summary that is made from the text.
const SUMMARY_CHARS: usize = 300;
/// What `{{ email }}` says to everybody.
const ADDRESS: &str = "you@example.com";

/// One language of a campaign in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivePage {
    /// A BCP 47 tag; nothing when the announcement does not say.
    pub language: Option<String>,
    pub subject: String,
    /// The preheader, or else the beginning of the text; one line.
    pub summary: String,
    /// A whole document.
    pub html: String,
}

/// The pages of an announcement, one for each of its languages, the first first.
///
/// `values` are what merge tags without a default say to everybody.
///
/// # Errors
/// What is wrong with the announcement, or has no value.
pub fn archive_pages(
    announcement: &Announcement,
    sender: &Sender,
    topic: &TopicName<'_>,
    addresses: &ArchiveAddresses,
    values: &BTreeMap<String, String>,
) -> Result<Vec<ArchivePage>, Problems> {
    sender.check()?;
    topic.check()?;
    let page = |language: &Announcement| {
        let edition = Edition::Archive(addresses);
        let source = Compilation::new(language, sender, topic, edition);
        archive_page(&source, language, values)
    };
    announcement.languages().map(page).collect()
}

fn archive_page(
    source: &Compilation<'_>,
    announcement: &Announcement,
    values: &BTreeMap<String, String>,
) -> Result<ArchivePage, Problems> {
    let parts = source.parts()?;
    let pieces = source.placeholders.split(parts.page())?;
    let preheader = source.marked(&announcement.preheader);
    let short = if preheader.trim().is_empty() { &parts.text } else { &preheader };
    let short: Vec<Piece<'_>> =
        source.placeholders.split(short)?.into_iter().map(for_text).collect();
    let mut deciders = Deciders::default();
    let controls = &announcement.values.controls;
    let mut builder = ProgramBuilder { controls, deciders: &mut deciders };
    let mut steps = builder.build(&pieces, Encoding::Plain)?;
    let page_steps = steps.len();
    steps.extend(builder.build(&short, Encoding::Plain)?);
    let subject = Subject::new(&announcement.subject);
    let holes = Holes {
        values: used_values(&announcement.values.list, &steps, &subject, &parts.targets),
        conditions: deciders.conditions,
        lists: deciders.lists,
        links: Vec::new(),
        targets: parts.targets,
        link_parameters: announcement.link_parameters.clone(),
        locale: parts.locale,
    };
    check_values(announcement, &holes, values)?;
    let address = values.get("email").map_or(ADDRESS, String::as_str);
    let place = SourcePosition::line(announcement.body_line);
    let email = EmailAddress::parse(address)
        .map_err(|_| place.problem(format!("`{address}` is no address"), "write one"))?;
    let reader = Recipient::test(&email, values);
    let filled = Filled::without_tokens(&holes, CampaignId(0), &reader);
    let refused = |why: RenderProblem| {
        place.problem(format!("the public version can't be made: {why}"), "give values that can be")
    };
    let (page, short) = steps.split_at(page_steps);
    Ok(ArchivePage {
        language: holes.locale.language.clone(),
        subject: subject_text(&announcement.subject, &filled.values).map_err(refused)?,
        summary: summary(&filled.unencoded(short).map_err(refused)?),
        html: filled.unencoded(page).map_err(refused)?,
    })
}

/// Everything that needs a value that only a recipient has.
fn check_values(
    announcement: &Announcement,
    holes: &Holes,
    values: &BTreeMap<String, String>,
) -> Result<(), Problems> {
    let tags = merge_tags(announcement, holes);
    let lacking = tags.iter().filter(|tag| !tag.has_default && !values.contains_key(&tag.name));
    let problem = |name: &str, line| -> Problem {
        SourcePosition::line(line).problem(
            format!("the public version has no value for {{{{ {name} }}}}"),
            format!("write {{{{ {name} | default(\"...\") }}}}, or give it one"),
        )
    };
    Problems::found(lacking.map(|tag| problem(&tag.name, tag.line)).collect())
}

/// The text in one line, cut between words.
fn summary(text: &str) -> String {
    let mut summary = String::new();
    for word in text.split_whitespace() {
        if summary.chars().count() + word.chars().count() > SUMMARY_CHARS {
            summary.push('\u{2026}');
            break;
        }
        if !summary.is_empty() {
            summary.push(' ');
        }
        summary.push_str(word);
    }
    summary
}
