//! Settings that the store keeps for those that the file leaves out: put into the file as if somebody had
//! typed them there, and then checked with it. There is no second set of rules.

use actions::{KeptSettings, SettingKey, SettingProblem};
use toml::Spanned;

use super::checked::Checker;
use super::origin::STORED;
use super::{Config, ConfigProblem, file, malformed};

impl Config {
    /// The same configuration with what the store keeps.
    ///
    /// # Errors
    /// When a value is wrong, or does not fit what stands in the file.
    pub(crate) fn with_settings(&self, kept: &KeptSettings) -> Result<Self, ConfigProblem> {
        let path = &self.file;
        let mut typed: file::File =
            toml::from_str(&self.text).map_err(|error| malformed(path, &error))?;
        fill(&mut typed, kept)?;
        Checker { path, text: &self.text }.config(&typed)
    }

    /// The same; without a relay, and with the reason, when the store and the file do not fit together.
    pub(crate) fn in_use(&self, kept: &KeptSettings) -> Self {
        match self.with_settings(kept) {
            Ok(config) if kept.has_foreign_password && config.relay.is_none() => {
                let trouble = "the keys of this installation do not open the relay’s password: type \
                               it again";
                Self { trouble: Some(trouble.to_owned()), ..config }
            }
            Ok(config) => config,
            Err(problem) => {
                Self { relay: None, trouble: Some(problem.to_string()), ..self.clone() }
            }
        }
    }

    /// What is wrong with settings that the store is to keep.
    pub(crate) fn check(&self, kept: &KeptSettings) -> Result<(), SettingProblem> {
        let user = kept.get(SettingKey::Username).is_some()
            || self.origins.contains_key(&SettingKey::Username);
        if kept.get(SettingKey::Password).is_some() && !user {
            let words = "A password needs a user name.".to_owned();
            return Err(SettingProblem { key: Some(SettingKey::Username), words });
        }
        self.with_settings(kept).map(drop).map_err(|problem| match problem {
            ConfigProblem::Stored { field, what } => SettingProblem {
                key: SettingKey::called(field),
                words: format!("`{field}` {what}."),
            },
            other => SettingProblem { key: None, words: other.to_string() },
        })
    }
}

/// Puts what the store keeps where the file says nothing.
fn fill(file: &mut file::File, kept: &KeptSettings) -> Result<(), ConfigProblem> {
    let text = |slot: &mut Option<Spanned<String>>, key| {
        if slot.is_none() {
            *slot = kept.get(key).map(|text| Spanned::new(STORED, text.to_owned()));
        }
    };
    let file::File { organisation, relay, .. } = file;
    text(&mut organisation.name, SettingKey::Organisation);
    text(&mut organisation.postal_address, SettingKey::PostalAddress);
    text(&mut organisation.domain, SettingKey::Domain);
    text(&mut relay.host, SettingKey::Host);
    text(&mut relay.tls, SettingKey::Tls);
    text(&mut relay.username, SettingKey::Username);
    text(&mut relay.hello_name, SettingKey::HelloName);
    text(&mut relay.return_path, SettingKey::ReturnPath);
    if relay.password_file.is_none() {
        text(&mut relay.password, SettingKey::Password);
    }
    number(&mut relay.port, SettingKey::Port, kept)?;
    number(&mut relay.messages_per_minute, SettingKey::MessagesPerMinute, kept)
}

fn number<T: std::str::FromStr>(
    slot: &mut Option<Spanned<T>>,
    key: SettingKey,
    kept: &KeptSettings,
) -> Result<(), ConfigProblem> {
    let Some(text) = kept.get(key).filter(|_| slot.is_none()) else { return Ok(()) };
    let field = key.as_str();
    let what = match key {
        SettingKey::Port => "should be a number from 0 to 65535, such as 587",
        _ => "should be a number, 0 for no limit",
    };
    let number =
        text.parse().map_err(|_| ConfigProblem::Stored { field, what: what.to_owned() })?;
    *slot = Some(Spanned::new(STORED, number));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use actions::SettingOrigin;
    use mailer::Tls;

    use super::*;
    use crate::config::{STANDALONE, parse};

    /// The example without these tables' keys.
    fn without(tables: &[&str]) -> Config {
        let mut table = "";
        let lines = STANDALONE.lines().filter(|line| {
            if line.starts_with('[') {
                table = line;
            }
            line.starts_with(['[', '#']) || !tables.contains(&table)
        });
        parse(Path::new("pharos.toml"), &lines.collect::<Vec<_>>().join("\n")).unwrap()
    }

    fn kept(pairs: &[(SettingKey, &str)]) -> KeptSettings {
        let mut kept = KeptSettings::default();
        kept.values.extend(pairs.iter().map(|(key, text)| (*key, (*text).to_owned())));
        kept
    }

    const OPEN: &[&str] = &["[organisation]", "[relay]"];
    const SENDER: [(SettingKey, &str); 3] = [
        (SettingKey::Organisation, "Borealis"),
        (SettingKey::PostalAddress, "2 Quay"),
        (SettingKey::Domain, "Borealis.example"),
    ];

    #[test]
    fn what_the_file_leaves_out_comes_from_the_store() {
        let empty = without(OPEN);
        let lacks = [
            SettingKey::Organisation,
            SettingKey::PostalAddress,
            SettingKey::Domain,
            SettingKey::Host,
        ];
        assert_eq!(empty.lacks, lacks);
        let mut all = kept(&SENDER);
        let relay = [
            (SettingKey::Host, "smtp.example.com"),
            (SettingKey::Username, "ann"),
            (SettingKey::Password, " s3cret "),
            (SettingKey::MessagesPerMinute, "60"),
        ];
        all.values.extend(kept(&relay).values);
        let config = empty.in_use(&all);
        assert_eq!((config.lacks.len(), &config.trouble), (0, &None));
        assert_eq!(config.sender.domain, "borealis.example");
        let relay = config.relay.unwrap();
        assert_eq!((relay.port, relay.tls), (587, Tls::StartTls));
        assert_eq!(relay.auth, Some(("ann".into(), " s3cret ".into())));
        assert_eq!(relay.hello_name, "borealis.example");
        assert_eq!(config.messages_per_minute.map(u32::from), Some(60));
        let origin = config.origins.get(&SettingKey::Host);
        assert_eq!(origin, Some(&SettingOrigin::Store));
    }

    #[test]
    fn what_stands_in_the_file_holds() {
        let file = without(&[]);
        let config = file.in_use(&kept(&[
            (SettingKey::Organisation, "Borealis"),
            (SettingKey::Host, "smtp.example.com"),
            (SettingKey::Port, "26"),
        ]));
        assert_eq!(config.sender.organisation, "Aurora Software");
        let relay = config.relay.unwrap();
        assert_eq!((relay.host.as_str(), relay.port), ("127.0.0.1", 25));
    }

    #[test]
    fn the_rules_are_those_of_the_file() {
        let file = without(OPEN);
        for (key, text, part) in [
            (SettingKey::Domain, "no domain", "organisation.domain"),
            (SettingKey::Port, "66666", "`relay.port` should be a number"),
            (SettingKey::Tls, "ssl", "`relay.tls` should be \"starttls\""),
            (SettingKey::HelloName, "my host", "`relay.hello_name` should be the host name"),
            (SettingKey::ReturnPath, "ann", "`relay.return_path` is not a valid address"),
            (SettingKey::MessagesPerMinute, "-1", "`relay.messages_per_minute` should be"),
            (SettingKey::PostalAddress, "a\u{7}", "`organisation.postal_address` should be"),
            (SettingKey::Password, "s3cret", "A password needs a user name"),
        ] {
            let problem = file.check(&kept(&[(key, text)])).unwrap_err();
            assert!(problem.words.contains(part), "{problem:?}");
            let at = if key == SettingKey::Password { SettingKey::Username } else { key };
            assert_eq!(problem.key, Some(at));
        }
        let far = [(SettingKey::Host, "smtp.example.com"), (SettingKey::Tls, "none")];
        assert_eq!(file.check(&kept(&far)).unwrap_err().key, Some(SettingKey::Tls));
        assert!(file.check(&kept(&[(SettingKey::Host, "localhost"), far[1]])).is_ok());
    }

    #[test]
    fn what_fits_no_more_stops_sending_and_says_why() {
        let file = without(&["[organisation]"]);
        let text = file.text.replace("tls = \"none\"", "tls = \"none\"\nusername = \"ann\"");
        let file = parse(Path::new("pharos.toml"), &text).unwrap();
        assert_eq!(file.lacks.last(), Some(&SettingKey::Password));
        assert!(file.relay.is_none(), "half a login is none");
        let mut foreign = kept(&SENDER);
        foreign.has_foreign_password = true;
        let config = file.in_use(&foreign);
        assert!(config.relay.is_none() && config.trouble.unwrap().contains("type it again"));
        let wrong = file.in_use(&kept(&[(SettingKey::Domain, "no domain")]));
        assert!(wrong.relay.is_none() && wrong.trouble.unwrap().contains("organisation.domain"));
    }
}
