//! A relay's answer, made fit to be stored and shown.

use std::fmt;

const MAX_TEXT: usize = 200;

/// A relay's answer: its code and one line of text, at most 200 bytes, without control
/// characters and without the recipient's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits (RFC 5321 section 4.2).
    pub code: u16,
    /// The rest, lines joined.
    pub text: String,
}

impl Reply {
    #[cfg(test)]
    pub(crate) fn new(code: u16, text: &str) -> Self {
        Self { code, text: text.to_owned() }
    }

    /// The lines joined. Most servers repeat the enhanced code in each; it is kept once.
    pub(crate) fn joined(code: u16, lines: Vec<String>) -> Self {
        let mut lines = lines.into_iter();
        let mut text = lines.next().unwrap_or_default();
        let first = text.split(' ').next().unwrap_or_default().to_owned();
        for line in lines {
            let line = match line.split_once(' ') {
                Some((again, rest)) if again == first && enhanced(again).is_some() => rest,
                _ => &line,
            };
            text.push(' ');
            text.push_str(line);
        }
        Self { code, text }
    }

    /// The enhanced code (RFC 3463) that the text begins with: class, subject, detail.
    pub fn enhanced(&self) -> Option<(u16, u16, u16)> {
        enhanced(self.text.split(' ').next()?)
    }

    /// This answer as it may be stored: bounded, and with `address` masked.
    pub(crate) fn kept(&self, address: &str) -> Self {
        Self { code: self.code, text: presentable(&masked(&self.text, address)) }
    }

    pub(crate) const fn is_success(&self) -> bool {
        self.code / 100 == 2
    }

    pub(crate) const fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self.code / 100, 4 | 5)
    }

    /// The relay is closing the channel (RFC 5321 section 3.8).
    pub(crate) const fn closes(&self) -> bool {
        self.code == 421
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

fn enhanced(news: &str) -> Option<(u16, u16, u16)> {
    let mut numbers = news.split('.');
    let mut number = |max_digits: usize| -> Option<u16> {
        let digits = numbers.next()?;
        let plain = digits.len() <= max_digits && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| plain)
    };
    let found = (number(1).filter(|class| matches!(class, 2 | 4 | 5))?, number(3)?, number(3)?);
    numbers.next().is_none().then_some(found)
}

fn masked(text: &str, address: &str) -> String {
    let (haystack, needle) = (text.to_ascii_lowercase(), address.to_ascii_lowercase());
    if needle.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    // ASCII lower case keeps byte positions.
    for (at, _) in haystack.match_indices(&needle) {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str("(recipient)");
        from = at + needle.len();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// One line of at most 200 bytes without control characters.
pub(crate) fn presentable(text: &str) -> String {
    let mut out = String::new();
    for letter in text.trim().chars() {
        let letter = if letter.is_control() { ' ' } else { letter };
        if out.len() + letter.len_utf8() > MAX_TEXT {
            break;
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_reply_names_no_recipient() {
        let reply = Reply::new(550, "5.1.1 <Ann@Example.com>: Recipient unknown: ann@example.com");
        assert_eq!(
            reply.kept("ann@EXAMPLE.com").to_string(),
            "550 5.1.1 <(recipient)>: Recipient unknown: (recipient)"
        );
    }

    #[test]
    fn lines_are_joined_and_the_enhanced_code_stands_once() {
        let lines = ["5.7.26 This mail is", "5.7.26 not authenticated", "5.1.1 x"];
        let reply = Reply::joined(550, lines.map(ToOwned::to_owned).to_vec());
        assert_eq!(reply.text, "5.7.26 This mail is not authenticated 5.1.1 x");
        assert_eq!(reply.enhanced(), Some((5, 7, 26)));
        assert_eq!(Reply::joined(250, Vec::new()), Reply::new(250, ""));
    }

    #[test]
    fn only_an_enhanced_code_is_taken_for_one() {
        let code = |text| Reply::new(550, text).enhanced();
        assert_eq!((code("5.1.1"), code("4.7.650 later")), (Some((5, 1, 1)), Some((4, 7, 650))));
        for text in ["", "no", "5.1", "5.1.1.1 x", "3.1.1 x", "5.1.1234 x", "+5.1.1 x", "5..1 x"] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn a_kept_reply_is_one_bounded_line() {
        let reply = Reply::new(450, &format!("a\r\nb\u{7}{}", "ö".repeat(300)));
        let kept = reply.kept("x@example.com");
        assert!(kept.text.starts_with("a  b ö"));
        assert!(kept.text.len() <= 200);
    }
}
