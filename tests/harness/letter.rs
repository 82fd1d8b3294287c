//! A received message, read back by a parser that is not ours.

use mail_parser::{MessageParser, MimeHeaders as _};

/// What a reader finds in a message.
#[derive(Debug, Clone)]
pub struct Letter {
    pub to: String,
    pub from: String,
    pub subject: String,
    pub message_id: String,
    pub html: String,
    pub text: String,
    pub unsubscribe: String,
    pub one_click: Option<String>,
    pub parts: usize,
}

impl Letter {
    /// Parses a raw message; panics with the reason when it is not what a campaign sends.
    pub fn parse(raw: &[u8]) -> Self {
        let message = MessageParser::new().parse(raw).expect("a message");
        let address = |list: Option<&mail_parser::Address<'_>>| {
            list.and_then(|list| list.first())
                .and_then(|one| one.address())
                .unwrap_or_default()
                .to_owned()
        };
        let raw_header = |name: &str| message.header_raw(name).map(|value| value.trim().to_owned());
        let list_unsubscribe = raw_header("List-Unsubscribe").expect("List-Unsubscribe");
        assert!(message.content_type().is_some_and(|kind| kind.subtype() == Some("alternative")));
        Self {
            to: address(message.to()),
            from: address(message.from()),
            subject: message.subject().expect("a subject").to_owned(),
            message_id: message.message_id().expect("a Message-ID").to_owned(),
            html: message.body_html(0).expect("an HTML part").into_owned(),
            text: message.body_text(0).expect("a text part").into_owned(),
            unsubscribe: list_unsubscribe.trim_matches(['<', '>']).to_owned(),
            one_click: raw_header("List-Unsubscribe-Post"),
            parts: message.parts.len(),
        }
    }

    pub fn pixel(&self) -> String {
        self.urls("src=\"").into_iter().find(|url| url.contains("/o/")).expect("a pixel")
    }

    pub fn links(&self) -> Vec<String> {
        self.urls("href=\"").into_iter().filter(|url| url.contains("/c/")).collect()
    }

    pub fn page(&self) -> String {
        self.urls("href=\"").into_iter().find(|url| url.contains("/v/")).expect("a browser link")
    }

    /// Where its reader says what may be recorded.
    pub fn tracking(&self) -> String {
        self.urls("href=\"").into_iter().find(|url| url.contains("/t/")).expect("a tracking link")
    }

    fn urls(&self, name: &str) -> Vec<String> {
        let values = self.html.split(name).skip(1);
        values.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    }
}
