//! Where to go after signing in: a page of ours, whatever somebody has put into the address.
//!
//! Invariant: what comes out begins with `/admin` and is taken by no browser for the address of
//! another machine.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Longer ones lead to the beginning.
const MAX_BYTES: usize = 2_000;
/// Where people begin.
pub(crate) const HOME: &str = "/admin";

/// The path if it is one of a page of ours, otherwise [`HOME`].
pub(crate) fn local_path(asked: Option<&str>) -> &str {
    asked.filter(|path| is_ours(path)).unwrap_or(HOME)
}

fn is_ours(path: &str) -> bool {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (place, _) = path.split_at(end);
    let below =
        place.strip_prefix(HOME).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // Browsers drop tabs and line ends, take `\` for `/`, and resolve `..`.
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#';
    below
        && path.len() <= MAX_BYTES
        && path.bytes().all(plain)
        && !place.contains("//")
        && !place.split('/').any(|part| matches!(decoded_dots(part).as_str(), "." | ".."))
        && !place.starts_with("/admin/sign-")
}

/// Browsers also take `%2e` for a dot.
fn decoded_dots(part: &str) -> String {
    part.to_ascii_lowercase().replace("%2e", ".")
}

/// The sign-in page that leads on to this path.
pub(crate) fn sign_in_path(next: &str) -> String {
    match local_path(Some(next)) {
        HOME => "/admin/sign-in".to_owned(),
        next => format!("/admin/sign-in?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_pages_of_ours_are_gone_to() {
        for ours in ["/admin", "/admin/campaigns/3", "/admin/contacts?q=a%40b&state=", "/admin/"] {
            assert_eq!(local_path(Some(ours)), ours);
        }
        for other in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/administrator",
            "/admin//evil.example",
            "/admin/../m/x",
            "/admin/%2e%2e/x",
            "/admin/.%2E/x",
            "admin",
            "/admin\\..\\..\\evil",
            "/admin/\tx",
            "/admin/\n",
            "/admin/ x",
            "javascript:alert(1)",
            "/admin@evil.example",
            "/admin.evil.example",
            "/admin/x#y",
            "/admin/sign-in",
            "/admin/sign-out",
            "/admin/ä",
        ] {
            assert_eq!(local_path(Some(other)), HOME, "{other:?}");
        }
        assert_eq!(local_path(Some(&format!("/admin/{}", "x".repeat(2_000)))), HOME);
    }

    /// Where a browser goes, as far as it matters: URL standard, section 4.4.
    fn leads_to_us(path: &str) -> bool {
        let seen: String = path.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
        let seen = seen.trim_matches(|c: char| c <= ' ').replace('\\', "/");
        seen.starts_with("/admin") && !seen.starts_with("//")
    }

    proptest! {
        #[test]
        fn nothing_leads_elsewhere(asked in any::<String>()) {
            prop_assert!(leads_to_us(local_path(Some(&asked))));
        }

        #[test]
        fn nothing_that_looks_like_ours_leads_elsewhere(asked in "[/\\\\.%2eE\t@:?#admin]{0,16}") {
            for text in [asked.clone(), format!("/admin{asked}"), format!("/{asked}")] {
                let path = local_path(Some(&text));
                prop_assert!(leads_to_us(path));
                prop_assert!(!path.split(['?', '#']).next().unwrap_or_default().contains("//"));
                prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'));
            }
        }
    }
}
