//! Sends one message and keeps the conversation: for somebody who sets up a relay, or looks for what is
//! wrong with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::EmailAddress;

use crate::relay::send_one::{SendError, exchange};
use crate::settings::{Relay, Tls};
use crate::smtp::recorder::{Recorder, RelayStep, SpokenLine};
use crate::smtp::reply::Reply;

/// What came of a test of the relay.
#[derive(Debug)]
pub struct RelayTest {
    pub outcome: Result<Reply, SendError>,
    /// Line by line, without passwords.
    pub conversation: Vec<SpokenLine>,
    pub took: Duration,
    /// At which step it failed; the last one when it did not.
    pub step: RelayStep,
    /// What that means, and what to do, in plain words.
    pub meaning: String,
}

/// Sends one finished message, as [`crate::send_one`] does, and keeps what is said.
pub async fn relay_test(
    relay: &Relay,
    from: &EmailAddress,
    to: &EmailAddress,
    message: &[u8],
) -> RelayTest {
    let password = relay.auth.as_ref().map(|(_, password)| password.as_str());
    let recorder = Arc::new(Recorder::new(password));
    let begun = Instant::now();
    let outcome = exchange(relay, (from, to), message, Some(&recorder)).await;
    let took = begun.elapsed();
    let (conversation, step, code) = recorder.take();
    let meaning = match &outcome {
        Ok(_) => {
            "The relay has taken the message and delivers it from here on. Look for it in the \
            mailbox, also among the spam."
                .to_owned()
        }
        Err(SendError::Tls(_)) => encryption(relay),
        Err(SendError::InDoubt(_)) => {
            "The connection was lost when the message had been sent, so it \
            may have arrived. Look into the mailbox before you try again."
                .to_owned()
        }
        Err(SendError::NotAscii) => {
            "The message itself is wrong; this is a mistake in Pharos.".to_owned()
        }
        Err(SendError::Relay(what)) => meaning(relay, step, code, what),
        Err(SendError::Refused(reply)) => meaning(relay, step, Some(reply.code), ""),
    };
    RelayTest { outcome, conversation, took, step, meaning }
}

/// What a failure at this step means. `what` is our own description of it.
fn meaning(relay: &Relay, step: RelayStep, code: Option<u16>, what: &str) -> String {
    let for_now = code.is_some_and(|code| code / 100 == 4);
    let text = match step {
        RelayStep::Connection => return connection(relay, what),
        RelayStep::Encryption => return encryption(relay),
        _ if for_now => {
            "The relay refuses for now (4xx): it is busy, limits how much we send, or lets strangers \
             wait on purpose. Try again in a few minutes."
        }
        RelayStep::Greeting => {
            "Something takes the connection there and does not greet as a mail server does. Usually \
             the port and `relay.tls` do not fit: 465 goes with \"implicit\", 587 and 25 with \
             \"starttls\"."
        }
        RelayStep::Hello => {
            "The relay does not like the name that we give ourselves. Set `relay.hello_name` to one \
             that leads to this machine in DNS."
        }
        RelayStep::Login => match code {
            Some(535) => {
                "The relay does not know this user name with this password. Many providers want an \
                 application password or an API key there, not the password of the account. See \
                 `relay.username` and `relay.password_file`."
            }
            _ => {
                "The relay does not let us log in like this. It may want encryption first \
                 (`relay.tls`), or not know our ways, PLAIN and LOGIN."
            }
        },
        RelayStep::Sender if matches!(code, Some(530 | 535)) => NEEDS_LOGIN,
        RelayStep::Sender => {
            "The relay does not send for this sender. Its operator has to know your domain or this \
             address: verify it there, or send from another address."
        }
        RelayStep::Recipient if relay.auth.is_none() => {
            "The relay does not take mail for this recipient from us. It may want a login \
             (`relay.username`), or this machine's address among those it relays for; or nobody has \
             that address."
        }
        RelayStep::Recipient => {
            "The relay does not take mail for this recipient: nobody has that address, or your account \
             may only write to addresses that were verified."
        }
        RelayStep::Message | RelayStep::Goodbye if code.is_some() => {
            "The relay has looked at the message and does not take it: a content filter, a limit of \
             its own, or a sender whose domain is not verified. Its reply says which."
        }
        RelayStep::Message | RelayStep::Goodbye => {
            "The connection broke before the message was over, so it was not sent. Try again; when \
             that goes on, look into the relay's log."
        }
    };
    text.to_owned()
}

const NEEDS_LOGIN: &str = "The relay wants a login before it takes mail. Set `relay.username` and \
    `relay.password_file`.";

fn connection(relay: &Relay, what: &str) -> String {
    if what.contains("look up") || what.contains("looking up") {
        return format!(
            "No address is known for {}. Is `relay.host` spelled right, and does DNS work on this \
             machine?",
            relay.host
        );
    }
    if what.contains("refused") {
        return format!(
            "The machine is there, and nothing listens on port {}. Is `relay.port` right (587 and 465 \
             for customers, 25 between servers), and is the mail server running?",
            relay.port
        );
    }
    format!(
        "Nothing answers at {} on port {}: a firewall may stand between. Many hosts close port 25; \
         providers also listen on 587.",
        relay.host, relay.port
    )
}

fn encryption(relay: &Relay) -> String {
    let other = match relay.tls {
        Tls::Implicit => "\"starttls\" (ports 587 and 25)",
        Tls::StartTls | Tls::None => "\"implicit\" (port 465)",
    };
    format!(
        "No encryption comes about, and nothing is sent without. Perhaps this port wants `relay.tls` = \
         {other}; a certificate of your own belongs into `relay.ca_file`, and its name must be the one \
         in `relay.host`."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(auth: bool) -> Relay {
        let limit = Duration::from_secs(1);
        Relay {
            host: "relay.example".to_owned(),
            port: 25,
            tls: Tls::StartTls,
            auth: auth.then(|| ("ann".to_owned(), "s3cret".to_owned())),
            hello_name: "me.example".to_owned(),
            connections: 1,
            messages_per_connection: 1,
            connect_timeout: limit,
            reply_timeout: limit,
            data_timeout: limit,
            ca_file: None,
        }
    }

    #[test]
    fn each_failure_says_what_to_look_at() {
        use RelayStep::{
            Connection, Encryption, Greeting, Hello, Login, Message, Recipient, Sender,
        };
        let said = |step, code, what| meaning(&relay(false), step, code, what);
        for (step, code, what, part) in [
            (Connection, None, "can't look up relay.example: no", "relay.host"),
            (Connection, None, "can't connect: Connection refused", "relay.port"),
            (Connection, None, "can't connect: no answer within 1s", "firewall"),
            (Greeting, None, "no greeting", "implicit"),
            (Hello, Some(550), "", "relay.hello_name"),
            (Encryption, None, "no TLS", "relay.ca_file"),
            (Login, Some(535), "", "relay.password_file"),
            (Login, Some(504), "", "PLAIN"),
            (Login, Some(454), "", "for now"),
            (Sender, Some(530), "", "login before"),
            (Sender, Some(553), "", "verify"),
            (Recipient, Some(554), "", "login"),
            (Recipient, Some(451), "", "for now"),
            (Message, Some(554), "", "content filter"),
            (Message, None, "", "was not sent"),
        ] {
            let text = said(step, code, what);
            assert!(text.contains(part), "{step:?} {code:?}: {text}");
        }
        assert!(!meaning(&relay(true), Recipient, Some(550), "").contains("login"));
    }
}
