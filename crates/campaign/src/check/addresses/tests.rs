use super::*;

fn address(url: &str) -> WebAddress {
    let (url, is_personal) = (url.to_owned(), url.contains("{{"));
    let (line, column, shown, is_private) = (6, 9, (None, None), false);
    WebAddress { url, used_as: AddressUse::Link, is_personal, is_private, line, column, shown }
}

fn failed(problem: FetchProblem) -> Result<Fetched, FetchFailure> {
    Err(FetchFailure { problem, redirects: Vec::new() })
}

fn told(answers: &[(&str, Result<Fetched, FetchFailure>)]) -> Vec<(Severity, String)> {
    let checked: Vec<_> = answers
        .iter()
        .map(|(url, answer)| {
            let asked = asked(&address(url)).map(|_| answer.clone());
            super::checked(&address(url), 1, asked)
        })
        .collect();
    findings(&checked).into_iter().map(|it| (it.severity, it.text)).collect()
}

#[test]
fn a_page_is_asked_for_once_whatever_place_in_it_is_meant() {
    let image = WebAddress { used_as: AddressUse::Image, ..address("https://a.org/x") };
    let all = [
        address("https://a.org/x#one"),
        address("https://a.org/x#two"),
        address("https://a.org/y"),
        address("https://a.org/x"),
        image,
    ];
    let found: Vec<_> = different(&all).iter().map(|(it, n)| (it.url.as_str(), *n)).collect();
    assert_eq!(found, [("https://a.org/x#one", 3), ("https://a.org/y", 1), ("https://a.org/x", 1)]);
    assert_eq!(asked(&all[0]).as_deref(), Some("https://a.org/x"));
    for never in ["https://a.org/{{ id }}", "https://Shop.Example:8443/x", "http://u@x.test./"] {
        assert_eq!(asked(&address(never)), None, "{never}");
    }
}

#[test]
fn one_server_that_is_down_is_its_own_trouble_and_all_of_several_are_ours() {
    let refused = || failed(FetchProblem::Connect("connection refused".to_owned()));
    let late = || failed(FetchProblem::Timeout(15));
    let one = told(&[("https://a.org/x", refused()), ("https://a.org/y", late())]);
    assert_eq!(one.len(), 2);
    assert!(one.iter().all(|it| it.0 == Severity::Warning), "{one:?}");
    assert!(
        one[0].1.starts_with("line 6, column 9: the link `https://a.org/x` refuses"),
        "{one:?}"
    );
    let lookup = || failed(FetchProblem::LookupFailed("timed out".to_owned()));
    let all = told(&[("https://a.org/x", refused()), ("https://b.org/", lookup())]);
    assert_eq!(all.len(), 1);
    assert!(all[0].0 == Severity::Hint && all[0].1.contains("2 addresses are not"), "{all:?}");
    let other = failed(FetchProblem::NoSuchHost);
    let mixed = told(&[("https://a.org/x", refused()), ("https://b.org/", other)]);
    assert!(mixed.iter().all(|it| it.0 == Severity::Warning), "{mixed:?}");
}

#[test]
fn what_is_not_asked_is_told_once() {
    let never = || failed(FetchProblem::NoSuchHost);
    let all = told(&[
        ("https://a.org/{{ id }}", never()),
        ("https://b.org/{{ id }}", never()),
        ("https://shop.example/", never()),
    ]);
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].1.contains("2 addresses are not checked: a contact's value"), "{all:?}");
    assert!(all[1].1.contains("1 address is not checked: the domain is reserved"), "{all:?}");
}
