use std::time::Duration;

use model::campaign::CampaignAction;
use model::{DeliveryState, Removal, Timestamp};

use super::*;
use crate::engine::sql::Sql;
use crate::{ContactRow, Scope, Store, StoreOptions};

/// Every statement of the crate.
pub(crate) const TEXTS: [&[Sql]; 135] = [
    crate::access::api_tokens::TEXTS,
    crate::access::audit::TEXTS,
    crate::access::expiry::TEXTS,
    crate::access::first_owner::TEXTS,
    crate::access::idempotency::TEXTS,
    crate::access::passkey_challenges::TEXTS,
    crate::access::passkeys::TEXTS,
    crate::access::sessions::TEXTS,
    crate::access::sign_in_attempts::TEXTS,
    crate::access::user_changes::TEXTS,
    crate::access::users::TEXTS,
    crate::people::address_pages::TEXTS,
    crate::people::attribute_indexes::TEXTS,
    crate::people::address_search::TEXTS,
    crate::people::attributes::TEXTS,
    crate::people::contact_changes::TEXTS,
    crate::people::contact_list::TEXTS,
    crate::people::segments::TEXTS,
    crate::people::segments::estimate::TEXTS,
    crate::people::segments::evidence::TEXTS,
    crate::people::segments::needed::TEXTS,
    crate::people::tags::TEXTS,
    crate::people::tag_steps::TEXTS,
    crate::sending::announcements::TEXTS,
    crate::sending::announcement_texts::TEXTS,
    crate::contact_profile::TEXTS,
    crate::sending::announcement_list::TEXTS,
    crate::sending::campaign_audience::TEXTS,
    crate::sending::campaign_tabs::TEXTS,
    crate::sending::campaigns::TEXTS,
    crate::campaign_numbers::TEXTS,
    crate::compared_campaigns::TEXTS,
    crate::sending::delivery_list::TEXTS,
    crate::sending::accepted_warnings::TEXTS,
    crate::sending::archive::TEXTS,
    crate::sending::test_messages::TEXTS,
    crate::counting::carried_runs::TEXTS,
    crate::moving::checkpoints::TEXTS,
    crate::sending::claims::TEXTS,
    crate::sending::compiled_messages::TEXTS,
    crate::people::contacts::TEXTS,
    crate::sending::deliveries::TEXTS,
    crate::sending::drafts::TEXTS,
    crate::counting::clickers::TEXTS,
    crate::counting::client_shortening::TEXTS,
    crate::counting::clients::TEXTS,
    crate::counting::engagements::TEXTS,
    crate::counting::cut_links::TEXTS,
    crate::counting::linked_visitors::TEXTS,
    crate::counting::visitor_links::TEXTS,
    crate::counting::visitor_records::TEXTS,
    crate::counting::visitors::TEXTS,
    crate::people::editing::TEXTS,
    crate::people::erasure::TEXTS,
    crate::people::list_erasure::TEXTS,
    crate::disclosing::held::TEXTS,
    crate::disclosing::members::TEXTS,
    crate::disclosing::processors::TEXTS,
    crate::disclosing::reads::TEXTS,
    crate::disclosing::register::TEXTS,
    crate::disclosing::sharing::TEXTS,
    crate::disclosing::sharing_notices::TEXTS,
    crate::people::sharing_words::TEXTS,
    crate::domain_counts::TEXTS,
    crate::counting::events::TEXTS,
    crate::counting::expired_events::TEXTS,
    crate::counting::expired_visitors::TEXTS,
    crate::counting::feed::TEXTS,
    crate::counting::event_scan::TEXTS,
    crate::counting::expired_engagements::TEXTS,
    crate::counting::folded_hours::TEXTS,
    crate::sending::expansion::TEXTS,
    crate::counting::forgotten_times::TEXTS,
    crate::counting::quick_networks::TEXTS,
    crate::counting::gaps::TEXTS,
    crate::people::import::TEXTS,
    crate::people::undo::TEXTS,
    crate::people::job_files::TEXTS,
    crate::people::kept_removals::TEXTS,
    crate::sending::leases::TEXTS,
    crate::sending::media::TEXTS,
    crate::people::leaving::TEXTS,
    crate::counting::links::TEXTS,
    crate::counting::marks::TEXTS,
    crate::counting::origins::TEXTS,
    crate::counting::report_contacts::TEXTS,
    crate::nodes::TEXTS,
    crate::report_mails::TEXTS,
    crate::report_schedules::TEXTS,
    crate::share_links::TEXTS,
    crate::sending::mail_caps::TEXTS,
    crate::sending::messages::TEXTS,
    crate::sending::messages::claims::TEXTS,
    crate::sending::messages::forgetting::TEXTS,
    crate::sending::messages::forms::TEXTS,
    crate::sending::messages::leases::TEXTS,
    crate::sending::messages::outcomes::TEXTS,
    crate::sending::outcomes::TEXTS,
    crate::people::account::TEXTS,
    crate::people::children::TEXTS,
    crate::people::forms::TEXTS,
    crate::people::joins::TEXTS,
    crate::account_record::TEXTS,
    crate::people::merging::TEXTS,
    crate::people::merging::pauses::TEXTS,
    crate::merged_numbers::TEXTS,
    crate::people::aliases::TEXTS,
    crate::people::merging::taken_back::TEXTS,
    crate::people::profiles::TEXTS,
    crate::people::requests::TEXTS,
    crate::moving::put_back::TEXTS,
    crate::sending::reasons::TEXTS,
    crate::sending::recipients::TEXTS,
    crate::sending::retry::TEXTS,
    crate::sending::sample::TEXTS,
    crate::jobs::TEXTS,
    crate::jobs::expiry::TEXTS,
    crate::jobs::parts::TEXTS,
    crate::sending::schedules::TEXTS,
    crate::counting::retention::TEXTS,
    crate::counting::rollups::TEXTS,
    crate::settings::TEXTS,
    crate::snapshot::TEXTS,
    crate::stored_amounts::TEXTS,
    crate::counting::strays::TEXTS,
    crate::sending::subscribers::TEXTS,
    crate::people::topics::TEXTS,
    crate::people::pauses::TEXTS,
    crate::people::reconfirmations::TEXTS,
    crate::people::reconfirmations::asking::TEXTS,
    crate::people::reconfirmations::links::TEXTS,
    crate::people::preferences::TEXTS,
    crate::people::tracking_words::TEXTS,
    crate::proof_record::TEXTS,
    crate::tracking::TEXTS,
];

fn options() -> StoreOptions {
    StoreOptions::default()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

/// The database's plan for a statement, one step a line.
fn plan(connection: &Connection, sql: Sql) -> String {
    let mut explain = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {}", sql.sqlite))
        .unwrap_or_else(|error| panic!("{}: {error}", sql.name));
    let unbound = vec![rusqlite::types::Null; explain.parameter_count()];
    let rows =
        explain.query_map(rusqlite::params_from_iter(unbound), |row| row.get::<_, String>(3));
    rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("\n    ")
}

#[test]
fn every_statement_is_prepared_and_its_plan_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let connection = open_writer(&folder.path().join("store"), &options()).unwrap();
    let mut plans = String::new();
    for sql in TEXTS
        .into_iter()
        .flatten()
        .chain(crate::engine::tx::TEXTS)
        .chain(crate::tests::steps::TEXTS)
        .chain(crate::tests::audit::TEXTS)
        .chain(crate::tests::campaigns::TEXTS)
        .chain(crate::tests::clients::TEXTS)
        .chain(crate::tests::disclosures::TEXTS)
        .chain(crate::tests::hits::TEXTS)
        .chain(crate::tests::segments::TEXTS)
        .chain(crate::tests::evidence::TEXTS)
        .chain(crate::tests::quick_networks::TEXTS)
        .chain(crate::tests::people::TEXTS)
        .chain(crate::tests::listing::TEXTS)
        .chain(crate::tests::origins::TEXTS)
        .chain(crate::tests::retention::TEXTS)
        .chain(crate::tests::tracking::TEXTS)
        .chain(crate::tests::visitor_links::TEXTS)
        .chain(crate::tests::visitors::TEXTS)
    {
        assert!(!sql.sqlite.contains('$'), "{}", sql.name);
        let plan = plan(&connection, *sql);
        if !plan.is_empty() {
            plans.push_str(&format!("{}\n    {plan}\n", sql.name));
        }
    }
    insta::assert_snapshot!(plans);
}

#[test]
fn numbers_in_statements_are_those_of_the_states() {
    let codes = [DeliveryState::Queued, DeliveryState::Leased, DeliveryState::Suppressed];
    assert_eq!(codes.map(DeliveryState::code), [0, 1, 4]);
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    let letter = "Dear reader, ".repeat(1000);
    std::fs::write(&path, &letter).unwrap();
    let refused = Store::open(&path, options()).unwrap_err().to_string();
    assert!(refused.contains("letter.txt"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
    let missing = folder.path().join("no/such/folder/store");
    assert!(matches!(Store::open(&missing, options()), Err(StoreError::Open { .. })));
}

#[test]
fn a_store_of_a_newer_release_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(Store::open(&path, options()).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.execute("INSERT INTO schema_versions VALUES (999, 'later', 0)", []).unwrap();
    assert!(matches!(Store::open(&path, options()), Err(StoreError::Newer { found: 999, .. })));
}

#[test]
fn closing_leaves_one_file_with_everything_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open(&path, options()).unwrap();
    run(store.setting_put("key", "value")).unwrap();
    drop(store);
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["store"]);
    let store = Store::open(&path, options()).unwrap();
    assert_eq!(run(store.setting_find("key")).unwrap().as_deref(), Some("value"));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_store() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let _store = Store::open(&path, options()).unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o77, 0, "{file:?}");
    }
}

#[test]
fn a_removal_by_another_process_is_seen_soon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (ours, theirs) =
        (Store::open(&path, options()).unwrap(), Store::open(&path, options()).unwrap());
    run(async {
        let email = model::EmailAddress::parse("a@x.org").unwrap();
        let rows = vec![ContactRow { email: email.clone(), attributes: Default::default() }];
        theirs.contacts_import(rows, None, String::new(), Timestamp(0)).await.unwrap();
        let contact = theirs.contact_by_email(email).await.unwrap().unwrap().id;
        let leave = theirs.contact_leave(
            contact,
            Scope::Everything,
            Removal::Operator,
            None,
            [0; 32],
            Timestamp(0),
        );
        assert!(leave.await.unwrap().changed);
        assert_eq!(theirs.removal_epoch(), 1);
        let seen = async {
            while ours.removal_epoch() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), seen).await.unwrap();
    });
    // And at once by a process that opens the store later.
    assert_eq!(Store::open(&path, options()).unwrap().removal_epoch(), 1);
}

#[test]
fn a_lock_of_another_process_is_waited_for_and_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let short = StoreOptions { busy_timeout: Duration::from_millis(50), ..options() };
    let (patient, hasty) =
        (Store::open(&path, options()).unwrap(), Store::open(&path, short).unwrap());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    run(async {
        let waiting = tokio::spawn(async move { patient.setting_put("key", "value").await });
        let refused = hasty.setting_put("key", "other").await;
        assert!(matches!(refused, Err(StoreError::Busy)));
        assert!(!waiting.is_finished());
        other.execute_batch("COMMIT").unwrap();
        waiting.await.unwrap().unwrap();
        assert_eq!(hasty.setting_find("key").await.unwrap().as_deref(), Some("value"));
    });
}

#[test]
fn a_dropped_call_takes_effect_or_not_but_never_half() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store"), options()).unwrap();
    run(async {
        let nowhere = model::CampaignId(1);
        let act = store.campaign_act(nowhere, CampaignAction::Pause, Timestamp(0));
        drop(tokio::time::timeout(Duration::ZERO, act).await);
        drop(tokio::time::timeout(Duration::ZERO, store.setting_put("a", "1")).await);
        // The queue goes on behind them.
        store.setting_put("b", "2").await.unwrap();
        assert_eq!(store.setting_find("b").await.unwrap().as_deref(), Some("2"));
    });
}
