//! The contract of the store: what holds for it whatever lies beneath. A behaviour is a function
//! that takes an empty store; `contract!` makes a test of each, per backend.

pub(crate) mod account;
mod announcement_texts;
mod api_tokens;
pub(crate) mod archive;
pub(crate) mod attributes;
mod audience;
pub(crate) mod audit;
pub(crate) mod campaigns;
pub(crate) mod clients;
mod deliveries;
pub(crate) mod disclosures;
pub(crate) mod drafts;
mod editing;
pub(crate) mod evidence;
mod expansion;
mod feed;
pub(crate) mod forms;
pub(crate) mod hits;
pub(crate) mod jobs;
mod last_words;
mod leases;
mod leaving;
mod list_erasure;
pub(crate) mod listing;
mod mail_caps;
pub(crate) mod media;
mod merging;
pub(crate) mod messages;
mod nodes;
pub(crate) mod origins;
mod passkeys;
mod pauses;
pub(crate) mod people;
mod plans;
mod proof;
mod put_back;
pub(crate) mod quick_networks;
mod recipients;
pub(crate) mod reconfirmations;
mod recount;
mod released;
pub(crate) mod report_schedules;
pub(crate) mod requests;
pub(crate) mod retention;
mod sample;
mod schedules;
pub(crate) mod segments;
mod sessions;
pub(crate) mod share_links;
mod sharing;
mod small;
pub(crate) mod steps;
mod tags;
pub(crate) mod test_messages;
pub(crate) mod tracking;
mod undo;
mod users;
mod visitor_link_orders;
pub(crate) mod visitor_links;
pub(crate) mod visitors;
pub(crate) mod world;

use std::future::Future;

use model::DeliveryState;
use model::delivery::DeliveryAction;

use crate::{Location, Store, StoreOptions};

/// Runs a behaviour over an empty SQLite store.
fn on_sqlite<F: Future<Output = ()>>(behaviour: impl FnOnce(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    let trigger = format!(
        "CREATE TRIGGER no_such_move BEFORE UPDATE OF state ON deliveries WHEN {}
        BEGIN SELECT RAISE(ABORT, 'DeliveryState knows no such move'); END",
        no_such_move()
    );
    rusqlite::Connection::open(&path).unwrap().execute_batch(&trigger).unwrap();
    run(behaviour(store));
}

/// A move of a delivery that its state machine does not know, as a condition: what every statement
/// does is held against `DeliveryState::apply`.
fn no_such_move() -> String {
    let (states, actions) = (DeliveryState::ALL.into_iter(), DeliveryAction::ALL);
    let moves = states.flat_map(|from| actions.map(|action| (from, from.apply(action))));
    let known = moves.filter_map(|(from, to)| {
        Some(format!("OLD.state = {} AND NEW.state = {}", from.code(), to.ok()?.code()))
    });
    format!("NOT (OLD.state = NEW.state OR {})", known.collect::<Vec<_>>().join(" OR "))
}

/// Runs a behaviour over an empty PostgreSQL store.
fn on_postgres<F: Future<Output = ()>>(behaviour: impl FnOnce(Store) -> F) {
    let server = testkit::Postgres::shared();
    let url = server.database();
    let store = Store::open(location(&url), StoreOptions::default()).unwrap();
    let trigger = format!(
        "CREATE FUNCTION no_such_move() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'DeliveryState knows no such move'; END $$;
        CREATE TRIGGER no_such_move BEFORE UPDATE ON deliveries FOR EACH ROW WHEN ({})
        EXECUTE FUNCTION no_such_move()",
        no_such_move()
    );
    server.query(&url, &trigger);
    run(behaviour(store));
}

/// An empty store in a database of its own.
pub(crate) fn postgres() -> Store {
    Store::open(location(&testkit::Postgres::shared().database()), StoreOptions::default()).unwrap()
}

pub(crate) fn location(url: &str) -> Location {
    Location::parse(url, std::path::Path::new("/"), None, None).unwrap()
}

pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

macro_rules! contract {
    ($($noun:ident { $($behaviour:ident,)+ })+) => {
        mod sqlite {
            $(mod $noun {
                $(#[test]
                fn $behaviour() {
                    crate::tests::on_sqlite(crate::tests::$noun::$behaviour);
                })+
            })+
        }

        mod postgres_too {
            $(mod $noun {
                $(#[test]
                fn $behaviour() {
                    crate::tests::on_postgres(crate::tests::$noun::$behaviour);
                })+
            })+
        }
    };
}

contract! {
    segments {
        a_rule_means_whom_a_naive_look_at_everybody_finds,
        a_count_ends_in_its_time_and_a_sample_is_of_members,
        attributes_that_segments_ask_are_found_by_an_index,
        a_count_that_takes_too_long_is_a_range_with_the_number_in_it,
        a_segment_is_kept_changed_and_removed,
        segments_within_one_another_are_bounded,
        a_campaign_goes_to_its_segments_as_they_were_at_its_start,
        an_expansion_makes_whom_its_rule_means_however_it_is_cut,
        what_is_forgotten_of_reading_is_in_no_segment,
    }
    tags {
        a_tag_is_one_regardless_of_case,
        there_are_so_many_tags_and_no_more,
        contacts_are_found_by_their_tag_within_a_scope,
        a_change_is_noted_with_who_made_it,
        an_import_notes_what_it_changes_and_tags,
        the_newest_thousand_changes_are_kept,
        tags_and_changes_go_with_the_contact,
    }
    disclosures {
        entries_follow_one_another_and_a_changed_one_is_found,
        r19_a_recipient_gets_what_is_registered_and_nothing_else,
        the_reads_of_a_day_are_one_entry_that_the_next_day_closes,
        what_is_undisclosed_comes_out_with_its_people_in_the_register,
        whoever_is_erased_vanishes_and_their_number_stays,
        a_step_of_an_export_is_stored_with_whom_it_has_written,
        what_was_planned_and_never_written_is_tidied_up,
    }
    sharing {
        r22_nothing_is_shared_before_people_could_opt_out,
        the_last_word_on_sharing_counts,
        where_consent_is_needed_only_who_said_yes_is_shared,
        a_notice_is_for_its_recipient_purpose_and_fields,
        what_is_shared_is_what_its_notice_says_until_it_is_cancelled,
        who_says_no_after_a_file_was_written_stops_it,
        a_no_of_either_is_the_no_of_who_was_merged,
    }
    requests {
        a_request_is_due_after_a_month_and_extended_and_closed_once,
        one_address_has_so_many_open_requests_and_no_more,
        of_whoever_is_erased_their_requests_keep_times_alone,
    }
    attributes {
        what_is_declared_is_listed_in_its_order,
        values_that_fit_get_their_one_text_and_others_stay,
        a_step_of_a_job_that_was_stopped_changes_nothing,
    }
    clients {
        an_address_is_told_as_its_network_and_in_full_when_asked_for,
        no_row_has_an_address_and_none_is_stored_alike_twice,
        where_addresses_are_not_kept_only_their_network_is_stored,
        what_nobody_has_said_about_addresses_is_the_presets,
        after_its_time_an_address_is_its_network_and_its_key_is_gone,
        a_day_is_shortened_in_steps_while_late_hits_come,
        fewer_days_act_on_what_is_there_and_more_bring_nothing_back,
        addresses_of_an_earlier_release_are_shortened_in_steps,
        what_an_older_server_stores_is_shortened_with_its_day,
        recorders_that_begin_a_day_together_share_its_key,
        what_becomes_nobodys_has_no_address,
    }
    pauses {
        whoever_pauses_is_left_out_and_gets_what_comes_after_it,
        a_pause_reaches_messages_that_are_claimed,
        a_pause_that_is_over_stops_nothing_that_is_claimed,
        a_pause_stands_in_the_history_once_with_who_set_it,
        what_is_chosen_on_the_page_is_one_change_with_its_proof,
        nobody_is_subscribed_on_the_page_whose_address_is_suppressed,
    }
    reconfirmations {
        who_does_not_confirm_in_time_stops_and_may_confirm_late,
        old_and_unproved_consents_are_asked_about_and_no_others,
        whoever_has_left_is_neither_mailed_nor_brought_back,
        one_that_is_cancelled_stops_nobody_and_one_node_is_at_it,
        whoever_was_merged_confirms_for_the_one_who_remained,
        who_remained_and_was_not_asked_answers_for_who_was,
    }
    mail_caps {
        whoever_has_had_so_many_mails_is_left_out_of_the_next,
        a_mail_counts_for_so_many_days_and_no_longer,
        what_may_have_been_sent_counts_and_nothing_else,
        campaigns_that_claim_at_once_never_exceed_it_together,
        no_order_of_claims_and_outcomes_exceeds_it,
    }
    account {
        a_link_opens_the_account_once_and_only_in_time,
        a_link_is_good_only_while_the_contact_has_its_address,
        another_address_is_proved_once,
        a_session_ends_by_time_by_hand_and_for_others,
        an_erasure_ends_links_and_sessions,
        choosing_topics_is_entered_in_the_ledger,
        what_has_ended_is_removed,
        mails_and_events_are_read_in_parts,
    }
    merging {
        a_merge_gives_the_least_permission_and_all_that_is_known,
        the_others_value_is_taken_where_that_is_chosen,
        who_left_everything_has_left_it_and_a_bounce_stays_on_its_address,
        a_complaint_of_one_is_the_persons,
        nobody_is_merged_while_a_campaign_has_them,
        links_in_old_mail_work_for_who_was_kept,
        undoing_brings_both_back_as_they_were,
        the_later_pause_counts_and_undoing_gives_each_its_own,
        undoing_brings_nobody_back_who_has_left_since,
        a_merge_can_be_undone_for_a_time,
        merges_follow_each_other,
        an_erasure_reaches_what_was_kept_under_the_other_number,
        erasing_a_former_address_leaves_who_was_kept,
    }
    proof {
        a_proof_holds_what_was_told_and_what_was_sent,
        a_proof_is_of_the_actors_topics_only,
    }
    forms {
        a_form_keeps_every_version_of_its_notice,
        a_form_is_closed_and_removed_with_what_waits,
        a_join_changes_nothing_until_it_is_confirmed_once,
        a_confirmed_join_stands_in_the_ledger_with_its_proof,
        who_has_left_or_was_erased_comes_back_by_their_own_word,
        what_is_graver_than_their_own_wish_stays,
        an_erasure_takes_what_waits_and_time_does,
        joins_of_one_address_are_bounded,
        a_stamp_is_good_once,
        a_child_is_known_by_a_hash_alone,
        who_turns_out_to_be_a_child_is_erased_as_one,
        an_import_keeps_nothing_of_children,
    }
    share_links {
        a_link_is_found_until_it_ends_or_is_revoked,
    }
    audit {
        an_entry_stands_beside_the_first_thing_that_is_written,
        what_fails_leaves_no_entry_and_what_follows_does,
        an_entry_knows_what_was_made,
        entries_are_found_by_object_and_actor,
        a_chain_longer_than_a_page_is_followed_while_it_grows,
        a_point_that_was_noted_must_be_on_the_chain,
        what_is_too_long_for_an_entry_is_not_done,
        a_request_that_is_repeated_gets_its_answer_again,
        a_key_is_free_again_after_a_week,
        of_a_hundred_equal_requests_one_acts,
        tasks_that_share_a_clone_leave_one_entry,
        many_actors_at_once_make_one_chain,
    }
    users {
        a_user_is_found_by_address_whatever_its_case,
        an_address_belongs_to_one_user,
        a_change_is_refused_when_another_came_first,
        somebody_who_can_sign_in_as_an_owner_is_always_left,
        of_two_owners_who_demote_each_other_one_stays,
        an_invitation_works_once_and_only_in_time,
        who_is_disabled_has_no_session_and_no_invitation,
        a_new_password_ends_other_sessions,
        a_code_works_once,
        a_recovery_code_works_once,
        a_second_factor_is_reset,
        a_secret_is_kept_in_another_form_when_it_is_used,
        a_hash_is_renewed_only_over_the_same_one,
        the_first_owner_is_added_once_and_only_while_there_is_no_user,
        of_ten_who_use_the_link_at_once_one_becomes_the_owner,
    }
    passkeys {
        a_passkey_is_added_listed_and_removed_by_its_owner,
        a_counter_never_goes_back,
        a_user_has_a_bounded_number_of_passkeys,
        a_challenge_is_good_for_one_answer_in_time,
        a_session_is_confirmed_by_signing_in_and_for_a_while,
    }
    sessions {
        a_session_is_found_until_it_ends,
        signing_in_replaces_what_the_browser_had,
        a_rotated_token_works_for_a_moment_longer,
        changed_rights_ask_for_another_token_and_count_at_once,
        a_user_has_a_bounded_number_of_sessions,
        sessions_are_listed_and_ended,
        an_allowance_is_spent_and_comes_back,
        an_attempt_takes_from_all_allowances_or_none,
        a_hundred_attempts_at_once_do_not_exceed_an_allowance,
        what_has_ended_is_removed,
    }
    api_tokens {
        a_token_is_found_by_its_hash_with_its_owner,
        a_token_ends_by_time_revocation_or_its_owner,
        tokens_are_listed_newest_first,
    }
    feed {
        an_event_says_what_was_seen,
        what_has_a_hole_before_it_waits,
        a_busy_node_holds_up_no_other_one,
        only_ones_own_topics_are_shown_and_what_is_asked_for,
        an_earlier_releases_class_stands_for_a_rule,
        a_cursor_of_another_installation_is_refused,
        whoever_has_missed_removed_events_learns_it_once,
        a_scan_has_what_the_feed_has_in_the_order_of_times,
    }
    small {
        a_setting_is_replaced,
        a_setting_is_replaced_by_those_who_have_seen_it,
        a_mark_never_goes_back,
        a_gap_is_kept_once_and_found_by_time,
        a_topic_is_made_once_and_renamed,
        an_announcement_that_says_the_same_is_the_same_version,
        announcements_are_listed_by_name_with_their_versions,
        what_was_never_kept_is_not_found,
    }
    archive {
        a_campaign_is_published_with_its_start_or_later,
        a_topics_list_is_read_in_pages_the_latest_first,
        what_is_withdrawn_is_gone_and_what_changes_keeps_its_day,
    }
    editing {
        a_contact_is_added_once_with_its_proof,
        adding_brings_nobody_back,
        a_change_needs_the_revision_that_it_was_made_for,
        another_address_evades_nothing,
        who_has_left_is_not_subscribed_by_hand,
    }
    jobs {
        a_job_is_taken_by_one_node_and_by_another_when_that_is_lost,
        a_step_counts_once_with_what_it_imports,
        jobs_move_only_forward,
        jobs_are_listed_and_removed_in_the_end,
        an_import_within_topics_leaves_contacts_of_others_alone,
        what_an_ended_job_has_read_is_removed_step_by_step,
        a_file_of_which_no_more_comes_is_given_up_after_an_hour,
        whoever_is_erased_is_in_no_file_of_a_job,
    }
    announcement_texts {
        what_is_being_written_is_not_in_use,
        of_two_who_write_one_announcement_one_is_refused,
        what_a_campaign_says_or_a_message_waits_for_is_not_deleted,
        a_deleted_announcement_is_found_nowhere_and_its_name_is_free,
    }
    drafts {
        a_text_is_saved_from_the_revision_that_was_seen,
        of_two_writers_one_is_refused_and_nothing_of_the_other_is_lost,
        a_settled_text_is_the_campaigns_announcement_with_its_links,
        what_was_changed_since_it_was_checked_is_not_scheduled_or_started,
        a_text_that_is_no_draft_any_more_stays,
        a_draft_is_removed_and_its_text_is_kept,
    }
    undo {
        undoing_an_import_brings_back_what_was_before,
        what_an_import_says_about_tracking_is_no_more_than_a_beginning,
        whoever_something_has_happened_with_since_stays,
        a_subscription_is_taken_back_and_the_ledger_says_so,
        a_rehearsed_undo_changes_nobody,
        there_is_one_open_job_about_a_job,
    }
    schedules {
        a_schedule_is_found_moved_and_taken_back,
        a_start_for_another_time_than_the_scheduled_one_is_refused,
        a_scheduled_campaign_can_be_started_at_once,
        a_start_that_failed_leaves_a_draft_and_a_note,
    }
    messages {
        a_request_is_accepted_once_for_ever,
        a_message_is_handed_to_one_node_in_its_turn,
        a_messages_outcome_counts_once_and_only_for_its_claim,
        a_message_whose_node_is_lost_is_queued_or_in_doubt,
        a_restarted_node_takes_its_messages_back,
        no_message_goes_to_an_address_that_must_not_be_mailed,
        none_is_accepted_for_an_address_that_must_not_be_mailed,
        a_test_is_in_the_inbox_until_it_is_forgotten,
        those_of_a_person_and_those_in_doubt_are_found,
        whoever_is_erased_is_in_no_message,
        whom_a_message_was_for_is_forgotten_some_time_after_its_end,
        messages_are_found_by_state_and_part_of_an_address,
        a_form_is_kept_once_and_found_for_its_messages,
        a_store_that_was_put_back_sends_no_message_twice,
    }
    test_messages {
        the_newest_are_kept_and_the_oldest_make_room,
        none_is_shown_after_a_month,
        whoever_is_erased_is_in_none_of_them,
    }
    media {
        a_record_is_found_with_its_files,
        a_record_takes_the_place_of_its_name,
        what_is_removed_is_gone_with_its_files,
    }
    audience {
        a_new_contact_is_subscribed_with_a_consent_entry,
        the_right_and_how_each_agreed_are_in_the_ledger,
        the_same_batch_again_changes_nothing,
        values_that_are_not_empty_overwrite_and_empty_ones_never_erase,
        the_last_row_about_a_contact_wins,
        an_import_without_a_topic_subscribes_nobody,
        nobody_who_left_is_brought_back,
        a_later_batch_of_an_import_knows_whom_it_has_named,
        whoever_has_left_elsewhere_is_not_subscribed,
        whoever_has_left_elsewhere_leaves_everything_without_a_topic,
        whoever_is_unconfirmed_is_kept_and_not_subscribed,
        a_batch_that_fails_leaves_nothing_behind,
        ids_never_fall_behind_the_clock,
    }
    last_words {
        whoever_said_no_last_is_never_mailed_whatever_came_before,
    }
    leaving {
        r02_leaving_a_topic_leaves_the_others,
        leaving_everything_suppresses_the_address,
        leaving_again_changes_nothing,
        every_removal_moves_the_epoch_before_the_call_returns,
        coming_back_lifts_what_leaving_has_set,
        coming_back_lifts_no_other_suppression,
        a_suppression_keeps_the_gravest_reason,
        an_address_without_a_contact_is_suppressed,
        an_unsubscribe_counts_once_per_campaign_and_contact,
        an_unknown_contact_changes_nothing,
        who_left_while_unknown_has_left_when_they_are_imported,
        who_left_one_topic_while_unknown_gets_the_others,
        who_left_by_an_old_link_is_sought_among_the_contacts,
        of_an_erased_person_no_removal_is_kept,
        an_operator_lifts_what_an_operator_has_set_and_nothing_else,
        a_wish_that_an_operator_had_covered_counts_when_it_is_lifted,
    }
    people {
        contacts_come_by_page_with_their_topics,
        one_contact_is_shown_with_all_that_is_kept,
        an_erased_person_is_in_no_table_and_is_not_brought_back,
        erasing_again_or_a_suppressed_stranger_keeps_the_hash_alone,
    }
    list_erasure {
        whoever_is_listed_is_counted_and_erased_once,
        a_rehearsed_erasure_counts_the_same_and_changes_nothing,
        an_erasure_that_is_stopped_erases_nobody_any_more_and_is_settled,
        a_list_that_nobody_decides_about_is_removed_after_a_day,
        a_job_is_taken_by_a_command_or_by_a_node,
    }
    listing {
        a_part_of_an_address_finds_the_same_with_and_without_pages,
        nothing_of_a_removed_contact_stays_in_a_page,
        contacts_are_found_by_topic_and_state,
        deliveries_are_found_by_address_state_and_code,
        campaigns_come_by_what_they_need,
        announcements_come_by_name_with_their_versions,
        a_profile_has_what_one_contact_did,
        nothing_of_a_foreign_topic_is_listed,
    }
    campaigns {
        a_campaign_is_found_as_it_was_created,
        a_number_that_is_given_out_again_is_another_campaign,
        starting_makes_one_delivery_per_subscriber,
        a_campaign_starts_once,
        a_campaign_for_nobody_stays_a_draft,
        actions_follow_the_states,
        a_campaign_finishes_only_when_nothing_is_open,
        a_pause_moves_the_removal_epoch,
        links_stay_where_they_are,
        what_was_accepted_is_kept_with_the_version_it_was_shown_for,
        a_slot_that_comes_twice_creates_nothing,
        a_campaign_that_cannot_be_read_hides_no_other,
        campaigns_beside_each_other_are_those_that_were_named_or_started,
    }
    deliveries {
        claims_come_in_contact_order_and_only_once,
        a_claim_carries_what_a_message_needs,
        an_outcome_applies_once_and_only_to_its_claim,
        a_retry_waits_behind_the_others_until_it_is_due,
        retries_that_are_due_come_before_the_rest_of_a_long_campaign,
        a_clock_that_is_set_back_delays_nobody,
        a_contact_that_cannot_be_read_is_skipped_with_a_reason,
        who_is_postponed_goes_behind_and_pays_no_try,
        copies_are_bounded_and_then_it_is_in_doubt,
        a_release_counts_no_try_and_keeps_the_last_reply,
        whoever_leaves_is_not_handed_out,
        a_recheck_names_whoever_left_since,
        a_paused_campaign_hands_out_nothing,
        a_restart_puts_leases_back,
        settling_moves_the_mark_in_the_same_transaction,
        reasons_say_what_the_relays_said,
        a_reason_goes_with_its_delivery,
        what_comes_beyond_the_bound_is_other_reasons,
        minutes_count_what_ended,
    }
    expansion {
        an_audience_is_whoever_was_subscribed_at_the_start,
        nobody_is_mailed_before_the_audience_is_complete,
        a_pause_stops_an_expansion_and_a_resumption_goes_on,
        a_clock_that_was_set_back_leaves_nobody_out,
        callers_side_by_side_make_everybody_once,
        however_an_expansion_is_cut_nobody_is_missing_or_comes_twice,
        subscribers_come_by_pages_each_once,
        a_form_is_kept_with_the_start,
    }
    evidence {
        a_hit_soon_after_its_delivery_is_seen_to_be,
        a_burst_weakens_what_was_recorded_before,
        what_an_earlier_release_counted_by_class_still_counts,
        the_times_of_old_hits_go_and_what_was_seen_stays,
    }
    quick_networks {
        a_network_of_many_is_seen_in_the_hits_before_as_well,
        the_order_of_hits_does_not_matter_for_their_network,
        whoever_is_erased_is_in_no_network_and_all_go_after_a_week,
    }
    hits {
        a_view_and_a_click_are_counted_everywhere,
        an_event_is_kept_with_its_agent,
        a_clicker_counts_once_for_each_link_of_each_campaign,
        a_browser_is_kept_with_its_first_and_its_last_view,
        a_head_request_is_no_view,
        hits_of_nobody_we_mailed_count_nowhere,
        a_batch_that_fails_moves_no_mark,
        recorders_share_the_counts_of_a_campaign,
        runs_move_the_mark_when_they_leave_no_hole,
        what_lies_behind_a_nodes_mark_is_not_counted_again,
        old_events_go_and_counts_stay,
        a_hit_without_a_delivery_is_kept_aside_once_and_counted_nowhere,
        a_hit_of_somebody_who_was_erased_is_kept_aside_without_their_number,
    }
    tracking {
        what_was_decided_is_read_as_it_was_set,
        the_least_of_what_was_decided_goes_with_a_claim,
        a_word_is_in_the_ledger_once_and_moves_the_removal_epoch,
        a_hit_is_recorded_as_its_contact_wants_now,
        where_nobody_is_tracked_nothing_is_recorded,
        a_hit_of_nobody_to_mail_that_was_not_sent_is_kept_aside,
        messages_that_are_not_tracked_are_counted_when_they_are_sent,
        what_is_to_be_forgotten_is_nobodys_and_counts_stay,
        who_stops_being_tracked_has_not_left,
    }
    visitor_links {
        only_a_persons_click_in_a_browser_with_its_cookie_ties,
        a_click_right_after_its_delivery_ties_nobody,
        whoever_else_clicks_is_a_row_of_their_own_and_strength_tells,
        a_cut_takes_the_past_apart_and_holds_for_what_comes,
        a_cut_is_remembered_while_the_browser_comes_back,
        many_hits_of_a_cut_pair_lose_the_browser_to_the_last,
        who_withdraws_is_tied_to_no_more_and_who_is_erased_to_none,
        a_removed_browser_is_tied_to_nobody,
        a_browser_and_a_contact_are_tied_to_a_bounded_number,
    }
    visitor_link_orders {
        any_order_gives_the_same_links_and_a_cut_is_as_if_there_had_been_none,
    }
    visitors {
        a_visitor_is_shown_as_times_and_numbers,
        a_removed_visitor_is_nowhere_and_counts_stay,
        a_hit_on_its_way_does_not_bring_a_removed_visitor_back,
        many_hits_of_one_visitor_are_unnamed_to_the_last,
        a_long_identifier_is_found_by_its_first_part,
    }
    report_schedules {
        a_report_that_is_due_is_mailed_once_to_each,
        of_times_that_were_missed_the_latest_is_mailed,
        a_report_waits_for_the_end_of_its_campaign,
        a_mail_is_begun_once_and_tried_again,
        a_mail_whose_end_is_unknown_is_in_doubt,
        a_schedule_that_was_removed_mails_nothing_more,
    }
    retention {
        a_browser_that_is_not_seen_any_more_goes_and_counts_stay,
        a_browser_that_comes_back_is_a_new_one,
        browsers_are_walked_over_in_steps_and_once_a_day,
        a_cut_outlasts_its_browser,
        old_hours_become_days_with_the_same_sums,
        hours_are_folded_once_and_in_steps,
        what_contacts_did_goes_and_every_figure_stays,
    }
    nodes {
        a_name_has_its_number_for_ever,
        a_copied_data_folder_is_refused_while_the_other_is_at_work,
        a_further_journal_has_a_number_of_its_own_and_is_no_node,
    }
    put_back {
        a_store_that_was_put_back_mails_nobody_by_itself,
        what_was_starting_or_paused_is_held_and_what_is_over_is_not,
        a_second_node_holds_nothing_again,
        the_relays_word_still_resolves_what_was_held,
        a_checkpoint_moves_only_from_one_that_the_node_knows,
        claims_of_a_newer_store_are_seen,
        a_successor_goes_on_where_its_predecessor_was_read,
    }
    sample {
        sample_data_is_removed_as_a_whole,
        a_topic_that_others_use_stays,
        what_was_started_is_not_removed,
    }
    recipients {
        who_failed_is_queued_again_and_the_finished_campaign_sends,
        a_doubt_that_is_sent_again_is_settled_by_no_older_claim,
        what_was_sent_or_left_is_never_queued_again,
        a_retry_in_a_pause_waits_for_its_end_and_mails_nobody_who_left,
        recipients_are_listed_in_pages_with_their_reasons,
    }
    leases {
        a_lease_goes_back_to_the_queue_only_if_it_is_known_not_to_be_begun,
        a_lease_that_was_begun_is_in_doubt,
        the_relays_word_resolves_a_doubt_however_late_it_comes,
        without_a_whole_journal_what_was_begun_is_in_doubt,
        leases_of_a_node_that_is_gone_are_taken_over_and_no_others,
        a_campaign_that_resends_gets_what_was_begun_back,
        a_crash_loop_makes_three_copies_at_most_and_then_it_is_in_doubt,
        nobody_begins_under_a_lease_that_is_gone,
        nobody_begins_for_who_has_left_or_in_a_pause,
        a_release_takes_back_only_its_own,
    }
    steps {
        no_delivery_is_ever_forgotten_or_sent_twice,
    }
    recount {
        any_batches_give_what_counting_gives,
    }
    origins {
        any_batches_count_origins_alike,
        where_old_hits_came_from_is_forgotten_and_stays_counted,
        what_is_to_be_forgotten_has_no_origin_left,
        networks_have_the_names_that_were_last_noted,
        an_event_tells_client_device_and_country,
    }
}
