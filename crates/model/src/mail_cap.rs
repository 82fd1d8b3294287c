//! How many campaign mails one contact gets at most within some days.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A frequency cap over all campaigns: `4 per 30 days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailCap {
    mails: u16,
    days: u16,
}

/// A text that is no cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a cap is written `4 per 30 days`: 1 to {} mails within 1 to {} days",
    MailCap::MOST_MAILS,
    MailCap::MOST_DAYS
)]
pub struct NoMailCap;

impl MailCap {
    pub const MOST_MAILS: u16 = 1_000;
    pub const MOST_DAYS: u16 = 366;

    /// # Errors
    /// When either is zero or beyond its bound.
    pub fn new(mails: u16, days: u16) -> Result<Self, NoMailCap> {
        let fits = (1..=Self::MOST_MAILS).contains(&mails) && (1..=Self::MOST_DAYS).contains(&days);
        if fits { Ok(Self { mails, days }) } else { Err(NoMailCap) }
    }

    #[must_use]
    pub const fn mails(self) -> u16 {
        self.mails
    }

    #[must_use]
    pub const fn days(self) -> u16 {
        self.days
    }

    /// How long a mail counts.
    #[must_use]
    pub fn window(self) -> Duration {
        Duration::from_secs(u64::from(self.days) * 24 * 60 * 60)
    }
}

impl fmt::Display for MailCap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.days == 1 { "day" } else { "days" };
        write!(f, "{} per {} {unit}", self.mails, self.days)
    }
}

impl FromStr for MailCap {
    type Err = NoMailCap;

    fn from_str(text: &str) -> Result<Self, NoMailCap> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [mails, "per", days, "day" | "days"] = words[..] else { return Err(NoMailCap) };
        let number = |word: &str| word.parse().map_err(|_| NoMailCap);
        Self::new(number(mails)?, number(days)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cap_is_read_as_people_write_it() {
        assert_eq!("4 per 30 days".parse(), MailCap::new(4, 30));
        assert_eq!(" 1  per 1 day ".parse(), MailCap::new(1, 1));
        for wrong in
            ["", "4", "4 per", "0 per 30 days", "4 per 0 days", "4 per 367 days", "4 a day"]
        {
            assert_eq!(wrong.parse::<MailCap>(), Err(NoMailCap), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(mails in 1..=MailCap::MOST_MAILS, days in 1..=MailCap::MOST_DAYS) {
            let cap = MailCap::new(mails, days).unwrap();
            prop_assert_eq!(cap.to_string().parse(), Ok(cap));
        }
    }
}
