//! The language of whoever follows a link of a message.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use campaign::RecipientWords;
use store::Contact;

/// What the browser likes best of the languages that there are, for those whose own is not known.
#[derive(Clone, Copy)]
pub(crate) struct ReaderWords(pub(crate) RecipientWords);

impl ReaderWords {
    /// The language that the contact's attributes name, before that of the browser.
    pub(crate) fn of(self, contact: &Contact) -> RecipientWords {
        actions::own_words(&contact.attributes).unwrap_or(self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for ReaderWords {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
        Ok(Self(header.and_then(RecipientWords::accepted).unwrap_or_default()))
    }
}
