//! What is known of addresses without asking anybody: offices, mailboxes for some minutes, and names that are
//! one letter away from a provider's.
//!
//! Invariant: finds, and changes nothing. The lists are data files in `lists/`; an operator's own list of
//! disposable domains is added to the one that is built in.

use std::collections::HashSet;
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes of an operator's list: one of all that are known has less than one.
const LIST_BYTES: u64 = 16 << 20;
/// Shorter names of providers are a letter away from too many others.
const SHORTEST: usize = 9;

/// Lists that addresses are looked up in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressLists {
    roles: HashSet<&'static str>,
    disposable: HashSet<String>,
    /// Providers, and names near theirs that exist.
    providers: Vec<&'static str>,
    real: HashSet<&'static str>,
}

impl Default for AddressLists {
    fn default() -> Self {
        let roles = lines(include_str!("../lists/role_addresses.txt")).collect();
        let disposable = lines(include_str!("../lists/disposable_domains.txt"));
        let known = include_str!("../lists/known_domains.txt");
        let (mistaken, real) = known.split_once("[real]").unwrap_or((known, ""));
        Self {
            roles,
            disposable: disposable.map(str::to_owned).collect(),
            providers: lines(mistaken).collect(),
            real: lines(real).collect(),
        }
    }
}

impl AddressLists {
    /// With the disposable domains of a file as well: one a line, `#` begins a comment.
    ///
    /// # Errors
    /// When it can't be read, has more than 16 MiB or is no text.
    pub fn with_file(mut self, path: &Path) -> io::Result<Self> {
        let mut text = String::new();
        let read = std::fs::File::open(path)?.take(LIST_BYTES + 1).read_to_string(&mut text)?;
        if read as u64 > LIST_BYTES {
            return Err(io::Error::other("it has more than 16 MiB"));
        }
        self.disposable.extend(lines(&text).map(|it| it.trim_start_matches('@').to_lowercase()));
        Ok(self)
    }

    /// Whether a local part means an office: without case, and without what follows a plus.
    pub(crate) fn is_role(&self, local: &str) -> bool {
        let name = local.split('+').next().unwrap_or_default().to_lowercase();
        self.roles.contains(name.as_str())
    }

    /// Whether a domain, or one that it is below, gives everybody a mailbox for some minutes.
    pub(crate) fn is_disposable(&self, domain: &str) -> bool {
        let mut rest = Some(domain);
        while let Some(name) = rest {
            if self.disposable.contains(name) {
                return true;
            }
            rest = name.split_once('.').map(|(_, above)| above);
        }
        false
    }

    /// The provider whose domain was probably meant.
    pub(crate) fn meant(&self, domain: &str) -> Option<&'static str> {
        if self.real.contains(domain) || self.providers.contains(&domain) {
            return None;
        }
        self.providers.iter().copied().find(|known| {
            known.len() >= SHORTEST
                && known.len().abs_diff(domain.len()) <= 1
                && strsim::osa_distance(known, domain) == 1
        })
    }
}

/// Lines that say something, without white space around them. Headings say nothing.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let said = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    said.filter(|line| !line.is_empty() && !line.starts_with('['))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_slip_of_one_letter_is_told_and_a_real_name_is_not() {
        let lists = AddressLists::default();
        for (typed, meant) in [
            ("gmial.com", Some("gmail.com")),
            ("gmail.con", Some("gmail.com")),
            ("gmal.com", Some("gmail.com")),
            ("hotmial.com", Some("hotmail.com")),
            ("outlok.com", Some("outlook.com")),
            ("yahoo.cm", Some("yahoo.com")),
            ("t-onlne.de", Some("t-online.de")),
            ("gmail.com", None),
            ("ymail.com", None),
            ("mail.com", None),
            ("yahoo.ca", None),
            ("web.de", None),
            ("aurora.example", None),
        ] {
            assert_eq!(lists.meant(typed), meant, "{typed}");
        }
    }

    #[test]
    fn no_provider_is_taken_for_another_one() {
        let lists = AddressLists::default();
        assert!(lists.providers.len() > 20 && lists.real.len() > 20);
        for domain in lists.providers.iter().chain(&lists.real) {
            assert_eq!(lists.meant(domain), None, "{domain}");
            assert_eq!(domain.to_lowercase(), *domain);
        }
    }

    #[test]
    fn offices_and_disposable_domains_are_known() {
        let lists = AddressLists::default();
        for local in ["info", "Sales", "no-reply", "support+de"] {
            assert!(lists.is_role(local), "{local}");
        }
        assert!(!lists.is_role("ann") && !lists.is_role("information.ann"));
        assert!(lists.is_disposable("mailinator.com"));
        assert!(lists.is_disposable("a.mailinator.com"));
        assert!(!lists.is_disposable("notmailinator.com"));
    }

    #[test]
    fn an_operators_list_is_added() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "# mine\nThrowaway.example  # since May\n@other.example\n").unwrap();
        let lists = AddressLists::default().with_file(file.path()).unwrap();
        assert!(lists.is_disposable("throwaway.example") && lists.is_disposable("other.example"));
        assert!(lists.is_disposable("mailinator.com"));
        assert!(AddressLists::default().with_file(Path::new("/nothing/here")).is_err());
    }
}
