//! A campaign by receiving domains, on the wire.

use model::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::rule_sets;

/// A campaign by receiving domains; the lines add up to the total, which is its report’s.
#[derive(Serialize, ToSchema)]
pub(crate) struct DomainReport {
    /// The campaign’s number.
    #[schema(example = "17")]
    campaign: String,
    name: String,
    /// The rule set that the bounds are by.
    rules_version: String,
    /// When the deliveries were counted: at most a minute ago while it changes.
    #[schema(format = "date-time")]
    counted_at: String,
    /// Since when it is not kept any more what each contact did: then all of it stands under `unknown`. Null while
    /// it is.
    #[schema(format = "date-time")]
    engagements_removed_at: Option<String>,
    /// The 20 largest, then all others and what can be put to no domain.
    domains: Vec<DomainLine>,
    total: DomainFigures,
}

#[derive(Serialize, ToSchema)]
struct DomainLine {
    /// domain, others or unknown (of people who were erased or wanted it forgotten, or who may not be known).
    kind: &'static str,
    /// Of a domain.
    #[schema(example = "example.com")]
    domain: Option<String>,
    #[serde(flatten)]
    figures: DomainFigures,
}

macro_rules! domain_figures {
    ($($(#[$about:meta])* $field:ident,)+) => {
        /// What became of the messages, in contacts.
        #[derive(Serialize, ToSchema)]
        struct DomainFigures { $($(#[$about])* $field: i64,)+ }

        impl From<report::DomainFigures> for DomainFigures {
            fn from(from: report::DomainFigures) -> Self {
                Self { $($field: from.$field,)+ }
            }
        }
    };
}

domain_figures! {
    audience,
    /// Accepted by the relay.
    sent,
    /// Refused for good, or given up.
    failed,
    /// Of those: by a refusal of the relay, with its code.
    refused,
    suppressed,
    skipped,
    in_doubt,
    /// Queued, or being sent right now.
    waiting,
    /// Who have, or may have, a message that tells whether they opened it.
    denominator,
    opened_floor,
    opened_ceiling,
    clicked_floor,
    clicked_ceiling,
    /// Of whom machines alone were seen.
    machine_only,
    unsubscribes,
}

impl From<report::DomainLine> for DomainLine {
    fn from(line: report::DomainLine) -> Self {
        let (kind, domain) = match line.domain {
            report::DomainName::Domain(name) => ("domain", Some(name)),
            report::DomainName::Others => ("others", None),
            report::DomainName::Unknown => ("unknown", None),
        };
        Self { kind, domain, figures: line.figures.into() }
    }
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let id = asked.campaign()?.id;
    let rules = rule_sets::asked_for(&asked).await?;
    let kept = &asked.parts.resources.domains;
    let found = kept.report(asked.store(), id, asked.at, rules).await?;
    let found = found.ok_or_else(|| {
        Problem::not_found("campaign_not_found", "There is no campaign with this number.")
    })?;
    Reply::tagged(&DomainReport {
        campaign: found.campaign.to_string(),
        name: found.name,
        rules_version: found.rules_version,
        counted_at: found.counted_at.rfc3339(),
        engagements_removed_at: found.engagements_removed_at.map(Timestamp::rfc3339),
        domains: found.domains.into_iter().map(DomainLine::from).collect(),
        total: found.total.into(),
    })
}
