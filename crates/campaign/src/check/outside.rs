//! Asks others about a campaign: the servers of its links and images, DNS about its sender, the
//! spam filter about a sample message. Their trouble is never a reason against a campaign.

use std::sync::Arc;
use std::time::Duration;

use fetcher::{Fetcher, Resolver, ServiceUrl};
use media::FileStore;
use model::{EmailAddress, Timestamp};
use render::Sender;
use store::Store;
use token::Keyring;

use super::{Checked, addresses, sender_domain, spam_filter};
use crate::finding::{CheckFinding, Severity};
use crate::preview::{MessageSources, ShownValues, test_message};
use crate::{CampaignError, SAMPLE_ADDRESS};

/// For all addresses together.
const LIMIT: Duration = Duration::from_secs(180);

/// Whom to ask, and about what besides the announcement.
#[derive(Debug)]
pub struct Outside<'a> {
    pub fetcher: Arc<Fetcher>,
    pub resolver: Resolver,
    /// Where bounces go, if not to the announcement's From.
    pub return_path: Option<&'a EmailAddress>,
    /// An rspamd, if there is one.
    pub spam_filter: Option<&'a ServiceUrl>,
    pub sender: &'a Sender,
    /// For the links of the sample message.
    pub keys: &'a Keyring,
    /// Where the files are that it carries.
    pub files: &'a FileStore,
    pub now: Timestamp,
}

/// Adds what others say. Calls `progress` with how many addresses were asked and how many there
/// are.
///
/// # Errors
/// When the store fails. What others fail at is found, and no error.
pub async fn look_outside(
    store: &Store,
    checked: &mut Checked,
    outside: &Outside<'_>,
    progress: impl FnMut(usize, usize),
) -> Result<(), CampaignError> {
    let Some(compiled) = checked.compiled.take() else { return Ok(()) };
    let domain = sender_domain::look_up(
        &outside.resolver,
        compiled.from(),
        outside.return_path.unwrap_or(compiled.from()),
    );
    let asked = addresses::ask_all(&outside.fetcher, compiled.addresses(), LIMIT, progress);
    let ((domain, mut found), asked) = tokio::join!(domain, asked);
    checked.sender_domain = domain;
    found.extend(addresses::findings(&asked));
    checked.addresses = asked;
    if let Some(filter) = outside.spam_filter {
        found.extend(spam(store, checked, outside, filter).await?);
    }
    checked.compiled = Some(compiled);
    checked.add(found);
    Ok(())
}

async fn spam(
    store: &Store,
    checked: &mut Checked,
    outside: &Outside<'_>,
    filter: &ServiceUrl,
) -> Result<Option<CheckFinding>, CampaignError> {
    let Outside { sender, keys, files, now, .. } = *outside;
    let sources = MessageSources { store, sender, keys, files };
    let to = EmailAddress::parse(SAMPLE_ADDRESS)
        .map_err(|_| CampaignError::UnknownContact(SAMPLE_ADDRESS.to_owned()))?;
    let sample = match test_message(&sources, checked.id, &to, &ShownValues::default(), now).await {
        Ok(sample) => sample,
        Err(CampaignError::Message(problem)) => {
            let text = format!("the spam filter has seen nothing: {problem}");
            return Ok(Some(CheckFinding::new(Severity::Hint, "spam", text)));
        }
        Err(error) => return Err(error),
    };
    let from = outside.return_path.unwrap_or(&sample.from);
    let envelope = spam_filter::Envelope { from, to: &to };
    match spam_filter::ask(&outside.resolver, filter, &envelope, sample.message).await {
        Ok(verdict) => {
            let finding = verdict.finding();
            checked.spam = Some(verdict);
            Ok(finding)
        }
        Err(why) => {
            let text = format!("the spam filter at {filter} could not be asked: it {why}");
            Ok(Some(CheckFinding::new(Severity::Hint, "spam", text)))
        }
    }
}
