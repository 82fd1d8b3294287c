//! How the store speaks to its database: connections and the threads that own them, transactions,
//! the schema. What is kept stands in the other folders; they know the database as [`tx::Tx`] only.
//!
//! From the bottom: `sql` and `value` (statements and what goes in and out), `postgres_connection` (one
//! exchange with PostgreSQL), `tx` (a transaction on either), `sqlite` and `postgres` (a connection
//! each), `threads` (who owns it), `store` (the way in).

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
