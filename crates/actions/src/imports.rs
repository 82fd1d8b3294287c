//! Files of contacts that are uploaded, and the jobs that import them.

use access::{Object, Permit, TopicScope};
use audience::{ExportFrom, IMPORT_JOB, ImportError, ImportPreview, ImportSpec, PROOF_CHARS};
use model::{CampaignNumber, JobId, Right, Timestamp};
use store::{AuditObject, JOB_PART_BYTES, NewJob, Store, StoreError};
use tokio::runtime::Handle;

use crate::job_reach::{not_now, of_job, of_kind};
use crate::upload_space::{UploadPlace, uploads_drop};
use crate::{Call, Refusal, RefusalKind, Resources, reach};

/// Bytes of a file that is uploaded. A million people take about a tenth of that.
pub const UPLOAD_BYTES: u64 = 1 << 30;
/// Bytes of the files of all jobs that have not ended.
const OPEN_BYTES: i64 = 16 << 30;
/// Memory of one upload: the part that fills, and the one that is stored.
const UPLOAD_MEMORY: usize = 2 * JOB_PART_BYTES;

/// A file on its way: parts come in order, each of [`JOB_PART_BYTES`] but the last. When it is dropped
/// before it has come whole, nothing of it stays.
#[derive(Debug)]
pub struct Upload {
    pub id: JobId,
    store: Store,
    buffer: Vec<u8>,
    number: u32,
    bytes: u64,
    /// When something was last done; None: nothing is left to do.
    open: Option<Timestamp>,
    _place: UploadPlace,
}

/// Whom the people in a file are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFor<'t> {
    /// The topic with this slug, or none: they are only kept.
    Topic(Option<&'t str>),
    /// The topic of this campaign, to which whoever imports comes back.
    Campaign(CampaignNumber),
}

/// Begins an import with a file that is uploaded next. Whoever is trusted with some topics has to name
/// one of them.
///
/// # Errors
/// When topic or campaign are none of the actor's.
pub async fn import_begin(
    resources: &Resources,
    call: &Call,
    file_name: &str,
    whom: ImportFor<'_>,
) -> Result<Upload, Refusal> {
    let store = &resources.store;
    let (topic, campaign) = match whom {
        ImportFor::Topic(slug) => (slug.map(str::to_owned), None),
        ImportFor::Campaign(number) => (Some(topic_of(store, call, number).await?), Some(number.0)),
    };
    let (permit, topic) = topic_permit(store, call, topic.as_deref()).await?;
    let place = upload_place(resources).await?;
    let title = title(file_name);
    // Whoever decides about the columns sees those of a known product as they are known.
    let from = ExportFrom::Recognised;
    let spec = ImportSpec { topic, campaign, from, ..ImportSpec::default() };
    let new = NewJob {
        kind: IMPORT_JOB,
        actor: call.actor.record(),
        topic: of_permit(&permit),
        title: title.clone(),
        spec: spec.to_json().to_string(),
        of: None,
    };
    let after = serde_json::json!({ "file": title });
    let object = AuditObject::of_kind("job");
    let named = call.acting(&permit, store, "import.begin", object, Some(after));
    let id = named.job_create(new, call.at).await?;
    Ok(Upload::new(store, place, id, call.at))
}

/// Room for one more upload.
///
/// # Errors
/// When there is none.
pub(crate) async fn upload_place(resources: &Resources) -> Result<UploadPlace, Refusal> {
    let place = resources.uploads.enter(UPLOAD_MEMORY)?;
    if resources.store.jobs_open_bytes().await? >= OPEN_BYTES {
        return Err(not_now(
            "The files of jobs that nobody has decided about take 16 GiB. Start or stop some first.",
        ));
    }
    Ok(place)
}

impl Upload {
    pub(crate) fn new(store: &Store, place: UploadPlace, id: JobId, at: Timestamp) -> Self {
        let (store, buffer) = (store.clone(), Vec::with_capacity(JOB_PART_BYTES));
        Self { id, store, buffer, number: 0, bytes: 0, open: Some(at), _place: place }
    }

    /// Takes more of the file.
    ///
    /// # Errors
    /// When it is too large, or the store fails.
    pub async fn write(&mut self, call: &Call, mut bytes: &[u8]) -> Result<(), Refusal> {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.bytes > UPLOAD_BYTES {
            let words = "The file has more than 1 GiB; split it.";
            return Err(Refusal::of_field("/file", "file_too_large", words));
        }
        while !bytes.is_empty() {
            let room = (JOB_PART_BYTES - self.buffer.len()).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() == JOB_PART_BYTES {
                self.put(call).await?;
            }
        }
        Ok(())
    }

    /// The file is complete.
    ///
    /// # Errors
    /// When it is empty, or the store fails.
    pub async fn finish(mut self, call: &Call) -> Result<JobId, Refusal> {
        if self.bytes == 0 {
            self.abandon(call).await?;
            return Err(Refusal::of_field("/file", "file_empty", "The file is empty."));
        }
        if !self.buffer.is_empty() {
            self.put(call).await?;
        }
        self.store.job_uploaded(self.id, call.at).await?;
        self.open = None;
        Ok(self.id)
    }

    /// The rest of the file does not come: what has come is never imported.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn abandon(mut self, call: &Call) -> Result<(), Refusal> {
        if self.open.take().is_some() {
            stopped(&self.store, self.id, call.at).await?;
        }
        Ok(())
    }

    async fn put(&mut self, call: &Call) -> Result<(), Refusal> {
        let part = std::mem::take(&mut self.buffer);
        let before = i64::from(self.number) * i64::try_from(JOB_PART_BYTES).unwrap_or(0);
        let total = before + i64::try_from(part.len()).unwrap_or(0);
        self.store.job_upload(self.id, self.number, part, total, call.at).await?;
        self.open = Some(call.at);
        self.number += 1;
        Ok(())
    }
}

impl Drop for Upload {
    /// Whoever sent it has gone away, or it was refused.
    fn drop(&mut self) {
        let (Some(at), Ok(handle)) = (self.open.take(), Handle::try_current()) else { return };
        let (store, id) = (self.store.clone(), self.id);
        handle.spawn(async move {
            if let Err(error) = stopped(&store, id, at).await {
                tracing::warn!(job = %id, %error, "can't remove a file that did not come whole");
            }
        });
    }
}

async fn stopped(store: &Store, id: JobId, at: Timestamp) -> Result<(), StoreError> {
    match store.job_stop(id, at).await {
        // Somebody else has stopped it.
        Ok(()) | Err(StoreError::Changed(_)) => uploads_drop(store).await,
        Err(error) => Err(error),
    }
}

/// What is in a job's file, and what would become of its columns.
///
/// Nothing when it has ended: then its file is gone.
///
/// # Errors
/// When the file can't be imported.
pub async fn import_preview(
    resources: &Resources,
    call: &Call,
    id: JobId,
    spec: &ImportSpec,
) -> Result<ImportPreview, Refusal> {
    let store = &resources.store;
    let (job, _) = of_job(store, call, id, Right::ContactsWrite).await?;
    of_kind(&job, IMPORT_JOB)?;
    if !job.state.is_open() {
        return Ok(ImportPreview::default());
    }
    Ok(audience::import_preview(store, &job, spec).await?)
}

/// Lets a node import the file, or rehearse that.
///
/// # Errors
/// When columns or the file's name seem to say who has left, and nobody has said how; or the job
/// does not wait for this.
pub async fn import_start(
    resources: &Resources,
    call: &Call,
    id: JobId,
    spec: ImportSpec,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (job, _) = of_job(store, call, id, Right::ContactsWrite).await?;
    of_kind(&job, IMPORT_JOB)?;
    let (permit, topic) = topic_permit(store, call, spec.topic.as_deref()).await?;
    if let Some(told) = spec.undecided_name(&job.title) {
        let words = format!(
            "{} looks like a list of people who must not be mailed ({}). Say what everybody in it is.",
            job.title,
            told.as_str()
        );
        return Err(Refusal::of_field("/everyone", "telling_name", words));
    }
    if let Some(what) = spec.too_long() {
        let words = format!("Say it in one line of at most {PROOF_CHARS} characters.");
        return Err(Refusal::of_field(&format!("/{what}"), "proof", words));
    }
    // Of a job that has ended, the store says so, or that this was done before.
    let columns = match job.state.is_open() {
        true => audience::import_preview(store, &job, &spec).await?.columns,
        false => Vec::new(),
    };
    let undecided = columns.iter().find(|it| it.becomes == audience::PreviewRole::Undecided);
    if let Some(column) = undecided {
        let words = format!(
            "{:?} seems to say who has left or must not be mailed. Say how it does, or leave it out.",
            column.name
        );
        return Err(Refusal::of_field("/status", "undecided_column", words));
    }
    let action = if spec.rehearsal { "import.rehearse" } else { "import.start" };
    let campaign = ImportSpec::from_json(&job.spec).campaign;
    let within = match call.actor.topics() {
        TopicScope::All => Vec::new(),
        TopicScope::These(topics) => topics,
    };
    if spec.tracking.is_some() {
        // A contact's word holds for all topics.
        call.permit(Right::ContactsWrite, Object::Installation)?;
    }
    let spec = ImportSpec { topic, campaign, within, ..spec }.to_json();
    let object = AuditObject::new("job", id);
    let named = call.acting(&permit, store, action, object, Some(spec.clone()));
    Ok(named.job_queue(id, spec.to_string(), of_permit(&permit), call.at).await?)
}

/// The slug of a campaign's topic, if the campaign is the actor's.
async fn topic_of(store: &Store, call: &Call, number: CampaignNumber) -> Result<String, Refusal> {
    let missing = |_: Refusal| Refusal::of_field("/campaign", "campaign_not_found", NO_CAMPAIGN);
    let (campaign, object) = reach::campaign(store, number).await.map_err(missing)?;
    call.permit(Right::ContactsWrite, object).map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => missing(refusal),
        _ => refusal,
    })?;
    let topics = store.topics_list().await?;
    let topic = topics.into_iter().find(|topic| topic.id == campaign.topic);
    Ok(topic.ok_or_else(reach::no_topic)?.slug)
}

const NO_CAMPAIGN: &str = "There is no campaign with this number.";

/// The permission to import contacts for this topic, or for none.
async fn topic_permit(
    store: &Store,
    call: &Call,
    slug: Option<&str>,
) -> Result<(Permit, Option<String>), Refusal> {
    let no_topic =
        || Refusal::of_field("/topic", "topic_not_found", "There is no topic with this name.");
    let Some(slug) = slug.filter(|slug| !slug.is_empty()) else {
        if let TopicScope::These(_) = call.actor.topics() {
            call.permit(Right::ContactsWrite, Object::OwnTopics)?;
            let words = "Choose one of your topics: contacts of none of them would not be yours.";
            return Err(Refusal::of_field("/topic", "topic_missing", words));
        }
        return Ok((call.permit(Right::ContactsWrite, Object::Installation)?, None));
    };
    let (topic, object) = reach::topic(store, slug).await.map_err(|_| no_topic())?;
    let permit =
        call.permit(Right::ContactsWrite, object).map_err(|refusal| match refusal.kind {
            RefusalKind::NotFound => no_topic(),
            _ => refusal,
        })?;
    Ok((permit, Some(topic.slug)))
}

fn of_permit(permit: &Permit) -> Option<model::TopicId> {
    match permit.object() {
        Object::Topic(topic) => Some(topic),
        Object::OwnTopics | Object::Installation | Object::AllTopics => None,
    }
}

/// The last part of a path, without what a browser or a shell may have put into it.
pub(crate) fn title(file_name: &str) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
    if name.trim().is_empty() { "contacts.csv".to_owned() } else { name.trim().to_owned() }
}

impl From<ImportError> for Refusal {
    fn from(error: ImportError) -> Self {
        let words = error.to_string();
        match error {
            ImportError::Store { source, .. } => source.into(),
            ImportError::TellingMember { .. } => Self::of_field("/everyone", "telling_name", words),
            ImportError::UnknownColumn { .. } => Self::of_field("/map", "column_not_found", words),
            ImportError::Undecided { .. } => Self::of_field("/status", "undecided_column", words),
            _ => Self::of_field("/file", "file_unusable", words),
        }
    }
}
