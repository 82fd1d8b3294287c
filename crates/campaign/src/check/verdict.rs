//! What a server's answer means for a link.

use fetcher::{FetchFailure, FetchProblem, Fetched};

/// Whether readers get something where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressOutcome {
    Reachable,
    /// They don't, with the reason.
    Dead(String),
    /// Nobody knows: the server does not tell programs, or we do not ask it.
    Unknown(String),
}

/// Whether a HEAD that ended so says nothing about a GET: many servers refuse it, or answer it by
/// other code.
pub(crate) fn ask_again(answer: &Result<Fetched, FetchFailure>) -> bool {
    match answer {
        Ok(fetched) => !(200..300).contains(&fetched.status),
        Err(failure) => matches!(
            failure.problem,
            FetchProblem::NotHttp(_) | FetchProblem::Timeout(_) | FetchProblem::Loop
        ),
    }
}

/// What the answer to a GET means.
pub(crate) fn verdict(answer: &Result<Fetched, FetchFailure>) -> AddressOutcome {
    match answer {
        Ok(fetched) => of_status(fetched.status),
        Err(FetchFailure { problem, redirects }) => {
            let text = problem.to_string();
            let goes_on = matches!(problem, FetchProblem::Loop | FetchProblem::TooManyRedirects(_));
            let text = match redirects.last().filter(|_| !goes_on) {
                Some(last) => format!("redirects to {}, which {text}", last.to),
                None => text,
            };
            match problem {
                FetchProblem::LookupFailed(_) | FetchProblem::Port(_) => {
                    AddressOutcome::Unknown(text)
                }
                _ => AddressOutcome::Dead(text),
            }
        }
    }
}

fn of_status(status: u16) -> AddressOutcome {
    let answers = |words: &str| format!("answers {status}{words}");
    match status {
        200..300 => AddressOutcome::Reachable,
        300..400 => AddressOutcome::Unknown(answers(" and names no page")),
        // What walls against programs say, whatever is behind them.
        401 | 403 | 407 => AddressOutcome::Unknown(answers(", which is for people who may")),
        408 | 425 | 429 => AddressOutcome::Unknown(answers(": it wants to be asked later")),
        451 => AddressOutcome::Unknown(answers(": not in this country")),
        404 => AddressOutcome::Dead(answers(" (not found)")),
        410 => AddressOutcome::Dead(answers(" (gone)")),
        400..600 => AddressOutcome::Dead(answers("")),
        _ => AddressOutcome::Unknown(answers(", which no standard knows")),
    }
}

#[cfg(test)]
mod tests {
    use fetcher::{Body, Redirect};

    use super::*;

    fn of(status: u16) -> AddressOutcome {
        let (redirects, content_type, body) = (Vec::new(), None, Body::default());
        verdict(&Ok(Fetched { status, redirects, content_type, body }))
    }

    #[test]
    fn walls_against_programs_are_no_dead_links() {
        assert_eq!(of(204), AddressOutcome::Reachable);
        for dead in [400, 404, 405, 410, 500, 502, 503] {
            assert!(matches!(of(dead), AddressOutcome::Dead(_)), "{dead}");
        }
        for unknown in [301, 304, 401, 403, 408, 429, 451, 999] {
            assert!(matches!(of(unknown), AddressOutcome::Unknown(_)), "{unknown}");
        }
    }

    #[test]
    fn what_is_wrong_behind_a_redirect_is_told_with_the_way_there() {
        let redirects = vec![Redirect { status: 302, to: "http://10.0.0.1/".to_owned() }];
        let failure = |problem| Err(FetchFailure { problem, redirects: redirects.clone() });
        let AddressOutcome::Dead(text) = verdict(&failure(FetchProblem::Private)) else {
            panic!("it is dead to readers");
        };
        assert!(text.starts_with("redirects to http://10.0.0.1/, which leads to a priv"), "{text}");
        let unanswered = failure(FetchProblem::LookupFailed("timed out".to_owned()));
        assert!(matches!(verdict(&unanswered), AddressOutcome::Unknown(_)));
        assert!(ask_again(&failure(FetchProblem::Timeout(9))));
        assert!(!ask_again(&failure(FetchProblem::NoSuchHost)));
    }
}
