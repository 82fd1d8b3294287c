//! The chunks that are in Redis but not confirmed by the store.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use journal::Position;

/// Chunks that were added to the stream and are not confirmed yet, oldest first.
#[derive(Debug, Default)]
pub(super) struct Window {
    chunks: VecDeque<Shipped>,
    /// Look for the oldest at once.
    doubted: bool,
}

/// A chunk that was added to the stream.
#[derive(Debug, Clone)]
pub(super) struct Shipped {
    /// The stream entry's id.
    pub(super) id: String,
    pub(super) to: Position,
    /// When it was added, or last seen in Redis.
    seen: Instant,
}

impl Window {
    pub(super) fn len(&self) -> usize {
        self.chunks.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.chunks.clear();
        self.doubted = false;
    }

    pub(super) fn add(&mut self, id: String, to: Position) {
        self.chunks.push_back(Shipped { id, to, seen: Instant::now() });
    }

    /// Forgets what ends at or before `to`.
    pub(super) fn confirm(&mut self, to: Position) {
        while self.chunks.front().is_some_and(|chunk| chunk.to <= to) {
            self.chunks.pop_front();
        }
    }

    /// The server may have lost what it was given.
    pub(super) fn doubt(&mut self) {
        self.doubted = true;
    }

    /// The oldest chunk, if it has not been seen for `lost_after` or is in doubt.
    pub(super) fn overdue(&self, lost_after: Duration) -> Option<Shipped> {
        let oldest = self.chunks.front()?;
        (self.doubted || oldest.seen.elapsed() >= lost_after).then(|| oldest.clone())
    }

    /// The oldest chunk is still in Redis.
    pub(super) fn found(&mut self) {
        self.doubted = false;
        if let Some(oldest) = self.chunks.front_mut() {
            oldest.seen = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u32) -> Position {
        Position { segment: 1, offset }
    }

    fn window() -> Window {
        let mut window = Window::default();
        for offset in [10, 20, 30] {
            window.add(format!("{offset}-0"), at(offset));
        }
        window
    }

    #[test]
    fn a_confirmation_covers_what_ends_before_it() {
        let mut window = window();
        window.confirm(at(9));
        assert_eq!(window.len(), 3);
        window.confirm(at(25));
        assert_eq!(window.len(), 1);
        window.confirm(at(30));
        assert!(window.is_empty());
    }

    #[test]
    fn the_oldest_is_overdue_after_a_while_or_in_doubt() {
        let mut window = window();
        let hour = Duration::from_secs(3_600);
        assert!(window.overdue(hour).is_none());
        assert_eq!(window.overdue(Duration::ZERO).unwrap().id, "10-0");
        window.doubt();
        assert_eq!(window.overdue(hour).unwrap().id, "10-0");
        window.found();
        assert!(window.overdue(hour).is_none());
    }
}
