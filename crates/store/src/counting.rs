//! What readers did and how it is counted: hits become events, and every count changes in the
//! transaction that adds the event.

pub(crate) mod carried_runs;
pub(crate) mod clickers;
pub(crate) mod client_cipher;
pub(crate) mod client_shortening;
pub(crate) mod clients;
pub(crate) mod cut_links;
pub(crate) mod engagements;
pub(crate) mod event_cursor;
pub(crate) mod event_scan;
pub(crate) mod events;
pub(crate) mod expired_engagements;
pub(crate) mod expired_events;
pub(crate) mod expired_visitors;
pub(crate) mod feed;
pub(crate) mod folded_hours;
pub(crate) mod forgotten_times;
pub(crate) mod gaps;
pub(crate) mod hit_columns;
pub(crate) mod hit_consent;
pub(crate) mod hits;
pub(crate) mod linked_visitors;
pub(crate) mod links;
pub(crate) mod marks;
pub(crate) mod origins;
pub(crate) mod partitions;
pub(crate) mod quick_networks;
pub(crate) mod recorded_hit;
pub(crate) mod report_contacts;
pub(crate) mod retention;
pub(crate) mod rollup_deltas;
pub(crate) mod rollups;
pub(crate) mod strays;
pub(crate) mod visitor_links;
pub(crate) mod visitor_records;
pub(crate) mod visitors;
