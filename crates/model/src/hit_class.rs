//! The kinds of reader that a hit can look like.

/// What kind of reader a hit looks like, from the weakest evidence of a person to the strongest.
/// Every hit is kept, whatever its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HitClass {
    /// A HEAD request: a link checker. Neither view nor click.
    Head,
    /// Looks like a security scanner or a program.
    Scanner,
    /// Announced as a prefetch.
    Prefetch,
    /// Makes a preview of a link for a chat or a search engine.
    Preview,
    /// The same again, or more than a person makes.
    Repeat,
    /// Nothing is known of it, or it loads everything, read or not.
    Unknown,
    /// A mailbox provider's image proxy, which loads when a person opens.
    Proxied,
    /// A reader's own browser or mail program, and nothing that a machine is known to do.
    Person,
}

impl HitClass {
    /// Every class, the weakest evidence first.
    pub const ALL: [Self; 8] = [
        Self::Head,
        Self::Scanner,
        Self::Prefetch,
        Self::Preview,
        Self::Repeat,
        Self::Unknown,
        Self::Proxied,
        Self::Person,
    ];

    /// The number by which releases before rule sets know it.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Head => 1,
            Self::Scanner | Self::Preview => 2,
            Self::Prefetch => 3,
            Self::Unknown | Self::Repeat => 4,
            Self::Proxied => 5,
            Self::Person => 6,
        }
    }

    /// The word for it in JSON and pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Scanner => "scanner",
            Self::Prefetch => "prefetch",
            Self::Preview => "preview",
            Self::Repeat => "repeat",
            Self::Unknown => "unknown",
            Self::Proxied => "proxied",
            Self::Person => "person",
        }
    }

    /// The class with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }

    /// Whether no person may be behind it.
    #[must_use]
    pub fn is_machine(self) -> bool {
        self < Self::Repeat
    }
}
