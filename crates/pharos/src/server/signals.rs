//! What an operator keeps beside the tables of the release: lists of networks, and files of countries and
//! of networks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use model::Rule;
use report::{PlaceFile, PlaceFiles, PlaceKind, Signals};

use crate::config::Config;

/// Before the id of a rule about networks.
const NETWORK: &str = "network-";

/// What hits are looked at by: the tables of the release, and what the configuration names.
///
/// # Errors
/// When a folder or file can't be read, or is not what it is named as; with the configuration's key.
pub(crate) fn read(config: &Config) -> anyhow::Result<Arc<Signals>> {
    let mut signals = with_networks(config.networks.as_deref())?;
    signals.set_places(places(config)?);
    Ok(Arc::new(signals))
}

/// The files by which addresses are looked up.
///
/// # Errors
/// When one can't be read, is damaged, or tells something else; with its key and its path.
pub(crate) fn places(config: &Config) -> anyhow::Result<PlaceFiles> {
    let open = |key: &'static str, path: Option<&Path>, kind: PlaceKind| {
        let Some(path) = path else { return anyhow::Ok(None) };
        let file = PlaceFile::open(path, kind);
        let file = file.with_context(|| format!("report.{key}: {}", path.display()))?;
        Ok(Some(Arc::new(file)))
    };
    let countries = open("country_file", config.country_file.as_deref(), PlaceKind::Country)?;
    let networks = open("network_file", config.network_file.as_deref(), PlaceKind::Network)?;
    Ok(PlaceFiles { countries, networks })
}

/// With the lists in this folder; the name of each is that of a rule about networks.
pub(crate) fn with_networks(folder: Option<&Path>) -> anyhow::Result<Signals> {
    let mut signals = Signals::built_in();
    let Some(folder) = folder else { return Ok(signals) };
    let context = || format!("report.networks: reading the folder {}", folder.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        files.push(entry.with_context(context)?.path());
    }
    files.sort();
    for file in files {
        let rule = rule_of(&file)?;
        let read = || -> anyhow::Result<Vec<model::Network>> {
            Ok(report::read_networks(&std::fs::read_to_string(&file)?)?)
        };
        let networks = read().with_context(|| format!("report.networks: {}", file.display()))?;
        tracing::info!(rule = rule.id, networks = networks.len(), "a list of networks was read");
        signals.add(networks.into_iter().map(|network| (network, rule)));
    }
    Ok(signals)
}

fn rule_of(file: &Path) -> anyhow::Result<Rule> {
    let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    match Rule::by_id(name).filter(|_| name.starts_with(NETWORK)) {
        Some(rule) => Ok(rule),
        None => {
            let all = Rule::ALL.iter().map(|rule| rule.id).filter(|id| id.starts_with(NETWORK));
            let all: Vec<&str> = all.collect();
            bail!(
                "report.networks: {} should bear the name of a rule about networks, such as {}.txt",
                file.display(),
                all.join(".txt, ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_lists_is_read_or_refused_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let read = || with_networks(Some(folder.path())).map(|signals| signals.networks());
        let built_in = Signals::built_in().networks();
        write("network-data-centre.txt", "203.0.113.0/24\n");
        write("network-apple-relay.csv", "192.0.2.0/31,US,US-CA,San Jose,\n");
        assert_eq!(read().unwrap(), built_in + 2);
        write("network-google.json", "{\"prefixes\": []}");
        let wrong = format!("{:#}", read().unwrap_err());
        assert!(wrong.ends_with("network-google.json: no network in it"), "{wrong}");
        std::fs::remove_file(folder.path().join("network-google.json")).unwrap();
        write("apple.csv", "192.0.2.0/31\n");
        let wrong = read().unwrap_err().to_string();
        assert!(wrong.contains("apple.csv should bear the name of a rule"), "{wrong}");
    }
}
