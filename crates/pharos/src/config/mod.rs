//! The configuration: what was typed, and what it means.
//!
//! Invariants: a [`Config`] has been checked as a whole, so no command finds a bad value half-way;
//! unknown keys are refused; every error names the file, the line and what would be right.

mod brand;
mod checked;
mod cookie;
mod duration;
mod file;
mod forms;
mod hello_name;
mod media;
mod messages;
mod origin;
mod outside;
mod relay;
mod retention;
mod services;
mod stored;

use std::path::{Path, PathBuf};

pub(crate) use checked::{Bus, Config, Listen, is_this_machine};
pub(crate) use duration::parse as parse_duration;
pub(crate) use hello_name::is_address_literal;

/// The annotated example that `pharos init` writes.
pub(crate) const STANDALONE: &str = include_str!("../../../../config/standalone.toml");

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigProblem {
    #[error("can't read the config {}: {source}. `pharos init` creates one.", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// Not TOML, an unknown or missing key, or a value of the wrong type.
    #[error("{}: {message}", path.display())]
    Malformed {
        path: PathBuf,
        /// The parser's message, with line, column and the line itself.
        message: String,
    },
    #[error("{}, line {line}: {field} {what}", path.display())]
    Wrong {
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The key with its table, for example `relay.tls`.
        field: &'static str,
        /// What is wrong and what would be right.
        what: String,
    },
    #[error("{field}, as the store keeps it, {what}. `pharos settings set` changes it.")]
    Stored {
        /// As in the file.
        field: &'static str,
        /// What is wrong and what would be right.
        what: String,
    },
}

/// Reads and checks a configuration file; relative paths in it are relative to its folder.
///
/// # Errors
/// Names the file, the line and the field.
pub(crate) fn load(path: &Path) -> Result<Config, ConfigProblem> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigProblem::Unreadable { path: path.to_owned(), source })?;
    parse(path, &text)
}

/// Checks a configuration text as if it were in the file `path`.
///
/// # Errors
/// Names the file, the line and the field.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Config, ConfigProblem> {
    let typed: file::File = toml::from_str(text).map_err(|error| malformed(path, &error))?;
    checked::Checker { path, text }.config(&typed)
}

fn malformed(path: &Path, error: &toml::de::Error) -> ConfigProblem {
    let message = error.to_string().trim_end().to_owned();
    ConfigProblem::Malformed { path: path.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use token::{CookieScope, SameSite};

    fn check(change: impl Fn(&str) -> String) -> Result<Config, String> {
        parse(Path::new("pharos.toml"), &change(STANDALONE)).map_err(|problem| problem.to_string())
    }

    fn line_of(needle: &str) -> usize {
        STANDALONE.lines().position(|line| line.contains(needle)).unwrap() + 1
    }

    #[test]
    fn the_annotated_example_is_valid() {
        let config = check(str::to_owned).unwrap();
        assert_eq!(config.topics.len(), 2);
        assert_eq!(config.relay.unwrap().connections, 10);
    }

    #[test]
    fn every_file_under_config_is_parsed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            match path.extension().and_then(|end| end.to_str()) {
                Some("toml") => drop(load(&path).unwrap()),
                Some("service") => parse_unit(&std::fs::read_to_string(&path).unwrap()),
                _ => panic!("no parser for {}", path.display()),
            }
        }
    }

    /// systemd.syntax(7): sections, assignments, comments, and nothing else.
    fn parse_unit(text: &str) {
        let mut section = None;
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(name) => section = Some(name),
                None => assert!(section.is_some() && line.split_once('=').is_some(), "{line}"),
            }
        }
        assert_eq!(section, Some("Install"));
    }

    #[test]
    fn every_key_of_the_brand_in_the_example_is_valid() {
        let begin = STANDALONE.find("\n[brand]").unwrap();
        let end = STANDALONE[begin + 1..].find("\n\n").unwrap() + begin;
        let keys = STANDALONE[begin..end].lines().map(|line| match line.strip_prefix("# ") {
            Some(key) if key.split(' ').nth(1) == Some("=") => key,
            _ => line,
        });
        let keys = keys.collect::<Vec<_>>().join("\n");
        let brand = check(|t| t.replacen(&STANDALONE[begin..end], &keys, 1)).unwrap().sender.brand;
        let logo = brand.logo.unwrap();
        assert!(logo.dark.is_some() && logo.alt.is_some() && brand.website.is_some());
        assert!(brand.colors.accent_dark.is_some() && brand.colors.background.is_some());
        assert_eq!((brand.legal.len(), brand.social.len()), (2, 1));
        assert_eq!(check(str::to_owned).unwrap().sender.brand, render::Brand::default());
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = check(|t| t.replace("shutdown_timeout", "shutdown_time")).unwrap_err();
        assert!(error.contains(&format!("line {}", line_of("shutdown_timeout"))), "{error}");
        assert!(error.contains("unknown field `shutdown_time`"), "{error}");
    }

    #[test]
    fn what_is_not_ascii_becomes_what_mail_can_carry() {
        let config = check(|t| {
            t.replace("domain = \"aurora.example\"", "domain = \"Bücher.example\"")
                .replace("http://127.0.0.1:8026", "https://Bücher.example/")
                .replace("http://127.0.0.1:8025", "http://[::1]:8025")
        });
        let sender = config.unwrap().sender;
        assert_eq!(sender.domain, "xn--bcher-kva.example");
        assert_eq!(sender.web_url, "https://xn--bcher-kva.example");
        assert_eq!(sender.beacon_url, "http://[::1]:8025");
    }

    #[test]
    fn what_loads_can_be_sent() {
        let address = "postal_address = \"\"\"\nHafenstraße 1\n20457 Hamburg\n\"\"\"";
        let line = STANDALONE.lines().find(|line| line.starts_with("postal_address")).unwrap();
        let config = check(|t| t.replace(line, address)).unwrap();
        assert_eq!(config.sender.postal_address, "Hafenstraße 1\n20457 Hamburg");
        let topic = &config.topics[0];
        let topic = render::TopicName { slug: &topic.slug, name: &topic.name };
        let text = "---\nsubject: x\nfrom: a@b.example\n---\nx\n";
        let announcement = render::Announcement::parse(text).unwrap();
        render::compile(&announcement, &config.sender, &topic).unwrap();
    }

    #[test]
    fn wrong_values_name_line_and_field() {
        let cases = [
            ("tls = \"none\"", "tls = \"ssl\"", "relay.tls"),
            ("connections = 10\n", "connections = 0\n", "relay.connections"),
            ("connect_timeout = \"15s\"", "connect_timeout = \"15\"", "relay.connect_timeout"),
            ("\nhello_name = \"localhost\"", "\nhello_name = \"my host\"", "relay.hello_name"),
            ("\nhello_name = \"localhost\"", "\nhello_name = \"bücher.example\"", "xn--bcher-kva"),
            ("cookie = \"set\"", "cookie = \"yes\"", "beacon.cookie"),
            ("same_site = \"none\"", "same_site = \"strict\"", "beacon.cookie_same_site should be"),
            // Over http, and for a cookie that no image brings along.
            ("partitioned = false", "partitioned = true", "beacon.cookie_partitioned should be"),
            ("listen = \"127.0.0.1:8026\"", "listen = \"8026\"", "web.listen"),
            (
                "# privacy_contact = \"privacy@aurora.example\"",
                "privacy_contact = \"http://aurora.example\"",
                "web.privacy_contact should be an email address",
            ),
            ("listen = \"127.0.0.1:8027\"", "listen = \"everywhere\"", "admin.listen"),
            ("host = \"127.0.0.1\"", "host = \"mail.example.com\"", "relay.tls"),
            ("web_url = \"http://127.0.0.1:8026\"", "web_url = \"127.0.0.1\"", "public.web_url"),
            ("http://127.0.0.1:8025", "http://mail.example.com", "public.beacon_url"),
            ("slug = \"offers\"", "slug = \"Offers!\"", "topics.slug"),
            ("slug = \"offers\"", "slug = \"-offers-\"", "topics.slug"),
            ("name = \"Offers\"", &format!("name = \"{}\"", "O".repeat(201)), "topics.name"),
            ("domain = \"aurora.example\"", "domain = \"no domain\"", "organisation.domain"),
            ("domain = \"aurora.example\"", "domain = \"1.2.3.4\"", "organisation.domain"),
            ("http://127.0.0.1:8026", "https://a.example/?x=1", "public.web_url"),
            ("http://127.0.0.1:8026", "https://a b.example", "public.web_url"),
            ("journal_max_mib = 8192", "journal_max_mib = 40", "beacon.journal_max_mib"),
            ("# threads = 4", "threads = 0", "beacon.threads should be between 1 and 8"),
            ("# threads = 4", "threads = 9", "beacon.threads should be between 1 and 8"),
            ("level = \"info\"", "level = \"loud\"", "log.level"),
            (
                "api_requests_per_second = 20",
                "api_requests_per_second = 0",
                "admin.api_requests_per_second",
            ),
            ("private_hosts = []", "private_hosts = [\"10.1.0.0/8\"]", "check.private_hosts"),
            ("# dns_servers = [\"192.0.2.53\"]", "dns_servers = [\"dns\"]", "check.dns_servers"),
            (
                "# spam_filter = \"http://127.0.0.1:11333\"",
                "spam_filter = \"127.0.0.1:11333\"",
                "check.spam_filter",
            ),
            ("allow_remote = false", "url = \"http://pharos.example\"", "admin.url"),
            ("allow_remote = false", "url = \"https://192.0.2.1\"", "admin.url"),
            ("allow_remote = false", "url = \"https://pharos.example/admin\"", "admin.url"),
            ("trusted_proxies = []", "trusted_proxies = [\"proxy\"]", "beacon.trusted_proxies"),
            ("trusted_proxies = []", "trusted_proxies = [\"10.1.0.0/8\"]", "\"10.0.0.0/8\""),
            ("files = \"pharos-data/media\"", "files = \"s3://\"", "media.files"),
            ("files = \"pharos-data/media\"", "files = \"s3://a/../b\"", "media.files"),
            ("# region = ", "region = ", "media.region"),
            ("attachment_max_mib = 5", "attachment_max_mib = 0", "media.attachment_max_mib"),
            ("attachments_max_mib = 7", "attachments_max_mib = 4", "media.attachments_max_mib"),
        ];
        refused_with_line(&cases);
    }

    #[test]
    fn several_threads_of_the_beacon_take_the_disk_of_one() {
        let config = |setting: &str| check(|t| t.replace("# threads = 4", setting)).unwrap();
        let one = config("threads = 1");
        assert_eq!((one.beacon_threads, one.hits_journal.segment_bytes), (1, 16 << 20));
        let eight = config("threads = 8");
        assert_eq!((eight.beacon_threads, eight.hits_journal.segment_bytes), (8, 2 << 20));
        assert_eq!(eight.hits_journal.max_bytes, one.hits_journal.max_bytes);
        let cores = std::thread::available_parallelism().unwrap().get();
        assert_eq!(config("# not set").beacon_threads, (cores / 2).clamp(1, 8));
        let few = check(|t| t.replace("max_connections = 4096", "max_connections = 1")).unwrap();
        assert_eq!(few.beacon_threads, 1, "no thread is without a connection");
        let too_few = check(|t| {
            t.replace("max_connections = 4096", "max_connections = 3")
                .replace("# threads = 4", "threads = 4")
        });
        let refused = too_few.map(drop).unwrap_err();
        assert!(refused.contains("beacon.threads should be between 1 and 3"), "{refused}");
    }

    #[test]
    fn a_partitioned_cookie_needs_https_and_same_site_none() {
        let scope = |same_site: &str, partitioned: bool| {
            check(|t| {
                t.replace("http://127.0.0.1:8025", "https://t.aurora.example")
                    .replace("same_site = \"none\"", &format!("same_site = \"{same_site}\""))
                    .replace("partitioned = false", &format!("partitioned = {partitioned}"))
            })
            .map(|config| config.cookie_scope)
        };
        let https = CookieScope::default();
        assert_eq!(scope("none", false).unwrap(), https);
        assert_eq!(scope("none", true).unwrap(), CookieScope { partitioned: true, ..https });
        let lax = CookieScope { same_site: SameSite::Lax, ..https };
        assert_eq!(scope("lax", false).unwrap(), lax);
        let refused = scope("lax", true).unwrap_err();
        assert!(refused.contains("beacon.cookie_partitioned should be false, or"), "{refused}");
        // What a file of an earlier release leaves out.
        let left_out = check(|t| {
            t.replace("cookie_same_site = \"none\"\n", "")
                .replace("cookie_partitioned = false\n", "")
        });
        let plain = CookieScope { secure: false, ..https };
        assert_eq!(left_out.unwrap().cookie_scope, plain);
    }

    #[test]
    fn wrong_values_of_the_brand_name_line_and_field() {
        refused_with_line(&[
            ("# name = \"Aurora\"", "name = \"\"", "brand.name should be one line"),
            ("# logo = \"https:", "logo = \"http:", "brand.logo should be a full address"),
            ("# logo = \"https://aurora.example/", "logo = \"https://localhost/", "brand.logo"),
            ("# logo_dark", "logo_dark", "brand.logo_dark also needs `logo`"),
            ("# logo_alt", "logo_alt", "brand.logo_alt also needs `logo`"),
            ("# logo_width = 140", "logo_width = 140", "brand.logo_width also needs `logo`"),
            ("# logo_width = 140", "logo_width = 1400", "from 16 to 400"),
            (
                "# colour = \"#0b6075\"",
                "colour = \"teal\"",
                "brand.colour should be a colour in hex",
            ),
            ("# colour_dark", "colour_dark", "brand.colour_dark also needs `colour`"),
            ("# background = \"#", "background = \"0x", "brand.background should be a colour"),
            ("# font = \"Avenir", "font = \"Avenir}", "brand.font should be names of fonts"),
            ("# website = \"https", "website = \"ftp", "brand.website should be a full address"),
            ("# legal = [\"", "legal = [\"\", \"", "brand.legal should be one line"),
            (
                "# social = [{ name = \"Mastodon",
                "social = [{ name = \"",
                "brand.social.name should",
            ),
            (
                "# social = [{ name = \"Mastodon\", url = \"https",
                "social = [{ name = \"x\", url = \"ftp",
                "brand.social.url",
            ),
        ]);
    }

    /// Checks that each change of the standalone file is refused, with the line and what is given last.
    fn refused_with_line(cases: &[(&str, &str, &str)]) {
        for (right, wrong, field) in cases {
            assert!(STANDALONE.contains(right), "{right}");
            let error = check(|t| t.replacen(right, wrong, 1)).map(|_| wrong).unwrap_err();
            assert!(error.contains(field), "{wrong}: {error}");
            assert!(error.contains("pharos.toml, line "), "{wrong}: {error}");
        }
    }
}
