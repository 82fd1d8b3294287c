//! Waiting for what must come true, with a limit.

use std::time::{Duration, Instant};

/// Long enough for a loaded machine with two cores.
pub const LIMIT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Asks again and again until there is an answer; says what it waited for when there is none.
pub fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    until_within(LIMIT, what, ask)
}

/// The same with a limit of one's own.
pub fn until_within<T>(limit: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begin.elapsed() < limit, "waited {limit:?} for {what}");
        std::thread::park_timeout(LOOK_AGAIN);
    }
}
