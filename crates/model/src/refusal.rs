//! Why mail was refused, normalised so that refusals that say the same are counted together.
//!
//! Invariants: anything that names a recipient, a host, a time or one message is removed, so the
//! number of different texts depends on what relays say and not on whom it was said to; the same
//! words give the same text. Keeps what an operator acts on: the code, the enhanced code, the
//! sentence.

/// A text is truncated to this many characters; beyond that, relays give advice and links.
const LONGEST: usize = 160;

/// The text of a refusal without what is peculiar to one message: the enhanced code, if there is
/// one, and the words. `code` is the reply's own code, which `reply` may repeat; 0 for reasons of
/// our own, which are told as they are.
///
/// ```
/// let reply = "5.1.1 <ann@x.example>: user unknown in mx7.x.example";
/// assert_eq!(model::refusal_text(550, reply), "5.1.1 (address): user unknown in (host)");
/// ```
#[must_use]
pub fn refusal_text(code: u16, reply: &str) -> String {
    let mut text = String::new();
    for word in reply.split_whitespace() {
        if code > 0 && word.parse() == Ok(code) {
            continue;
        }
        let word = if code == 0 { word.to_owned() } else { plain(word) };
        // The lines of a reply repeat the codes, and two addresses in a row say no more than one.
        if code > 0 && is_repeated(&text, &word) {
            continue;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word);
    }
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.truncate(text.trim_end().len());
        text.push('…');
    }
    text
}

fn is_repeated(text: &str, word: &str) -> bool {
    let is_enhanced = is_enhanced_code(word) && text.split(' ').any(|before| before == word);
    let is_placeholder = word.starts_with('(') && text.ends_with(word);
    word.is_empty() || is_enhanced || is_placeholder
}

/// A word, or a placeholder for its kind.
fn plain(word: &str) -> String {
    // A line of several: `550-5.1.1 no such user`.
    let word = match word.split_once('-') {
        Some((code, rest)) if code.len() == 3 && is_number(code) => rest,
        _ => word,
    };
    let open = word.trim_start_matches(['<', '(', '[', '"', '\'', '{']);
    let core = open.trim_end_matches(['>', ')', ']', '"', '\'', '}', ',', ';', ':', '.', '!', '?']);
    let end = open.get(core.len()..).unwrap_or_default();
    let end: String = end.chars().filter(|mark| matches!(mark, ',' | ';' | ':' | '.')).collect();
    // What the mailer has masked already.
    let masked = core == "recipient" && word.contains("(recipient)");
    match kind(core).or(masked.then_some("address")) {
        Some(kind) => format!("({kind}){end}"),
        None => word.to_owned(),
    }
}

fn kind(word: &str) -> Option<&'static str> {
    if is_enhanced_code(word) || word.is_empty() {
        return None;
    }
    if word.contains("://") || word.starts_with("www.") {
        return Some("link");
    }
    if let Some((name, value)) = word.split_once('=')
        && !name.is_empty()
        && kind(value).is_some()
    {
        return Some("id");
    }
    if word.contains('@') {
        return Some("address");
    }
    if word.parse::<std::net::IpAddr>().is_ok() || is_host(word) {
        return Some("host");
    }
    is_id(word).then_some("id")
}

/// RFC 3463: class, subject and detail.
fn is_enhanced_code(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    match parts.as_slice() {
        [class, subject, detail] => {
            matches!(*class, "2" | "4" | "5")
                && [subject, detail].iter().all(|it| (1..=3).contains(&it.len()) && is_number(it))
        }
        _ => false,
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number that differs every time, or letters and digits that nobody would write: names of queues
/// and messages, times, hexadecimal.
fn is_id(word: &str) -> bool {
    if !word.is_ascii() {
        return false;
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let changes = word
        .as_bytes()
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_digit() != b.is_ascii_digit()))
        .count();
    match (digits, letters) {
        (0, _) => false,
        (_, 0) => digits >= 2 || word.len() > digits,
        (_, 1..=2) => digits >= 4,
        _ => (digits >= 3 && changes >= 2) || (digits >= 2 && word.len() >= 12),
    }
}

fn is_host(word: &str) -> bool {
    let labels: Vec<&str> = word.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let top = labels.last().copied().unwrap_or_default();
    let is_top = top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    labels.len() >= 2 && is_top && labels.iter().all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(code: u16, reply: &str, expect: &str) {
        assert_eq!(refusal_text(code, reply), expect, "{reply}");
    }

    #[test]
    fn what_differs_from_message_to_message_is_taken_out() {
        check(550, "5.1.1 user unknown", "5.1.1 user unknown");
        check(
            550,
            "5.1.1 <ann@x.example>: Recipient address rejected: User unknown",
            "5.1.1 (address): Recipient address rejected: User unknown",
        );
        check(
            550,
            "550-5.1.1 The email account that you tried to reach does not exist.\n\
            550 5.1.1 https://support.google.com/mail/?p=NoSuchUser d9443c01a7336-22d1si3b.171 - gsmtp",
            "5.1.1 The email account that you tried to reach does not exist. (link) (id) - gsmtp",
        );
        check(
            550,
            "5.7.1 Service unavailable; client [203.0.113.7] blocked using zen.spamhaus.org",
            "5.7.1 Service unavailable; client (host) blocked using (host)",
        );
        check(
            450,
            "4.2.0 <a@b.example>: Greylisted, see http://postgrey.example/help?x=1 for 298 seconds",
            "4.2.0 (address): Greylisted, see (link) for (id) seconds",
        );
        check(
            421,
            "4.7.0 mx3.example.org Error: too many connections from 2001:db8::7",
            "4.7.0 (host) Error: too many connections from (host)",
        );
        check(554, "relay access denied", "relay access denied");
        check(
            452,
            "4.2.2 mailbox full (in reply to RCPT) id=4F1C22A3B9",
            "4.2.2 mailbox full (in reply to RCPT) (id)",
        );
        check(
            550,
            "550 Requested action not taken: mailbox unavailable [AM0EUR02FT055.eop-EUR02.prod.protection.outlook.com]",
            "Requested action not taken: mailbox unavailable (host)",
        );
        check(0, "line 6: no value for {{ first_name }}", "line 6: no value for {{ first_name }}");
        check(450, "given up: 4.7.1 try again later", "given up: 4.7.1 try again later");
        check(550, "", "");
    }

    #[test]
    fn refusals_of_the_same_kind_count_together() {
        let say = |name: &str, queue: &str| {
            refusal_text(550, &format!("5.1.1 <{name}@example.com>: no such user, {queue}"))
        };
        assert_eq!(say("ann", "qid 4bXyZ12k9z"), say("zoe.q+7", "qid 9aLk33Pq0m"));
    }

    proptest! {
        #[test]
        fn a_text_is_bounded_and_names_nobody(reply in "\\PC{0,400}", code in 200_u16..600) {
            let text = refusal_text(code, &reply);
            prop_assert!(text.chars().count() <= LONGEST + 1);
            prop_assert!(!text.contains('@') || !reply.contains('@') || text.len() <= reply.len());
            prop_assert!(!text.contains('\n'));
        }

        #[test]
        fn an_address_never_stays(name in "[a-z]{1,8}", host in "[a-z]{1,8}\\.example") {
            let reply = format!("5.1.1 <{name}@{host}>: no, {name}@{host} is gone");
            prop_assert!(!refusal_text(550, &reply).contains('@'));
        }
    }
}
