//! The settings that appear in every message: who writes, about what, and where links lead.
//!
//! Invariant: what loads can be sent; the rules are those of `model`, which rendering checks again.

use model::{BaseUrl, Domain, TopicSlug};
use toml::Spanned;

use super::checked::{Checked, Checker, TopicSetting, is_this_machine};
use super::file;

/// Limits for what goes into message headers and the footer.
const NAME_BYTES: usize = 200;
const ADDRESS_BYTES: usize = 2_000;

impl Checker<'_> {
    /// Messages carry these addresses: plain HTTP, and this machine's own, are for trying out
    /// only (`campaign start` looks who would get them). One-click unsubscribing needs HTTPS (RFC
    /// 8058 section 3.1).
    fn base_url(
        &self,
        field: &'static str,
        typed: &Spanned<String>,
        relay: &file::RelayTable,
    ) -> Checked<String> {
        let url = BaseUrl::parse(typed.get_ref())
            .map_err(|problem| self.wrong(field, typed, &problem.to_string()))?;
        let trying_out = url.is_this_machine() && is_this_machine(relay.host.get_ref());
        if url.is_https() || trying_out {
            return Ok(url.to_string());
        }
        Err(self.wrong(
            field,
            typed,
            "should begin with https://, because it appears in mail to other people; plain http is \
             only for a loopback address with a relay on this machine",
        ))
    }

    pub(super) fn sender(&self, file: &file::File) -> Checked<render::Sender> {
        let file::File { organisation: who, public, relay, media, .. } = file;
        let domain = Domain::parse(who.domain.get_ref()).map_err(|problem| {
            self.wrong("organisation.domain", &who.domain, &problem.to_string())
        })?;
        Ok(render::Sender {
            organisation: self.short("organisation.name", &who.name)?,
            postal_address: self.postal_address(&who.postal_address)?,
            domain: domain.to_string(),
            beacon_url: self.base_url("public.beacon_url", &public.beacon_url, relay)?,
            web_url: self.base_url("public.web_url", &public.web_url, relay)?,
            brand: self.brand(&file.brand)?,
            attachments: self.attachments(media)?,
        })
    }

    /// One line or more.
    fn postal_address(&self, typed: &Spanned<String>) -> Checked<String> {
        let text = typed.get_ref().trim().replace("\r\n", "\n");
        let odd = |c: char| c.is_control() && c != '\n';
        if text.is_empty() || text.len() > ADDRESS_BYTES || text.chars().any(odd) {
            let what = format!("should be a few lines of text, at most {ADDRESS_BYTES} bytes");
            return Err(self.wrong("organisation.postal_address", typed, &what));
        }
        Ok(text)
    }

    /// A name that stands in headers of messages.
    fn short(&self, field: &'static str, typed: &Spanned<String>) -> Checked<String> {
        let text = self.filled(field, typed)?;
        if text.len() > NAME_BYTES {
            let what = format!("should be at most {NAME_BYTES} bytes long");
            return Err(self.wrong(field, typed, &what));
        }
        Ok(text)
    }

    pub(super) fn topics(&self, typed: &[file::TopicTable]) -> Checked<Vec<TopicSetting>> {
        let mut topics: Vec<TopicSetting> = Vec::with_capacity(typed.len());
        for topic in typed {
            let slug = TopicSlug::parse(topic.slug.get_ref())
                .map_err(|problem| self.wrong("topics.slug", &topic.slug, &problem.to_string()))?
                .to_string();
            if topics.iter().any(|other| other.slug == slug) {
                return Err(self.wrong("topics.slug", &topic.slug, "appears twice"));
            }
            topics.push(TopicSetting { slug, name: self.short("topics.name", &topic.name)? });
        }
        Ok(topics)
    }
}
