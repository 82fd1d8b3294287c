//! Sample contacts and the sample announcement.

use std::fmt::Write as _;

/// A release notice of a company that does not exist.
pub(super) const NOTICE: &str = include_str!("../../demo/release-notice.md");

const FIRST_NAMES: [&str; 20] = [
    "Ada",
    "Björn",
    "Chloé",
    "Dmitri",
    "Elif",
    "Fatima",
    "Grace",
    "Hugo",
    "Ines",
    "Jürgen",
    "Keiko",
    "Liam",
    "Małgorzata",
    "Noah",
    "Olga",
    "Priya",
    "Quentin",
    "Rosa",
    "Søren",
    "Tariq",
];
const COMPANIES: [&str; 9] = [
    "Harbour Analytics",
    "Nordlicht GmbH",
    "Blue Kite",
    "Tessellate",
    "Papeterie \"Au Coin\"",
    "Fjord & Sons",
    "Quill, Ink and Co",
    "Mountain Rail",
    "Lumen Labs",
];

/// A CSV of `count` contacts. Every seventh has no first name, so that defaults are seen at work.
pub(super) fn contacts_csv(count: u32) -> String {
    let mut csv = String::from("email,first_name,company,plan\n");
    for (number, (name, company)) in (1..=count).zip(people()) {
        let name = if number % 7 == 0 { "" } else { name };
        let company = company.replace('"', "\"\"");
        let plan = ["free", "team", "business"][number as usize % 3];
        // Writing to a String never fails.
        let _ = writeln!(csv, "reader{number}@reader.example,{name},\"{company}\",{plan}");
    }
    csv
}

fn people() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIRST_NAMES.into_iter().cycle().zip(COMPANIES.into_iter().cycle())
}

/// The notice with its picture on this machine, because the demo fetches nothing from elsewhere.
pub(super) fn notice(picture_url: &str) -> String {
    NOTICE.replace(PICTURE, picture_url)
}

/// Where the sample notice has its picture.
pub(super) const PICTURE: &str = "https://aurora.example/images/aurora-4-2.png";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_has_as_many_rows_as_asked_for_and_a_picture_to_replace() {
        assert_eq!(contacts_csv(1_000).lines().count(), 1_001);
        assert!(NOTICE.contains(PICTURE));
        assert!(!notice("http://127.0.0.1/x.png").contains(PICTURE));
    }
}
