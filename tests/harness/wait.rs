//! Waiting for what must come true, with a limit, and letting time pass where that is the point.

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
        let_pass(LOOK_AGAIN);
    }
}

/// Lets time pass where the duration itself is what is told: a pace, a rate, a promise in seconds.
/// Whatever happens at some moment is waited for with [`until`].
#[expect(clippy::disallowed_methods, reason = "the one place where stories sleep")]
pub fn let_pass(time: Duration) {
    std::thread::sleep(time);
}
