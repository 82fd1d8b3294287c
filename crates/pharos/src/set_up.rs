//! What an installation is set up with: the values that stand in the configuration file, and whom to ask
//! whether they are right.

use std::sync::Arc;

use actions::{
    ConversationLine, DomainProbe, FixedValue, LineOf, Probing, RelayProbe, RelayReport, SetUp,
};
use campaign::{DomainRecords, DomainWish};
use mailer::{Relay, Speaker, Tls};
use model::{EmailAddress, Timestamp};

use crate::config::Config;
use crate::resolver::resolver;

/// What the set-up of this installation shows and asks with.
pub(crate) fn set_up(config: &Config) -> anyhow::Result<SetUp> {
    let value = |name, key, value: &str| FixedValue { name, key, value: value.to_owned() };
    let (sender, relay) = (&config.sender, &config.relay);
    let from = match &config.return_path {
        Some(address) => address.clone(),
        None => EmailAddress::parse(&format!("postmaster@{}", sender.domain))?,
    };
    let tls = match relay.tls {
        Tls::None => "none: not encrypted",
        Tls::StartTls => "starttls: encrypted after a greeting",
        Tls::Implicit => "implicit: encrypted from the first byte",
    };
    let login = relay.auth.as_ref().map_or("none", |(user, _)| user);
    let return_path =
        config.return_path.as_ref().map_or("to each announcement’s From", |it| it.as_str());
    let file = config.file.file_name().map_or_else(
        || config.file.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    );
    let config = Arc::new(config.clone());
    Ok(SetUp {
        file,
        sender: vec![
            value("Organisation", "organisation.name", &sender.organisation),
            value("Postal address", "organisation.postal_address", &sender.postal_address),
            value("Domain", "organisation.domain", &sender.domain),
            value("Links and pixels lead to", "public.beacon_url", &sender.beacon_url),
            value("Recipients’ pages are at", "public.web_url", &sender.web_url),
        ],
        relay: vec![
            value("Host", "relay.host", &relay.host),
            value("Port", "relay.port", &relay.port.to_string()),
            value("Encryption", "relay.tls", tls),
            value("User name", "relay.username", login),
            value("We call ourselves", "relay.hello_name", &relay.hello_name),
            value("Bounces go to", "relay.return_path", return_path),
        ],
        from,
        relay_probe: Box::new(ConfiguredRelay(Arc::clone(&config))),
        domain_probe: Box::new(ConfiguredDomain(config)),
    })
}

/// The relay of the configuration.
struct ConfiguredRelay(Arc<Config>);

impl RelayProbe for ConfiguredRelay {
    fn send<'p>(
        &'p self,
        from: &'p EmailAddress,
        to: &'p EmailAddress,
        at: Timestamp,
    ) -> Probing<'p, RelayReport> {
        Box::pin(async move { report(&self.0.relay, from, to, at).await })
    }
}

async fn report(
    relay: &Relay,
    from: &EmailAddress,
    to: &EmailAddress,
    at: Timestamp,
) -> RelayReport {
    let message = message(from, to, at);
    let test = mailer::relay_test(relay, from, to, message.as_bytes()).await;
    let line = |line: mailer::SpokenLine| ConversationLine {
        of: match line.speaker {
            Speaker::Pharos => LineOf::Pharos,
            Speaker::Relay => LineOf::Relay,
            Speaker::Note => LineOf::Note,
        },
        text: line.text,
        after: line.after,
    };
    let place = format!("{}:{}", relay.host, relay.port);
    RelayReport {
        is_accepted: test.outcome.is_ok(),
        result: match test.outcome {
            Ok(reply) => format!("accepted by {place}: {reply}"),
            Err(error) => error.to_string(),
        },
        meaning: test.meaning,
        conversation: test.conversation.into_iter().map(line).collect(),
        took: test.took,
    }
}

/// Lines end as SMTP wants it, and none begins with a dot.
fn message(from: &EmailAddress, to: &EmailAddress, at: Timestamp) -> String {
    let domain = from.as_str().rsplit('@').next().unwrap_or_default();
    format!(
        "From: Pharos <{from}>\r\n\
         To: <{to}>\r\n\
         Subject: Test message from Pharos\r\n\
         Date: {}\r\n\
         Message-ID: <relay-test.{}@{domain}>\r\n\
         Auto-Submitted: auto-generated\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         \r\n\
         The relay works: this message has come through it.\r\n\
         \r\n\
         Its headers also say whether SPF, DKIM and DMARC pass (Authentication-Results).\r\n",
        at.rfc5322(),
        at.0,
    )
}

/// The sender's domain of the configuration.
struct ConfiguredDomain(Arc<Config>);

impl DomainProbe for ConfiguredDomain {
    fn look<'p>(&'p self, selector: &'p str) -> Probing<'p, DomainRecords> {
        Box::pin(async move {
            let config = &*self.0;
            let envelope = config.return_path.as_ref().map(EmailAddress::as_str);
            let envelope = envelope.and_then(|it| it.rsplit('@').next());
            let wish = DomainWish {
                domain: &config.sender.domain,
                envelope_domain: envelope.unwrap_or(&config.sender.domain),
                relay_host: &config.relay.host,
                hello_name: &config.relay.hello_name,
                selector,
            };
            let resolver = resolver(config).map_err(|why| why.to_string());
            campaign::domain_records(resolver.as_ref().map_err(Clone::clone), wish).await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{STANDALONE, parse};

    #[test]
    fn a_test_message_can_be_sent_as_it_is() {
        let address = |text: &str| EmailAddress::parse(text).unwrap();
        let at = Timestamp(1_795_428_245_000_000);
        let text = message(&address("postmaster@aurora.example"), &address("ann@x.org"), at);
        assert!(text.is_ascii() && text.ends_with("\r\n"), "{text}");
        let bare = text.replace("\r\n", "").contains(['\r', '\n']);
        assert!(!bare && !text.contains("\r\n."), "{text}");
        let parsed = mail_parser::MessageParser::new().parse(text.as_bytes()).unwrap();
        assert_eq!(parsed.subject(), Some("Test message from Pharos"));
        assert!(parsed.date().is_some() && parsed.message_id().is_some());
    }

    #[test]
    fn each_value_is_shown_with_its_key_and_no_password_is() {
        let text = STANDALONE.replace("# return_path", "return_path");
        let mut config = parse(Path::new("/etc/pharos/pharos.toml"), &text).unwrap();
        config.relay.auth = Some(("ann".into(), "s3cret".into()));
        let shown = set_up(&config).unwrap();
        assert_eq!(
            (shown.file.as_str(), shown.from.as_str()),
            ("pharos.toml", "bounces@aurora.example")
        );
        let values: Vec<&FixedValue> = shown.sender.iter().chain(&shown.relay).collect();
        for value in &values {
            let (table, key) = value.key.split_once('.').unwrap();
            let is_there =
                text.contains(&format!("[{table}]")) && text.contains(&format!("{key} = "));
            assert!(is_there, "{} stands in the example", value.key);
        }
        assert!(values.iter().all(|it| !it.value.is_empty() && !it.value.contains("s3cret")));
    }
}
