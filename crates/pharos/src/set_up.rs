//! What an installation is set up with: the values of the configuration file and of the store, and whom
//! to ask whether they are right.

use std::sync::Arc;

use actions::{
    ConversationLine, DomainProbe, KeptSettings, LineOf, Probing, RelayProbe, RelayReport, SetUp,
    SettingKey, SettingOrigin, SettingProblem, SettingsInUse, SettingsSection, SettingsSource,
    ShownSetting,
};
use campaign::{DomainRecords, DomainWish};
use mailer::{Relay, Speaker, Tls};
use model::{EmailAddress, Timestamp};

use crate::config::Config;
use crate::relay_sender::RelaySender;
use crate::resolver::resolver;

/// The settings of this installation: what stands in its file, and in the store what does not.
pub(crate) struct InstalledSettings(pub Config);

impl SettingsSource for InstalledSettings {
    fn in_use(&self, kept: &KeptSettings) -> SettingsInUse {
        let config = self.0.in_use(kept);
        SettingsInUse {
            sender: Arc::new(config.sender.clone()),
            relay: Arc::new(RelaySender::new(&config)),
            lacks: config.lacks.clone(),
            trouble: config.trouble.clone(),
            kept: kept.clone(),
            set_up: Arc::new(set_up(config)),
        }
    }

    fn check(&self, kept: &KeptSettings) -> Result<(), SettingProblem> {
        self.0.check(kept)
    }
}

/// What the set-up of this installation shows and asks with.
fn set_up(config: Config) -> SetUp {
    let from = match &config.return_path {
        Some(address) => Some(address.clone()),
        None if config.lacks.contains(&SettingKey::Domain) => None,
        None => EmailAddress::parse(&format!("postmaster@{}", config.sender.domain)).ok(),
    };
    let file = config.file.file_name().map_or_else(
        || config.file.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    );
    let public = |name, file_key, value: &str| ShownSetting {
        key: None,
        name,
        file_key,
        value: value.to_owned(),
        typed: value.to_owned(),
        origin: SettingOrigin::File,
    };
    let section = |section: SettingsSection| section.keys().map(|key| shown(&config, key));
    let mut sender: Vec<_> = section(SettingsSection::Sender).collect();
    sender.push(public("Links and pixels lead to", "public.beacon_url", &config.sender.beacon_url));
    sender.push(public("Recipients’ pages are at", "public.web_url", &config.sender.web_url));
    let relay = section(SettingsSection::Relay).collect();
    let config = Arc::new(config);
    SetUp {
        file,
        sender,
        relay,
        from,
        admin_site: config.admin_site.as_ref().map(|site| site.origin().to_owned()),
        relay_probe: Box::new(ConfiguredRelay(Arc::clone(&config))),
        domain_probe: Box::new(ConfiguredDomain(config)),
    }
}

fn shown(config: &Config, key: SettingKey) -> ShownSetting {
    let origin = match config.origins.get(&key) {
        Some(origin) => *origin,
        None if config.lacks.contains(&key) => SettingOrigin::Missing,
        None => SettingOrigin::Default,
    };
    let is_set = matches!(origin, SettingOrigin::File | SettingOrigin::Store);
    let (typed, words) = in_words(config, key);
    ShownSetting {
        key: Some(key),
        name: key.label(),
        file_key: if key == SettingKey::Password { "relay.password_file" } else { key.as_str() },
        value: if origin == SettingOrigin::Missing { "not set yet".to_owned() } else { words },
        typed: if is_set { typed } else { String::new() },
        origin,
    }
}

/// A value as it is typed, and in words.
fn in_words(config: &Config, key: SettingKey) -> (String, String) {
    let sender = &config.sender;
    let same = |text: &str| (text.to_owned(), text.to_owned());
    let of_relay = |text: &dyn Fn(&Relay) -> (String, String), otherwise: &str| {
        config.relay.as_ref().map_or_else(|| same(otherwise), text)
    };
    match key {
        SettingKey::Organisation => same(&sender.organisation),
        SettingKey::PostalAddress => same(&sender.postal_address),
        SettingKey::Domain => same(&sender.domain),
        SettingKey::Host => of_relay(&|it| same(&it.host), ""),
        SettingKey::Port => of_relay(&|it| same(&it.port.to_string()), "587"),
        SettingKey::Tls => of_relay(
            &|it| match it.tls {
                Tls::None => ("none".to_owned(), "none: not encrypted".to_owned()),
                Tls::StartTls => {
                    ("starttls".to_owned(), "starttls: encrypted after a greeting".to_owned())
                }
                Tls::Implicit => {
                    ("implicit".to_owned(), "implicit: encrypted from the first byte".to_owned())
                }
            },
            "starttls",
        ),
        SettingKey::Username => of_relay(
            &|it| it.auth.as_ref().map_or_else(|| same("none"), |(user, _)| same(user)),
            "none",
        ),
        SettingKey::Password => {
            let is_set = config.origins.contains_key(&key);
            (String::new(), if is_set { "set, and not shown" } else { "none" }.to_owned())
        }
        SettingKey::HelloName => of_relay(&|it| same(&it.hello_name), "the domain"),
        SettingKey::ReturnPath => match &config.return_path {
            Some(address) => same(address.as_str()),
            None => same("to each announcement’s From"),
        },
        SettingKey::MessagesPerMinute => match config.messages_per_minute {
            Some(rate) => same(&rate.to_string()),
            None => ("0".to_owned(), "no limit".to_owned()),
        },
    }
}

/// The relay of the settings. It is asked only when there is one.
struct ConfiguredRelay(Arc<Config>);

impl RelayProbe for ConfiguredRelay {
    fn send<'p>(
        &'p self,
        from: &'p EmailAddress,
        to: &'p EmailAddress,
        at: Timestamp,
    ) -> Probing<'p, RelayReport> {
        Box::pin(async move {
            match &self.0.relay {
                Some(relay) => report(relay, from, to, at).await,
                None => RelayReport {
                    is_accepted: false,
                    result: "no relay is set".to_owned(),
                    meaning: String::new(),
                    conversation: Vec::new(),
                    took: std::time::Duration::ZERO,
                },
            }
        })
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
            let relay = config.relay.as_ref();
            let wish = DomainWish {
                domain: &config.sender.domain,
                envelope_domain: envelope.unwrap_or(&config.sender.domain),
                relay_host: relay.map_or("", |it| &it.host),
                hello_name: relay.map_or("", |it| &it.hello_name),
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
        config.relay.as_mut().unwrap().auth = Some(("ann".into(), "s3cret".into()));
        let shown = set_up(config);
        let from = shown.from.as_ref().map(EmailAddress::as_str);
        assert_eq!((shown.file.as_str(), from), ("pharos.toml", Some("bounces@aurora.example")));
        let values: Vec<&ShownSetting> = shown.sender.iter().chain(&shown.relay).collect();
        for value in &values {
            let (table, key) = value.file_key.split_once('.').unwrap();
            let is_there =
                text.contains(&format!("[{table}]")) && text.contains(&format!("{key} = "));
            assert!(is_there, "{} stands in the example", value.file_key);
        }
        let told = |it: &ShownSetting| format!("{}{}", it.value, it.typed);
        assert!(values.iter().all(|it| !it.value.is_empty() && !told(it).contains("s3cret")));
    }
}
