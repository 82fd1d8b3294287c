//! Imports: a file of contacts as the body of a request.
//!
//! Invariants: memory holds one part of the file, however large it is; one that did not come whole is
//! never imported; repeated under the same key, the same file is imported once.

use actions::{Call, ImportFor, Refusal, Upload, import_begin, import_start, job_stop};
use audience::{Everyone, ExportFrom, ImportSpec, ReviewWishes, TextEncoding};
use axum::body::Body;
use http_body_util::BodyExt as _;
use model::{CampaignNumber, ConsentBasis, JobId, TagName, TrackingMode};
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

use crate::api::asked::Asked;
use crate::api::body::file_too_large;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::{idempotency, jobs};
use crate::clock::now;

/// Parameters that may come so many times.
const MOST_PARAMETERS: usize = 1_000;

/// How a file is to be imported, as on the command line.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "for the document; they are read as pairs, because some come many times"
)]
pub(crate) struct ImportParams {
    /// What the file is called: for people, and for the ledger of consents. A name such as
    /// unsubscribed.csv subscribes nobody unless `everyone` says otherwise.
    #[param(max_length = 200, example = "people.csv")]
    name: Option<String>,
    /// The slug of what they are subscribed to; without one they are only kept, which needs a token
    /// for all topics.
    #[param(example = "release-notices")]
    topic: Option<String>,
    /// The number of a campaign, instead of its topic.
    #[param(pattern = "^[0-9]{1,18}$")]
    campaign: Option<String>,
    /// Count what would be done, and change nothing; `start` then does it.
    dry_run: Option<bool>,
    /// How its characters are written: auto (UTF-8, or what a byte order mark says), windows-1252, utf-16
    /// or another label of the WHATWG Encoding Standard.
    #[param(max_length = 40, example = "windows-1252")]
    encoding: Option<String>,
    /// Of a zip archive that holds several lists, the one to import.
    #[param(max_length = 400)]
    member: Option<String>,
    /// The product that has exported it, whose columns are known: auto (the one whose columns it has), none,
    /// mailchimp, listmonk, brevo, hubspot or keila. Without it, none.
    #[param(max_length = 40, example = "auto")]
    from: Option<String>,
    /// COLUMN=attribute; the attribute `email` is the address.
    #[param(pattern = "^[^=]+=.+$", max_items = 100)]
    map: Option<Vec<String>>,
    /// A column that is left out.
    #[param(max_items = 100)]
    ignore: Option<Vec<String>>,
    /// A column that says who may be mailed, as COLUMN or COLUMN=VALUE,VALUE.
    #[param(max_items = 100)]
    status: Option<Vec<String>>,
    /// What everybody in the file is, whatever its columns say: subscribed, unconfirmed, unsubscribed,
    /// hard-bounce, complaint or blocked.
    #[param(max_length = 40)]
    everyone: Option<String>,
    /// By what right the people are subscribed: not-stated (without it), consent, contract,
    /// existing-customer or other. Kept with each of them in the ledger of consents.
    #[param(max_length = 40, example = "consent")]
    basis: Option<String>,
    /// What they were told when they agreed, or its version.
    #[param(max_length = 200)]
    notice: Option<String>,
    /// Where the proof lies.
    #[param(max_length = 200, example = "sign-up log of the shop")]
    proof: Option<String>,
    /// What may be recorded of those who have said nothing about it: off, anonymous or identified. For
    /// tokens of all topics.
    #[param(max_length = 40)]
    tracking: Option<String>,
    /// A tag that everybody in the file gets.
    #[param(max_items = 100)]
    tag: Option<Vec<String>>,
    /// Reject rows whose address is an office’s, such as info@; otherwise they are counted and listed.
    reject_role: Option<bool>,
    /// Reject rows whose domain gives everybody a mailbox for some minutes.
    reject_disposable: Option<bool>,
    /// Ask DNS which domains take mail.
    check_mx: Option<bool>,
    /// Ask, and reject rows whose domain takes none.
    reject_no_mx: Option<bool>,
}

/// What is asked for in the query string.
#[derive(Default)]
struct ImportAsked {
    name: Option<String>,
    campaign: Option<CampaignNumber>,
    spec: ImportSpec,
    /// Those of the four about addresses that were said.
    review: Vec<String>,
}

impl ImportAsked {
    fn read(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        if pairs.len() > MOST_PARAMETERS {
            return Err(wrong("has too many parameters"));
        }
        let (mut asked, mut seen) = (Self::default(), Vec::new());
        for (name, value) in pairs {
            let spec = &mut asked.spec;
            match name.as_str() {
                "map" => match value.split_once('=') {
                    Some((column, attribute)) if !column.is_empty() && !attribute.is_empty() => {
                        spec.map.push((column.to_owned(), attribute.to_owned()));
                    }
                    _ => return Err(wrong("should have map=COLUMN=attribute")),
                },
                "ignore" => spec.ignore.push(value),
                "status" => spec.status.push(value),
                "tag" => {
                    let tag = TagName::parse(&value);
                    spec.tags.push(tag.map_err(|_| wrong("has a tag that can’t be one"))?);
                }
                once if seen.contains(&once.to_owned()) => {
                    return Err(wrong(&format!("has {once} twice")));
                }
                "name" => asked.name = Some(value),
                "topic" => spec.topic = Some(value),
                "campaign" => {
                    let number = value.parse();
                    asked.campaign =
                        Some(number.map_err(|_| wrong("has no number of a campaign"))?);
                }
                "dry_run" => {
                    let told = value.parse();
                    spec.rehearsal =
                        told.map_err(|_| wrong("should have dry_run=true or false"))?;
                }
                "reject_role" | "reject_disposable" | "check_mx" | "reject_no_mx" => {
                    match value.parse() {
                        Ok(true) => asked.review.push(name.clone()),
                        Ok(false) => {}
                        Err(_) => return Err(wrong(&format!("should have {name}=true or false"))),
                    }
                }
                word => word_read(word, &value, spec)?,
            }
            seen.push(name);
        }
        asked.spec.review = ReviewWishes::said(&|name| asked.review.iter().any(|it| it == name));
        if asked.campaign.is_some() && asked.spec.topic.is_some() {
            return Err(wrong("has a topic or a campaign, not both"));
        }
        Ok(asked)
    }
}

/// A parameter whose value is one of some words, or a name.
fn word_read(name: &str, value: &str, spec: &mut ImportSpec) -> Result<(), Problem> {
    let one_of = |words: &[&str]| wrong(&format!("has {name}, one of {}", words.join(", ")));
    match name {
        "everyone" => {
            let known = Everyone::from_word(value);
            let words = Everyone::ALL.map(Everyone::as_str);
            spec.everyone = Some(known.ok_or_else(|| one_of(&words))?);
        }
        "tracking" => {
            let known = TrackingMode::from_word(value);
            let words = TrackingMode::ALL.map(TrackingMode::as_str);
            spec.tracking = Some(known.ok_or_else(|| one_of(&words))?);
        }
        "encoding" => {
            let known = TextEncoding::parse(value);
            spec.encoding = known.map_err(|why| wrong(&format!("has encoding, but {why}")))?;
        }
        "from" => {
            let known = ExportFrom::from_word(value);
            spec.from = known.ok_or_else(|| one_of(&ExportFrom::words()))?;
        }
        "basis" => {
            let known = ConsentBasis::from_word(value);
            let words = ConsentBasis::ALL.map(ConsentBasis::as_str);
            spec.basis.basis = known.ok_or_else(|| one_of(&words))?;
        }
        "notice" => spec.basis.notice = Some(value.to_owned()).filter(|it| !it.is_empty()),
        "proof" => spec.basis.proof = Some(value.to_owned()).filter(|it| !it.is_empty()),
        "member" => spec.member = Some(value.to_owned()).filter(|name| !name.is_empty()),
        other => return Err(wrong(&format!("knows no parameter {other:?}"))),
    }
    Ok(())
}

fn wrong(what: &str) -> Problem {
    Problem::bad_request("query", format!("The query string {what}."))
}

pub(crate) async fn create(mut asked: Asked) -> Result<Reply, Problem> {
    let ImportAsked { name, campaign, mut spec, .. } = ImportAsked::read(asked.query_pairs())?;
    let whom = match campaign {
        Some(number) => ImportFor::Campaign(number),
        None => ImportFor::Topic(spec.topic.as_deref()),
    };
    let name = name.as_deref().unwrap_or("contacts.csv");
    let resources = asked.parts.resources.clone();
    let upload = import_begin(&resources, &call(&asked), name, whom).await?;
    let id = upload.id;
    let hash = received(&asked, upload).await?;
    if campaign.is_some() {
        let job = actions::job(&resources, &call(&asked), id).await?;
        spec.topic = ImportSpec::from_json(&job.spec).topic;
    }
    asked.at = now();
    if let Some(request) = &mut asked.request {
        request.body_hash = hash;
    }
    let act = move |asked| -> crate::api::route::Answering { Box::pin(started(asked, id, spec)) };
    let again =
        |asked, made| -> crate::api::route::Answering { Box::pin(created_again(asked, made)) };
    let done = idempotency::once_or_again(asked.clone(), act, again).await;
    // The same file was imported before: this one is not wanted.
    let job = actions::job(&resources, &call(&asked), id).await?;
    if job.state == store::JobState::Waiting {
        job_stop(&resources, &call(&asked), id).await?;
    }
    done
}

async fn started(asked: Asked, id: JobId, spec: ImportSpec) -> Result<Reply, Problem> {
    import_start(&asked.parts.resources, &asked.call(), id, spec).await?;
    jobs::accepted(&asked, id).await
}

/// The job that was made.
pub(crate) async fn created_again(asked: Asked, made: Option<String>) -> Result<Reply, Problem> {
    let id = made.and_then(|id| id.parse().ok());
    let missing = || Problem::not_found("job_not_found", "There is no job with this number.");
    jobs::accepted(&asked, id.ok_or_else(missing)?).await
}

/// Takes the whole file in; returns its hash.
pub(crate) async fn received(asked: &Asked, mut upload: Upload) -> Result<[u8; 32], Problem> {
    let mut hash = Sha256::new();
    match taken(asked, &mut upload, &mut hash).await {
        Ok(()) => match upload.finish(&call(asked)).await {
            Ok(_) => Ok(hash.finalize().into()),
            Err(refusal) => Err(refusal.into()),
        },
        Err(problem) => {
            upload.abandon(&call(asked)).await?;
            Err(problem)
        }
    }
}

async fn taken(asked: &Asked, upload: &mut Upload, hash: &mut Sha256) -> Result<(), Problem> {
    let mut file: Body = asked.take_file();
    while let Some(frame) = file.frame().await {
        let broken = |_| Problem::bad_request("file_broken", "The file ended before its end.");
        let Ok(bytes) = frame.map_err(broken)?.into_data() else { continue };
        hash.update(&bytes);
        upload.write(&call(asked), &bytes).await.map_err(too_large)?;
    }
    Ok(())
}

fn too_large(refusal: Refusal) -> Problem {
    match Problem::from(refusal) {
        problem if problem.code == "file_too_large" => file_too_large(),
        problem => problem,
    }
}

/// A call of its own time: nothing is written in the name of the past.
pub(crate) fn call(asked: &Asked) -> Call {
    Call::new(asked.actor.clone(), now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<ImportAsked, Problem> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        ImportAsked::read(pairs.iter().map(owned).collect())
    }

    #[test]
    fn a_query_says_what_a_command_line_says() {
        let pairs = [
            ("topic", "news"),
            ("map", "Vorname=first_name"),
            ("map", "Ort=city"),
            ("ignore", "id"),
            ("status", "state=active,new"),
            ("everyone", "hard-bounce"),
            ("tracking", "anonymous"),
            ("tag", "early bird"),
            ("basis", "consent"),
            ("proof", "the shop's log"),
            ("encoding", "Windows-1252"),
            ("member", "people.csv"),
            ("from", "listmonk"),
            ("reject_role", "true"),
            ("check_mx", "true"),
            ("reject_no_mx", "false"),
            ("dry_run", "true"),
        ];
        let spec = read(&pairs).unwrap().spec;
        let map = [("Vorname", "first_name"), ("Ort", "city")];
        let expected = ImportSpec {
            topic: Some("news".into()),
            map: map.map(|(from, to)| (from.to_owned(), to.to_owned())).to_vec(),
            ignore: vec!["id".into()],
            status: vec!["state=active,new".into()],
            everyone: Some(Everyone::HardBounce),
            basis: store::ImportBasis {
                basis: ConsentBasis::Consent,
                notice: None,
                proof: Some("the shop's log".into()),
            },
            encoding: TextEncoding::parse("windows-1252").unwrap(),
            member: Some("people.csv".into()),
            from: ExportFrom::from_word("listmonk").unwrap(),
            tracking: Some(TrackingMode::Anonymous),
            tags: vec![TagName::parse("early bird").unwrap()],
            review: ReviewWishes::said(&|name| ["reject_role", "check_mx"].contains(&name)),
            rehearsal: true,
            campaign: None,
            within: Vec::new(),
        };
        assert_eq!(spec, expected);
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for pairs in [
            &[("topic", "a"), ("topic", "b")][..],
            &[("map", "a")],
            &[("map", "=a")],
            &[("dry_run", "1")],
            &[("check_mx", "yes")],
            &[("campaign", "x")],
            &[("campaign", "1"), ("topic", "a")],
            &[("everyone", "gone")],
            &[("tracking", "yes")],
            &[("encoding", "utf-9")],
            &[("basis", "hope")],
            &[("from", "outlook")],
            &[("from", "auto"), ("from", "none")],
            &[("colour", "red")],
        ] {
            assert_eq!(read(pairs).err().map(|it| it.code), Some("query"), "{pairs:?}");
        }
    }
}
