//! Every table that belongs to an installation, and the statements that copy its rows.
//!
//! Invariants: the key columns come first and are the primary key in its order, so that rows have
//! the same order on every database; a table comes after those that its foreign keys reference. A
//! test compares the list with the real schema. Not included: `schema_versions`, which every store
//! writes for itself, and `write_sessions`, which belongs to the connections of one PostgreSQL
//! database. The types of columns are not listed: a value carries its own kind.

use std::sync::LazyLock;

use super::made_texts::{Numbers, Text};

/// Name, key columns, the other columns.
pub(super) const TABLES: &[(&str, &str, &str)] = &[
    ("contacts", "id", "email, attributes, created_at, updated_at, tracking, paused_until"),
    ("contact_ids", "id", "last"),
    ("attributes", "name", "kind, label, choices, position, created_at"),
    ("attribute_indexes", "id", "name, state, filled_to, added_at, unused_since"),
    ("attribute_values", "index_id, value, contact_id", ""),
    ("tags", "id", "name, name_key, created_at"),
    ("contact_tags", "contact_id, tag_id", ""),
    ("contact_changes", "id", "contact_id, at, actor, field, before, after"),
    ("contact_merges", "other_id", "kept_id, other_email, address_hash, actor, merged_at, before"),
    ("address_pages", "last_id", "after_id, addresses"),
    ("account_links", "token_hash", "contact_id, email, is_change, ends_at"),
    ("account_sessions", "token_hash", "contact_id, seen_at, ends_at"),
    (
        "forms",
        "name",
        "title, topics, fields, notice_version, language, redirect, origins, asks_age, is_open, \
         created_at, updated_at",
    ),
    ("form_notices", "form, version", "text, at"),
    (
        "joins",
        "token_hash",
        "email, form, topics, attributes, notice_version, network, agent, at, ends_at",
    ),
    ("form_stamps", "stamp_hash", "ends_at"),
    ("topics", "id", "slug, name, archive_open, tracking"),
    ("subscriptions", "topic_id, contact_id", "state, changed_at"),
    (
        "consents",
        "id",
        "contact_id, kind, topic_id, granted, source, campaign_id, at, mode, notice, basis, proof, \
         given_at, given_ip, given_form",
    ),
    ("suppressions", "address_hash", "email_key, reason, at"),
    ("removal_epochs", "id", "epoch"),
    ("kept_removals", "address_code, topic_id", "source, campaign_id, at, sought"),
    ("announcements", "id", "name, version, subject, source, created_at"),
    (
        "announcement_texts",
        "name",
        "announcement_id, revision, settled, source, saved_at, actor_kind, actor_id, actor_name",
    ),
    (
        "campaigns",
        "id",
        "name, announcement_id, topic_id, policy, state, created_at, started_at, finished_at, \
        tracking, ignores_cap",
    ),
    (
        "campaign_drafts",
        "campaign_id",
        "revision, settled, source, saved_at, actor_kind, actor_id, actor_name",
    ),
    ("message_forms", "id", "announcement_id, form_hash, form, made_at"),
    (
        "messages",
        "id",
        "actor, request_key, body_hash, announcement_id, form_id, contact_id, email, email_key, attributes, \
        live, state, accepted_at, next_attempt_at, first_attempt_at, ended_at, attempts, epoch, \
        holder, leased_until, begun, code, reply",
    ),
    ("campaign_schedules", "campaign_id", "starts_at, audience_at_most, links_to_this_machine"),
    (
        "accepted_warnings",
        "campaign_id, number",
        "announcement_id, code, subject, contacts, text, accepted_at",
    ),
    ("archived_campaigns", "campaign_id", "topic_id, listed, published_at, changed_at"),
    ("archive_pages", "campaign_id, number", "language, subject, summary, html"),
    ("test_messages", "id", "campaign_id, message_id, email_key, contact_id, sent_at, raw"),
    ("segments", "id", "name, name_key, rule, revision, created_at, changed_at, changed_by"),
    ("campaign_audiences", "campaign_id", "included, left_out, judged_by, rule, frozen_at"),
    ("expansions", "campaign_id", "subscribed_by, last_contact, expected, made_to"),
    ("compiled_messages", "campaign_id", "form"),
    ("media", "name", "file_name, content_type, alt, added_at"),
    ("media_files", "name, size", "file, width, height, bytes"),
    ("links", "campaign_id, slot", "url, label"),
    ("link_counts", "campaign_id, slot, shard", "clicks, contacts"),
    (
        "deliveries",
        "campaign_id, contact_id",
        "state, epoch, attempts, next_attempt_at, first_attempt_at, leased_until, ended_at, \
        holder, begun, copies, code, reply, reason, tracking",
    ),
    ("campaign_reasons", "campaign_id, number", "code, text"),
    ("reason_counts", "campaign_id, state, reason", "deliveries"),
    ("delivery_counts", "campaign_id, state", "deliveries"),
    ("untracked_deliveries", "campaign_id, tracking", "sent"),
    ("contacts_to_forget", "contact_id", "until_at, after_at"),
    ("campaign_minutes", "campaign_id, minute", "ended"),
    ("agents", "id", "agent"),
    (
        "events",
        "at, node, segment, byte_offset",
        "campaign_id, contact_id, slot, visitor, client, signs, agent_id, class, rule, rules, \
        mail_client, device, country, network",
    ),
    (
        "stray_hits",
        "at, node, segment, byte_offset",
        "campaign_id, contact_id, slot, signs, class, rule",
    ),
    ("stray_hours", "hour, shard", "hits"),
    (
        "engagements",
        "campaign_id, contact_id",
        "best_class, viewed, clicked, left_at, click_class, hits, origins, evidence, click_evidence, \
         last_view_at, last_click_at",
    ),
    ("link_clickers", "campaign_id, slot, contact_id", ""),
    ("visitors", "visitor", "first_at, last_at"),
    ("campaign_visitors", "campaign_id, visitor", ""),
    ("removed_visitors", "visitor", "removed_at"),
    (
        "visitor_links",
        "visitor, contact_id, reason",
        "first_at, last_at, hits, campaign_id, days, campaigns",
    ),
    ("cut_visitor_links", "visitor, contact_id", "cut_at, settled"),
    (
        "campaign_rollups",
        "campaign_id, shard",
        "views, views_with_cookie, unique_views, visitors, clicks, unique_clicks, unsubscribes, \
        heads, anonymous_views, anonymous_clicks, withheld_views, withheld_clicks",
    ),
    ("campaign_classes", "campaign_id, class, shard", "views, clicks, contacts, clickers"),
    ("campaign_evidence", "campaign_id, kind, evidence, shard", "contacts"),
    ("campaign_rules_seen", "campaign_id, rules, shard", "views, clicks"),
    (
        "campaign_origins",
        "campaign_id, kind, origin, rules, shard",
        "views, clicks, viewers, clickers",
    ),
    ("network_names", "network", "name"),
    ("campaign_rules", "campaign_id, rules", ""),
    ("quick_networks", "campaign_id, network", "many, last_at, domains"),
    ("quick_hits", "campaign_id, network, contact_id, at", ""),
    ("forgotten_times", "campaign_id", "until_hour, after_contact"),
    ("campaign_hours", "campaign_id, hour, shard", "views, clicks"),
    ("gaps", "node, segment, byte_offset", "from_at, to_at, hits"),
    ("marks", "reader", "segment, byte_offset"),
    (
        "share_links",
        "id",
        "campaign_id, name, token_hash, created_by, created_at, ends_at, revoked_at, last_used_day",
    ),
    ("retention_walks", "walk", "day, after, done"),
    ("folded_hours", "campaign_id", "until_hour"),
    ("expired_engagements", "campaign_id", "expired_at, after_contact"),
    (
        "report_schedules",
        "id",
        "kind, campaigns, topic_id, rhythm, zone, created_by, created_at, next_at, last_due_at, \
        campaign_id",
    ),
    ("report_schedule_users", "schedule_id, user_id", ""),
    ("report_mails", "id", "schedule_id, user_id, due_at, state, try_at, tries, changed_at, words"),
    ("expired_events", "node", "segment, byte_offset, removal, before_at"),
    ("client_keys", "day", "salt, proof, after_at"),
    ("carried", "node, from_segment, from_offset, to_segment, to_offset", ""),
    ("settings", "key", "value"),
    ("nodes", "number", "name, host, seen_at, hits_waiting"),
    (
        "users",
        "id",
        "email, name, role, password_hash, totp_secret, totp_step, created_at, disabled_at",
    ),
    ("user_topics", "user_id, topic_id", ""),
    ("recovery_codes", "user_id, code_hash", "used_at"),
    ("invitations", "user_id", "token_hash, created_at, ends_at"),
    (
        "sessions",
        "id",
        "token_hash, previous_hash, previous_until, user_id, signed_in, must_rotate, created_at, \
        seen_at, ends_at, agent, network, confirmed_at",
    ),
    (
        "passkeys",
        "id",
        "user_id, rp_id, user_handle, credential_id, public_key, sign_count, name, created_at, \
        last_used_at",
    ),
    ("passkey_challenges", "challenge_hash", "purpose, session_id, user_handle, ends_at"),
    ("sign_in_attempts", "bucket", "spent_until"),
    (
        "api_tokens",
        "id",
        "name, prefix, token_hash, live, scopes, owner, created_at, ends_at, last_used_at, \
        revoked_at",
    ),
    ("api_token_topics", "token_id, topic_id", ""),
    (
        "audit_log",
        "seq",
        "at, actor_kind, actor_id, actor_name, action, object_kind, object_id, before, after, \
        previous_hash, hash",
    ),
    ("audit_head", "id", "seq, hash"),
    (
        "disclosures",
        "seq",
        "at, actor_kind, actor_id, actor_name, kind, recipient, country, basis, purpose, fields, \
        about, persons, set_id, closes, previous_hash, hash",
    ),
    ("disclosure_head", "id", "seq, hash"),
    ("disclosure_sets", "id", "persons, job_id, read_key, open_day, unused_since"),
    ("disclosure_members", "block, set_id", "members"),
    ("processors", "name_key", "name, country, basis, purposes, fields, changed_at"),
    (
        "sharing_notices",
        "id",
        "recipient, purpose, fields, text, campaign_id, days, announced_at, announced_by, begins_at, \
        cancelled_at",
    ),
    (
        "reconfirmations",
        "id",
        "topic_id, before_at, within_days, per_minute, begun_at, begun_by, state, after_id, \
        held_until, ended_at",
    ),
    ("reconfirmation_links", "reconfirmation_id, contact_id", "state, token_hash, asked_at"),
    (
        "person_requests",
        "id",
        "kind, contact_id, email, email_key, channel, text, received_at, due_at, extension, state, \
        handled_by, outcome, closed_at",
    ),
    (
        "jobs",
        "id",
        "kind, state, actor_kind, actor_id, actor_name, topic_id, title, spec, position, counts, \
        problem, done, total, holder, held_until, epoch, created_at, changed_at, ended_at, \
        of_job",
    ),
    ("job_parts", "job_id, file, number", "bytes"),
    ("job_addresses", "job_id, address_hash", "contact_id, was_erased, is_done"),
    ("idempotency_keys", "actor, name", "request, body_hash, made, status, answer, at"),
];

/// Tables whose one row is made by the migrations.
const FIXED: &[&str] = &["contact_ids", "removal_epochs", "audit_head", "disclosure_head"];
/// Tables whose ids are given out by the database.
const NUMBERED: &[&str] = &[
    "attribute_indexes",
    "tags",
    "contact_changes",
    "topics",
    "consents",
    "announcements",
    "campaigns",
    "message_forms",
    "messages",
    "test_messages",
    "agents",
    "nodes",
    "users",
    "sessions",
    "passkeys",
    "api_tokens",
    "jobs",
    "share_links",
    "report_schedules",
    "segments",
    "report_mails",
    "disclosure_sets",
    "sharing_notices",
    "person_requests",
    "reconfirmations",
];
/// Tables whose rows may be of any size.
const WIDE: &[&str] = &[
    "contact_merges",
    "address_pages",
    "announcements",
    "announcement_texts",
    "archive_pages",
    "campaign_drafts",
    "compiled_messages",
    "message_forms",
    "messages",
    "test_messages",
    "audit_log",
    "idempotency_keys",
    "jobs",
    "job_parts",
];
/// Settings that are about the store they are in and not about the installation.
const OF_THE_INSTALLATION: &str = "(key < 'transfer/' OR key >= 'transfer0')
    AND key NOT IN ('moving_to', 'moved_to', 'store_place')";

/// The tables in the order in which they are carried.
pub(super) static CATALOGUE: LazyLock<Vec<Table>> =
    LazyLock::new(|| TABLES.iter().map(|(name, key, rest)| Table::new(name, key, rest)).collect());

/// How the rows of one table are read, counted and written.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// How many of the columns are the key.
    pub(super) key: usize,
    pub(super) width: usize,
    /// Its single row exists from the beginning.
    pub(super) fixed: bool,
    /// A row may be so large that only a few should be in memory.
    pub(super) wide: bool,
    /// Events, which on PostgreSQL are partitioned by their first column.
    pub(super) by_week: bool,
    pub(super) count: Text,
    /// The first `$1` rows in key order.
    pub(super) first: Text,
    /// The rows after a key; the last parameter is the limit.
    pub(super) next: Text,
    /// Inserts a row; a fixed one replaces the existing one.
    pub(super) insert: Text,
    /// PostgreSQL only: many rows at once.
    pub(super) copy: String,
    /// What is needed for ids that are given out by the database.
    pub(super) numbers: Option<Numbers>,
}

impl Table {
    fn new(name: &'static str, key: &str, rest: &str) -> Self {
        let fixed = FIXED.contains(&name);
        let columns = if rest.is_empty() { key.to_owned() } else { format!("{key}, {rest}") };
        let (key_width, width) = (key.split(", ").count(), columns.split(", ").count());
        let kept = if name == "settings" { OF_THE_INSTALLATION } else { "1 = 1" };
        let (after, values) = (placeholders(key_width), placeholders(width));
        let last = key_width + 1;
        let replace = if fixed {
            let fresh = rest.split(", ").map(|column| format!("{column} = excluded.{column}"));
            let fresh = fresh.collect::<Vec<_>>().join(", ");
            format!(" ON CONFLICT ({key}) DO UPDATE SET {fresh}")
        } else {
            String::new()
        };
        Self {
            name,
            key: key_width,
            width,
            fixed,
            wide: WIDE.contains(&name),
            by_week: name == "events",
            count: Text::both(format!("SELECT count(*) FROM {name} WHERE {kept}")),
            first: Text::both(format!(
                "SELECT {columns} FROM {name} WHERE {kept} ORDER BY {key} LIMIT $1"
            )),
            next: Text::both(format!(
                "SELECT {columns} FROM {name} WHERE ({key}) > ({after}) AND {kept}
                ORDER BY {key} LIMIT ${last}"
            )),
            insert: Text::both(format!(
                "INSERT INTO {name} ({columns}) VALUES ({values}){replace}"
            )),
            copy: format!("COPY {name} ({columns}) FROM STDIN (FORMAT binary)"),
            numbers: NUMBERED.contains(&name).then(|| Numbers::new(name, key)),
        }
    }
}

/// `$1, $2, $3`
fn placeholders(count: usize) -> String {
    (1..=count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}
