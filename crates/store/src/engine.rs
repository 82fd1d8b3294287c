//! How the store talks to its database: connections and the threads that own them, transactions,
//! the schema. What is stored is in the other folders, which know the database only as [`tx::Tx`].
//!
//! From the bottom up: `sql` and `value` (statements and what goes in and out),
//! `postgres_connection` (one exchange with PostgreSQL), `tx` (a transaction on either), `sqlite`
//! and `postgres` (a connection each), `threads` (who owns it), `store` (the entrance).

pub(crate) mod attached;
pub(crate) mod client_secret;
pub(crate) mod database_facts;
pub(crate) mod error;
pub(crate) mod location;
pub(crate) mod migrate;
pub(crate) mod options;
pub(crate) mod postgres;
pub(crate) mod postgres_connection;
pub(crate) mod postgres_facts;
pub(crate) mod probe;
pub(crate) mod sql;
pub(crate) mod sqlite;
pub(crate) mod store;
pub(crate) mod threads;
pub(crate) mod tx;
pub(crate) mod value;
