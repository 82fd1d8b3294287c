//! A route of the API as data: what the router, the document, the manual and the tests are made from.

use std::pin::Pin;

use axum::response::Response;
use model::Right;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::api::asked::{Asked, Names};
use crate::api::parts::ApiParts;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// One operation of the API.
#[derive(Debug, Clone, Copy)]
pub struct ApiRoute {
    pub verb: Verb,
    pub path: &'static str,
    /// Its name in the document; each once.
    pub operation: &'static str,
    pub needs: ApiNeeds,
    /// The audit log's word for what it changes; nothing for what changes nothing.
    pub audit: Option<&'static str>,
    /// What it does, in one line.
    pub about: &'static str,
    pub(crate) names: Names,
    pub(crate) handler: Handler,
    pub(crate) key: Key,
    pub(crate) query: Option<fn() -> Vec<Parameter>>,
    pub(crate) body: Option<Shape>,
    pub(crate) receives: Receives,
    pub(crate) answer: Answer,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receives {
    Json,
    /// Lines of JSON, each of which is one thing.
    Lines,
    /// A file of this media type, which the handler reads as it comes.
    File(&'static str),
    /// A file of at most so many bytes, which is read as a whole.
    Bytes(usize),
}

impl Receives {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Lines => JSON_LINES,
            Self::File(kind) => kind,
            Self::Bytes(_) => "application/octet-stream",
        }
    }
}

pub(crate) const JSON_LINES: &str = "application/x-ndjson";

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
}

impl Verb {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}

/// What a request must bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiNeeds {
    Nothing,
    /// A good token, whatever its scopes.
    Token,
    /// A token with this right.
    Right(Right),
}

/// What is done with the header `Idempotency-Key`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    /// It is not looked at.
    None,
    /// It must be there. When what was done before has no stored answer, the function answers from
    /// what was made.
    Required(Again),
    /// It may be there.
    Taken(Again),
    /// It must be there; what is made keeps it for ever, and the handler tells it again.
    ForEver,
}

pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;
/// Answers again, given the id of what was made.
pub(crate) type Again = fn(Asked, Option<String>) -> Answering;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    /// For everybody; gets the last parameter of the path.
    Open(fn(&ApiParts, &str) -> Response),
    Known(fn(Asked) -> Answering),
}

/// A type's shape on the wire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: fn() -> String,
    /// The type's own shape, and those that it names.
    pub(crate) collect: fn(&mut Vec<(String, RefOr<Schema>)>),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// 200 with one.
    One(Shape),
    /// 200 with a page of many.
    Many(Shape),
    /// 201 with what was made.
    Made(Shape),
    /// 202 with the job that does it.
    Accepted(Shape),
    /// 200 with a CSV file.
    Csv,
    /// 200 with lines of JSON, each of this shape.
    Lines(Shape),
    /// Something that is not JSON of ours.
    Other(&'static str),
}

impl Shape {
    pub(crate) const fn of<T: ToSchema>() -> Self {
        Self {
            name: || T::name().into_owned(),
            collect: |to| {
                to.push((T::name().into_owned(), <T as PartialSchema>::schema()));
                T::schemas(to);
            },
        }
    }
}

impl ApiRoute {
    /// Whether the request has to say which version of the thing it changes.
    pub(crate) fn needs_if_match(&self) -> bool {
        let names_a_version = [
            "campaign_text_put",
            "announcement_text_put",
            "settings_sender_put",
            "settings_relay_put",
        ];
        self.verb == Verb::Patch || names_a_version.contains(&self.operation)
    }

    /// A route that shows something.
    pub(crate) const fn get(
        path: &'static str,
        operation: &'static str,
        needs: ApiNeeds,
        names: Names,
        handler: Handler,
        about: &'static str,
    ) -> Self {
        Self {
            verb: Verb::Get,
            path,
            operation,
            needs,
            audit: None,
            about,
            names,
            handler,
            key: Key::None,
            query: None,
            body: None,
            receives: Receives::Json,
            answer: Answer::Other("text/html"),
        }
    }

    /// The same that changes something, logged as `audit`.
    pub(crate) const fn by(mut self, verb: Verb, audit: &'static str, key: Key) -> Self {
        self.verb = verb;
        self.audit = Some(audit);
        self.key = key;
        self
    }

    /// The same that changes something which keeps by itself who has asked for it, and is not logged.
    pub(crate) const fn unlogged(mut self, verb: Verb, key: Key) -> Self {
        self.verb = verb;
        self.key = key;
        self
    }

    /// The same with parameters in the query string.
    pub(crate) const fn asking<T: IntoParams>(mut self) -> Self {
        self.query = Some(|| T::into_params(|| None));
        self
    }

    /// The same with a body.
    pub(crate) const fn taking<T: ToSchema>(mut self) -> Self {
        self.body = Some(Shape::of::<T>());
        self
    }

    /// The same with a body of another kind than JSON.
    pub(crate) const fn receiving(mut self, kind: Receives) -> Self {
        self.receives = kind;
        self
    }

    /// The same with an answer.
    pub(crate) const fn answering(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    /// The names of the path's parameters.
    pub(crate) fn parameters(&self) -> Vec<&'static str> {
        let parts = self.path.split('/');
        parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }
}

impl std::fmt::Display for ApiNeeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("–"),
            Self::Token => f.write_str("any token"),
            Self::Right(right) => write!(f, "`{right}`"),
        }
    }
}
