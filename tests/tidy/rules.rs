//! The plan of the house, and what breaks it. What a dependency may be declared by stands in
//! `deny.toml` (`wrappers`), what must never be called and how long a function may be in
//! `.clippy.toml`.

use super::source::Source;

const FILE_LINES: usize = 400;

/// Who may import whom. A crate that is not in this table has no place in the house yet.
const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("journal", &[]),
    ("listener", &[]),
    ("fetcher", &["model"]),
    ("token", &["model"]),
    ("store", &["model"]),
    ("access", &["store", "token", "model"]),
    ("bus", &["journal", "model"]),
    ("render", &["token", "model"]),
    ("media", &["store", "model"]),
    ("audience", &["journal", "store", "token", "model"]),
    ("campaign", &["render", "audience", "fetcher", "media", "store", "token", "model"]),
    ("mailer", &["render", "journal", "media", "store", "bus", "token", "model"]),
    ("beacon", &["journal", "listener", "token", "model"]),
    ("report", &["journal", "bus", "store", "model"]),
    ("actions", &["access", "audience", "campaign", "media", "report", "store", "token", "model"]),
    (
        "web",
        &[
            "access", "actions", "campaign", "audience", "media", "report", "listener", "store",
            "token", "model",
        ],
    ),
    (
        "pharos",
        &[
            "model", "token", "render", "journal", "store", "access", "actions", "bus", "audience",
            "campaign", "mailer", "beacon", "report", "web", "listener", "media", "fetcher",
        ],
    ),
];

/// Fakes and fixtures: any crate's tests may use it, no crate's code.
const TEST_KIT: &str = "testkit";
const PURE: &[&str] = &["model", "token", "render"];

/// What pure crates must not name or declare, and why.
const NOT_PURE: &[(&str, &str)] = &[
    ("tokio", "pure crates wait for nothing, so that they run anywhere"),
    ("std::time::SystemTime::now", "pure crates get the time, so that a test can choose it"),
    ("std::time::Instant::now", "pure crates get the time, so that a test can choose it"),
];

/// Names that only these crates may use, and why. The longest that fits decides.
const AT_HOME: &[(&str, &[&str], &str)] = &[
    ("lettre", &["mailer"], "only the mailer speaks SMTP: its journal knows what was sent"),
    ("lettre::address", &["mailer", "model"], ""),
    ("lettre::Address", &["mailer", "model"], ""),
    (
        "access::Actor::command_line",
        &["access", "pharos"],
        "only the command line acts without having signed in",
    ),
    (
        "reqwest",
        &["pharos"],
        "only the command line asks another server; strangers are asked by fetcher, behind its guard",
    ),
    ("std::env", &["pharos"], "the command line and the environment are read in the binary"),
    (
        "serde",
        &["pharos", "report", "web", "render", "store", "bus", "beacon"],
        "wire shapes live at the edges, so that the nouns can change without breaking them",
    ),
];

/// What a crate's code (not its tests) and its tests declare of our own.
pub(crate) fn imports(name: &str, code: &[&str], tests: &[&str]) -> Vec<String> {
    if name == TEST_KIT {
        return Vec::new();
    }
    let Some((_, allowed)) = IMPORTS.iter().find(|(known, _)| *known == name) else {
        return vec![format!("{name} is not in the table of who may import whom")];
    };
    let ours = |other: &&&str| **other == TEST_KIT || IMPORTS.iter().any(|it| it.0 == **other);
    let may = |other: &str, in_tests| allowed.contains(&other) || (in_tests && other == TEST_KIT);
    let code = code.iter().filter(ours).filter(|other| !may(other, false));
    let tests = tests.iter().filter(ours).filter(|other| !may(other, true));
    code.chain(tests)
        .map(|other| format!("{name} imports {other} and may import only {allowed:?}"))
        .collect()
}

/// Names that the crate `owner` must not use.
pub(crate) fn misplaced(owner: &str, file: &str, source: &Source) -> Vec<String> {
    let complain = |(path, line): &(String, usize)| {
        let why = forbidden(owner, path)?;
        Some(format!("{file}:{line}: {owner} names {path} ({why})"))
    };
    source.mentions.iter().filter_map(complain).collect()
}

fn forbidden(owner: &str, path: &str) -> Option<&'static str> {
    let begins = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let home = AT_HOME.iter().filter(|(name, ..)| begins(name)).max_by_key(|it| it.0.len());
    let away = home.filter(|(_, at_home, _)| !at_home.contains(&owner)).map(|it| it.2);
    let pure = NOT_PURE.iter().find(|(name, _)| begins(name) && PURE.contains(&owner));
    away.or(pure.map(|it| it.1))
}

/// The length of a file against the budget. Functions are measured by clippy.
pub(crate) fn budget(file: &str, source: &Source) -> Option<String> {
    (source.lines > FILE_LINES).then(|| {
        format!(
            "{file}: {} lines without tests; a file is one idea that fits in a head",
            source.lines
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(owner: &str, text: &str) -> String {
        misplaced(owner, "a.rs", &Source::parse(text).unwrap()).join("\n")
    }

    #[test]
    fn an_import_against_the_plan_is_named() {
        let said = imports("beacon", &["model", "store", "tokio"], &[]).join("\n");
        assert!(said.starts_with("beacon imports store and may import only"), "{said}");
        assert!(imports("beacon", &[], &["testkit"]).is_empty());
        assert!(!imports("beacon", &["testkit"], &[]).is_empty());
        assert!(!imports("beacon", &[], &["store"]).is_empty());
        assert!(imports("utils", &[], &[])[0].contains("not in the table"));
    }

    #[test]
    fn names_away_from_home_are_named_with_line_and_reason() {
        assert_eq!(named("model", "use lettre::address::Address;"), "");
        let said = named("model", "\nuse lettre::{address, transport::smtp};");
        assert!(said.starts_with("a.rs:2: model names lettre::transport::smtp ("), "{said}");
        assert_ne!(named("render", "use lettre::Address;"), "");
        let home = "use std::env;\nfn home() { env::var(\"HOME\"); }";
        assert_eq!(named("pharos", home), "");
        assert!(named("store", home).contains("a.rs:2: store names std::env::var ("));
        let clock = "use std::time::{Duration, Instant};\nfn a() { Instant::now(); }";
        assert!(named("token", clock).contains("a.rs:2: token names std::time::Instant::now ("));
        assert_eq!(named("journal", clock), "");
        assert_ne!(named("render", "fn a() { tokio::spawn(b); }"), "");
        assert_ne!(
            named("model", "#[derive(serde::Serialize)] struct A; use serde::Serialize;"),
            ""
        );
    }
}
