//! Keeps what is said in one conversation, for people who look for a mistake in their settings.
//!
//! Invariants: no password is kept, in whatever form it was sent or comes back; what is kept is bounded
//! and has no control characters. A conversation without a recorder pays for none of it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::smtp::reply_reader::ReceivedReply;

/// Lines that are kept of a conversation.
const MOST_LINES: usize = 200;
/// Characters that are kept of a line.
const MOST_CHARS: usize = 300;
/// In place of what must not be seen.
const HIDDEN: &str = "(hidden)";
/// Words shorter than this are not looked for in what a relay says: they could be any.
const SHORTEST_HIDDEN: usize = 4;

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    Pharos,
    Relay,
    /// Nobody's: what happened between two lines.
    Note,
}

/// A line of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenLine {
    pub speaker: Speaker,
    pub text: String,
    /// Time since the line before.
    pub after: Duration,
}

/// How far a conversation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayStep {
    Connection,
    Greeting,
    Hello,
    Encryption,
    Login,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA and the message itself.
    Message,
    Goodbye,
}

#[derive(Debug)]
pub(crate) struct Recorder(Mutex<Recording>);

#[derive(Debug)]
struct Recording {
    lines: Vec<SpokenLine>,
    last: Instant,
    step: RelayStep,
    /// What was said and not answered yet, the oldest first.
    unanswered: VecDeque<RelayStep>,
    refused: Option<(RelayStep, u16)>,
    is_login: bool,
    is_message: bool,
    hidden: Vec<String>,
}

impl Recorder {
    /// `password` is never kept.
    pub(crate) fn new(password: Option<&str>) -> Self {
        Self(Mutex::new(Recording {
            lines: Vec::new(),
            last: Instant::now(),
            step: RelayStep::Connection,
            unanswered: VecDeque::new(),
            refused: None,
            is_login: false,
            is_message: false,
            hidden: password.map(ToOwned::to_owned).into_iter().collect(),
        }))
    }

    /// A step that is no command begins, or was made.
    pub(crate) fn note(&self, step: RelayStep, text: &str) {
        let mut recording = self.locked();
        recording.step = step;
        recording.add(Speaker::Note, text);
    }

    /// The server speaks first.
    pub(crate) fn expects_greeting(&self) {
        self.locked().unanswered.push_back(RelayStep::Greeting);
    }

    pub(crate) fn sent(&self, bytes: &[u8]) {
        let mut recording = self.locked();
        if recording.is_message && bytes != b".\r\n" {
            recording.unanswered.push_back(RelayStep::Message);
            recording.add(Speaker::Pharos, &format!("(the message, {} bytes)", bytes.len()));
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        for line in text.split_terminator("\r\n") {
            recording.command(line);
        }
    }

    pub(crate) fn received(&self, reply: &ReceivedReply) {
        let mut recording = self.locked();
        let step = recording.unanswered.pop_front().unwrap_or(recording.step);
        recording.step = step;
        recording.is_login &= reply.code == 334;
        recording.is_message = reply.code == 354;
        match (reply.code / 100, recording.refused) {
            // Said again in another way, such as HELO in place of EHLO.
            (2 | 3, Some((refused, _))) if refused == step => recording.refused = None,
            (4 | 5, None) => recording.refused = Some((step, reply.code)),
            _ => {}
        }
        let last = reply.lines.len().saturating_sub(1);
        for (index, line) in reply.lines.iter().enumerate() {
            let between = if index == last { ' ' } else { '-' };
            let line = recording.without_hidden(line);
            recording.add(Speaker::Relay, &format!("{}{between}{line}", reply.code));
        }
        if reply.lines.is_empty() {
            recording.add(Speaker::Relay, &reply.code.to_string());
        }
    }

    /// No reply came.
    pub(crate) fn failed(&self, what: &str) {
        let mut recording = self.locked();
        if let Some(step) = recording.unanswered.front().copied() {
            recording.step = step;
        }
        recording.add(Speaker::Note, what);
    }

    /// What was said so far, at which step it stands, and which reply refused.
    pub(crate) fn take(&self) -> (Vec<SpokenLine>, RelayStep, Option<u16>) {
        let mut recording = self.locked();
        let (step, code) = match recording.refused {
            Some((step, code)) => (step, Some(code)),
            None => (recording.step, None),
        };
        (std::mem::take(&mut recording.lines), step, code)
    }

    fn locked(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recording {
    fn command(&mut self, line: &str) {
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        let step = match verb {
            _ if self.is_login => RelayStep::Login,
            "EHLO" | "HELO" => RelayStep::Hello,
            "STARTTLS" => RelayStep::Encryption,
            "AUTH" => RelayStep::Login,
            "MAIL" => RelayStep::Sender,
            "RCPT" => RelayStep::Recipient,
            "QUIT" => RelayStep::Goodbye,
            _ => RelayStep::Message,
        };
        self.unanswered.push_back(step);
        if step != RelayStep::Login {
            self.add(Speaker::Pharos, line);
            return;
        }
        // `AUTH PLAIN` and its mechanism may be seen; what stands behind it, and the answers to the
        // server's questions, may not.
        let seen = if self.is_login { 0 } else { 2 };
        self.is_login = true;
        let words: Vec<&str> = line.split(' ').collect();
        self.hidden.extend(words.iter().skip(seen).map(|word| (*word).to_owned()));
        let mut text = words.iter().take(seen).copied().collect::<Vec<_>>().join(" ");
        if words.len() > seen {
            let space = if text.is_empty() { "" } else { " " };
            text = format!("{text}{space}{HIDDEN}");
        }
        self.add(Speaker::Pharos, &text);
    }

    fn without_hidden(&self, line: &str) -> String {
        let hidden = self.hidden.iter().filter(|it| it.len() >= SHORTEST_HIDDEN);
        hidden.fold(line.to_owned(), |line, word| line.replace(word.as_str(), HIDDEN))
    }

    fn add(&mut self, speaker: Speaker, text: &str) {
        let now = Instant::now();
        let after = now.duration_since(self.last);
        self.last = now;
        if self.lines.len() >= MOST_LINES {
            return;
        }
        let shown = |letter: char| if letter.is_control() { ' ' } else { letter };
        let mut kept: String = text.trim_end().chars().take(MOST_CHARS).map(shown).collect();
        if text.trim_end().chars().nth(MOST_CHARS).is_some() {
            kept.push('…');
        }
        self.lines.push(SpokenLine { speaker, text: kept, after });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, lines: &[&str]) -> ReceivedReply {
        ReceivedReply { code, lines: lines.iter().map(ToString::to_string).collect() }
    }

    fn texts(recorder: &Recorder) -> (Vec<String>, RelayStep, Option<u16>) {
        let (lines, step, code) = recorder.take();
        (lines.into_iter().map(|line| line.text).collect(), step, code)
    }

    #[tokio::test]
    async fn a_password_is_seen_in_no_form() {
        let recorder = Recorder::new(Some("s3cret"));
        recorder.sent(b"AUTH LOGIN\r\n");
        recorder.received(&reply(334, &["VXNlcm5hbWU6"]));
        recorder.sent(b"YW5u\r\n");
        recorder.received(&reply(334, &["UGFzc3dvcmQ6"]));
        recorder.sent(b"czNjcmV0\r\n");
        recorder.received(&reply(535, &["no: s3cret, sent as czNjcmV0"]));
        recorder.sent(b"AUTH PLAIN AGFubgBzM2NyZXQ=\r\n");
        recorder.received(&reply(535, &["5.7.8 AGFubgBzM2NyZXQ= is wrong"]));
        recorder.sent(b"QUIT\r\n");
        let (lines, step, code) = texts(&recorder);
        let expected = [
            "AUTH LOGIN",
            "334 VXNlcm5hbWU6",
            "(hidden)",
            "334 UGFzc3dvcmQ6",
            "(hidden)",
            "535 no: (hidden), sent as (hidden)",
            "AUTH PLAIN (hidden)",
            "535 5.7.8 (hidden) is wrong",
            "QUIT",
        ];
        assert_eq!(lines, expected);
        assert_eq!((step, code), (RelayStep::Login, Some(535)));
    }

    #[tokio::test]
    async fn a_refusal_is_about_the_command_that_it_answers() {
        let recorder = Recorder::new(None);
        recorder.expects_greeting();
        recorder.received(&reply(220, &["relay"]));
        recorder.sent(b"EHLO me\r\n");
        recorder.received(&reply(502, &["what?"]));
        recorder.sent(b"HELO me\r\n");
        recorder.received(&reply(250, &["relay", "hello"]));
        recorder.sent(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
        recorder.received(&reply(250, &[]));
        recorder.received(&reply(550, &["no such user"]));
        recorder.received(&reply(354, &["go on"]));
        recorder.sent(b".\r\n");
        recorder.received(&reply(554, &["no valid recipients"]));
        let (lines, step, code) = texts(&recorder);
        assert_eq!((step, code), (RelayStep::Recipient, Some(550)));
        assert_eq!(lines[4..6], ["250-relay", "250 hello"]);
        assert!(lines.contains(&".".to_owned()), "{lines:?}");
    }

    #[tokio::test]
    async fn a_message_is_told_by_its_size_and_everything_is_bounded() {
        let recorder = Recorder::new(None);
        recorder.sent(b"DATA\r\n");
        recorder.received(&reply(354, &[]));
        let message = b"Subject: x\r\n\r\nMAIL FROM:<no@command.example>\r\n.\r\n";
        recorder.sent(message);
        recorder.failed("closed\u{7}");
        recorder.received(&reply(250, &[&"x".repeat(1_000)]));
        for _ in 0..1_000 {
            recorder.note(RelayStep::Connection, "again");
        }
        let (lines, ..) = texts(&recorder);
        assert_eq!(lines.len(), MOST_LINES);
        assert_eq!(lines[2], format!("(the message, {} bytes)", message.len()));
        assert_eq!(lines[3], "closed ");
        assert_eq!(lines[4].chars().count(), MOST_CHARS + 1);
    }
}
