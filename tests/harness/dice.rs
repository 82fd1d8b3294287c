//! Chance that can be told again.

use std::time::Duration;

use super::wait;

/// A small generator, so that a failing run can be told again: the seed is printed.
pub struct Dice(u64);

impl Dice {
    pub fn seeded() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seed = now.expect("a time after 1970").as_nanos() as u64 | 1;
        println!("seed {seed}");
        Self(seed)
    }

    /// A number below `limit` (xorshift64).
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Lets less than `limit` pass: for the moment of a death, which is what is random about it.
    pub fn let_pass_less_than(&mut self, limit: Duration) {
        let limit = u64::try_from(limit.as_micros()).expect("a short time");
        wait::let_pass(Duration::from_micros(self.below(limit)));
    }

    /// The same things in another order.
    pub fn shuffled<T>(&mut self, things: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut rest: Vec<T> = things.into_iter().collect();
        let mut order = Vec::with_capacity(rest.len());
        while !rest.is_empty() {
            let at = self.below(rest.len() as u64) as usize;
            order.push(rest.swap_remove(at));
        }
        order
    }
}
