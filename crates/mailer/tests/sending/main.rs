//! The mailer against real and scripted relays. After every story the states of all deliveries
//! sum up to the audience, and the relay saw nobody twice.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail the test")]

mod carried;
mod checks;
mod crashes;
mod fake;
mod limits;
mod messages;
mod recorded;
mod refusals;
mod replies;
mod sink;
mod tls;
mod world;
