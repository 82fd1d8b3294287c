//! What DNS says about the domain that an announcement comes from: whether mailboxes will believe
//! that it does (RFC 7208, RFC 7489).
//!
//! What a relay signs by DKIM is not known here.

use fetcher::{LookupProblem, Resolver};
use model::EmailAddress;

use crate::finding::{CheckFinding, Severity};

/// What was found out about the domain in From.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderDomain {
    /// The domain in From.
    pub domain: String,
    /// The domain of the envelope sender, to which bounces go.
    pub envelope_domain: String,
    /// `none`, `quarantine` or `reject`; None without a record that counts.
    pub dmarc_policy: Option<String>,
    /// Whether SPF counts for DMARC: both domains belong together.
    pub is_aligned: bool,
    /// Whether the envelope's domain says who may send for it.
    pub has_spf: bool,
}

/// What DNS answered.
#[derive(Debug, Clone)]
pub(super) struct SenderRecords {
    /// MX and address records, or that there is no such domain.
    hosts: Result<DomainHosts, LookupProblem>,
    /// DMARC records of the domain, or else of the one that was registered.
    pub(super) dmarc: Vec<String>,
    /// Whether they are those of the registered domain above.
    pub(super) is_inherited: bool,
    pub(super) spf: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct DomainHosts {
    takes_mail: bool,
}

/// Looks up the records and says what is missing.
pub(crate) async fn look_up(
    resolver: &Resolver,
    from: &EmailAddress,
    envelope: &EmailAddress,
) -> (Option<SenderDomain>, Vec<CheckFinding>) {
    let (from, envelope) = (domain(from), domain(envelope));
    let hint = |text| (None, vec![CheckFinding::new(Severity::Hint, "sender", text)]);
    if model::is_reserved_domain(&from) {
        return hint(format!("{from} is reserved for examples: nobody can answer"));
    }
    match records(resolver, &from, &envelope).await {
        Ok(records) => {
            let (domain, found) = judge(&from, &envelope, &records);
            (Some(domain), found)
        }
        Err(why) => hint(format!("DNS gives no answer about {from}, where it comes from: {why}")),
    }
}

fn domain(address: &EmailAddress) -> String {
    let domain = address.as_str().rsplit('@').next().unwrap_or_default();
    model::Domain::parse(domain).map_or_else(|_| domain.to_owned(), |it| it.to_string())
}

pub(super) async fn records(
    resolver: &Resolver,
    from: &str,
    envelope: &str,
) -> Result<SenderRecords, LookupProblem> {
    let hosts = match hosts(resolver, from).await {
        Err(problem @ LookupProblem::Unanswered(_)) => return Err(problem),
        hosts => hosts,
    };
    let own = dmarc(resolver, from).await?;
    let organisation = organisation(from);
    let is_inherited = own.is_empty() && organisation != from;
    let dmarc = if is_inherited { dmarc(resolver, organisation).await? } else { own };
    let spf = texts(resolver, envelope).await?.into_iter();
    let spf = spf
        .filter(|text| text.split(' ').next().is_some_and(|it| it.eq_ignore_ascii_case("v=spf1")));
    Ok(SenderRecords { hosts, dmarc, is_inherited, spf: spf.collect() })
}

async fn hosts(resolver: &Resolver, domain: &str) -> Result<DomainHosts, LookupProblem> {
    let mail_hosts = resolver.mail_hosts(domain).await?;
    if !mail_hosts.is_empty() {
        return Ok(DomainHosts { takes_mail: mail_hosts.iter().any(|host| !host.is_empty()) });
    }
    let addresses = resolver.addresses(domain).await?;
    Ok(DomainHosts { takes_mail: !addresses.is_empty() })
}

async fn dmarc(resolver: &Resolver, domain: &str) -> Result<Vec<String>, LookupProblem> {
    let texts = texts(resolver, &format!("_dmarc.{domain}")).await?;
    let is_dmarc = |text: &String| tag(text, "v").is_some_and(|it| it == "DMARC1");
    Ok(texts.into_iter().filter(is_dmarc).collect())
}

pub(super) async fn texts(resolver: &Resolver, name: &str) -> Result<Vec<String>, LookupProblem> {
    match resolver.texts(name).await {
        Err(LookupProblem::NoSuchName) => Ok(Vec::new()),
        texts => texts,
    }
}

/// The value of a tag in a DMARC record: `v=DMARC1; p=none; sp=reject`.
pub(super) fn tag<'t>(record: &'t str, name: &str) -> Option<&'t str> {
    record.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The domain that was registered: one label below a public suffix.
pub(super) fn organisation(domain: &str) -> &str {
    psl::domain_str(domain).unwrap_or(domain)
}

fn judge(from: &str, envelope: &str, records: &SenderRecords) -> (SenderDomain, Vec<CheckFinding>) {
    let (dmarc_policy, dmarc_trouble) = dmarc_policy(from, records);
    let is_strict = records.dmarc.first().and_then(|it| tag(it, "aspf")) == Some("s");
    let is_aligned = match is_strict {
        true => from == envelope,
        false => organisation(from) == organisation(envelope),
    };
    let troubles = [
        ("hosts", hosts_trouble(from, &records.hosts)),
        ("dmarc", dmarc_trouble),
        ("alignment", (!is_aligned).then(|| alignment_trouble(from, envelope))),
        ("spf", spf_trouble(envelope, &records.spf)),
    ];
    let found = troubles.into_iter().filter_map(|(subject, text)| {
        let finding = CheckFinding::new(Severity::Warning, "sender", text?);
        Some(finding.about(format!("{from}: {subject}")))
    });
    let found = found.collect();
    let domain = SenderDomain {
        domain: from.to_owned(),
        envelope_domain: envelope.to_owned(),
        dmarc_policy,
        is_aligned,
        has_spf: records.spf.len() == 1,
    };
    (domain, found)
}

fn hosts_trouble(from: &str, hosts: &Result<DomainHosts, LookupProblem>) -> Option<String> {
    match hosts {
        Err(_) => Some(format!(
            "{from}, where it comes from, does not exist: most servers refuse such mail; write a From \
             at a domain of yours"
        )),
        Ok(DomainHosts { takes_mail: false }) => Some(format!(
            "{from}, where it comes from, takes no mail: many servers refuse to get mail from there; \
             give it an MX record"
        )),
        Ok(DomainHosts { takes_mail: true }) => None,
    }
}

/// The policy that holds, or why none does.
pub(super) fn dmarc_policy(
    from: &str,
    records: &SenderRecords,
) -> (Option<String>, Option<String>) {
    match records.dmarc.as_slice() {
        [record] => {
            let inherited = tag(record, "sp").filter(|_| records.is_inherited);
            (inherited.or(tag(record, "p")).map(str::to_lowercase), None)
        }
        [] => {
            let text = format!(
                "{from} has no DMARC record, which large providers ask of whoever writes to many; add \
                 a TXT record `_dmarc.{}` with `v=DMARC1; p=none`",
                organisation(from)
            );
            (None, Some(text))
        }
        several => {
            let text =
                format!("{from} has {} DMARC records, so none counts; keep one", several.len());
            (None, Some(text))
        }
    }
}

fn alignment_trouble(from: &str, envelope: &str) -> String {
    format!(
        "bounces go to {envelope}, which does not belong to {from}: SPF does not count for DMARC; \
         set `relay.return_path` to an address at {from}, or be sure that the relay signs (DKIM) for \
         {from}"
    )
}

pub(super) fn spf_trouble(envelope: &str, spf: &[String]) -> Option<String> {
    match spf {
        [] => Some(format!(
            "{envelope}, where bounces go, has no SPF record; add a TXT record with what your relay's \
             operator says, such as `v=spf1 include:relay.example ~all`"
        )),
        [record] => {
            let terms: Vec<&str> = record.split(' ').skip(1).filter(|it| !it.is_empty()).collect();
            match terms.as_slice() {
                ["-all" | "~all"] => Some(format!(
                    "{envelope}, where bounces go, says by SPF that nobody sends for it (`{record}`); \
                     add your relay"
                )),
                _ if terms.iter().any(|it| matches!(*it, "+all" | "all")) => Some(format!(
                    "{envelope}, where bounces go, says by SPF that everybody may send for it \
                     (`{record}`); end it in ~all"
                )),
                _ => None,
            }
        }
        several => Some(format!(
            "{envelope}, where bounces go, has {} SPF records, so none counts; make one of them",
            several.len()
        )),
    }
}

#[cfg(test)]
#[path = "sender_domain/tests.rs"]
mod tests;
