use std::fs;

use testkit::{PlaceOf, place_file};

use super::*;

const NETWORKS: [(&str, PlaceOf<'_>); 3] = [
    ("192.0.2.0/24", PlaceOf::Country("DE")),
    ("2001:db8::/32", PlaceOf::Country("FR")),
    ("198.51.100.0/24", PlaceOf::Country("nowhere")),
];

fn country_file(code: &str) -> Vec<u8> {
    place_file("GeoLite2-Country", &[("192.0.2.0/24", PlaceOf::Country(code))])
}

fn address(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

fn opened(bytes: &[u8], kind: PlaceKind) -> Result<PlaceFile, BadPlaces> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.mmdb");
    fs::write(&path, bytes).unwrap();
    PlaceFile::open(&path, kind)
}

fn places(countries: &[u8], networks: Option<&[u8]>) -> PlaceLookup {
    let networks = networks.map(|it| Arc::new(opened(it, PlaceKind::Network).unwrap()));
    let countries = Some(Arc::new(opened(countries, PlaceKind::Country).unwrap()));
    PlaceFiles { countries, networks }.lookup()
}

#[test]
fn an_address_is_where_the_file_says() {
    let lookup = places(&place_file("DBIP-Country-Lite", &NETWORKS), None);
    let country = |text: &str| match lookup.country(address(text), RulesSeen::NONE) {
        Some(Located::Known(country)) => country.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(country("192.0.2.77"), "DE");
    assert_eq!(country("::ffff:192.0.2.77"), "DE");
    assert_eq!(country("2001:db8::1"), "FR");
    for unknown in ["192.0.3.1", "2001:db9::1", "198.51.100.1"] {
        assert_eq!(country(unknown), "Some(Unknown)", "{unknown}");
    }
    assert_eq!(lookup.country(None, RulesSeen::NONE), Some(Located::Unknown));
}

#[test]
fn a_proxy_is_not_where_the_reader_is() {
    let mut lookup = places(&country_file("US"), None);
    for rule in [
        Rule::AGENT_GOOGLE_IMAGE_PROXY,
        Rule::AGENT_APPLE_PRIVACY,
        Rule::AGENT_YAHOO_MAIL_PROXY,
        Rule::NETWORK_APPLE_RELAY,
        Rule::NETWORK_MICROSOFT,
        Rule::NETWORK_DATA_CENTRE,
    ] {
        let rules = RulesSeen::NONE.with(rule).with(Rule::AGENT_BROWSER);
        let found = lookup.country(address("192.0.2.1"), rules);
        assert_eq!(found, Some(Located::Proxied), "{}", rule.id);
    }
    assert_eq!(lookup.network(address("192.0.2.1"), RulesSeen::NONE), None, "there is no file");
}

#[test]
fn networks_are_called_what_the_file_calls_them() {
    let long = "x".repeat(200);
    let file = [
        ("192.0.2.0/25", PlaceOf::Operator(64_496, "Example\u{7} Net")),
        ("192.0.2.128/25", PlaceOf::Operator(64_497, &long)),
    ];
    let file = place_file("GeoLite2-ASN", &file);
    let mut lookup = places(&country_file("DE"), Some(&file));
    let mut network = |text: &str| lookup.network(address(text), RulesSeen::NONE);
    assert_eq!(network("192.0.2.1"), Some(Located::Known(64_496)));
    assert_eq!(network("192.0.2.200"), Some(Located::Known(64_497)));
    assert_eq!(network("192.0.3.1"), Some(Located::Unknown));
    assert_eq!(lookup.names[&64_496], "Example Net");
    assert_eq!(lookup.names[&64_497].len(), MOST_NAME);
}

#[test]
fn a_file_that_tells_something_else_or_is_damaged_is_refused() {
    let problem = |bytes: &[u8], kind| opened(bytes, kind).unwrap_err().to_string();
    let country = country_file("DE");
    let other = problem(&country, PlaceKind::Network);
    assert!(other.starts_with("it is of the type GeoLite2-Country; should be one of networks"));
    let damaged = "not an mmdb file, or a damaged one";
    for bytes in [&country[..country.len() / 2], b"", b"192.0.2.0/24,DE\n"] {
        let found = problem(bytes, PlaceKind::Country);
        assert!(found.starts_with(damaged), "{found}");
    }
    let mut broken = country;
    broken[..6].fill(0xff);
    let found = problem(&broken, PlaceKind::Country);
    assert!(found.starts_with(damaged), "{found}");
    let missing = PlaceFile::open(Path::new("/nowhere/places.mmdb"), PlaceKind::Country);
    assert!(matches!(missing, Err(BadPlaces::File(_))));
}

#[test]
fn a_file_that_was_replaced_is_read_again_and_a_damaged_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.mmdb");
    let replace = |bytes: &[u8], seconds: u64| {
        fs::write(&path, bytes).unwrap();
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
    };
    replace(&country_file("DE"), 1_000);
    let file = PlaceFile::open(&path, PlaceKind::Country).unwrap();
    let country = |every| {
        let countries = Some(file.current(every));
        let lookup = PlaceLookup { countries, networks: None, names: BTreeMap::new() };
        lookup.country(address("192.0.2.1"), RulesSeen::NONE).unwrap().known().unwrap().to_string()
    };
    replace(&country_file("AT"), 2_000);
    assert_eq!(country(Duration::MAX), "DE", "it is not looked at each time");
    assert_eq!(country(Duration::ZERO), "AT");
    replace(b"half of it", 3_000);
    assert_eq!(country(Duration::ZERO), "AT");
    fs::remove_file(&path).unwrap();
    assert_eq!(country(Duration::ZERO), "AT");
    replace(&country_file("CH"), 4_000);
    assert_eq!(country(Duration::ZERO), "CH");
    assert!(file.built_at().is_some());
}
