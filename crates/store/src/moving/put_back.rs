//! What happens to campaigns when the store turns out to be a restored older copy.
//!
//! Invariant (promise P2): such a store does not know who has been mailed since. So nobody is
//! mailed automatically: what was starting or sending is paused, leases are in doubt whatever their
//! campaign asks for, and for each campaign it is recorded how many people may get a second copy.
//! The person who resumes the campaign decides.

use model::{CampaignId, CampaignState, ContactId, DeliveryState, Timestamp};

use crate::counting::carried_runs::hits_reader;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::moving::checkpoints::{self, PUT_BACK};
use crate::nodes::journal_names;
use crate::notice_keys::CAMPAIGN_TROUBLE;
use crate::sending::campaigns::{self, state_of};
use crate::sending::deliveries::{self, DeliveryCounts};
use crate::sending::messages::claims::MESSAGES_HOLD;
use crate::sending::schedules;
use crate::settings::SETTING_PUT;
use crate::{Store, StoreError};

texts! {
    PUT_BACK_FIRST = "INSERT INTO settings (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO NOTHING";
    PUT_BACK_AGAIN = "UPDATE settings SET value = $2 WHERE key = $1 AND value = $3";
    OPEN_CAMPAIGNS = "SELECT k.id, k.name, k.state, e.expected
        FROM campaigns k LEFT JOIN expansions e ON e.campaign_id = k.id
        WHERE k.state IN ('starting', 'sending', 'paused') AND k.id > $1
        ORDER BY k.id LIMIT 500";
    CAMPAIGN_HOLD = "UPDATE campaigns SET state = 'paused'
        WHERE id = $1 AND state IN ('starting', 'sending')";
    /// The holder stays recorded: its journal may still bring the relay's answer.
    LEASES_DOUBT = "UPDATE deliveries SET state = 6, attempts = attempts + 1, copies = copies + 1,
            leased_until = NULL, begun = 0, ended_at = $2, code = 0, reason = NULL
        WHERE campaign_id = $1 AND state = 1";
    SUCCESSOR_ENTER = "INSERT INTO nodes (name, host, seen_at) VALUES ($1, '', 0) RETURNING number";
    SUCCESSOR_MARK = "INSERT INTO marks (reader, segment, byte_offset)
        SELECT CAST($1 AS TEXT), segment, byte_offset FROM marks WHERE reader = $2";
    SUCCESSOR_CARRIED = "INSERT INTO carried (node, from_segment, from_offset, to_segment, to_offset)
        SELECT CAST($1 AS INTEGER), from_segment, from_offset, to_segment, to_offset
        FROM carried WHERE node = $2";
    NODE_NUMBER = "SELECT number FROM nodes WHERE name = $1";
    NODE_JOURNALS = "SELECT number, name FROM nodes WHERE name >= $1 AND name < $2
        ORDER BY name LIMIT 256";
    DELIVERY_EPOCH = "SELECT epoch FROM deliveries WHERE campaign_id = $1 AND contact_id = $2";
}

/// Why a store is considered restored, and by which node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What has happened, in a sentence without a full stop.
    pub why: String,
    /// The name of the previous occasion, as [`crate::StoreStanding`] gave it: if another node has
    /// handled it in the meantime, nothing is done again.
    pub seen: Option<String>,
    /// A name for this occasion; never used before.
    pub name: String,
    /// The node whose checkpoint stays. Those of the others are removed: they belong to the newer
    /// store.
    pub keep: Option<u16>,
}

/// A campaign that continues only when a person says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCampaign {
    pub id: CampaignId,
    pub name: String,
    /// Where it was in its life: `scheduled` ones are drafts again.
    pub was: CampaignState,
    /// People who are still waiting and may have got the message since.
    pub waiting: i64,
    /// Whether that is an estimate, because the audience is incomplete.
    pub about: bool,
    /// Messages that were under way.
    pub in_doubt: i64,
}

impl std::fmt::Display for HeldCampaign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, waiting, in_doubt, .. } = self;
        if self.was == CampaignState::Scheduled {
            return write!(
                f,
                "it was to start by itself and may have been sent since; if it was not, `pharos \
                 campaign schedule {id}` schedules it again"
            );
        }
        let about = if self.about { "about " } else { "" };
        match waiting {
            1 => f.write_str("1 person is still waiting and may already have it")?,
            _ => write!(f, "{about}{waiting} people are still waiting and may already have it")?,
        }
        match in_doubt {
            0 => {}
            1 => f.write_str("; 1 message under way is in doubt")?,
            _ => write!(f, "; {in_doubt} messages under way are in doubt")?,
        }
        write!(f, "; `pharos campaign resume {id}` sends to those who are waiting")
    }
}

impl Store {
    /// Treats the store as an older copy: pauses what was starting or sending, puts the leases of
    /// all nodes in doubt, and leaves a notice on every campaign for which somebody may get a
    /// second copy. Returns those; None when another node was quicker.
    pub async fn campaigns_hold(
        &self,
        hold: Hold,
        now: Timestamp,
    ) -> Result<Option<Vec<HeldCampaign>>, StoreError> {
        self.write(move |tx| {
            // First, so that of two nodes one waits for the other.
            let first = match &hold.seen {
                None => tx.execute(PUT_BACK_FIRST, (PUT_BACK, &hold.name))?,
                Some(seen) => tx.execute(PUT_BACK_AGAIN, (PUT_BACK, &hold.name, seen))?,
            };
            if first == 0 {
                return Ok(None);
            }
            let (mut held, mut last) = (Vec::new(), i64::MIN);
            loop {
                let open = tx.all(OPEN_CAMPAIGNS, [last], open_campaign)?;
                let Some(newest) = open.last() else { break };
                last = newest.id.0;
                for campaign in open {
                    held.extend(hold_one(tx, campaign, &hold.why, now)?);
                }
            }
            held.extend(unschedule(tx, &hold.why)?);
            tx.execute(MESSAGES_HOLD, [now.0])?;
            checkpoints::drop_others(tx, hold.keep)?;
            checkpoints::remember_place(tx)?;
            tx.bump_removals()?;
            Ok(Some(held))
        })
        .await
    }

    /// Lets a node with a new name continue the hit journals of the node `old`, which may be
    /// unknown: what the store has of them is not counted again. Numbers that the old node may have
    /// given to hits since then stay its own.
    pub async fn node_succeed(&self, old: String, fresh: String) -> Result<(), StoreError> {
        self.write(move |tx| {
            let Some(number) = tx.first(NODE_NUMBER, [&old], |row| row.get::<u16>(0))? else {
                return Ok(());
            };
            succeed(tx, number, &fresh)?;
            let further = tx.all(NODE_JOURNALS, journal_names(&old), |row| {
                Ok((row.get::<u16>(0)?, row.get::<String>(1)?))
            })?;
            for (number, name) in further {
                let which = name.strip_prefix(&old).unwrap_or_default();
                succeed(tx, number, &format!("{fresh}{which}"))?;
            }
            Ok(())
        })
        .await
    }

    /// How many of these claims (contact and epoch), which a mailer's journal knows, the store has
    /// never made. If there are any, it is older than that journal.
    pub async fn claims_never_made(
        &self,
        campaign: CampaignId,
        claims: Vec<(ContactId, i64)>,
    ) -> Result<usize, StoreError> {
        self.read(move |tx| {
            let mut find = tx.prepare(DELIVERY_EPOCH)?;
            let mut missing = 0;
            for (contact, epoch) in &claims {
                let found: Option<i64> = find.first((campaign.0, contact.0), |row| row.get(0))?;
                missing += usize::from(found.is_none_or(|found| found < *epoch));
            }
            Ok(missing)
        })
        .await
    }
}

/// Enters the name `fresh`, to continue the journal with the number `old`.
fn succeed(tx: &Tx<'_>, old: u16, fresh: &str) -> Result<(), StoreError> {
    let fresh: u16 = tx.one(SUCCESSOR_ENTER, [fresh], |row| row.get(0))?;
    tx.execute(SUCCESSOR_MARK, (hits_reader(fresh), hits_reader(old)))?;
    tx.execute(SUCCESSOR_CARRIED, (fresh, old)).map(drop)
}

fn open_campaign(row: &SqlRow<'_>) -> Result<HeldCampaign, StoreError> {
    let expected: Option<i64> = row.get(3)?;
    Ok(HeldCampaign {
        id: CampaignId(row.get(0)?),
        name: row.get(1)?,
        was: state_of(row.text(2)?)?,
        waiting: expected.unwrap_or(0),
        about: expected.is_some(),
        in_doubt: 0,
    })
}

/// What was to start by itself may have done so in the store that was replaced.
fn unschedule(tx: &Tx<'_>, why: &str) -> Result<Vec<HeldCampaign>, StoreError> {
    let note = format!("{why}: it was to start by itself and may have been sent since");
    let mut held = Vec::new();
    for id in schedules::take_all_back(tx, &note)? {
        let found = campaigns::find(tx, id)?.ok_or(StoreError::NotFound("campaign"))?;
        let was = CampaignState::Scheduled;
        let name = found.name;
        held.push(HeldCampaign { id, name, was, waiting: 0, about: false, in_doubt: 0 });
    }
    Ok(held)
}

/// Pauses the campaign with a notice and counts what is open; None when nothing is.
fn hold_one(
    tx: &Tx<'_>,
    mut campaign: HeldCampaign,
    why: &str,
    now: Timestamp,
) -> Result<Option<HeldCampaign>, StoreError> {
    let id = campaign.id;
    // Before anything is counted: nobody finishes or begins it meanwhile.
    campaigns::lock(tx, id)?;
    let mut counts = DeliveryCounts::default();
    for (_, state, deliveries) in deliveries::counts_between(tx, id, id)? {
        counts.add(state, deliveries);
    }
    let unmade = (campaign.waiting - counts.total()).max(0);
    campaign.waiting = counts.get(DeliveryState::Queued) + unmade;
    campaign.in_doubt = crate::engine::error::count(tx.execute(LEASES_DOUBT, (id.0, now.0))?)?;
    let mut moved = DeliveryCounts::default();
    moved.add(DeliveryState::Leased, -campaign.in_doubt);
    moved.add(DeliveryState::InDoubt, campaign.in_doubt);
    deliveries::move_counts(tx, id, &moved)?;
    deliveries::add_ended(tx, id, now, campaign.in_doubt)?;
    if campaign.waiting + campaign.in_doubt == 0 && !campaign.about {
        return Ok(None);
    }
    tx.execute(CAMPAIGN_HOLD, [id.0])?;
    let notice = format!("{why}: {campaign}");
    tx.execute(SETTING_PUT, (format!("{CAMPAIGN_TROUBLE}/{id}"), notice))?;
    Ok(Some(campaign))
}
