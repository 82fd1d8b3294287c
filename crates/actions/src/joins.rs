//! Joining by a form: what somebody types, the mail that asks them to confirm it, and their word.
//!
//! Invariants: the answer to a form depends on what was typed and on nothing that is known of the address:
//! whatever does, happens behind it, among a bounded number. Nothing holds until a mailed link was used.
//! How often is counted per network, per form and per address, in the store and by keyed hashes, so that
//! all nodes share it. Of whoever says that they are under 13 nothing is kept but a mark. The log names no
//! address.

mod mails;
mod stamps;
mod typed;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use access::{ClientNetwork, share_token_hash};
use campaign::RecipientWords;
use model::{EmailAddress, Timestamp};
use store::{
    Allowance, AskedAgainLink, ConfirmedAgain, DeclaredAttribute, Join, JoinConfirmed, JoinForm,
    Store, StoreError, Topic,
};
use token::Keyring;
use tokio::sync::Semaphore;

pub use stamps::{JOIN_PROOF_BITS, JoinStamp};
pub use typed::{JoinField, JoinProblem, TypedJoin};

use self::stamps::StampStanding;
use crate::LiveSettings;

/// People whose mail is being made or handed over at the same time.
const MOST_WAITING: usize = 256;
/// Forms of one network: so many at once, and one more after each of these times.
const PROVED: (u32, Duration) = (20, Duration::from_secs(3 * 60));
/// The same for those who have pressed a button and proved nothing.
const PRESSED: (u32, Duration) = (5, Duration::from_secs(12 * 60));

/// How joining is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinSettings {
    /// How long a mailed link is good.
    pub confirm_within: Duration,
    pub evidence: JoinEvidence,
    /// By one form, whoever it is.
    pub joins_per_hour: u32,
}

impl Default for JoinSettings {
    fn default() -> Self {
        let confirm_within = Duration::from_secs(7 * 24 * 60 * 60);
        Self { confirm_within, evidence: JoinEvidence::Network, joins_per_hour: 1_000 }
    }
}

/// What is kept of where somebody joined, as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinEvidence {
    Nothing,
    /// The first bits of the network address.
    Network,
    NetworkAndAgent,
}

/// What was done about joining since the start.
#[derive(Debug, Default)]
pub struct JoinCounts {
    /// Forms that were sent and let through, whoever's address it was.
    pub typed: AtomicU64,
    /// Programs that filled in what nobody sees.
    pub trapped: AtomicU64,
    /// Asked to press a button, as nothing proved that it was no program.
    pub pressing: AtomicU64,
    pub limited: AtomicU64,
    /// Told to come back: mail could not be sent, or the store did not answer.
    pub put_off: AtomicU64,
    /// Who said that they are under 13.
    pub children: AtomicU64,
    pub mailed: AtomicU64,
    pub failed: AtomicU64,
    pub confirmed: AtomicU64,
}

/// A form as it is shown, with what it offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownForm {
    pub form: JoinForm,
    pub topics: Vec<Topic>,
    /// What it asks for, and whether that must be filled in.
    pub fields: Vec<(DeclaredAttribute, bool)>,
}

impl ShownForm {
    /// With what it offers now.
    pub(crate) async fn read(store: &Store, form: JoinForm) -> Result<Self, StoreError> {
        let all = store.topics_list().await?;
        let declared = store.attributes_list().await?;
        let offered = form.topics.iter().filter_map(|id| all.iter().find(|it| it.id == *id));
        let topics = offered.cloned().collect();
        let fields = form.fields.iter().map(|field| {
            let known = declared.iter().find(|it| it.name == field.attribute).cloned();
            let attribute = known.unwrap_or_else(|| free_text(&field.attribute));
            (attribute, field.is_required)
        });
        Ok(Self { fields: fields.collect(), topics, form })
    }
}

/// The answer to a form that was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinAnswer {
    /// A mail is on its way, if the address may be mailed.
    Sent,
    /// They say that they are under 13.
    Child,
}

/// Why a form was not taken; none of it has to do with whose address it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinRefusal {
    /// What is wrong with what was typed.
    Problems(Vec<JoinProblem>),
    /// They are asked to press a button.
    Press,
    TooMany(Duration),
    Later,
}

/// Whoever sends a form.
#[derive(Debug, Clone)]
pub struct JoinSender {
    pub network: ClientNetwork,
    pub agent: Option<String>,
    pub words: RecipientWords,
}

/// The forms of the installation, for those who join.
#[derive(Clone)]
pub struct Joins {
    store: Store,
    keys: Arc<Keyring>,
    settings: LiveSettings,
    rules: JoinSettings,
    counts: Arc<JoinCounts>,
    waiting: Arc<Semaphore>,
}

impl Joins {
    #[must_use]
    pub fn new(
        store: Store,
        keys: Arc<Keyring>,
        settings: LiveSettings,
        rules: JoinSettings,
        counts: Arc<JoinCounts>,
    ) -> Self {
        let waiting = Arc::new(Semaphore::new(MOST_WAITING));
        Self { store, keys, settings, rules, counts, waiting }
    }

    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    #[must_use]
    pub fn counts(&self) -> &JoinCounts {
        &self.counts
    }

    /// People whose mail is being made or handed over.
    #[must_use]
    pub fn waiting(&self) -> usize {
        MOST_WAITING.saturating_sub(self.waiting.available_permits())
    }

    /// Until when what is typed now can be confirmed.
    #[must_use]
    pub fn ends_at(&self, now: Timestamp) -> Timestamp {
        now.after(self.rules.confirm_within)
    }

    /// The form with this name, closed ones as well.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn form(&self, name: &str) -> Result<Option<ShownForm>, StoreError> {
        match self.store.form_find(name.to_owned()).await? {
            Some(form) => ShownForm::read(&self.store, form).await.map(Some),
            None => Ok(None),
        }
    }

    /// A stamp for a page that shows a form, or one that asks for a button to be pressed.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn stamp(&self, form: &str, kind: JoinStamp, now: Timestamp) -> Result<String, StoreError> {
        stamps::stamp(&self.keys, form, kind, now)
    }

    /// Takes what somebody has typed into a form that is open. What depends on whose address it is happens
    /// afterwards.
    ///
    /// # Errors
    /// For reasons that have nothing to do with whose address it is.
    pub async fn join(
        &self,
        shown: &ShownForm,
        typed: &TypedJoin,
        sender: JoinSender,
        now: Timestamp,
    ) -> Result<JoinAnswer, JoinRefusal> {
        if !typed.trap.is_empty() {
            self.counts.trapped.fetch_add(1, Ordering::Relaxed);
            return Ok(JoinAnswer::Sent);
        }
        let checked = typed::checked(shown, typed, now).map_err(JoinRefusal::Problems)?;
        let admitted = self.admit(&shown.form.name, typed, &sender, now).await;
        let permit = admitted.and_then(|()| {
            Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| JoinRefusal::Later)
        });
        let permit = permit.inspect_err(|refusal| {
            let counter = match refusal {
                JoinRefusal::Problems(_) | JoinRefusal::Press => &self.counts.pressing,
                JoinRefusal::TooMany(_) => &self.counts.limited,
                JoinRefusal::Later => &self.counts.put_off,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        })?;
        self.counts.typed.fetch_add(1, Ordering::Relaxed);
        let answer = if checked.is_child { JoinAnswer::Child } else { JoinAnswer::Sent };
        let (joins, form) = (self.clone(), shown.clone());
        tokio::spawn(async move {
            let done = match answer {
                JoinAnswer::Child => joins.mark_child(&checked.email, now).await,
                JoinAnswer::Sent => joins.ask_to_confirm(&form, checked, sender, now).await,
            };
            if let Err(problem) = done {
                joins.counts.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%problem, "can't take what was typed into a form");
            }
            drop(permit);
        });
        Ok(answer)
    }

    /// Whether mail can be sent, it was no program, and few have come from there.
    async fn admit(
        &self,
        form: &str,
        typed: &TypedJoin,
        sender: &JoinSender,
        now: Timestamp,
    ) -> Result<(), JoinRefusal> {
        self.settings.now().can_send().map_err(|_| JoinRefusal::Later)?;
        let later = |problem: StoreError| {
            tracing::warn!(%problem, "can't count who joins by a form");
            JoinRefusal::Later
        };
        let standing = stamps::standing(&self.keys, form, typed, now);
        let ((attempts, interval), used_until) = match standing {
            StampStanding::Proved(until) => (PROVED, until),
            StampStanding::Pressed(until) => (PRESSED, until),
            StampStanding::NotGood => return Err(JoinRefusal::Press),
        };
        let hash = self.keys.address_hash(&format!("join stamp used {}", typed.stamp));
        if !self.store.form_stamp_use(hash, used_until).await.map_err(later)? {
            return Err(JoinRefusal::Press);
        }
        let bucket = |what: String| self.keys.address_hash(&what);
        let of_network = bucket(format!("join {attempts} from {}", sender.network));
        let hourly = self.rules.joins_per_hour.max(1);
        let allowances = vec![
            Allowance { bucket: of_network, attempts, interval },
            Allowance {
                bucket: bucket(format!("join by {form}")),
                attempts: hourly,
                interval: Duration::from_secs(60 * 60) / hourly,
            },
        ];
        let taken = self.store.sign_in_attempt(allowances, now).await.map_err(later)?;
        taken.map_err(JoinRefusal::TooMany)
    }

    async fn mark_child(&self, email: &EmailAddress, now: Timestamp) -> Result<(), StoreError> {
        self.counts.children.fetch_add(1, Ordering::Relaxed);
        let hash = self.keys.address_hash(&email.key());
        self.store.child_mark(email.key(), hash, now).await.map(drop)
    }

    /// What the link with this secret confirms, if it is good. Uses nothing up.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn find(&self, token: &str, now: Timestamp) -> Result<Option<Join>, StoreError> {
        let Some(hash) = share_token_hash(token) else { return Ok(None) };
        self.store.join_find(hash, now).await
    }

    /// Uses a link up: what was typed holds from now on. None when the link is not good.
    ///
    /// # Errors
    /// When the store can't do it.
    pub async fn confirm(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<JoinConfirmed>, StoreError> {
        let Some(hash) = share_token_hash(token) else { return Ok(None) };
        let Some(found) = self.store.join_find(hash, now).await? else { return Ok(None) };
        let address_hash = self.keys.address_hash(&found.email.key());
        let confirmed = self.store.by_themselves().join_confirm(hash, address_hash, now).await?;
        if let Some(JoinConfirmed::Joined { .. }) = &confirmed {
            self.counts.confirmed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(confirmed)
    }

    /// What a link confirms that was mailed to a subscriber, if it is good. Uses nothing up.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn find_again(&self, token: &str) -> Result<Option<AskedAgainLink>, StoreError> {
        let Some(hash) = share_token_hash(token) else { return Ok(None) };
        self.store.reconfirmation_find(hash).await
    }

    /// Uses such a link up. None when it is not good.
    ///
    /// # Errors
    /// When the store can't do it.
    pub async fn confirm_again(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<ConfirmedAgain>, StoreError> {
        let Some(hash) = share_token_hash(token) else { return Ok(None) };
        self.store.by_themselves().reconfirmation_confirm(hash, now).await
    }
}

/// What was declared when the form was made, and is no more.
fn free_text(name: &str) -> DeclaredAttribute {
    DeclaredAttribute {
        name: name.to_owned(),
        kind: model::AttributeKind::Text,
        label: name.replace('_', " "),
        position: 0,
        created_at: None,
    }
}
