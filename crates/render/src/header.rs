//! Header fields: names, subjects and lists in the form mail requires (RFC 5322, 2047, 2919, 8058).
//!
//! Invariants: lines stay below 78 characters where they can be folded, and always below 998;
//! nothing with a control character gets in.

use email_encoding::headers::rfc2047;
use email_encoding::headers::writer::EmailWriter;
use model::EmailAddress;

/// A line is folded before it gets longer than this.
pub(crate) const FOLD_AT: usize = 76;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) name: String,
    pub(crate) address: EmailAddress,
}

impl Mailbox {
    /// Parses `Name <a@b.example>`, `"Name" <a@b.example>` or `a@b.example`. Not lettre's parser: it
    /// refuses names such as `Aurora (News)`, and never says why.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim(), address),
            None => ("", text),
        };
        let name = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name).trim();
        if name.len() > 200 {
            return Err("the name is longer than 200 bytes".to_owned());
        }
        if name.contains(['<', '>']) {
            return Err("there is more than one address".to_owned());
        }
        let address = EmailAddress::parse(address).map_err(|problem| problem.to_string())?;
        Ok(Self { name: single_spaced(name), address })
    }

    /// The header field with its name and line end.
    pub(crate) fn field(&self, field: &str) -> String {
        phrase_field(field, &self.name, &format!("<{}>", self.address))
    }
}

/// `Field: a phrase <end>` with its line end.
pub(crate) fn phrase_field(field: &str, phrase: &str, end: &str) -> String {
    let mut line = format!("{field}:");
    if is_atoms(phrase) {
        line.push_str(&folded(phrase, line.len()));
    } else if phrase.bytes().all(|b| (b' '..=b'~').contains(&b)) && !phrase.contains("=?") {
        let quoted = phrase.replace('\\', "\\\\").replace('"', "\\\"");
        line.push_str(&folded(&format!("\"{quoted}\""), line.len()));
    } else {
        line.push(' ');
        push_encoded(phrase, &mut line);
    }
    let last = line.rsplit("\r\n").next().unwrap_or_default().len();
    line.push_str(if last + 1 + end.len() > FOLD_AT { "\r\n " } else { " " });
    line + end + "\r\n"
}

fn is_atoms(phrase: &str) -> bool {
    phrase.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/^_`{|}~ ".contains(&b))
        && !phrase.contains("=?")
}

/// `Subject: ...` with its line end, from a text without control characters.
pub(crate) fn subject_field(subject: &str) -> String {
    let subject = single_spaced(subject);
    let mut line = String::from("Subject:");
    let plain = subject.bytes().all(|b| (b' '..=b'~').contains(&b))
        && !subject.contains("=?")
        && subject.split(' ').all(|word| word.len() < FOLD_AT);
    if plain {
        line.push_str(&folded(&subject, line.len()));
    } else {
        line.push(' ');
        push_encoded(&subject, &mut line);
    }
    line + "\r\n"
}

/// Runs of white space become one space: folding may not tell them apart.
pub(crate) fn single_spaced(text: &str) -> String {
    let mut single = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !single.is_empty() {
            single.push(' ');
        }
        single.push_str(word);
    }
    single
}

/// The words of `text`, each preceded by a space or a fold; the line already has `column`
/// characters.
fn folded(text: &str, mut column: usize) -> String {
    let mut lines = String::with_capacity(text.len() + 8);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if column + 1 + word.len() > FOLD_AT && column > 1 {
            lines.push_str("\r\n");
            column = 0;
        }
        lines.push(' ');
        lines.push_str(word);
        column += 1 + word.len();
    }
    lines
}

fn push_encoded(text: &str, line: &mut String) {
    let column = line.len();
    let mut writer = EmailWriter::new(line, column, 0, false);
    // Writing to a String never fails.
    let _ = rfc2047::encode(text, &mut writer);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mailbox: &str, expect: &str) {
        assert_eq!(Mailbox::parse(mailbox).unwrap().field("From"), format!("From: {expect}\r\n"));
    }

    #[test]
    fn a_name_is_bare_quoted_or_encoded_as_it_needs() {
        check("a@b.example", "<a@b.example>");
        check("Ann Lee <a@b.example>", "Ann Lee <a@b.example>");
        check("\"Lee, Ann\" <a@b.example>", "\"Lee, Ann\" <a@b.example>");
        check("A \\ \"B\" C <a@b.example>", "\"A \\\\ \\\"B\\\" C\" <a@b.example>");
        check("Änn <a@bü.example>", "=?utf-8?b?w4Rubg==?= <a@xn--b-eha.example>");
        assert!(Mailbox::parse("Ann <a@b>").unwrap_err().contains("dot"));
        let two = "Ann <a@b.example>, Bea <b@b.example>";
        assert!(Mailbox::parse(two).unwrap_err().contains("more than one"));
    }

    #[test]
    fn a_subject_is_folded_or_encoded_in_short_lines() {
        assert_eq!(subject_field("  Hello   you "), "Subject: Hello you\r\n");
        assert_eq!(subject_field(""), "Subject:\r\n");
        assert!(subject_field("=?utf-8?q?x?=").starts_with("Subject: =?utf-8?b?"));
        for text in ["word ".repeat(60), "Größe 🎉 ".repeat(40), "x".repeat(900)] {
            let field = subject_field(&text);
            assert!(field.trim_end().split("\r\n").all(|line| line.len() <= 76), "{field}");
            assert!(field.trim_end().split("\r\n").skip(1).all(|line| line.starts_with(' ')));
        }
    }
}
