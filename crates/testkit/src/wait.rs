//! Waiting for a condition, with a limit.

use std::time::{Duration, Instant};

/// Long enough for a loaded machine with two cores.
const LIMIT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Polls until there is an answer; says what it waited for when there is none.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begin.elapsed() < LIMIT, "waited {LIMIT:?} for {what}");
        #[expect(clippy::disallowed_methods, reason = "looks again, up to the limit")]
        std::thread::park_timeout(LOOK_AGAIN);
    }
}
