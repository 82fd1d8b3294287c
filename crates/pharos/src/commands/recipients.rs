//! `pharos campaign who` and `pharos campaign retry`: the people behind the counts.
//!
//! Personal data goes to standard output and nowhere else.

use std::io::{self, BufRead as _, BufWriter, ErrorKind, IsTerminal as _, Write};

use campaign::{Recipients, RetryScope};
use indicatif::HumanCount;
use model::{CampaignNumber, CampaignState, ContactId, DeliveryState, Timestamp};
use serde::Deserialize;
use serde_json::json;
use store::CampaignRecipient;

use super::campaign_status::standing;
use crate::backend::Backend;
use crate::cli::{RetryArgs, WhoArgs};
use crate::remote::{RemoteClient, RemoteList, maybe_time, number};
use crate::telemetry::{counted, note, say};

/// A delivery as a server tells it.
#[derive(Deserialize)]
struct ToldDelivery {
    #[serde(deserialize_with = "number")]
    contact: ContactId,
    email: Option<String>,
    attempts: i64,
    code: Option<u16>,
    reply: Option<String>,
    #[serde(deserialize_with = "maybe_time")]
    ended_at: Option<Timestamp>,
    #[serde(deserialize_with = "maybe_time")]
    due_at: Option<Timestamp>,
}

impl From<ToldDelivery> for CampaignRecipient {
    fn from(told: ToldDelivery) -> Self {
        Self {
            contact: told.contact,
            email: told.email,
            attempts: told.attempts,
            code: told.code,
            reply: told.reply,
            at: told.ended_at.or(told.due_at),
        }
    }
}

#[derive(Deserialize)]
struct ToldRetry {
    queued: i64,
}

/// The people of a campaign, a page at a time.
enum RecipientPages<'a> {
    Local(Recipients<'a>),
    Remote(RemoteList<'a>),
}

impl RecipientPages<'_> {
    /// Nothing after the last page.
    async fn page(&mut self) -> anyhow::Result<Option<Vec<CampaignRecipient>>> {
        match self {
            Self::Local(recipients) => {
                Ok(Some(recipients.page().await?).filter(|page| !page.is_empty()))
            }
            Self::Remote(list) => {
                let page = list.page::<ToldDelivery>().await?;
                Ok(page.map(|page| page.into_iter().map(CampaignRecipient::from).collect()))
            }
        }
    }
}

/// Lists them, a page at a time, so that a list of any length takes little memory.
pub(crate) async fn who(backend: &Backend, args: WhoArgs) -> anyhow::Result<()> {
    let (state, number) = (args.whose.state(), args.campaign);
    let path = format!("/api/v1/campaigns/{number}/deliveries");
    let code = args.code.map(|code| code.to_string());
    let word = state.as_str().replace(' ', "_");
    let mut filter = vec![("order", "oldest"), ("state", word.as_str())];
    filter.extend(code.as_deref().map(|code| ("code", code)));
    let mut pages = match backend {
        Backend::Local(installation) => {
            let id = installation.campaign(number).await?;
            let store = &installation.store;
            RecipientPages::Local(Recipients::of(store, id, state, args.code).await?)
        }
        Backend::Remote(server) => RecipientPages::Remote(server.list(&path, &filter)),
    };
    let mut list = List::new(BufWriter::new(io::stdout()), state, args.csv);
    let mut listed = 0;
    while let Some(page) = pages.page().await? {
        listed += page.len();
        match list.write(&page) {
            // A reader such as `head` has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    if listed == 0 {
        note(format_args!("Nobody in campaign {number} is {}.", state.as_str()));
    }
    Ok(())
}

/// Recipients as lines of text or as CSV.
struct List<W: Write> {
    out: W,
    state: DeliveryState,
    csv: bool,
    begun: bool,
}

impl<W: Write> List<W> {
    fn new(out: W, state: DeliveryState, csv: bool) -> Self {
        Self { out, state, csv, begun: false }
    }

    fn write(&mut self, page: &[CampaignRecipient]) -> io::Result<()> {
        if self.csv {
            self.write_csv(page)?;
        } else {
            self.write_text(page)?;
        }
        self.out.flush()
    }

    fn write_text(&mut self, page: &[CampaignRecipient]) -> io::Result<()> {
        for recipient in page {
            let at = recipient.at.map(|at| at.readable()).unwrap_or_default();
            let line = format!("{:<36}  {at:<20}  {}", address(recipient), reason(recipient));
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn write_csv(&mut self, page: &[CampaignRecipient]) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(&mut self.out);
        if !std::mem::replace(&mut self.begun, true) {
            csv.write_record(["email", "state", "tries", "at", "code", "reason"])?;
        }
        for recipient in page {
            let at = recipient.at.map(|at| at.rfc3339()).unwrap_or_default();
            let code = recipient.code.filter(|code| *code > 0);
            let code = code.map(|code| code.to_string()).unwrap_or_default();
            csv.write_record([
                report::tame(address(recipient)).as_str(),
                self.state.as_str(),
                &recipient.attempts.to_string(),
                &at,
                &code,
                &report::tame(recipient.reply.as_deref().unwrap_or_default()),
            ])?;
        }
        csv.flush()
    }
}

fn address(recipient: &CampaignRecipient) -> &str {
    recipient.email.as_deref().unwrap_or("(erased)")
}

/// The relay's words with its code, or ours without one.
fn reason(recipient: &CampaignRecipient) -> String {
    let reply = recipient.reply.as_deref().unwrap_or_default();
    match recipient.code {
        Some(code) if code > 0 && !reply.starts_with(&code.to_string()) => {
            format!("{code} {reply}")
        }
        _ => reply.to_owned(),
    }
}

/// Says how many there are, asks, and puts them back in the queue.
pub(crate) async fn retry(backend: &Backend, args: RetryArgs) -> anyhow::Result<()> {
    let (id, whom) = (args.campaign, args.whom());
    let (state, code) = match whom {
        RetryScope::Failed(code) => {
            ("failed", code.map(|code| format!(" with code {code}")).unwrap_or_default())
        }
        RetryScope::Skipped => ("skipped", String::new()),
        RetryScope::InDoubt => ("in doubt", String::new()),
    };
    let people = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_retry_count(&resources, &call, id, whom).await?
        }
        Backend::Remote(server) => retry_there(server, id, whom, true).await?,
    };
    if people == 0 {
        say(format_args!("Campaign {id} has nobody to send to again; nothing was changed."));
        return Ok(());
    }
    let who = counted(count(people), "person", "people");
    say(format_args!("{who} in campaign {id}: {state}{code}."));
    if whom == RetryScope::InDoubt {
        say("Warning: the relay may have accepted these messages already. \
             Each of these people may get a second copy.");
    }
    if !args.yes && !confirmed()? {
        say("Nothing was changed.");
        return Ok(());
    }
    let queued = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_retry(&resources, &call, id, whom).await?
        }
        Backend::Remote(server) => retry_there(server, id, whom, false).await?,
    };
    say(format_args!(
        "Queued again: {}, except people who have left in the meantime.",
        HumanCount(count(queued))
    ));
    if state_of(backend, id).await? == Some(CampaignState::Paused) {
        say(format_args!("The campaign is paused. To resume it: pharos campaign resume {id}"));
    } else {
        say(format_args!("To watch it: pharos campaign status {id} --watch"));
    }
    Ok(())
}

/// How many are queued again, or would be.
async fn retry_there(
    server: &RemoteClient,
    id: CampaignNumber,
    whom: RetryScope,
    dry_run: bool,
) -> anyhow::Result<i64> {
    let (state, code) = match whom {
        RetryScope::Failed(code) => ("failed", code),
        RetryScope::Skipped => ("skipped", None),
        RetryScope::InDoubt => ("in_doubt", None),
    };
    let body = json!({ "state": state, "code": code, "dry_run": dry_run });
    let path = format!("/api/v1/campaigns/{id}/retry");
    Ok(server.post::<ToldRetry>(&path, &body).await?.queued)
}

/// Nothing when the token may send, and not look.
async fn state_of(backend: &Backend, id: CampaignNumber) -> anyhow::Result<Option<CampaignState>> {
    match (backend, standing(backend, id).await) {
        (_, Ok(standing)) => Ok(Some(standing.state)),
        (Backend::Remote(_), Err(_)) => Ok(None),
        (Backend::Local(_), Err(error)) => Err(error),
    }
}

/// Asks on the terminal.
fn confirmed() -> anyhow::Result<bool> {
    let stdin = io::stdin();
    anyhow::ensure!(
        stdin.is_terminal(),
        "nothing was changed, because there is no terminal to ask on; add --yes to send to them again"
    );
    note("Send to them again? [y/N]");
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use model::{ContactId, Timestamp};

    use super::*;

    fn listed(csv: bool, recipients: &[CampaignRecipient]) -> String {
        let mut bytes = Vec::new();
        let mut list = List::new(&mut bytes, DeliveryState::Failed, csv);
        for recipient in recipients {
            list.write(std::slice::from_ref(recipient)).unwrap();
        }
        String::from_utf8(bytes).unwrap()
    }

    fn recipient(email: Option<&str>, code: u16, reply: &str) -> CampaignRecipient {
        CampaignRecipient {
            contact: ContactId(1),
            email: email.map(ToOwned::to_owned),
            attempts: 2,
            code: Some(code),
            reply: Some(reply.to_owned()),
            at: Some(Timestamp(1_795_428_245_000_000)),
        }
    }

    #[test]
    fn recipients_are_lines_of_text_with_code_and_words() {
        let ann = recipient(Some("ann@x.org"), 550, "5.1.1 user unknown");
        let text = listed(false, &[ann, recipient(None, 0, "no value for {{ name }}")]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("ann@x.org  "), "{text}");
        assert!(lines[0].ends_with("  550 5.1.1 user unknown"), "{text}");
        assert!(lines[1].starts_with("(erased)") && lines[1].ends_with("}}"), "{text}");
    }

    #[test]
    fn recipients_as_csv_have_one_header_and_start_no_formula() {
        let odd = recipient(Some("=1+1@x.org"), 554, "-no, \"never\"");
        let text = listed(true, &[odd, recipient(Some("ann@x.org"), 0, "x")]);
        let at = Timestamp(1_795_428_245_000_000).rfc3339();
        assert_eq!(
            text,
            format!(
                "email,state,tries,at,code,reason\n\
                 '=1+1@x.org,failed,2,{at},554,\"'-no, \"\"never\"\"\"\n\
                 ann@x.org,failed,2,{at},,x\n"
            )
        );
    }
}
