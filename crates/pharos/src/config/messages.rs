//! The settings that appear in every message: who writes, about what, and where links lead.
//!
//! Invariant: what loads can be sent; the rules are those of `model`, which rendering checks again.

use model::{BaseUrl, Domain, TopicSlug};
use toml::Spanned;

use super::checked::{Checked, Checker, TopicSetting};
use super::file;

/// Limits for what goes into message headers and the footer.
const NAME_BYTES: usize = 200;
const ADDRESS_BYTES: usize = 2_000;
/// What drafts show while it is not said who sends. Nothing is sent with these.
const NO_NAME: &str = "Your organisation";
const NO_ADDRESS: &str = "Your postal address";
/// Of nobody (RFC 2606 section 2).
const NO_DOMAIN: &str = "domain.invalid";

impl Checker<'_> {
    /// Messages carry these addresses: plain HTTP is for trying out on this machine only
    /// (`campaign start` looks who would get them). One-click unsubscribing needs HTTPS (RFC
    /// 8058 section 3.1).
    fn base_url(&self, field: &'static str, typed: &Spanned<String>) -> Checked<String> {
        let url = BaseUrl::parse(typed.get_ref())
            .map_err(|problem| self.wrong(field, typed, &problem.to_string()))?;
        if url.is_https() || url.is_this_machine() {
            return Ok(url.to_string());
        }
        Err(self.wrong(
            field,
            typed,
            "should begin with https://, because it appears in mail to other people; plain http is \
             only for a loopback address",
        ))
    }

    /// With stand-ins for what is not set, so that texts can be written before.
    pub(super) fn sender(&self, file: &file::File) -> Checked<render::Sender> {
        let file::File { organisation: who, public, media, .. } = file;
        let name = who.name.as_ref().map(|it| self.short("organisation.name", it)).transpose()?;
        let address = who.postal_address.as_ref().map(|it| self.postal_address(it)).transpose()?;
        Ok(render::Sender {
            organisation: name.unwrap_or_else(|| NO_NAME.to_owned()),
            postal_address: address.unwrap_or_else(|| NO_ADDRESS.to_owned()),
            domain: self.domain(file)?.unwrap_or_else(|| NO_DOMAIN.to_owned()),
            beacon_url: self.base_url("public.beacon_url", &public.beacon_url)?,
            web_url: self.base_url("public.web_url", &public.web_url)?,
            brand: self.brand(&file.brand, file.web.privacy_contact.as_ref())?,
            attachments: self.attachments(media)?,
            honeypot_link: file.report.honeypot_link.unwrap_or_default(),
        })
    }

    pub(super) fn domain(&self, file: &file::File) -> Checked<Option<String>> {
        let Some(typed) = &file.organisation.domain else { return Ok(None) };
        match Domain::parse(typed.get_ref()) {
            Ok(domain) => Ok(Some(domain.to_string())),
            Err(problem) => Err(self.wrong("organisation.domain", typed, &problem.to_string())),
        }
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
