//! What a page of the admin side needs, as data.

use std::fmt;

use model::Right;

/// What somebody must be or may do to ask for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Also who is not signed in.
    Everybody,
    /// Whoever is signed in: it is about their own account.
    SignedIn,
    Right(Right, RouteObject),
}

/// What a right must be had on: what the path names. The text is the name of the path's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteObject {
    /// What belongs to all topics or to none.
    Installation,
    /// What belongs to no topic, and is for who is trusted with all.
    AllTopics,
    /// Whatever belongs to the actor's topics: a list that shows no others.
    OwnTopics,
    /// The topic of the campaign with this number.
    Campaign(&'static str),
    /// One of the topics that the contact with this id has an entry for.
    Contact(&'static str),
    /// The topic with this slug.
    Topic(&'static str),
    /// The topic of the import with this number, or the whole installation.
    Job(&'static str),
    /// The topic of the campaign that a test message belongs to.
    InboxMessage(&'static str),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everybody => f.write_str("nothing"),
            Self::SignedIn => f.write_str("being signed in"),
            Self::Right(right, object) => write!(f, "`{right}`{object}"),
        }
    }
}

impl fmt::Display for RouteObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Installation => "",
            Self::AllTopics => ", on all topics",
            Self::OwnTopics => ", shows one’s own topics",
            Self::Campaign(_) => ", on the campaign’s topic",
            Self::Contact(_) => ", on a topic of the contact",
            Self::Topic(_) => ", on the topic",
            Self::Job(_) => ", on the job’s topic",
            Self::InboxMessage(_) => ", on the message’s topic",
        })
    }
}
