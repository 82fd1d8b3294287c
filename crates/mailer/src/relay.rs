//! The relay as a whole: its connections, how it is approached after trouble, and a probe and a
//! single message for people who set it up.

pub(crate) mod concurrency;
pub(crate) mod pool;
pub(crate) mod probe;
pub(crate) mod relay_test;
pub(crate) mod send_one;
