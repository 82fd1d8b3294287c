//! What browsers may bring, and what they are given.

use proptest::prelude::*;

use super::*;

fn cookie(scope: CookieScope) -> VisitorCookie {
    VisitorCookie::new(scope, Arc::new(Keyring::generate().unwrap()))
}

fn read(cookie: &VisitorCookie, headers: &[&str]) -> BroughtCookie {
    cookie.read(headers.iter().map(|header| header.as_bytes()))
}

fn pair(given: &str) -> &str {
    given.split(';').next().unwrap()
}

/// A value as earlier releases issued it.
fn long(cookie: &VisitorCookie, id: [u8; 16]) -> String {
    let value = [&id[..], &cookie.keys.visitor_code(&id)].concat();
    format!("{}={}", cookie.name, URL_SAFE_NO_PAD.encode(value))
}

#[test]
fn each_setting_has_its_attributes_and_only_https_has_a_choice() {
    let attributes = |secure, same_site, partitioned| {
        let given = cookie(CookieScope { secure, same_site, partitioned }).give(VisitorId([7; 12]));
        let (pair, attributes) = given.split_once("; ").unwrap();
        (pair.split('=').next().unwrap().to_owned(), attributes.to_owned())
    };
    for (secure, same_site, partitioned, name, ends) in [
        (true, SameSite::None, false, "__Host-pharos_visitor", "SameSite=None; Secure"),
        (true, SameSite::None, true, "__Host-pharos_visitor", "SameSite=None; Secure; Partitioned"),
        (true, SameSite::Lax, false, "__Host-pharos_visitor", "SameSite=Lax; Secure"),
        (false, SameSite::None, true, "pharos_visitor", "SameSite=Lax"),
        (false, SameSite::Lax, false, "pharos_visitor", "SameSite=Lax"),
    ] {
        let expect = format!("Max-Age=34560000; Path=/; HttpOnly; {ends}");
        assert_eq!(attributes(secure, same_site, partitioned), (name.to_owned(), expect));
    }
}

#[test]
fn a_cookie_is_taken_away_from_both_jars_that_a_browser_has() {
    let expect = [
        "__Host-pharos_visitor=; Max-Age=0; Path=/; HttpOnly; SameSite=None; Secure",
        "__Host-pharos_visitor=; Max-Age=0; Path=/; HttpOnly; SameSite=None; Secure; Partitioned",
    ];
    for partitioned in [false, true] {
        assert_eq!(
            cookie(CookieScope { partitioned, ..CookieScope::default() }).take_away(),
            expect
        );
    }
    let plain = cookie(CookieScope { secure: false, ..CookieScope::default() });
    assert_eq!(plain.take_away(), ["pharos_visitor=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"]);
}

#[test]
fn off_wins_wherever_it_stands() {
    let cookie = cookie(CookieScope::default());
    let given = cookie.give(VisitorId([7; 12]));
    for off in cookie.off() {
        assert!(off.contains("; Max-Age=34560000; "), "{off}");
        let (off, given) = (pair(&off), pair(&given));
        assert_eq!(read(&cookie, &[off]), BroughtCookie::Off);
        assert_eq!(read(&cookie, &[&format!("{given}; {off}")]), BroughtCookie::Off);
        assert_eq!(read(&cookie, &[off, given]), BroughtCookie::Off);
    }
}

#[test]
fn a_cookie_of_an_earlier_release_is_the_same_browser() {
    let cookie = cookie(CookieScope::default());
    let brought = read(&cookie, &[&long(&cookie, [9; 16])]);
    assert_eq!(brought, BroughtCookie::Visitor { id: VisitorId([9; 12]), long: true });
    let again = cookie.give(VisitorId([9; 12]));
    let brought = read(&cookie, &[pair(&again)]);
    assert_eq!(brought, BroughtCookie::Visitor { id: VisitorId([9; 12]), long: false });
}

#[test]
fn an_authentic_cookie_is_found_among_others() {
    let cookie = cookie(CookieScope::default());
    let given = cookie.give(VisitorId([7; 12]));
    let (pair, name) = (pair(&given), cookie.name);
    let ours = BroughtCookie::Visitor { id: VisitorId([7; 12]), long: false };
    assert_eq!(read(&cookie, &[&format!("a=b; {pair};c=d")]), ours);
    assert_eq!(read(&cookie, &["a=b", &format!("{name}=x; {pair}; {name}=y")]), ours);
    assert_eq!(read(&cookie, &[&format!("x{pair}")]), BroughtCookie::Nothing);
    assert_eq!(read(&cookie, &[]), BroughtCookie::Nothing);
}

#[test]
fn what_we_have_not_issued_is_foreign() {
    let cookie = cookie(CookieScope::default());
    let given = cookie.give(VisitorId([7; 12]));
    let long = long(&cookie, [7; 16]);
    let mut wrong = ["", "x", "OFF", "offf", "!!AAAAAAAAAAAAAAAAAAAA"].map(str::to_owned).to_vec();
    wrong.extend([22, 27, 32].map(|length| "A".repeat(length)));
    for value in [pair(&given), &long].map(|pair| pair.split('=').nth(1).unwrap()) {
        wrong.extend([format!("{value}A"), value[1..].to_owned(), format!("{value}=")]);
        for at in 0..value.len() {
            let other = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut forged = value.to_owned();
            forged.replace_range(at..=at, other);
            wrong.push(forged);
        }
    }
    for value in wrong {
        let brought = read(&cookie, &[&format!("{}={value}", cookie.name)]);
        assert_eq!(brought, BroughtCookie::Foreign, "{value}");
    }
}

proptest! {
    #[test]
    fn every_visitor_is_read_back(id: [u8; 12]) {
        let cookie = cookie(CookieScope::default());
        let given = cookie.give(VisitorId(id));
        let brought = read(&cookie, &[pair(&given)]);
        prop_assert_eq!(brought, BroughtCookie::Visitor { id: VisitorId(id), long: false });
    }

    #[test]
    fn no_header_panics(header: Vec<u8>) {
        let _ = cookie(CookieScope::default()).read(std::iter::once(&header[..]));
    }
}
