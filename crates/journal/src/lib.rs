//! An append-only checked log with group commit: what must not be lost.
