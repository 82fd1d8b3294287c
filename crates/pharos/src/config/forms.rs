//! Joining by forms: the table `[web.forms]`.

use std::time::Duration;

use actions::{JoinEvidence, JoinSettings};

use super::checked::{Checked, Checker};
use super::file::FormsTable;

/// A mail is not read at once, and what nobody confirms is not kept for long.
const SHORTEST: Duration = Duration::from_hours(1);
const LONGEST: Duration = Duration::from_hours(24 * 30);

impl Checker<'_> {
    pub(super) fn forms(&self, typed: Option<&FormsTable>) -> Checked<JoinSettings> {
        let mut settings = JoinSettings::default();
        let Some(typed) = typed else { return Ok(settings) };
        if let Some(within) = &typed.confirm_within {
            settings.confirm_within = self.duration("web.forms.confirm_within", within)?;
            if !(SHORTEST..=LONGEST).contains(&settings.confirm_within) {
                let why = "should be from 1h to 30d";
                return Err(self.wrong("web.forms.confirm_within", within, why));
            }
        }
        if let Some(evidence) = &typed.evidence {
            settings.evidence = match evidence.get_ref().as_str() {
                "none" => JoinEvidence::Nothing,
                "network" => JoinEvidence::Network,
                "network-and-agent" => JoinEvidence::NetworkAndAgent,
                _ => {
                    let why = "should be none, network or network-and-agent";
                    return Err(self.wrong("web.forms.evidence", evidence, why));
                }
            };
        }
        if let Some(most) = &typed.joins_per_hour {
            settings.joins_per_hour = *most.get_ref();
            if !(1..=1_000_000).contains(&settings.joins_per_hour) {
                let why = "should be from 1 to 1000000";
                return Err(self.wrong("web.forms.joins_per_hour", most, why));
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{STANDALONE, parse};

    fn read(lines: &str) -> Result<JoinSettings, String> {
        let text = format!("{STANDALONE}\n[web.forms]\n{lines}\n");
        let config = parse(Path::new("pharos.toml"), &text).map_err(|why| why.to_string());
        config.map(|config| config.joins)
    }

    #[test]
    fn what_is_not_set_is_as_the_example_shows() {
        let example = "confirm_within = \"7d\"\nevidence = \"network\"\njoins_per_hour = 1000";
        assert_eq!(read(example).unwrap(), JoinSettings::default());
        assert_eq!(read("").unwrap(), JoinSettings::default());
        let other = read("evidence = \"network-and-agent\"").unwrap().evidence;
        assert_eq!(other, JoinEvidence::NetworkAndAgent);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_name() {
        for (line, field) in [
            ("confirm_within = \"59m\"", "web.forms.confirm_within"),
            ("confirm_within = \"31d\"", "web.forms.confirm_within"),
            ("evidence = \"everything\"", "web.forms.evidence"),
            ("joins_per_hour = 0", "web.forms.joins_per_hour"),
        ] {
            let told = read(line).unwrap_err();
            assert!(told.contains(field), "{told}");
        }
    }
}
