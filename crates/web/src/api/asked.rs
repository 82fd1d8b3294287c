//! A request of somebody who is known and may.

use std::sync::{Arc, Mutex, PoisonError};

use access::{AccessRefusal, Actor, Object, Permit, TopicScope};
use actions::{Call, Refusal, reach};
use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::http::header::{ETAG, HeaderValue};
use axum::http::{StatusCode, Uri};
use model::{ContactId, DisclosureKind, JobId, Right, Timestamp, TopicId};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use store::{Campaign, IdempotentRequest, PersonalRead, Store, Topic};

use crate::api::body;
use crate::api::parts::ApiParts;
use crate::api::problem::Problem;

/// What the path of a route names, as the object of its right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Nothing, or what every topic shares.
    Nothing,
    /// `{number}`
    Campaign,
    /// `{slug}`
    Topic,
    /// `{id}`
    Contact,
    /// `{id}`
    Job,
}

/// What it named.
#[derive(Debug, Clone)]
pub(crate) enum Named {
    Nothing,
    Campaign(Box<Campaign>),
    Topic(Topic),
    Contact(ContactId),
    Job(JobId),
}

/// A request of somebody who is known, and who may.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) parts: ApiParts,
    pub(crate) actor: Actor,
    /// For the route's right and what its path names; nothing where no right is needed.
    pub(crate) permit: Option<Permit>,
    pub(crate) named: Named,
    pub(crate) at: Timestamp,
    /// The path's parameters, decoded.
    pub(crate) path: Vec<(String, String)>,
    pub(crate) uri: Uri,
    pub(crate) body: Bytes,
    /// A body that is a file, until somebody reads it.
    pub(crate) file: Arc<Mutex<Option<Body>>>,
    /// Which version of the thing is to be changed, as `If-Match` says.
    pub(crate) if_match: Option<String>,
    /// The request's key, if it has one.
    pub(crate) request: Option<IdempotentRequest>,
}

impl Asked {
    pub(crate) fn store(&self) -> &Store {
        &self.parts.reports
    }

    /// The parameter of the path with this name.
    pub(crate) fn path(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn campaign(&self) -> Result<&Campaign, Problem> {
        match &self.named {
            Named::Campaign(campaign) => Ok(campaign),
            _ => Err(Problem::not_found("campaign_not_found", NO_CAMPAIGN)),
        }
    }

    /// Refuses a change that was made for another version of the thing than the one with this tag.
    ///
    /// # Errors
    /// 428 when the request does not say for which; 412 for another one.
    pub(crate) fn is_for(&self, tag: &str) -> Result<(), Problem> {
        let Some(known) = &self.if_match else {
            let words = "Send the ETag of what you have read in the header `If-Match`, so that \
                nobody’s change is overwritten unseen.";
            return Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "precondition_needed",
                words,
            ));
        };
        let tag = format!("\"{tag}\"");
        if known
            .split(',')
            .any(|known| matches!(known.trim(), known if known == "*" || known == tag))
        {
            return Ok(());
        }
        let words = "It was changed since you have read it: read it again.";
        let problem = Problem::new(StatusCode::PRECONDITION_FAILED, "changed", words);
        Err(match HeaderValue::from_str(&tag) {
            Ok(tag) => problem.with_header(ETAG, tag),
            Err(_) => problem,
        })
    }

    /// The query string as these parameters.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let asked = Query::<T>::try_from_uri(&self.uri);
        let asked = asked.map_err(|problem| {
            let words = problem.body_text();
            let words = words.trim_start_matches("Failed to deserialize query string: ");
            Problem::bad_request("query", format!("The query string is wrong: {words}."))
        })?;
        Ok(asked.0)
    }

    /// The parameters of the query string as pairs, for those that may come several times.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        let decoded = |text: &str| {
            percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        let parts = self.uri.query().unwrap_or_default().split('&');
        parts
            .filter(|part| !part.is_empty())
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect()
    }

    /// The body that is a file, once.
    pub(crate) fn take_file(&self) -> Body {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.take().unwrap_or_default()
    }

    pub(crate) fn job(&self) -> Result<JobId, Problem> {
        match self.named {
            Named::Job(id) => Ok(id),
            _ => Err(Problem::not_found("job_not_found", NO_JOB)),
        }
    }

    /// The body as this.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        body::read(&self.body)
    }

    /// An action for what is asked.
    pub(crate) fn call(&self) -> Call {
        Call { request: self.request.clone(), ..Call::new(self.actor.clone(), self.at) }
    }

    /// Enters in the disclosure register whose data is about to be answered.
    ///
    /// # Errors
    /// When it can't be entered: it must not be answered then.
    pub(crate) async fn disclose(
        &self,
        kind: DisclosureKind,
        contacts: impl IntoIterator<Item = ContactId>,
    ) -> Result<(), Problem> {
        let read = self.reading(kind);
        Ok(self.store().read_disclose(read, contacts.into_iter().collect()).await?)
    }

    /// Who reads, for the disclosure register.
    pub(crate) fn reading(&self, kind: DisclosureKind) -> PersonalRead {
        PersonalRead { actor: self.actor.record(), kind, at: self.at }
    }

    /// The permit of the route's right.
    ///
    /// # Errors
    /// Where the route needs none.
    pub(crate) fn permit(&self) -> Result<&Permit, Problem> {
        self.permit
            .as_ref()
            .ok_or_else(|| Problem::not_found("not_found", "There is no such thing."))
    }

    /// The topics that the actor is trusted with.
    pub(crate) fn topics(&self) -> TopicScope {
        self.actor.topics()
    }

    pub(crate) fn is_of_all_topics(&self) -> bool {
        self.topics() == TopicScope::All
    }

    /// Every topic that is the actor's to know.
    pub(crate) async fn own_topics(&self) -> Result<Vec<Topic>, Problem> {
        let scope = self.topics();
        let mut topics = audience::topics_by_slug(self.store()).await?;
        topics.retain(|topic| scope.contains(topic.id));
        Ok(topics)
    }

    /// The topic that a filter names, if it is the actor's to know.
    pub(crate) async fn own_topic(&self, slug: &str) -> Result<Topic, Problem> {
        let (topic, _) = reach::topic(self.store(), slug).await?;
        match self.topics().contains(topic.id) {
            true => Ok(topic),
            false => Err(Problem::not_found("topic_not_found", NO_TOPIC)),
        }
    }

    /// The ids of topics by their slugs, all of which must be the actor's to know.
    pub(crate) async fn topic_ids(&self, slugs: &[String]) -> Result<Vec<TopicId>, Problem> {
        let own = self.own_topics().await?;
        let mut ids = Vec::with_capacity(slugs.len());
        for (index, slug) in slugs.iter().enumerate() {
            let found = own.iter().find(|topic| topic.slug == *slug);
            let found = found.ok_or_else(|| {
                let pointer = format!("/topics/{index}");
                Problem::of_field(pointer, "topic_not_found", NO_TOPIC)
            })?;
            ids.push(found.id);
        }
        Ok(ids)
    }
}

/// The same words as those of [`reach`], so that a foreign one can't be told from none.
const NO_CAMPAIGN: &str = "There is no campaign with this number.";
const NO_TOPIC: &str = "There is no topic with this name.";
const NO_JOB: &str = "There is no job with this number.";
const NO_CONTACT: &str = "There is no contact with this number.";

/// What the path names, and the permit for it.
///
/// # Errors
/// 403 without the right, whatever is there; 404 for what is not there or belongs to a foreign topic,
/// in the same words.
pub(crate) async fn permitted(
    parts: &ApiParts,
    actor: &Actor,
    right: Right,
    names: Names,
    path: &[(String, String)],
) -> Result<(Named, Permit), Problem> {
    // Before the look: whoever lacks the right must not learn what exists.
    if !actor.can(right) {
        return Err(Refusal::from(AccessRefusal::NotAllowed(right)).into());
    }
    let value = |name: &str| {
        let found = path.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let store = &parts.reports;
    let (missing, named, object) = match names {
        Names::Nothing => (("not_found", ""), Named::Nothing, Object::OwnTopics),
        Names::Campaign => {
            let missing = ("campaign_not_found", NO_CAMPAIGN);
            let number = value("number").parse();
            let number = number.map_err(|_| Problem::not_found(missing.0, missing.1))?;
            let (campaign, object) = reach::campaign(store, number).await?;
            (missing, Named::Campaign(Box::new(campaign)), object)
        }
        Names::Topic => {
            let (topic, object) = reach::topic(store, value("slug")).await?;
            (("topic_not_found", NO_TOPIC), Named::Topic(topic), object)
        }
        Names::Contact => {
            let missing = ("contact_not_found", NO_CONTACT);
            let id = value("id").parse();
            let id = id.map_err(|_| Problem::not_found(missing.0, missing.1))?;
            if let Some(kept) = reach::merged_into(store, actor, id).await? {
                let words = format!("This contact was merged into {kept}: ask for that number.");
                return Err(Problem::not_found("contact_merged", words));
            }
            let object = reach::contact(store, actor, id).await?;
            (missing, Named::Contact(id), object)
        }
        Names::Job => {
            let missing = ("job_not_found", NO_JOB);
            let id = value("id").parse();
            let id = id.map_err(|_| Problem::not_found(missing.0, missing.1))?;
            let object = reach::job(store, actor, id).await?;
            (missing, Named::Job(id), object)
        }
    };
    match actor.may(right, object) {
        Ok(permit) => Ok((named, permit)),
        Err(AccessRefusal::NotFound) => Err(Problem::not_found(missing.0, missing.1)),
        Err(refusal) => Err(Refusal::from(refusal).into()),
    }
}
