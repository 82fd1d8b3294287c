//! The rules themselves, over plain data, so that each can be seen to fail on a small example.

use std::collections::BTreeSet;
use std::fmt;

use super::source::Source;

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;

/// Who may import whom. A crate that is not in this table has no place in the house yet.
const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("journal", &[]),
    ("listener", &[]),
    ("token", &["model"]),
    ("store", &["model"]),
    ("bus", &["journal", "model"]),
    ("render", &["token", "model"]),
    ("audience", &["journal", "store", "token", "model"]),
    ("campaign", &["render", "audience", "store", "token", "model"]),
    ("mailer", &["render", "journal", "store", "bus", "token", "model"]),
    ("beacon", &["journal", "listener", "token", "model"]),
    ("report", &["journal", "bus", "store", "model"]),
    ("web", &["campaign", "audience", "report", "listener", "store", "token", "model"]),
    (
        "pharos",
        &[
            "model", "token", "render", "journal", "store", "bus", "audience", "campaign",
            "mailer", "beacon", "report", "web", "listener",
        ],
    ),
];

/// Fakes and fixtures: any crate's tests may use it, no crate's code.
const TEST_KIT: &str = "testkit";

/// A driver, the only crates in which it may be named, and why.
struct Home {
    /// A crate, or a path in one. The longest that fits decides.
    path: &'static str,
    in_crates: &'static [&'static str],
    reason: &'static str,
}

/// Something that some crates must never name, and why.
struct Ban {
    path: &'static str,
    in_crates: &'static [&'static str],
    reason: &'static str,
}

const ENVIRONMENT: &str = "the command line and the environment are read once, in the binary";
const PURE: &[&str] = &["model", "token", "render"];
const NO_CLOCK: &str = "pure crates get the time as an argument, so that a test can choose it";
const ONE_SENDER: &str = "only the mailer opens SMTP connections: its ledger knows what was sent";
const SQL_AT_HOME: &str = "a database is spoken to only through the store's methods";

const HOMES: &[Home] = &[
    Home { path: "rusqlite", in_crates: &["store"], reason: SQL_AT_HOME },
    Home { path: "tokio_postgres", in_crates: &["store"], reason: SQL_AT_HOME },
    Home {
        path: "redis",
        in_crates: &["bus"],
        reason: "what nodes share goes through the bus, which also works without Redis",
    },
    Home { path: "lettre", in_crates: &["mailer"], reason: ONE_SENDER },
    Home { path: "lettre::address", in_crates: &["mailer", "model"], reason: ONE_SENDER },
    Home { path: "lettre::Address", in_crates: &["mailer", "model"], reason: ONE_SENDER },
    Home {
        path: "axum",
        in_crates: &["web"],
        reason: "pages and the API live in web; the beacon must not carry a framework",
    },
    Home {
        path: "askama",
        in_crates: &["web", "render"],
        reason: "pages are drawn in web, mail layouts in render",
    },
    Home { path: "clap", in_crates: &["pharos"], reason: ENVIRONMENT },
    Home { path: "std::env", in_crates: &["pharos"], reason: ENVIRONMENT },
];

const BANS: &[Ban] = &[
    Ban {
        path: "tokio",
        in_crates: PURE,
        reason: "pure crates wait for nothing, so that they run anywhere",
    },
    Ban { path: "std::time::SystemTime::now", in_crates: PURE, reason: NO_CLOCK },
    Ban { path: "std::time::Instant::now", in_crates: PURE, reason: NO_CLOCK },
    Ban {
        path: "serde",
        in_crates: &["model"],
        reason: "wire shapes live at the edges, so that the nouns can change without breaking them",
    },
];

/// Files (`crates/x/src/y.rs`) and functions (`crates/x/src/y.rs: name`) that may be longer than
/// the budget, each with the reason why splitting it would make it worse.
const TOO_LONG: &[(&str, &str)] = &[];

/// A rule that was broken, where, and why there is such a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    file: String,
    line: usize,
    what: String,
    reason: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} ({})", self.file, self.line, self.what, self.reason)
    }
}

/// A crate's manifest.
pub(crate) struct Manifest<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    /// Needed by the crate's code or build script.
    pub(crate) normal: BTreeSet<&'a str>,
    /// Needed by its tests alone.
    pub(crate) dev: BTreeSet<&'a str>,
}

impl Manifest<'_> {
    fn complaint(&self, dependency: &str, what: String, reason: &str) -> Complaint {
        Complaint {
            file: format!("crates/{}/Cargo.toml", self.name),
            line: self.line_of(dependency),
            what,
            reason: reason.to_owned(),
        }
    }

    /// The line that declares a dependency; 1 when it is written in a way not foreseen here.
    fn line_of(&self, dependency: &str) -> usize {
        let declares = |line: &str| {
            let name = line.trim_start().split(['.', '=', ' ']).next();
            name == Some(dependency)
        };
        self.text.lines().position(declares).map_or(1, |index| index + 1)
    }
}

/// Our own crates that a manifest declares, tests included, against the table.
pub(crate) fn check_imports(manifest: &Manifest<'_>) -> Vec<Complaint> {
    let ours = |name: &str| name == TEST_KIT || IMPORTS.iter().any(|(known, _)| *known == name);
    let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == manifest.name) else {
        return unknown_crate(manifest);
    };
    let mut complaints = Vec::new();
    for (dependencies, in_tests) in [(&manifest.normal, false), (&manifest.dev, true)] {
        for &dependency in dependencies.iter().filter(|name| ours(name)) {
            if allowed.contains(&dependency) || (in_tests && dependency == TEST_KIT) {
                continue;
            }
            let what = format!("{} imports {dependency}", manifest.name);
            let reason = if allowed.is_empty() {
                format!("{} may import nothing of ours", manifest.name)
            } else {
                format!("{} may import only {}", manifest.name, allowed.join(", "))
            };
            complaints.push(manifest.complaint(dependency, what, &reason));
        }
    }
    complaints
}

fn unknown_crate(manifest: &Manifest<'_>) -> Vec<Complaint> {
    if manifest.name == TEST_KIT {
        return Vec::new();
    }
    let what = format!("{} is not in the table of who may import whom", manifest.name);
    vec![manifest.complaint("name", what, "a crate's place is decided before it is written")]
}

/// Drivers that a manifest declares for the crate's code. Tests may look behind the scenes.
pub(crate) fn check_declared_drivers(manifest: &Manifest<'_>) -> Vec<Complaint> {
    let name = manifest.name;
    manifest
        .normal
        .iter()
        .filter_map(|&dependency| {
            let reason = forbidden_dependency(name, &dependency.replace('-', "_"))?;
            let what = format!("{name} declares {dependency}");
            Some(manifest.complaint(dependency, what, reason))
        })
        .collect()
}

/// Drivers and clocks that a file names.
pub(crate) fn check_named_drivers(owner: &str, file: &str, source: &Source) -> Vec<Complaint> {
    source
        .mentions
        .iter()
        .filter_map(|mention| {
            let reason = forbidden(owner, &mention.path)?;
            Some(Complaint {
                file: file.to_owned(),
                line: mention.line,
                what: format!("{owner} names {}", mention.path),
                reason: reason.to_owned(),
            })
        })
        .collect()
}

/// Why a crate must not name a path, if so.
fn forbidden(owner: &str, path: &str) -> Option<&'static str> {
    let home = HOMES
        .iter()
        .filter(|home| begins_with(path, home.path))
        .max_by_key(|home| home.path.len())
        .filter(|home| !home.in_crates.contains(&owner));
    let ban = BANS.iter().find(|ban| begins_with(path, ban.path) && ban.in_crates.contains(&owner));
    home.map(|home| home.reason).or(ban.map(|ban| ban.reason))
}

/// Why a crate must not declare a dependency, if so: none of its paths is at home there.
fn forbidden_dependency(owner: &str, name: &str) -> Option<&'static str> {
    let at_home = |home: &Home| begins_with(home.path, name) && home.in_crates.contains(&owner);
    if HOMES.iter().any(at_home) { None } else { forbidden(owner, name) }
}

fn begins_with(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Which exceptions from the budget were made use of.
#[derive(Default)]
pub(crate) struct Excused {
    used: BTreeSet<&'static str>,
}

impl Excused {
    fn covers(&mut self, name: &str, exceptions: &'static [(&'static str, &'static str)]) -> bool {
        let found = exceptions.iter().find(|(known, _)| *known == name);
        self.used.extend(found.map(|(known, _)| *known));
        found.is_some()
    }

    /// Complains of exceptions that nothing needs any more.
    pub(crate) fn unneeded(&self) -> Vec<Complaint> {
        self.unneeded_of(TOO_LONG)
    }

    fn unneeded_of(&self, exceptions: &[(&'static str, &'static str)]) -> Vec<Complaint> {
        let unneeded = exceptions.iter().filter(|(name, _)| !self.used.contains(name));
        unneeded
            .map(|(name, _)| Complaint {
                file: "tests/tidy/rules.rs".to_owned(),
                line: 1,
                what: format!("the exception for `{name}` is not needed"),
                reason: "an exception nobody needs hides the next long file".to_owned(),
            })
            .collect()
    }
}

/// The lengths of a file and its functions against the budget.
pub(crate) fn check_budget(file: &str, source: &Source, excused: &mut Excused) -> Vec<Complaint> {
    check_budget_with(file, source, excused, TOO_LONG)
}

fn check_budget_with(
    file: &str,
    source: &Source,
    excused: &mut Excused,
    exceptions: &'static [(&'static str, &'static str)],
) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if source.lines > FILE_LINES && !excused.covers(file, exceptions) {
        complaints.push(Complaint {
            file: file.to_owned(),
            line: FILE_LINES + 1,
            what: format!("{} lines without tests, budget {FILE_LINES}", source.lines),
            reason: "a file is one idea that fits in a head".to_owned(),
        });
    }
    for function in source.functions.iter().filter(|function| function.lines > FUNCTION_LINES) {
        if !excused.covers(&format!("{file}: {}", function.name), exceptions) {
            complaints.push(Complaint {
                file: file.to_owned(),
                line: function.line,
                what: format!(
                    "fn {} has {} lines, budget {FUNCTION_LINES}",
                    function.name, function.lines
                ),
                reason: "a function that needs a comment per paragraph is several functions"
                    .to_owned(),
            });
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest<'a>(name: &'a str, normal: &[&'a str], dev: &[&'a str]) -> Manifest<'a> {
        Manifest {
            name,
            text: "[package]\nname = \"x\"\n[dependencies]\nstore.workspace = true\naxum = \"1\"\n",
            normal: normal.iter().copied().collect(),
            dev: dev.iter().copied().collect(),
        }
    }

    fn said(complaints: &[Complaint]) -> String {
        complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    fn named(owner: &str, text: &str) -> String {
        said(&check_named_drivers(owner, "a.rs", &Source::parse(text).unwrap()))
    }

    #[test]
    fn an_import_against_the_plan_is_named_with_its_line_and_reason() {
        let said = said(&check_imports(&manifest("beacon", &["model", "store", "tokio"], &[])));
        assert_eq!(
            said,
            "crates/beacon/Cargo.toml:4: beacon imports store \
             (beacon may import only journal, listener, token, model)"
        );
    }

    #[test]
    fn tests_keep_to_the_plan_but_may_use_the_test_kit() {
        assert_eq!(check_imports(&manifest("beacon", &[], &["testkit"])), []);
        assert!(said(&check_imports(&manifest("beacon", &["testkit"], &[]))).contains("testkit"));
        assert!(said(&check_imports(&manifest("beacon", &[], &["store"]))).contains("store"));
    }

    #[test]
    fn a_crate_without_a_place_in_the_plan_is_refused() {
        assert!(said(&check_imports(&manifest("utils", &[], &[]))).contains("not in the table"));
    }

    #[test]
    fn the_plan_has_no_circles() {
        for (index, (name, imports)) in IMPORTS.iter().enumerate() {
            for import in *imports {
                let above = IMPORTS[..index].iter().any(|(earlier, _)| earlier == import);
                assert!(above, "{name} imports {import}, which stands below it in the table");
            }
        }
    }

    #[test]
    fn a_driver_declared_away_from_home_is_refused() {
        let said = said(&check_declared_drivers(&manifest("beacon", &["axum", "tokio"], &[])));
        assert!(said.starts_with("crates/beacon/Cargo.toml:5: beacon declares axum ("), "{said}");
        assert_eq!(check_declared_drivers(&manifest("web", &["axum"], &[])), []);
        assert_eq!(check_declared_drivers(&manifest("beacon", &[], &["axum"])), []);
        assert_eq!(check_declared_drivers(&manifest("store", &["tokio-postgres"], &[])), []);
        assert_eq!(check_declared_drivers(&manifest("web", &["tokio-postgres"], &[])).len(), 1);
    }

    #[test]
    fn the_model_may_use_lettres_addresses_but_not_its_transports() {
        assert_eq!(named("model", "use lettre::address::Address;"), "");
        let said = named("model", "\nuse lettre::{address, transport::smtp};");
        assert!(said.starts_with("a.rs:2: model names lettre::transport::smtp ("), "{said}");
        assert_eq!(named("mailer", "use lettre::transport::smtp;"), "");
        assert_ne!(named("model", "use lettre::AsyncSmtpTransport;"), "");
        assert_ne!(named("render", "use lettre::Address;"), "");
        assert_eq!(check_declared_drivers(&manifest("model", &["lettre"], &[])), []);
        assert_eq!(check_declared_drivers(&manifest("render", &["lettre"], &[])).len(), 1);
    }

    #[test]
    fn the_environment_is_read_only_in_the_binary() {
        let text = "use std::env;\nfn home() { env::var(\"HOME\"); }";
        assert_eq!(named("pharos", text), "");
        assert!(named("store", text).contains("a.rs:2: store names std::env::var ("));
        assert_eq!(named("store", "const V: &str = env!(\"CARGO_PKG_VERSION\");"), "");
    }

    #[test]
    fn pure_crates_read_no_clock_and_wait_for_nothing() {
        let text = "use std::time::{Duration, Instant};\nfn a() { Instant::now(); }";
        assert!(named("token", text).contains("a.rs:2: token names std::time::Instant::now ("));
        assert_eq!(named("journal", text), "");
        assert_eq!(named("token", "use std::time::Duration;"), "");
        assert_ne!(named("render", "fn a() { tokio::spawn(b); }"), "");
    }

    #[test]
    fn the_model_has_no_serde() {
        assert_ne!(named("model", "#[derive(serde::Serialize)] struct A;"), "");
        assert_eq!(check_declared_drivers(&manifest("model", &["serde"], &[])).len(), 1);
    }

    #[test]
    fn tests_inside_a_file_are_free() {
        let text = "#[cfg(test)]\nmod tests { fn a() { std::env::temp_dir(); } }";
        assert_eq!(named("store", text), "");
    }

    #[test]
    fn long_files_and_functions_are_named() {
        let text = format!("fn long() {{\n{}}}\n", "a();\n".repeat(FILE_LINES));
        let source = Source::parse(&text).unwrap();
        let complaints = check_budget("a.rs", &source, &mut Excused::default());
        let said = said(&complaints);
        assert!(said.contains("a.rs:401: 402 lines without tests, budget 400 ("), "{said}");
        assert!(said.contains("a.rs:1: fn long has 402 lines, budget 60 ("), "{said}");
    }

    #[test]
    fn an_exception_is_good_for_one_name_and_must_be_needed() {
        const EXCEPTIONS: &[(&str, &str)] = &[("a.rs: long", "why"), ("b.rs", "why")];
        let text = format!("fn long() {{\n{}}}\n", "a();\n".repeat(FUNCTION_LINES));
        let mut excused = Excused::default();
        let source = Source::parse(&text).unwrap();
        assert_eq!(check_budget_with("a.rs", &source, &mut excused, EXCEPTIONS), []);
        let said = said(&excused.unneeded_of(EXCEPTIONS));
        assert!(said.contains("the exception for `b.rs` is not needed"), "{said}");
        assert!(!said.contains("a.rs"), "{said}");
    }
}
