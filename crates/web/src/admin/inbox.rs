//! Messages caught on this computer, kept in memory to be looked at.
//!
//! Invariants: bounded by count and by bytes; the oldest are dropped to make room, and counted; a
//! message's number never changes and is never reused. Nothing is parsed before somebody looks at
//! it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mail_parser::{Address, MessageParser};

/// The newest caught messages, shared between the catcher and the pages.
#[derive(Debug)]
pub struct Inbox {
    max_messages: usize,
    max_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    messages: VecDeque<Arc<[u8]>>,
    bytes: usize,
    dropped: u64,
}

/// A caught message and its number, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    pub number: u64,
    /// The whole message as it came.
    pub raw: Arc<[u8]>,
}

/// What the inbox holds, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Messages it has now.
    pub messages: u64,
    /// Messages that have made room for newer ones.
    pub dropped: u64,
    /// Bytes of the messages it has now.
    pub bytes: usize,
}

impl Inbox {
    /// An empty inbox for at most this many messages and bytes.
    #[must_use]
    pub fn new(max_messages: usize, max_bytes: usize) -> Self {
        Self { max_messages, max_bytes, kept: Mutex::default() }
    }

    /// Adds a message and returns its number; the oldest are dropped if there is no room. A message
    /// larger than the whole inbox is counted as dropped at once.
    pub fn push(&self, raw: impl Into<Arc<[u8]>>) -> u64 {
        let raw = raw.into();
        let mut kept = self.kept();
        kept.bytes += raw.len();
        kept.messages.push_back(raw);
        let number = kept.last();
        while kept.messages.len() > self.max_messages || kept.bytes > self.max_bytes {
            let Some(oldest) = kept.messages.pop_front() else { break };
            kept.bytes -= oldest.len();
            kept.dropped += 1;
        }
        number
    }

    /// How much there is.
    #[must_use]
    pub fn holding(&self) -> Holding {
        let kept = self.kept();
        Holding { messages: kept.last() - kept.dropped, dropped: kept.dropped, bytes: kept.bytes }
    }

    /// At most `limit` messages, newest first, with numbers below `before`, or from the newest.
    #[must_use]
    pub fn list(&self, before: Option<u64>, limit: usize) -> Vec<Caught> {
        let kept = self.kept();
        let end = before.unwrap_or(u64::MAX).min(kept.last() + 1);
        (kept.dropped + 1..end).rev().take(limit).filter_map(|number| kept.find(number)).collect()
    }

    /// The message with this number, if it is still there.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<Caught> {
        self.kept().find(number)
    }

    /// Every change leaves the counts consistent, so the state that a panicking thread left is
    /// still good.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn last(&self) -> u64 {
        self.dropped + u64::try_from(self.messages.len()).unwrap_or(u64::MAX)
    }

    fn find(&self, number: u64) -> Option<Caught> {
        let index = usize::try_from(number.checked_sub(self.dropped + 1)?).ok()?;
        let raw = self.messages.get(index)?;
        Some(Caught { number, raw: Arc::clone(raw) })
    }
}

/// What a reader sees of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) subject: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) date: String,
    pub(crate) html: Option<String>,
    pub(crate) text: String,
}

impl Seen {
    /// Parses a message; whatever it lacks is shown as missing.
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let Some(message) = MessageParser::default().parse(raw) else {
            return Self {
                subject: "(not a message)".to_owned(),
                from: String::new(),
                to: String::new(),
                date: String::new(),
                html: None,
                text: String::new(),
            };
        };
        // body_html makes HTML out of text when there is no HTML part; that would hide its lack.
        let has_html = message.html_bodies().any(mail_parser::MessagePart::is_text_html);
        let html = if has_html { message.body_html(0) } else { None };
        Self {
            subject: message
                .subject()
                .filter(|it| !it.trim().is_empty())
                .unwrap_or("(no subject)")
                .to_owned(),
            from: addresses(message.from()),
            to: addresses(message.to()),
            date: message.date().map(mail_parser::DateTime::to_rfc3339).unwrap_or_default(),
            html: html.map(std::borrow::Cow::into_owned),
            text: message.body_text(0).map(std::borrow::Cow::into_owned).unwrap_or_default(),
        }
    }
}

fn addresses(list: Option<&Address<'_>>) -> String {
    let one = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (None, Some(address)) => address.to_owned(),
        (Some(name), None) => name.to_owned(),
        (None, None) => String::new(),
    };
    list.map(|list| list.iter().map(one).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(inbox: &Inbox, before: Option<u64>) -> Vec<u64> {
        inbox.list(before, 2).iter().map(|caught| caught.number).collect()
    }

    #[test]
    fn the_oldest_make_room_and_are_counted() {
        let inbox = Inbox::new(3, 1_000);
        for _ in 0..5 {
            inbox.push(vec![b'x'; 10]);
        }
        assert_eq!(inbox.holding(), Holding { messages: 3, dropped: 2, bytes: 30 });
        assert_eq!(numbers(&inbox, None), [5, 4]);
        assert_eq!(numbers(&inbox, Some(4)), [3]);
        assert!(inbox.get(2).is_none() && inbox.get(3).is_some() && inbox.get(0).is_none());
    }

    #[test]
    fn bytes_are_bounded_too() {
        let inbox = Inbox::new(100, 25);
        let last = (0..4).map(|_| inbox.push(vec![b'x'; 10])).last();
        assert_eq!(inbox.holding(), Holding { messages: 2, dropped: 2, bytes: 20 });
        assert!(inbox.get(last.unwrap()).is_some());
        inbox.push(vec![b'x'; 26]);
        assert_eq!(inbox.holding(), Holding { messages: 0, dropped: 5, bytes: 0 });
    }

    #[test]
    fn a_message_without_html_says_so() {
        let seen = Seen::parse(
            b"From: Ann <ann@example.com>\r\nTo: bob@example.com\r\nSubject: Hi\r\n\r\nText.\r\n",
        );
        assert_eq!((seen.html, seen.text.trim()), (None, "Text."));
        assert_eq!(seen.from, "Ann <ann@example.com>");
    }
}
