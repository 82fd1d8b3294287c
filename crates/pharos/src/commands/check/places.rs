//! The files that tell the country and the network of an address.

use std::path::Path;
use std::time::{Duration, SystemTime};

use report::{PlaceFile, PlaceKind};

use super::Finding;
use crate::config::Config;

/// A file of that age is outdated: networks move, and makers publish each month or more often.
const OLD: Duration = Duration::from_secs(100 * 24 * 60 * 60);

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let files = [
        ("country_file", config.country_file.as_deref(), PlaceKind::Country),
        ("network_file", config.network_file.as_deref(), PlaceKind::Network),
    ];
    files
        .into_iter()
        .filter_map(|(key, path, kind)| Some(finding(key, path?, kind, SystemTime::now())))
        .collect()
}

fn finding(key: &str, path: &Path, kind: PlaceKind, now: SystemTime) -> Finding {
    let named = format!("report.{key}: {}", path.display());
    let built_at = match PlaceFile::open(path, kind) {
        Ok(file) => file.built_at(),
        Err(problem) => return Finding::bad("places", format!("{named}: {problem}")),
    };
    let age = built_at.and_then(|built_at| now.duration_since(built_at).ok()).unwrap_or_default();
    let days = age.as_secs() / (24 * 60 * 60);
    if age > OLD {
        return Finding::warning(
            "places",
            format!("{named} was made {days} days ago; networks have moved since, get a new one"),
        );
    }
    Finding::good("places", format!("{named} can be read; it was made {days} days ago"))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_file_of_places_is_read_and_its_age_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("country.mmdb");
        let places = [("192.0.2.0/24", testkit::PlaceOf::Country("DE"))];
        std::fs::write(&path, testkit::place_file("GeoLite2-Country", &places)).unwrap();
        let built = PlaceFile::open(&path, PlaceKind::Country).unwrap().built_at().unwrap();
        let after = |days: u64| {
            let now = built + Duration::from_secs(days * 24 * 60 * 60);
            finding("country_file", &path, PlaceKind::Country, now)
        };
        assert_eq!(after(3).verdict, Verdict::Good);
        assert!(after(3).text.ends_with("it was made 3 days ago"), "{}", after(3).text);
        assert_eq!(after(101).verdict, Verdict::Warning);
        let other = finding("network_file", &path, PlaceKind::Network, built);
        assert_eq!(other.verdict, Verdict::Bad);
        let text = other.text;
        assert!(text.starts_with("report.network_file: /") && text.contains("GeoLite2-Country"));
    }
}
