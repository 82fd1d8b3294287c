//! What a refusal is about: the one table from a reply to whom it concerns.
//!
//! Read in this order: words that real servers use, the enhanced status code (RFC 3463 and the IANA
//! registry), the basic code (RFC 5321 section 4.2). A reply that seems to be about us is acted
//! upon only when nobody else gets through: that is `evidence`'s job. Pure.

use crate::smtp::connection::Stage;
use crate::smtp::reply::Reply;

/// Whom a refusal concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Only this mailbox.
    Recipient,
    /// The recipient's domain or the route to it. Treated like one recipient as long as there is
    /// only one route.
    Destination,
    /// The sender or the message, which all recipients of a campaign share.
    Campaign,
    /// Us as a client of this relay: login, limits, reputation, permission to relay.
    Relay,
    /// It could be anything: a goodbye, a request to log in although we did, nonsense.
    Unclear,
}

/// What the refusal `reply` to `stage` is about.
pub(crate) fn about(stage: Stage, reply: &Reply) -> About {
    let text = reply.text.to_ascii_lowercase();
    if let Some((_, about)) = PHRASES.iter().find(|(phrase, _)| text.contains(phrase)) {
        return *about;
    }
    if is_unclear(reply.code) {
        return if stage == Stage::Mail { About::Relay } else { About::Unclear };
    }
    let by_status = status(reply).and_then(|(x, y)| by_status(stage, reply.is_permanent(), x, y));
    by_status.unwrap_or_else(|| by_code(stage, reply.code))
}

/// Codes that say nothing about a recipient, whatever they answer. 0 means no reply at all.
pub(crate) const fn is_unclear(code: u16) -> bool {
    matches!(code, 0 | 421 | 530 | 534 | 535 | 538)
}

/// The first match counts. Lower case.
const PHRASES: &[(&str, About)] = &[
    // Permission to relay: Postfix, Sendmail, Exim, Exchange.
    ("relay access denied", About::Relay),
    ("relaying denied", About::Relay),
    ("relaying is prohibited", About::Relay),
    ("relay not permitted", About::Relay),
    ("relaying not permitted", About::Relay),
    ("unable to relay", About::Relay),
    // What the account may send: Amazon SES, Gmail, SendGrid, Mailgun.
    ("maximum sending rate exceeded", About::Relay),
    ("daily message quota exceeded", About::Relay),
    ("throttling failure", About::Relay),
    ("sending paused", About::Relay),
    ("daily user sending limit exceeded", About::Relay),
    ("daily user sending quota exceeded", About::Relay),
    ("daily sending quota exceeded", About::Relay),
    ("exceeded your messaging limits", About::Relay),
    ("maximum credits exceeded", About::Relay),
    ("account disabled", About::Relay),
    ("account suspended", About::Relay),
    ("account is suspended", About::Relay),
    // Login: Gmail, Exchange, Postfix.
    ("username and password not accepted", About::Relay),
    ("authentication unsuccessful", About::Relay),
    ("authentication credentials invalid", About::Relay),
    // One mailbox. Gmail words a busy one like a limit of ours, hence before those.
    ("user you are trying to contact", About::Recipient),
    ("email account that you tried to reach", About::Recipient),
    ("recipient address rejected", About::Recipient),
    ("user unknown", About::Recipient),
    ("unknown user", About::Recipient),
    ("no such user", About::Recipient),
    ("mailbox full", About::Recipient),
    ("mailbox unavailable", About::Recipient),
    ("over quota", About::Recipient),
    ("greylist", About::Recipient),
    ("graylist", About::Recipient),
    ("suppression list", About::Recipient),
    ("no valid recipients", About::Recipient),
    // The way to a domain: Exim, Postfix.
    ("unrouteable address", About::Destination),
    ("host or domain name not found", About::Destination),
    // Our reputation: Spamhaus and others through Postfix, Outlook, Yahoo, Gmail.
    ("blocked using", About::Relay),
    ("spamhaus", About::Relay),
    ("block list", About::Relay),
    ("blocklist", About::Relay),
    ("blacklist", About::Relay),
    ("banned sending ip", About::Relay),
    ("client host rejected", About::Relay),
    ("helo command rejected", About::Relay),
    ("[ts0", About::Relay),
    ("[tss0", About::Relay),
    ("unusual rate of unsolicited mail", About::Relay),
    ("too many connections", About::Relay),
    ("too many concurrent", About::Relay),
    ("rate limit", About::Relay),
    ("insufficient system storage", About::Relay),
    // The sender: Postfix, Exim, Exchange, Amazon SES, SendGrid, Mailgun.
    ("sender address rejected", About::Campaign),
    ("sender verify failed", About::Campaign),
    ("sender rejected", About::Campaign),
    ("sender not allowed", About::Campaign),
    ("email address is not verified", About::Campaign),
    ("verified sender identity", About::Campaign),
    ("send as this sender", About::Campaign),
    ("sendasdenied", About::Campaign),
    ("not owned by user", About::Campaign),
    ("is not allowed to send", About::Campaign),
    ("not authorized to send", About::Campaign),
    ("sandbox subdomains", About::Campaign),
    ("dmarc", About::Campaign),
    ("sender is unauthenticated", About::Campaign),
    ("spf check", About::Campaign),
    // The message: spam and virus filters, sizes.
    ("spam", About::Campaign),
    ("unsolicited mail", About::Campaign),
    ("content rejected", About::Campaign),
    ("virus", About::Campaign),
    ("message size exceeds", About::Campaign),
    ("message too big", About::Campaign),
    ("message file too big", About::Campaign),
];

/// Subject and detail of the enhanced code at the start of the text, if it is of the reply's class.
fn status(reply: &Reply) -> Option<(u16, u16)> {
    let (class, subject, detail) = reply.enhanced()?;
    (class == reply.code / 100).then_some((subject, detail))
}

fn by_status(stage: Stage, permanent: bool, subject: u16, detail: u16) -> Option<About> {
    let at_recipient = stage == Stage::Rcpt;
    Some(match (subject, detail) {
        (1, 7 | 8) | (3, 3 | 4) | (6, _) => About::Campaign,
        (1, 2 | 10) => About::Destination,
        (1 | 2, _) | (5, 3) => About::Recipient,
        // "Other or undefined": what filters and lookups say of one recipient, too.
        (3, 0) => return None,
        (3, _) | (4, 3 | 5) => About::Relay,
        (4, _) => About::Destination,
        (5, _) if at_recipient => About::Recipient,
        (5, _) => About::Relay,
        // Authentication of the sender's domain; Exchange's rights of a sender.
        (7, 20..=24 | 26 | 27 | 29 | 30 | 60 | 509 | 515 | 750) => About::Campaign,
        // Login, encryption, reverse DNS, floods; Exchange's bans of an address.
        (7, 8 | 9 | 11..=14 | 25 | 28 | 54 | 64 | 606..=649 | 708) => About::Relay,
        (7, _) if stage == Stage::Mail => About::Campaign,
        // The usual words of greylisting, without the word.
        (7, _) if !permanent => About::Recipient,
        (7, _) if stage == Stage::Message => About::Campaign,
        (7, _) => About::Relay,
        _ => return None,
    })
}

fn by_code(stage: Stage, code: u16) -> About {
    match (stage, code) {
        // Of all a RCPT says, only the address differs from one to the next.
        (Stage::Rcpt, 500 | 501) => About::Recipient,
        (_, 500 | 502..=504) => About::Relay,
        (Stage::Mail, _) => About::Campaign,
        (Stage::Rcpt, 521 | 556) => About::Destination,
        (Stage::Rcpt, 454 | 554 | 571) | (Stage::Data, _) => About::Relay,
        (Stage::Message, 500..) => About::Campaign,
        (Stage::Rcpt | Stage::Message, _) => About::Recipient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `STAGE CODE TEXT`, as it was said.
    #[track_caller]
    fn check(expected: About, said: &[(Stage, &str)]) {
        for (stage, line) in said {
            let (code, text) = line.split_once(' ').unwrap_or((line, ""));
            let reply = Reply { code: code.parse().unwrap(), text: text.to_owned() };
            assert_eq!(about(*stage, &reply), expected, "{stage:?}: {line}");
        }
    }

    #[test]
    fn what_is_about_one_mailbox() {
        check(
            About::Recipient,
            &[
                (Stage::Rcpt, "550 5.1.1 <a@x.org>: Recipient address rejected: User unknown"),
                (Stage::Rcpt, "550 No such user here"),
                (Stage::Rcpt, "450 4.2.0 <a@x.org>: Recipient address rejected: Greylisted"),
                (Stage::Rcpt, "451 4.7.1 Please try again later"),
                (Stage::Rcpt, "452 4.2.2 The email account that you tried to reach is over quota"),
                (
                    Stage::Rcpt,
                    "450 4.2.1 The user you are trying to contact is receiving mail at a rate \
                     that prevents additional messages",
                ),
                (Stage::Rcpt, "554 5.7.1 <a@x.org>: Recipient address rejected: Access denied"),
                (Stage::Rcpt, "501 5.1.3 Bad recipient address syntax"),
                (Stage::Rcpt, "555 5.5.2 Syntax error, cannot decode response"),
                (Stage::Rcpt, "550"),
                (Stage::Rcpt, "450 4.3.0 Error: command failed"),
                (Stage::Rcpt, "500 5.3.0 Error: command failed"),
                (Stage::Message, "451 4.7.1 try again in five minutes"),
                (Stage::Message, "550 5.2.2 mailbox is full"),
                (Stage::Data, "554 5.5.1 Error: no valid recipients"),
            ],
        );
    }

    #[test]
    fn what_is_about_a_domain() {
        check(
            About::Destination,
            &[
                (Stage::Rcpt, "550 Unrouteable address"),
                (Stage::Rcpt, "550 5.1.2 bad destination system address"),
                (Stage::Rcpt, "556 5.1.10 recipient's domain takes no mail"),
                (Stage::Rcpt, "450 4.4.1 no answer from host"),
                (Stage::Rcpt, "521 x.org does not accept mail"),
            ],
        );
    }

    #[test]
    fn what_is_about_the_sender_or_the_message() {
        check(
            About::Campaign,
            &[
                (Stage::Mail, "550 5.7.1 sender not allowed"),
                (Stage::Mail, "553 no"),
                (Stage::Rcpt, "450 4.1.8 <a@y.org>: Sender address rejected: Domain not found"),
                (Stage::Rcpt, "553 5.7.1 <a@y.org>: Sender address rejected: not owned by user b"),
                (Stage::Rcpt, "550 Sender verify failed"),
                (
                    Stage::Message,
                    "554 Message rejected: Email address is not verified. The following \
                     identities failed the check in region EU-WEST-1: a@y.org",
                ),
                (
                    Stage::Message,
                    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
                ),
                (Stage::Message, "550 The from address does not match a verified Sender Identity."),
                (
                    Stage::Message,
                    "550 5.7.26 Unauthenticated email from y.org is not accepted due to domain's \
                     DMARC policy",
                ),
                (
                    Stage::Message,
                    "550 5.7.515 Access denied, sending domain does not meet the required level",
                ),
                (Stage::Message, "554 5.7.1 Spam message rejected"),
                (Stage::Message, "552 5.3.4 Message size exceeds fixed limit"),
                (Stage::Message, "554 Transaction failed"),
                (Stage::Mail, "552 too much mail data"),
            ],
        );
    }

    #[test]
    fn what_is_about_us() {
        check(
            About::Relay,
            &[
                (Stage::Rcpt, "554 5.7.1 <a@x.org>: Relay access denied"),
                (Stage::Rcpt, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"),
                (Stage::Rcpt, "550 relay not permitted"),
                (Stage::Rcpt, "550 5.7.1 Relaying denied"),
                (Stage::Message, "454 Throttling failure: Maximum sending rate exceeded."),
                (Stage::Message, "454 Throttling failure: Daily message quota exceeded."),
                (Stage::Message, "550 5.4.5 Daily user sending limit exceeded."),
                (Stage::Message, "451 You've exceeded your messaging limits"),
                (Stage::Mail, "530 5.7.0 Authentication required"),
                (Stage::Mail, "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred"),
                (
                    Stage::Rcpt,
                    "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please \
                     contact your Internet service provider since part of their network is on \
                     our block list (S3140).",
                ),
                (
                    Stage::Rcpt,
                    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using \
                     zen.spamhaus.org",
                ),
                (Stage::Rcpt, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]"),
                (Stage::Rcpt, "452 4.3.1 Insufficient system storage"),
                (Stage::Rcpt, "554"),
                (Stage::Data, "500 5.3.0 Error: command failed"),
                (Stage::Rcpt, "503 bad sequence of commands"),
            ],
        );
    }

    #[test]
    fn what_could_be_anything() {
        check(
            About::Unclear,
            &[
                (Stage::Rcpt, "421 4.7.0 closing"),
                (Stage::Data, "421"),
                (Stage::Rcpt, "530 5.7.1 login first"),
                (Stage::Message, "535 5.7.8 no"),
            ],
        );
    }
}
