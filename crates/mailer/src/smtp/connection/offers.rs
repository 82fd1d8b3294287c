//! The extensions a server offers: the keywords in its reply to EHLO.

use lettre::transport::smtp::authentication::Mechanism;

use crate::smtp::reply_reader::ReceivedReply;

/// What the server offers; nothing for a server that knows only HELO.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Offers {
    pub(super) starttls: bool,
    pub(super) pipelining: bool,
    /// The largest message in bytes; 0 if it does not say (RFC 1870).
    pub(super) size: Option<u64>,
    /// SASL mechanism names, in capital letters.
    mechanisms: Vec<String>,
}

impl Offers {
    pub(super) fn read(reply: &ReceivedReply) -> Self {
        let mut offers = Self::default();
        // The first line is the server's name.
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            // `AUTH=LOGIN` is the form of a draft that old Exchange servers still speak.
            let mut words = line.split([' ', '\t', '=']).filter(|news| !news.is_empty());
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                Some("PIPELINING") => offers.pipelining = true,
                Some("SIZE") => {
                    offers.size = Some(words.next().and_then(|it| it.parse().ok()).unwrap_or(0));
                }
                Some("AUTH") => offers.mechanisms.extend(words.map(ToOwned::to_owned)),
                _ => {}
            }
        }
        offers
    }

    pub(super) fn takes_login(&self, mechanism: Mechanism) -> bool {
        self.mechanisms.contains(&mechanism.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(lines: &[&str]) -> Offers {
        let lines = lines.iter().map(ToString::to_string).collect();
        Offers::read(&ReceivedReply { code: 250, lines })
    }

    #[test]
    fn keywords_are_read_in_any_case() {
        let read = offers(&["relay", "Pipelining", "size 1000", "StartTLS", "auth plain Login"]);
        assert!(read.pipelining && read.starttls);
        assert_eq!(read.size, Some(1000));
        assert!(read.takes_login(Mechanism::Plain) && read.takes_login(Mechanism::Login));
        assert!(!read.takes_login(Mechanism::Xoauth2));
        assert!(offers(&["relay", "AUTH=LOGIN"]).takes_login(Mechanism::Login));
    }

    #[test]
    fn a_server_may_be_called_like_a_keyword_and_say_nothing_of_a_size() {
        assert_eq!(offers(&["PIPELINING", "SIZE"]), Offers { size: Some(0), ..Offers::default() });
        assert_eq!(offers(&["relay", "SIZE big"]).size, Some(0));
        assert_eq!(offers(&[]), Offers::default());
    }
}
