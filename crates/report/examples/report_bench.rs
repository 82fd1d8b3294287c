//! How fast figures are read, judged again and exported; `scripts/bench-report` puts it to use.
//!
//! ```text
//! report_bench STORE CAMPAIGN...
//! ```
//!
//! STORE is `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`. The output is for machines:
//! `REPORT campaign milliseconds` of each campaign's report in all of its forms, the median of 21 in
//! turn; then RESULT: contacts by seconds until another rule set has judged them all again, and events by
//! seconds until all of them are in a Parquet file.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::io::sink;
use std::path::Path;
use std::time::{Duration, Instant};

use model::{CampaignId, CampaignNumber, Timestamp, TopicScope};
use report::{EventExport, ParquetEvents, campaign_report, campaigns_reclassified, newest_rules};
use store::{FEED_PAGE, FeedQuery, Location, Store, StoreOptions};

type Failure = Box<dyn std::error::Error>;
type Done = Result<(), Failure>;

const USAGE: &str = "usage: report_bench STORE CAMPAIGN...";
const READS: usize = 21;
/// The rule set that judges again.
const OTHER: &str = "2026-11-25";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, numbers @ ..] = arguments.as_slice() else { return Err(USAGE.into()) };
    let location = Location::parse(store, Path::new(""), None, None)?;
    let store = Store::open(location, StoreOptions::default())?;
    let mut campaigns = Vec::new();
    for number in numbers {
        let found = store.campaign_by_number(CampaignNumber(number.parse()?)).await?;
        campaigns.push(found.ok_or("there is no such campaign")?);
    }
    reports(&store, &campaigns).await?;
    reclassify(&store).await?;
    export(&store).await
}

async fn reports(store: &Store, campaigns: &[CampaignId]) -> Done {
    let now = Timestamp::from_system(std::time::SystemTime::now());
    let mut took = vec![Vec::new(); campaigns.len()];
    for _ in 0..READS {
        for (campaign, took) in campaigns.iter().zip(&mut took) {
            let started = Instant::now();
            let report = campaign_report(store, *campaign, now).await?;
            let report = report.ok_or("there is no such campaign")?;
            let bytes = report.to_json()?.len() + report.to_csv()?.len() + report.to_table().len();
            std::hint::black_box(bytes);
            took.push(started.elapsed());
        }
    }
    for (campaign, mut took) in campaigns.iter().zip(took) {
        took.sort_unstable();
        let median = took.get(READS / 2).copied().unwrap_or_default();
        println!("REPORT {} {:.3}", campaign.number(), median.as_secs_f64() * 1e3);
    }
    Ok(())
}

async fn reclassify(store: &Store) -> Done {
    let other = report::rule_set(OTHER).ok_or("there is no such rule set")?;
    let started = Instant::now();
    let all = campaigns_reclassified(store, TopicScope::All, None, 1_000, (newest_rules(), other));
    let all = all.await?;
    let took = started.elapsed();
    let contacts: i64 = all.iter().map(|it| it.before.opened.ceiling).sum();
    println!("RESULT reclassify_per_s {:.0} contacts/s", per_second(contacts, took));
    Ok(())
}

async fn export(store: &Store) -> Done {
    let started = Instant::now();
    let (mut file, mut count) = (ParquetEvents::new(sink())?, 0_i64);
    let query = FeedQuery {
        after: None,
        limit: FEED_PAGE,
        topics: TopicScope::All,
        campaign: None,
        since: None,
        until: None,
    };
    let actor =
        store::ActorRecord { kind: store::ActorKind::System, id: None, name: "bench".into() };
    let (kind, at) = (model::DisclosureKind::EventFeed, model::Timestamp(0));
    let to = store::DisclosedTo::Reader(store::PersonalRead { actor, kind, at });
    let export = EventExport::begin(store, query, newest_rules()).await?;
    let mut export = export.map_err(|refusal| format!("{refusal:?}"))?;
    while let Some(page) = export.next().await? {
        for event in page.disclose(store, &to).await? {
            file.push(&event)?;
            count += 1;
        }
    }
    file.finish()?;
    println!("RESULT export_events_per_s {:.0} events/s", per_second(count, started.elapsed()));
    Ok(())
}

fn per_second(count: i64, took: Duration) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX)) / took.as_secs_f64()
}
