//! Columns that say who may be mailed, as the exports of other senders write them.
//!
//! Invariants: an import never subscribes anyone who has left elsewhere; an unknown word rejects
//! its row instead of counting as a yes. Names and words were collected from exports of listmonk,
//! Mailchimp, Mautic, phpList, Brevo, Sendy, Keila, HubSpot and MailerLite.

use model::Removal;
use store::ImportStanding;

/// A column that says who may be mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusColumn {
    /// The column, whatever its case.
    pub column: String,
    /// The cells of people who may be mailed, regardless of case; everybody else has left. Without
    /// them the usual words apply.
    pub mailed: Option<Vec<String>>,
}

impl StatusColumn {
    /// `COLUMN`, or `COLUMN=VALUE,VALUE` where a value may be empty.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (column, mailed) = match text.split_once('=') {
            Some((column, values)) => (column, Some(values.split(',').map(plain).collect())),
            None => (text, None),
        };
        Self { column: column.trim().to_owned(), mailed }
    }

    /// What a column of this name (as an attribute name) then means.
    pub(crate) fn meaning(&self, name: &str) -> StatusMeaning {
        let usual = suspect(name).map_or(StatusMeaning::Words, |suspect| suspect.meaning);
        match (&self.mailed, usual) {
            (None, usual) => usual,
            (Some(mailed), StatusMeaning::Flag(removal)) => {
                StatusMeaning::Listed(mailed.clone(), removal)
            }
            (Some(mailed), _) => StatusMeaning::Listed(mailed.clone(), Removal::Elsewhere),
        }
    }
}

/// The cells of a column, as a product that is known writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatusWords {
    words: Vec<(String, ImportStanding)>,
    /// What any other cell means that is not empty; an empty one says nothing then.
    filled: Option<ImportStanding>,
}

impl StatusWords {
    pub(crate) fn new(
        words: Vec<(String, ImportStanding)>,
        filled: Option<ImportStanding>,
    ) -> Self {
        let words = words.into_iter().map(|(word, standing)| (plain(&word), standing));
        Self { words: words.collect(), filled }
    }

    fn standing(&self, word: &str) -> Result<ImportStanding, String> {
        if let Some((_, standing)) = self.words.iter().find(|(known, _)| known == word) {
            return Ok(*standing);
        }
        match self.filled {
            Some(_) if word.is_empty() => Ok(ImportStanding::Subscribed),
            Some(standing) => Ok(standing),
            None => {
                let known = self.words.iter().map(|(known, _)| format!("{known:?}"));
                let known = known.collect::<Vec<_>>().join(", ");
                Err(format!("it is unknown whether {word:?} may be mailed; known are {known}"))
            }
        }
    }
}

/// How the cells of a column are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StatusMeaning {
    /// Words such as `subscribed` and `cleaned`.
    Words,
    /// A cell that says yes, or gives a date, means this removal.
    Flag(Removal),
    /// A cell that says yes, or gives a date, means that the person may be mailed; one that says no
    /// means this.
    Consent(ImportStanding),
    /// These cells mean that the person may be mailed; all others mean that they left, in this way
    /// unless a usual word is more specific.
    Listed(Vec<String>, Removal),
    /// As the product writes them that has exported the file.
    Product(&'static StatusWords),
}

/// A column that seems to say who may be mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suspect {
    pub(crate) meaning: StatusMeaning,
    /// False for columns that only accompany another one, such as a reason.
    pub(crate) on_its_own: bool,
}

/// Parts of names, joined without separators, and what a cell that says yes then means.
const FLAGS: [(&str, Removal); 18] = [
    ("unsub", Removal::Elsewhere),
    ("optout", Removal::Elsewhere),
    ("optedout", Removal::Elsewhere),
    ("abgemeldet", Removal::Elsewhere),
    ("desabonn", Removal::Elsewhere),
    ("désabonn", Removal::Elsewhere),
    ("cleaned", Removal::HardBounce),
    ("cleantime", Removal::HardBounce),
    ("cleancampaign", Removal::HardBounce),
    ("hardbounce", Removal::HardBounce),
    ("undeliverable", Removal::HardBounce),
    ("unreachable", Removal::HardBounce),
    ("complain", Removal::Complaint),
    ("blocklist", Removal::Operator),
    ("blacklist", Removal::Operator),
    ("suppress", Removal::Operator),
    ("donotcontact", Removal::Operator),
    ("donotmail", Removal::Operator),
];
/// Words in names that mean the same when they stand alone.
const FLAG_WORDS: [(&str, Removal); 11] = [
    ("bounced", Removal::HardBounce),
    ("bounce", Removal::HardBounce),
    ("spam", Removal::Complaint),
    ("abuse", Removal::Complaint),
    ("blocked", Removal::Operator),
    ("banned", Removal::Operator),
    ("dnc", Removal::Operator),
    ("disabled", Removal::Elsewhere),
    ("deactivated", Removal::Elsewhere),
    ("inactive", Removal::Elsewhere),
    ("deleted", Removal::Elsewhere),
];
/// Whole names, without a leading `is_`, whose cells say yes to mail.
const CONSENTS: [&str; 12] = [
    "subscribed",
    "active",
    "enabled",
    "consent",
    "email_consent",
    "mail_consent",
    "marketing_consent",
    "email_marketing_consent",
    "opt_in",
    "optin",
    "opted_in",
    "optedin",
];
const CONFIRMATIONS: [&str; 4] = ["confirmed", "double_opt_in", "doubleoptin", "doi"];
/// Words before `_status` that make it say who may be mailed.
const STATUS_OF: [&str; 13] = [
    "subscriber",
    "subscription",
    "contact",
    "email",
    "mail",
    "member",
    "mailing",
    "list",
    "newsletter",
    "marketing",
    "abo",
    "consent",
    "optin",
];
/// Last words of names that only add detail to another column.
const DETAILS: [&str; 10] =
    ["reason", "title", "id", "ip", "campaign", "other", "source", "by", "comment", "count"];

/// Whether a column of this name (as an attribute name) seems to say who may be mailed.
pub(crate) fn suspect(name: &str) -> Option<Suspect> {
    let name = name.strip_prefix("is_").unwrap_or(name);
    let words: Vec<&str> = name.split('_').collect();
    let joined = words.concat();
    let on_its_own = !words.last().is_some_and(|last| DETAILS.contains(last));
    let part = FLAGS.iter().find(|(part, _)| joined.contains(part));
    let word = FLAG_WORDS.iter().find(|(word, _)| words.contains(word));
    let meaning = if let Some((_, removal)) = part.or(word) {
        StatusMeaning::Flag(*removal)
    } else if CONFIRMATIONS.contains(&name) {
        StatusMeaning::Consent(ImportStanding::Unconfirmed)
    } else if CONSENTS.contains(&name) {
        StatusMeaning::Consent(ImportStanding::Left(Removal::Elsewhere))
    } else if is_status(&words) {
        StatusMeaning::Words
    } else {
        return None;
    };
    Some(Suspect { meaning, on_its_own })
}

fn is_status(words: &[&str]) -> bool {
    match words {
        ["status"] => true,
        [about @ .., "status" | "state"] => about.iter().any(|word| STATUS_OF.contains(word)),
        _ => false,
    }
}

const MAILED: [&str; 13] = [
    "subscribed",
    "active",
    "enabled",
    "confirmed",
    "opted in",
    "opt in",
    "optin",
    "yes",
    "true",
    "abonniert",
    "aktiv",
    "inscrit",
    "activo",
];
const UNCONFIRMED: [&str; 11] = [
    "",
    "none",
    "pending",
    "unconfirmed",
    "not confirmed",
    "non subscribed",
    "nonsubscribed",
    "not subscribed",
    "never subscribed",
    "transactional",
    "awaiting confirmation",
];
const LEFT: [&str; 16] = [
    "unsubscribed",
    "unsubscribe",
    "opted out",
    "opt out",
    "optout",
    "disabled",
    "inactive",
    "deactivated",
    "removed",
    "deleted",
    "archived",
    "left",
    "no",
    "false",
    "abgemeldet",
    "désabonné",
];
const BOUNCED: [&str; 9] = [
    "cleaned",
    "bounced",
    "bounce",
    "hard bounce",
    "hard bounced",
    "hardbounce",
    "undeliverable",
    "unreachable",
    "invalid",
];
const COMPLAINED: [&str; 7] =
    ["complained", "complaint", "complaints", "spam", "marked as spam", "abuse", "junk"];
const BLOCKED: [&str; 9] = [
    "blocklisted",
    "blacklisted",
    "blocked",
    "suppressed",
    "manual",
    "banned",
    "do not contact",
    "do not mail",
    "dnc",
];
/// Cells that say no.
const NO: [&str; 11] = ["", "0", "no", "n", "false", "f", "none", "null", "never", "nein", "non"];
const YES: [&str; 9] = ["1", "yes", "y", "true", "t", "ja", "oui", "x", "on"];

impl StatusMeaning {
    /// What a cell says, or why that is unknown.
    pub(crate) fn standing(&self, cell: &str) -> Result<ImportStanding, String> {
        let word = plain(cell);
        match self {
            Self::Product(words) => words.standing(&word),
            Self::Words => word_standing(&word).ok_or_else(|| unknown(&word)),
            Self::Flag(_) if NO.contains(&word.as_str()) => Ok(ImportStanding::Subscribed),
            Self::Flag(removal) => Ok(ImportStanding::Left(*removal)),
            Self::Consent(no) if NO.contains(&word.as_str()) => Ok(*no),
            Self::Consent(_) if YES.contains(&word.as_str()) || is_date(&word) => {
                Ok(ImportStanding::Subscribed)
            }
            Self::Consent(_) => word_standing(&word).ok_or_else(|| unknown(&word)),
            Self::Listed(mailed, _) if mailed.contains(&word) => Ok(ImportStanding::Subscribed),
            Self::Listed(_, removal) => Ok(match word_standing(&word) {
                Some(ImportStanding::Left(Removal::Elsewhere) | ImportStanding::Subscribed)
                | None => ImportStanding::Left(*removal),
                Some(ImportStanding::Unconfirmed) if word.is_empty() => {
                    ImportStanding::Left(*removal)
                }
                Some(said) => said,
            }),
        }
    }

    /// Whether the usual words cover all of these cells.
    pub(crate) fn tells<'c>(&self, cells: impl IntoIterator<Item = &'c str>) -> bool {
        cells.into_iter().all(|cell| self.standing(cell).is_ok())
    }
}

fn word_standing(word: &str) -> Option<ImportStanding> {
    let word = word.trim_end_matches('.');
    let tables: [(&[&str], ImportStanding); 6] = [
        (&MAILED, ImportStanding::Subscribed),
        (&UNCONFIRMED, ImportStanding::Unconfirmed),
        (&LEFT, ImportStanding::Left(Removal::Elsewhere)),
        (&BOUNCED, ImportStanding::Left(Removal::HardBounce)),
        (&COMPLAINED, ImportStanding::Left(Removal::Complaint)),
        (&BLOCKED, ImportStanding::Left(Removal::Operator)),
    ];
    tables.into_iter().find(|(words, _)| words.contains(&word)).map(|(_, standing)| standing)
}

fn unknown(word: &str) -> String {
    format!(
        "it is unknown whether {word:?} may be mailed: name the cells of those who may, as in \
         --status-column \"COLUMN=VALUE,VALUE\""
    )
}

/// `2024-05-01 10:00`, `5/1/24`: a digit that is not a lone number.
fn is_date(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits >= 3 && word.bytes().any(|byte| matches!(byte, b'-' | b'/' | b'.' | b':'))
}

/// In lower case, with a single space between words.
fn plain(cell: &str) -> String {
    let gap = |character: char| character.is_whitespace() || matches!(character, '-' | '_');
    let lower = cell.to_lowercase();
    let words: Vec<&str> = lower.split(gap).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
