//! The shape of `pharos campaign check --json`; names stay when it grows.

use campaign::{AddressOutcome, CheckedAddress, SenderDomain, SpamVerdict};
use serde::Serialize;

use super::told::{AudienceTold, CheckTold, FindingLine, LinkTold};

#[derive(Serialize)]
pub(super) struct CheckedJson<'a> {
    campaign: i64,
    errors: Vec<FindingJson<'a>>,
    warnings: Vec<FindingJson<'a>>,
    hints: Vec<FindingJson<'a>>,
    links: &'a [LinkTold],
    audience: &'a AudienceTold,
    /// Empty when nobody else was asked.
    addresses: Vec<AddressJson<'a>>,
    sender_domain: Option<SenderDomainJson<'a>>,
    spam: Option<SpamJson<'a>>,
    accepted: Vec<AcceptedJson<'a>>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    code: &'a str,
    line: Option<usize>,
    text: &'a str,
    /// RFC 3339; for warnings alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_at: Option<String>,
}

#[derive(Serialize)]
struct AddressJson<'a> {
    url: &'a str,
    /// `link`, `image` or `file`.
    used_as: &'a str,
    line: usize,
    column: usize,
    places: usize,
    /// `reachable`, `dead` or `unknown`.
    outcome: &'a str,
    reason: Option<&'a str>,
    status: Option<u16>,
    redirects: Vec<RedirectJson<'a>>,
    content_type: Option<&'a str>,
    bytes: Option<u64>,
    width: Option<u64>,
    height: Option<u64>,
}

#[derive(Serialize)]
struct RedirectJson<'a> {
    status: u16,
    to: &'a str,
}

#[derive(Serialize)]
struct SenderDomainJson<'a> {
    domain: &'a str,
    envelope_domain: &'a str,
    dmarc_policy: Option<&'a str>,
    is_aligned: bool,
    has_spf: bool,
}

#[derive(Serialize)]
struct SpamJson<'a> {
    score: f64,
    required: f64,
    action: &'a str,
    symbols: Vec<SymbolJson<'a>>,
}

#[derive(Serialize)]
struct SymbolJson<'a> {
    name: &'a str,
    score: f64,
    description: Option<&'a str>,
}

#[derive(Serialize)]
struct AcceptedJson<'a> {
    code: &'a str,
    text: &'a str,
    /// RFC 3339.
    at: String,
}

impl<'a> CheckedJson<'a> {
    pub(super) fn of(checked: &'a CheckTold) -> Self {
        let found = |severity| checked.of(severity).map(FindingJson::of).collect();
        let accepted = checked.accepted.iter();
        Self {
            campaign: checked.id.0,
            errors: found("error"),
            warnings: found("warning"),
            hints: found("hint"),
            links: &checked.links,
            audience: &checked.audience,
            addresses: checked.addresses.iter().map(AddressJson::of).collect(),
            sender_domain: checked.sender_domain.as_ref().map(SenderDomainJson::of),
            spam: checked.spam.as_ref().map(SpamJson::of),
            accepted: accepted
                .map(|it| AcceptedJson { code: &it.code, text: &it.text, at: it.at.rfc3339() })
                .collect(),
        }
    }
}

impl<'a> FindingJson<'a> {
    fn of(found: &'a FindingLine) -> Self {
        let FindingLine { code, line, text, accepted_at, .. } = found;
        Self { code, line: *line, text, accepted_at: accepted_at.map(|at| at.rfc3339()) }
    }
}

impl<'a> AddressJson<'a> {
    fn of(checked: &'a CheckedAddress) -> Self {
        let CheckedAddress { address, places, outcome, status, redirects, image, .. } = checked;
        let (outcome, reason) = match outcome {
            AddressOutcome::Reachable => ("reachable", None),
            AddressOutcome::Dead(why) => ("dead", Some(why.as_str())),
            AddressOutcome::Unknown(why) => ("unknown", Some(why.as_str())),
        };
        let size = image.as_ref().and_then(|it| it.size);
        Self {
            url: &address.url,
            used_as: address.used_as.as_str(),
            line: address.line,
            column: address.column,
            places: *places,
            outcome,
            reason,
            status: *status,
            redirects: redirects
                .iter()
                .map(|it| RedirectJson { status: it.status, to: &it.to })
                .collect(),
            content_type: image.as_ref().and_then(|it| it.content_type.as_deref()),
            bytes: image.as_ref().and_then(|it| it.bytes),
            width: size.map(|size| size.0),
            height: size.map(|size| size.1),
        }
    }
}

impl<'a> SenderDomainJson<'a> {
    fn of(domain: &'a SenderDomain) -> Self {
        Self {
            domain: &domain.domain,
            envelope_domain: &domain.envelope_domain,
            dmarc_policy: domain.dmarc_policy.as_deref(),
            is_aligned: domain.is_aligned,
            has_spf: domain.has_spf,
        }
    }
}

impl<'a> SpamJson<'a> {
    fn of(spam: &'a SpamVerdict) -> Self {
        let symbols = spam.symbols.iter().map(|it| SymbolJson {
            name: &it.name,
            score: it.score,
            description: it.description.as_deref(),
        });
        Self {
            score: spam.score,
            required: spam.required,
            action: &spam.action,
            symbols: symbols.collect(),
        }
    }
}
