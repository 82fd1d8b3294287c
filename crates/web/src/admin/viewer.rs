//! Who looks at a page, and what of it they may see.
//!
//! There are no accounts yet: whoever reaches the listener may see everything, which is why it
//! belongs on loopback.

use model::{EmailAddress, Right};

/// Somebody who looks at a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewer;

impl Viewer {
    /// Whoever sent the request.
    pub(crate) const fn of_request() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "rights come with accounts")]
    pub(crate) const fn may(self, _right: Right) -> bool {
        true
    }

    /// An address as this viewer may see it.
    pub(crate) fn address(self, address: &str) -> String {
        if self.may(Right::ContactsRead) { address.to_owned() } else { masked(address) }
    }
}

/// The first letter and the domain.
fn masked(address: &str) -> String {
    EmailAddress::parsed_before(address).map_or_else(|_| "•••".to_owned(), |it| it.masked())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_shows_one_letter_and_the_domain() {
        assert_eq!(masked("ines.ortega@lumen.example"), "i•••@lumen.example");
        assert_eq!(masked("not an address"), "•••");
    }
}
