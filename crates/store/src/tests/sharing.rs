//! Sharing by notice: who may be shared, when, and how they say no.

use std::collections::BTreeMap;

use model::{
    CampaignId, ContactId, DisclosedField as F, DisclosureBasis, DisclosureKind, DisclosureRefused,
    JobId, Removal, SharingNoticeId, SharingObstacle as O, Timestamp, TrackingPolicy,
};

use super::disclosures::{new_disclosure, processor};
use super::world::{AT, World, later};
use crate::{
    Claimed, ExportedContacts, MergeWish, NewAnnouncement, NewCampaign, NewDisclosure, NewJob,
    NewSharingNotice, OWN_USE, Outcome, Scope, Settled, SharingWord, Store, StoreError,
};

const DAY: i64 = 24 * 60;

/// A campaign whose mail names Friends, sent to these contacts at a time, and a recipient.
async fn told(world: &World, who: &[ContactId], at: Timestamp) -> CampaignId {
    let store = &world.store;
    store.processor_set(processor("Friends", DisclosureBasis::Sharing)).await.unwrap();
    let source = "Your address goes to\nfriends from May on.".to_owned();
    let new = NewAnnouncement { name: "notice".into(), subject: "A notice".into(), source };
    let announcement = store.announcement_save(new, AT).await.unwrap();
    let new = NewCampaign {
        name: "Notice".into(),
        announcement,
        topic: world.topic,
        policy: model::InDoubtPolicy::NeverResend,
        links: vec![],
    };
    let campaign = store.campaign_create(new, AT).await.unwrap();
    store.campaign_start(campaign, AT).await.unwrap();
    send(world, campaign, who, at).await;
    campaign
}

/// Sends the campaign's messages to these contacts and refuses all others that wait.
async fn send(world: &World, campaign: CampaignId, who: &[ContactId], at: Timestamp) {
    let claimed: Vec<Claimed> = world.claim_at(campaign, 50, at).await;
    let settled = claimed.iter().map(|it| {
        let outcome = match who.contains(&it.contact) {
            true => Outcome::Sent { reply: "250 ok".into() },
            false => Outcome::Retry { at: at.after(LATER), code: 450, reply: "later".into() },
        };
        Settled { contact: it.contact, epoch: it.epoch, outcome }
    });
    world.store.deliveries_settle(campaign, settled.collect(), at, None).await.unwrap();
}

const LATER: std::time::Duration = std::time::Duration::from_secs(60);

fn notice(campaign: CampaignId) -> NewSharingNotice {
    NewSharingNotice {
        recipient: "friends".into(),
        purpose: "Printing".into(),
        fields: vec![F::Address],
        text: "Friends print our calendar and send it to you.".into(),
        campaign,
        days: 30,
        begins_at: None,
        at: AT,
    }
}

async fn say(store: &Store, contact: ContactId, granted: bool, at: Timestamp) -> bool {
    let source = "page".to_owned();
    let word = SharingWord { contact, granted, source, campaign: None, at };
    store.contact_sharing_say(word).await.unwrap()
}

fn shared(id: SharingNoticeId, at: Timestamp) -> NewDisclosure {
    NewDisclosure { notice: Some(id), at, ..new_disclosure(None, OWN_USE) }
}

fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) -> DisclosureRefused {
    match result {
        Err(StoreError::Disclosure(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// Enters a file of these contacts.
async fn file_of(
    store: &Store,
    new: NewDisclosure,
    contacts: &[ContactId],
) -> Result<i64, StoreError> {
    let set = store.disclosure_set_make(AT).await.unwrap();
    store.disclosure_set_add(set, contacts.to_vec()).await.unwrap();
    store.disclosure_enter(new, set).await.map(|it| it.seq())
}

async fn left_out(store: &Store, id: SharingNoticeId, at: Timestamp) -> (u64, BTreeMap<O, u64>) {
    let (counts, next) = store.sharing_count(id, None, at).await.unwrap();
    assert_eq!(next, None);
    (counts.shared, counts.left_out)
}

pub(super) async fn r22_nothing_is_shared_before_people_could_opt_out(store: Store) {
    let world = World::with_contacts(store, 6).await;
    let (store, all) = (&world.store, &world.contacts);
    let campaign = told(&world, &all[..4], AT).await;
    let id = store.sharing_announce(notice(campaign)).await.unwrap();
    send(&world, campaign, &all[4..5], later(5 * DAY)).await;
    assert!(say(store, all[1], false, later(DAY)).await);
    assert!(!say(store, all[1], false, later(DAY)).await, "said before");
    let (key, how) = ("3@x.org".to_owned(), Removal::Complaint);
    store.address_suppress(key, how, [3; 32], later(DAY)).await.unwrap();
    store.address_erase("4@x.org".into(), [4; 32], later(DAY)).await.unwrap();
    // Before it begins nobody is, whoever they are.
    let early = later(30 * DAY - 1);
    let (notice, begins) = (id, later(30 * DAY));
    let too_early = DisclosureRefused::NoticeTooEarly { notice, begins };
    assert_eq!(refused(file_of(store, shared(id, early), &[]).await), too_early);
    assert_eq!(refused(store.disclosure_check(shared(id, early)).await), too_early);
    assert_eq!(refused(store.sharing_allowed(id, all.clone(), early).await), too_early);
    assert_eq!(left_out(store, id, early).await.0, 0);
    let at = later(30 * DAY);
    let allowed = store.sharing_allowed(id, all.clone(), at).await.unwrap();
    assert_eq!(allowed.into_iter().collect::<Vec<_>>(), all[..1]);
    let why = [(O::Suppressed, 1), (O::Objected, 1), (O::NotTold, 1), (O::ToldTooRecently, 1)];
    assert_eq!(left_out(store, id, at).await, (1, BTreeMap::from(why)));
    // Nobody else gets into the register, whoever made the list.
    for contact in &all[1..] {
        let entered = file_of(store, shared(id, at), &[all[0], *contact]).await;
        assert_eq!(refused(entered), DisclosureRefused::SharedPeopleChanged, "{contact}");
    }
    assert_eq!(file_of(store, shared(id, at), &all[..1]).await.unwrap(), 1);
    let entry = store.disclosure_find(1).await.unwrap().unwrap();
    assert_eq!((entry.recipient.as_str(), entry.purpose.as_str()), ("Friends", "printing"));
    assert_eq!((entry.basis, entry.fields), (DisclosureBasis::Sharing, vec![F::Address]));
    assert_eq!(entry.about, format!(r#"{{"notice":{id},"topic":"news"}}"#));
    // Who had less time has it, too, and whoever says no is out at once.
    let at = later(35 * DAY);
    let both = [all[0], all[4]];
    assert_eq!(file_of(store, shared(id, at), &both).await.unwrap(), 2);
    say(store, all[0], false, at).await;
    assert!(file_of(store, shared(id, at), &both).await.is_err());
    assert_eq!(left_out(store, id, at).await.0, 1);
}

pub(super) async fn the_last_word_on_sharing_counts(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, all) = (&world.store, &world.contacts);
    let campaign = told(&world, all, AT).await;
    assert_eq!(store.contact_sharing(all[0]).await.unwrap(), None);
    let id = store.sharing_announce(notice(campaign)).await.unwrap();
    let at = later(40 * DAY);
    for (granted, shared) in [(false, 1), (true, 2), (false, 1), (true, 2)] {
        // All at one moment: the later entry is the later word.
        assert!(say(store, all[0], granted, later(DAY)).await);
        assert_eq!(store.contact_sharing(all[0]).await.unwrap(), Some(granted));
        assert_eq!(left_out(store, id, at).await.0, shared);
    }
    let ledger = store.contact_consents(all[0]).await.unwrap();
    let last = &ledger[0];
    assert_eq!((last.kind, last.granted, last.topic), (model::ConsentKind::Sharing, true, None));
    assert_eq!(last.notice.as_deref(), Some(format!("sharing notice {id}").as_str()));
    assert_eq!((ledger.len(), last.source.as_str()), (5, "page"));
    // It is no goodbye to mail.
    say(store, all[0], false, later(DAY)).await;
    assert_eq!(store.suppression_reason("1@x.org".into()).await.unwrap(), None);
    assert!(world.leave(all[1], Scope::Everything, None).await);
    assert_eq!(left_out(store, id, at).await, (0, [(O::Suppressed, 1), (O::Objected, 1)].into()));
    assert!(!say(store, ContactId(9), false, AT).await, "nobody");
}

pub(super) async fn where_consent_is_needed_only_who_said_yes_is_shared(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let (store, all) = (&world.store, &world.contacts);
    let campaign = told(&world, all, AT).await;
    say(store, all[1], true, later(-1)).await;
    let id = store.sharing_announce(notice(campaign)).await.unwrap();
    say(store, all[2], true, later(1)).await;
    let at = later(30 * DAY);
    assert_eq!(left_out(store, id, at).await.0, 3);
    store.tracking_policy_set(TrackingPolicy::EU).await.unwrap();
    assert_eq!(left_out(store, id, at).await, (1, [(O::NotGranted, 2)].into()));
    let allowed = store.sharing_allowed(id, all.clone(), at).await.unwrap();
    assert_eq!(allowed.into_iter().collect::<Vec<_>>(), all[2..]);
    assert!(file_of(store, shared(id, at), all).await.is_err());
}

pub(super) async fn a_notice_is_for_its_recipient_purpose_and_fields(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, all) = (&world.store, &world.contacts);
    let campaign = told(&world, all, AT).await;
    let other = processor("Post House", DisclosureBasis::ServiceProvider);
    store.processor_set(other).await.unwrap();
    let (silent, draft) = (world.started().await, world.draft().await);
    let announce = |new: NewSharingNotice| store.sharing_announce(new);
    let of = |recipient: &str| NewSharingNotice { recipient: recipient.into(), ..notice(campaign) };
    for (new, means) in [
        (of("Nobody"), "no recipient"),
        (of("Post House"), "the basis sharing"),
        (NewSharingNotice { purpose: "curiosity".into(), ..notice(campaign) }, "the purpose"),
        (NewSharingNotice { fields: vec![F::Activity], ..notice(campaign) }, "the field"),
        (notice(silent), "does not name Friends"),
    ] {
        let why = refused(announce(new).await).to_string();
        assert!(why.contains(means), "{why}");
    }
    let unknown = announce(notice(CampaignId(77))).await;
    assert!(matches!(unknown, Err(StoreError::NotFound("campaign"))), "{unknown:?}");
    // A draft may still come to name them; nothing is shared if it does not.
    let by_draft = announce(notice(draft)).await.unwrap();
    let at = later(40 * DAY);
    let not_carried = refused(store.disclosure_check(shared(by_draft, at)).await);
    assert!(matches!(not_carried, DisclosureRefused::NoticeNotCarried { .. }), "{not_carried}");
    let begins_at = Some(later(50 * DAY));
    let id = announce(NewSharingNotice { begins_at, ..notice(campaign) }).await.unwrap();
    let soon = NewSharingNotice { begins_at: Some(later(1)), ..notice(campaign) };
    let soon = announce(soon).await.unwrap();
    let begin = async |id| store.sharing_notice(id).await.unwrap().begins_at;
    assert_eq!((begin(id).await, begin(soon).await), (later(50 * DAY), later(30 * DAY)));
    let listed = store.sharing_notices().await.unwrap();
    let listed: Vec<_> = listed.iter().map(|it| it.id).collect();
    assert_eq!(listed, [soon, id, by_draft]);
}

pub(super) async fn what_is_shared_is_what_its_notice_says_until_it_is_cancelled(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, all) = (&world.store, &world.contacts);
    let campaign = told(&world, all, AT).await;
    let other = processor("Post House", DisclosureBasis::ServiceProvider);
    store.processor_set(other).await.unwrap();
    let id = store.sharing_announce(notice(campaign)).await.unwrap();
    let at = later(60 * DAY);
    let check = async |new: NewDisclosure| store.disclosure_check(new).await;
    let wish = |recipient: Option<&str>, purpose: &str| NewDisclosure {
        notice: Some(id),
        at,
        ..new_disclosure(recipient, purpose)
    };
    assert!(check(wish(Some("FRIENDS"), "printing")).await.is_ok());
    for wrong in [wish(Some("Post House"), "printing"), wish(None, "posting letters")] {
        assert!(matches!(refused(check(wrong).await), DisclosureRefused::Wrong { .. }));
    }
    let events = NewDisclosure { kind: DisclosureKind::EventsFile, ..shared(id, at) };
    let by_notice = DisclosureRefused::SharingByNotice("Friends".into());
    assert_eq!(refused(check(events.clone()).await), by_notice);
    assert_eq!(refused(store.disclosure_open(events).await), by_notice);
    let without = new_disclosure(Some("Friends"), "printing");
    assert_eq!(refused(check(without).await), by_notice);
    let unknown = SharingNoticeId(99);
    assert_eq!(
        refused(check(shared(unknown, at)).await),
        DisclosureRefused::UnknownNotice(unknown)
    );
    // What the recipient may get holds whenever something is shared.
    let less = crate::Processor {
        fields: vec![F::Standing],
        ..processor("Friends", DisclosureBasis::Sharing)
    };
    store.processor_set(less).await.unwrap();
    assert!(matches!(refused(check(shared(id, at)).await), DisclosureRefused::Field { .. }));
    store.processor_set(processor("Friends", DisclosureBasis::Sharing)).await.unwrap();
    assert!(store.sharing_cancel(id, later(1)).await.unwrap());
    assert!(!store.sharing_cancel(id, later(2)).await.unwrap());
    assert_eq!(refused(check(shared(id, at)).await), DisclosureRefused::NoticeCancelled(id));
    assert!(file_of(store, shared(id, at), all).await.is_err());
    assert_eq!(store.sharing_notice(id).await.unwrap().cancelled_at, Some(later(1)));
}

pub(super) async fn who_says_no_after_a_file_was_written_stops_it(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, all) = (&world.store, &world.contacts);
    let campaign = told(&world, all, AT).await;
    let id = store.sharing_announce(notice(campaign)).await.unwrap();
    let actor = new_disclosure(None, OWN_USE).actor;
    let (title, spec) = ("contacts.csv".to_owned(), "{}".to_owned());
    let new = NewJob { kind: "export", actor, topic: None, title, spec, of: None };
    let job: JobId = store.job_ask(new, 0, AT).await.unwrap();
    let held = super::jobs::claim(store, 1, AT).await.unwrap();
    let step = crate::JobStep { part: None, ..super::jobs::step(&held, 2, AT) };
    let exported = ExportedContacts { contacts: all.clone(), begins_anew: true };
    store.job_export_step(step, String::new(), exported).await.unwrap();
    let at = later(30 * DAY);
    store.job_file_disclose(job, shared(id, at)).await.unwrap();
    say(store, all[1], false, at).await;
    let taken = store.job_file_disclose(job, shared(id, at)).await;
    assert_eq!(refused(taken), DisclosureRefused::SharedPeopleChanged);
    assert_eq!(store.disclosures_after(0).await.unwrap().len(), 1);
}

pub(super) async fn a_no_of_either_is_the_no_of_who_was_merged(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, all) = (&world.store, &world.contacts);
    say(store, all[1], false, AT).await;
    say(store, all[0], true, later(1)).await;
    let wish = MergeWish {
        keep: all[0],
        other: all[1],
        take: Default::default(),
        hashes: ([1; 32], [2; 32]),
    };
    store.contact_merge(wish, later(2)).await.unwrap();
    assert_eq!(store.contact_sharing(all[0]).await.unwrap(), Some(false));
    assert_eq!(store.contact_sharing(all[1]).await.unwrap(), Some(false), "by the old number");
    assert!(say(store, all[1], true, later(3)).await);
    assert_eq!(store.contact_sharing(all[0]).await.unwrap(), Some(true));
}
