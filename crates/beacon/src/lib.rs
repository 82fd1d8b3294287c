//! The public hot path: pixel and click.
