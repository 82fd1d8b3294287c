//! What a campaign’s message looks like, before anybody gets it.

use std::collections::BTreeMap;

use actions::{campaign_preview, campaign_public_preview};
use campaign::{Layout, Preview, ShownValues};
use model::EmailAddress;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// Values that may be given.
const MOST_VALUES: usize = 100;

/// What a message shows.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "for the document; they are read as pairs, because some come many times"
)]
pub(crate) struct PreviewParams {
    /// The address of a contact whose attributes it shows; otherwise made-up ones.
    contact: Option<String>,
    /// A layout, instead of the announcement’s.
    layout: Option<String>,
    /// NAME=value of an attribute; an empty one says that there is none.
    #[param(pattern = "^[^=]+=.*$", max_items = 100)]
    value: Option<Vec<String>>,
}

/// What a public page shows.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct PublicPreviewParams {
    /// NAME=value of what a merge tag without a default says to everybody.
    #[param(pattern = "^[^=]+=.*$", max_items = 100)]
    value: Option<Vec<String>>,
}

/// A campaign’s message with one person’s values. Its links and images count for nobody.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessagePreview {
    /// The whole message, exactly as it would be sent.
    #[schema(example = "From: Aurora <news@aurora.example>\r\nSubject: Pharos 0.2\r\n")]
    message: String,
    html: String,
    text: String,
}

impl MessagePreview {
    pub(crate) fn of(preview: Preview) -> Self {
        let message = String::from_utf8_lossy(&preview.message).into_owned();
        Self { message, html: preview.html, text: preview.text }
    }
}

/// A page that is not published yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicPreview {
    html: String,
}

pub(crate) async fn message(asked: Asked) -> Result<Reply, Problem> {
    let PreviewAsked { contact, layout, values } = PreviewAsked::read(&asked, true)?;
    let shown = shown(contact.as_deref(), layout.as_deref(), values)?;
    let number = asked.campaign()?.id.number();
    let preview = campaign_preview(&asked.parts.resources, &asked.call(), number, &shown).await?;
    Reply::of(&MessagePreview::of(preview))
}

pub(crate) async fn public_page(asked: Asked) -> Result<Reply, Problem> {
    let PreviewAsked { values, .. } = PreviewAsked::read(&asked, false)?;
    let (resources, number) = (&asked.parts.resources, asked.campaign()?.id.number());
    let html = campaign_public_preview(resources, &asked.call(), number, &values).await?;
    Reply::of(&PublicPreview { html })
}

#[derive(Default)]
pub(crate) struct PreviewAsked {
    pub(crate) contact: Option<String>,
    pub(crate) layout: Option<String>,
    pub(crate) values: BTreeMap<String, String>,
}

impl PreviewAsked {
    /// From the query string.
    pub(crate) fn read(asked: &Asked, is_message: bool) -> Result<Self, Problem> {
        let pairs = asked.query_pairs();
        if pairs.iter().filter(|(name, _)| name == "value").count() > MOST_VALUES {
            return Err(wrong(&format!("has more than {MOST_VALUES} values")));
        }
        let mut read = Self::default();
        for (name, text) in pairs {
            let place = match name.as_str() {
                "value" => {
                    let (name, value) = text
                        .split_once('=')
                        .filter(|(name, _)| !name.trim().is_empty())
                        .ok_or_else(|| wrong("should have value=NAME=value"))?;
                    read.values.insert(name.trim().to_lowercase(), value.to_owned());
                    continue;
                }
                "contact" if is_message => &mut read.contact,
                "layout" if is_message => &mut read.layout,
                other => return Err(wrong(&format!("knows no parameter {other:?}"))),
            };
            if place.replace(text).is_some() {
                return Err(wrong(&format!("has {name} twice")));
            }
        }
        Ok(read)
    }
}

fn wrong(what: &str) -> Problem {
    Problem::bad_request("query", format!("The query string {what}."))
}

/// Whose values a message is to show, and how.
pub(crate) fn shown(
    contact: Option<&str>,
    layout: Option<&str>,
    values: BTreeMap<String, String>,
) -> Result<ShownValues, Problem> {
    let contact = contact.map(|text| {
        EmailAddress::parse(text.trim()).map_err(|why| {
            Problem::of_field("/contact".to_owned(), "address_syntax", why.to_string())
        })
    });
    let layout = layout.map(|word| {
        Layout::ALL.into_iter().find(|layout| layout.name() == word).ok_or_else(|| {
            let known = Layout::ALL.map(Layout::name).join(", ");
            let words = format!("The layout is one of {known}.");
            Problem::of_field("/layout".to_owned(), "field", words)
        })
    });
    Ok(ShownValues { contact: contact.transpose()?, values, layout: layout.transpose()? })
}
