//! Everything counted since the start, in Prometheus' text format.

mod recipients;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::backlog::HitsBacklog;
use crate::expiry::RetentionCounters;
use crate::message_backlog::MessageBacklog;
use crate::register_figures::RegisterFigures;
use crate::storage::StorageGauges;

/// What this node counts. Each crate that counts calls its own part `Metrics`, too: it is always named with
/// its crate.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Of each thread of the beacon.
    beacon: Vec<Arc<beacon::Metrics>>,
    /// Counters of each of the beacon's journals.
    journal: Vec<Arc<journal::JournalCounters>>,
    pub mailer: Arc<mailer::Metrics>,
    /// Of each shipper, and of the source of hits.
    bus: Vec<Arc<bus::Metrics>>,
    pub recorder: Arc<report::RecorderMetrics>,
    /// Hits that this node has recorded, by class.
    by_class: Arc<report::ClassCounters>,
    /// What this node's beacon has answered and nobody has counted yet.
    pub backlog: Arc<HitsBacklog>,
    /// Of all listeners for pages together.
    pub pages: Arc<listener::ClientCounters>,
    /// Of what everybody may see.
    pub public: Arc<web::PublicCounters>,
    pub api: Arc<web::ApiCounters>,
    pub sign_ins: Arc<access::SignInCounts>,
    /// Of single messages that this node accepts.
    pub messages: Arc<campaign::MessageCounters>,
    /// Of single messages that wait.
    pub message_backlog: Arc<MessageBacklog>,
    /// Of pages that keep themselves up to date.
    pub streams: Arc<web::StreamCounters>,
    /// Of what this node has removed because of its age.
    pub retention: Arc<RetentionCounters>,
    /// Of what the store takes.
    pub storage: Arc<StorageGauges>,
    /// Of the disclosure register and of what people ask.
    pub register: Arc<RegisterFigures>,
}

impl Metrics {
    /// Fresh counters beside those of parts that have their own.
    pub(crate) fn with(
        beacon: Vec<Arc<beacon::Metrics>>,
        journal: Vec<Arc<journal::JournalCounters>>,
        (recorder, by_class): (Arc<report::RecorderMetrics>, Arc<report::ClassCounters>),
        bus: Vec<Arc<bus::Metrics>>,
    ) -> Self {
        let (mailer, backlog, pages, public, api, sign_ins, streams) = Default::default();
        let (messages, message_backlog, retention, storage, register) = Default::default();
        Self {
            beacon,
            journal,
            mailer,
            bus,
            recorder,
            by_class,
            backlog,
            pages,
            public,
            api,
            sign_ins,
            messages,
            message_backlog,
            streams,
            retention,
            storage,
            register,
        }
    }

    /// Of the beacon's threads together.
    pub(crate) fn beacon(&self) -> beacon::Metrics {
        beacon::Metrics::sum(self.beacon.iter().map(AsRef::as_ref))
    }

    /// What keeps hits from being shipped.
    pub(crate) fn shipping_trouble(&self) -> Option<String> {
        self.bus.iter().find_map(|it| it.shipping_trouble())
    }

    fn summed(&self) -> Summed {
        Summed {
            beacon: self.beacon(),
            journal: journal::JournalCounters::sum(self.journal.iter().map(AsRef::as_ref)),
            bus: bus::Metrics::sum(self.bus.iter().map(AsRef::as_ref)),
        }
    }

    /// The text that a scrape gets.
    pub(crate) fn text(self: &Arc<Self>) -> String {
        let mut registry = Registry::with_prefix("pharos");
        registry.register_collector(Box::new(Shown(Arc::clone(self))));
        let mut out = String::new();
        // Writing to a String never fails.
        let _ = text::encode(&mut out, &registry);
        out
    }
}

#[derive(Debug)]
struct Shown(Arc<Metrics>);

/// What several threads count, added up for one scrape.
struct Summed {
    beacon: beacon::Metrics,
    journal: journal::JournalCounters,
    bus: bus::Metrics,
}

/// Name, help text, value.
type Row<'a> = (&'static str, &'static str, &'a AtomicU64);

impl Metrics {
    fn counters<'m>(&'m self, summed: &'m Summed) -> [Row<'m>; 52] {
        let Summed { beacon, journal, bus } = summed;
        let (mailer, recorder) = (&*self.mailer, &*self.recorder);
        let api = &*self.api;
        let web::PublicCounters { media, archive, .. } = &*self.public;
        [
            ("beacon_views", "Pixel hits answered", &beacon.views),
            ("beacon_clicks", "Link hits answered", &beacon.clicks),
            ("beacon_heads", "HEAD requests answered", &beacon.heads),
            ("beacon_malformed_tokens", "Tokens of the wrong shape", &beacon.rejected_malformed),
            ("beacon_forged_tokens", "Tokens signed with no key of ours", &beacon.rejected_forged),
            ("beacon_gap_hits", "Hits answered but not recorded", &beacon.gap_hits),
            ("beacon_shed_connections", "Slow clients closed", &beacon.clients.shed),
            ("beacon_gave_way", "Quiet clients closed", &beacon.clients.gave_way),
            ("web_shed_connections", "Slow page clients closed", &self.pages.shed),
            ("web_gave_way", "Quiet page clients closed", &self.pages.gave_way),
            ("web_streams_refused", "Streams of pages refused as too many", &self.streams.refused),
            ("sign_ins_complete", "People who have signed in", &self.sign_ins.complete),
            ("sign_ins_wrong", "Wrong passwords and codes", &self.sign_ins.wrong),
            ("sign_ins_throttled", "Attempts refused as too many", &self.sign_ins.throttled),
            ("media_served", "Media files served", &media.served),
            ("media_missing", "Requests for media files that are not there", &media.missing),
            ("media_failed", "Media files that could not be read", &media.failed),
            ("archive_lists", "Lists of the archive shown", &archive.lists),
            ("archive_feeds", "Feeds of the archive sent", &archive.feeds),
            ("archive_messages", "Messages of the archive shown", &archive.messages),
            ("archive_missing", "Requests for what is not in the archive", &archive.missing),
            ("api_answered", "API requests answered with 2xx or 3xx", &api.answered),
            ("api_refused", "API requests refused with 4xx", &api.refused),
            ("api_failed", "API requests that failed with 5xx", &api.failed),
            ("api_unknown", "API requests without a good token", &api.unknown),
            ("api_limited", "API requests of tokens that ask too often", &api.limited),
            ("api_replayed", "API requests answered again, not done again", &api.replayed),
            ("journal_commits", "Commits of the hit journal", &journal.commits),
            ("journal_records", "Records in those commits", &journal.records),
            ("journal_commit_micros", "Microseconds they took", &journal.micros),
            ("bus_shipped_chunks", "Chunks added to the stream", &bus.shipped_chunks),
            ("bus_shipped_records", "Records in those chunks", &bus.shipped_records),
            ("bus_reshipped_chunks", "Chunks that Redis had lost", &bus.reshipped_chunks),
            ("bus_claimed_chunks", "Chunks of lost recorders", &bus.claimed_chunks),
            ("bus_undecodable_chunks", "Entries that are not chunks", &bus.undecodable_chunks),
            ("bus_failures", "Bus failures that were retried", &bus.failures),
            ("recorder_hits", "Hits new to the store", &recorder.recorded),
            ("recorder_undecodable", "Unreadable records, shown as gaps", &recorder.undecodable),
            ("recorder_stray_hits", "Hits without a delivery", &recorder.stray),
            ("recorder_failures", "Failures that were retried", &recorder.failures),
            ("mailer_sent", "Messages accepted by a relay", &mailer.sent),
            ("mailer_failed", "Deliveries refused permanently", &mailer.failed),
            ("mailer_retried", "Temporary refusals", &mailer.retried),
            ("mailer_suppressed", "Deliveries stopped by the last check", &mailer.suppressed),
            ("mailer_skipped", "Messages that could not be made", &mailer.skipped),
            ("mailer_in_doubt", "Deliveries whose outcome is unknown", &mailer.in_doubt),
            ("mailer_released", "Deliveries released untried", &mailer.released),
            ("mailer_postponed", "Deliveries put behind the others", &mailer.postponed),
            ("mailer_relay_errors", "Relay connection errors", &mailer.relay_errors),
            ("mailer_own_errors", "Store and journal errors", &mailer.own_errors),
            ("mailer_campaigns_paused", "Campaigns the relay refuses", &mailer.campaigns_paused),
            ("mailer_workers_lost", "Workers that died", &mailer.workers_lost),
        ]
    }

    fn reader_counters<'m>(&'m self, summed: &'m Summed) -> [Row<'m>; 9] {
        let (beacon, browsers) = (&summed.beacon, &self.public.browsers);
        [
            ("beacon_cookies_offered", "Browsers offered a cookie", &beacon.cookies_offered),
            ("beacon_cookies_returned", "Requests with our cookie", &beacon.cookies_returned),
            ("beacon_cookies_foreign", "Cookies not issued by us", &beacon.cookies_foreign),
            (
                "beacon_cookies_refused_by_signal",
                "Requests with Sec-GPC or DNT, whose cookies were not read",
                &beacon.cookies_refused_by_signal,
            ),
            (
                "beacon_cookies_refused_by_cookie",
                "Requests of browsers that want no cookie",
                &beacon.cookies_refused_by_cookie,
            ),
            ("browser_resets", "Cookies taken away on the page about them", &browsers.resets),
            ("browser_refusals", "Browsers that are to get no cookie", &browsers.refusals),
            ("browser_cuts", "Browsers cut from a contact by whoever uses them", &browsers.cuts),
            (
                "recipients_put_off",
                "Recipients’ pages answered with 503 while the store was away",
                &self.public.recipients_put_off,
            ),
        ]
    }

    fn message_counters(&self) -> [Row<'_>; 5] {
        let (messages, mailer) = (&*self.messages, &*self.mailer);
        [
            ("messages_accepted", "Single messages accepted by this node", &messages.accepted),
            ("messages_replayed", "Single messages asked for again", &messages.replayed),
            ("messages_turned_away", "Single messages refused as too many", &messages.turned_away),
            ("messages_sent", "Single messages accepted by a relay", &mailer.messages_sent),
            ("messages_failed", "Single messages refused permanently", &mailer.messages_failed),
        ]
    }

    fn gauges<'m>(&'m self, summed: &'m Summed) -> [Row<'m>; 10] {
        [
            ("beacon_hits_waiting", "Hits answered but not counted yet", self.backlog.hits()),
            (
                "recorder_newer_format",
                "1 while hits from a later release stop the recorder",
                &self.recorder.newer,
            ),
            ("beacon_connections", "Open connections to the beacon", &summed.beacon.clients.open),
            ("web_connections", "Open connections to page listeners", &self.pages.open),
            ("web_streams", "Open streams of pages", &self.streams.open),
            (
                "bus_unconfirmed_chunks",
                "Chunks shipped but not yet recorded",
                &summed.bus.unconfirmed_chunks,
            ),
            (
                "messages_waiting",
                "Single messages that wait, of all nodes",
                &self.message_backlog.waiting,
            ),
            (
                "messages_oldest_seconds",
                "Seconds since the oldest of them was accepted",
                &self.message_backlog.oldest_seconds,
            ),
            ("mailer_connections", "Open connections to the relay", &self.mailer.connections),
            (
                "mailer_connections_allowed",
                "Most connections the relay is given",
                &self.mailer.connections_allowed,
            ),
        ]
    }
}

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let summed = self.0.summed();
        let more = self.0.reader_counters(&summed).into_iter().chain(self.0.message_counters());
        let more = more.chain(self.0.account_counters()).chain(self.0.join_counters());
        let more = more.chain(self.0.preference_counters());
        for (name, help, value) in self.0.counters(&summed).into_iter().chain(more) {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(value.load(Ordering::Relaxed)).encode(metric)?;
        }
        self.0.encode_by_class(&mut encoder)?;
        self.0.encode_retention(&mut encoder)?;
        self.0.encode_storage(&mut encoder)?;
        self.0.encode_register(&mut encoder)?;
        for (name, help, value) in self.0.gauges(&summed) {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            let value = i64::try_from(value.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
            ConstGauge::new(value).encode(metric)?;
        }
        let (name, help) = ("beacon_open_gap_hits", "Hits of a gap that is not recorded yet");
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        let open = summed.beacon.open_gap().map_or(0, |gap| gap.hits);
        ConstGauge::new(i64::try_from(open).unwrap_or(i64::MAX)).encode(metric)
    }
}

impl Metrics {
    fn encode_retention(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let (name, help) = ("retention_removed", "Rows removed because of their age, by kind");
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (kind, removed) in self.retention.all() {
            let removed = ConstCounter::new(removed.load(Ordering::Relaxed));
            removed.encode(metric.encode_family(&[("kind", kind)])?)?;
        }
        Ok(())
    }

    fn encode_storage(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let (name, help) = ("store_bytes", "About what the store and this node's journals take");
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (kind, bytes) in self.storage.bytes() {
            ConstGauge::new(bytes).encode(metric.encode_family(&[("kind", kind)])?)?;
        }
        let (name, help) = (
            "store_full_in_days",
            "Days until the disk of the store is full at this pace, 3650 when it is longer or not known",
        );
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(self.storage.full_in_days.load(Ordering::Relaxed)).encode(metric)
    }

    fn encode_register(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let (name, help) = ("disclosures", "Entries of the disclosure register, by basis");
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (basis, count) in self.register.disclosures() {
            ConstCounter::new(count).encode(metric.encode_family(&[("basis", basis)])?)?;
        }
        for (name, help, value) in [
            (
                "requests_open",
                "Requests of people about their data that are open",
                &self.register.open,
            ),
            (
                "requests_overdue",
                "Those of them that should have been answered",
                &self.register.overdue,
            ),
        ] {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            let value = i64::try_from(value.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
            ConstGauge::new(value).encode(metric)?;
        }
        Ok(())
    }

    fn encode_by_class(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let (name, help) = ("recorder_classes", "Hits looked at, by the newest rule set");
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (class, views, clicks) in self.by_class.all() {
            for (kind, count) in [("view", views), ("click", clicks)] {
                let labels = [("class", class.as_str()), ("kind", kind)];
                ConstCounter::new(count).encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name and kind of every line of the manual's table.
    fn told() -> Vec<(String, String)> {
        let text = include_str!("../../../docs/monitoring.md");
        let table = text.split("<!-- metrics -->").nth(1).unwrap();
        let line = |line: &str| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            let name = cells.next().unwrap().trim_matches('`');
            let name = name.split('{').next().unwrap().to_owned();
            (name, cells.next().unwrap().to_owned())
        };
        table.lines().filter(|line| line.starts_with("| `")).map(line).collect()
    }

    #[test]
    fn the_manual_tells_of_every_metric_and_of_no_other() {
        let metrics = Metrics::with(Vec::new(), Vec::new(), Default::default(), Vec::new());
        let text = Arc::new(metrics).text();
        let typed = |line: &str| {
            let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
            let total = if kind == "counter" { "_total" } else { "" };
            Some((format!("{name}{total}"), kind.to_owned()))
        };
        let ours: Vec<_> = text.lines().filter_map(typed).collect();
        let lines: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# HELP "))
            .zip(&ours)
            .map(|(help, (name, kind))| {
                let words = help.split_once(' ').map_or("", |(_, words)| words);
                format!("| `{name}` | {kind} | {} |", words.trim_end_matches('.'))
            })
            .collect();
        assert_eq!(told(), ours, "docs/monitoring.md should hold:\n{}", lines.join("\n"));
    }

    #[test]
    fn threads_are_counted_under_one_name() {
        let threads: Vec<Arc<beacon::Metrics>> = vec![Arc::default(), Arc::default()];
        for thread in &threads {
            thread.views.store(4, Ordering::Relaxed);
        }
        let metrics = Metrics::with(threads, Vec::new(), Default::default(), Vec::new());
        let text = Arc::new(metrics).text();
        assert!(text.contains("\npharos_beacon_views_total 8\n"), "{text}");
    }

    #[test]
    fn hits_by_class_have_their_labels() {
        let metrics = Metrics::with(Vec::new(), Vec::new(), Default::default(), Vec::new());
        let text = Arc::new(metrics).text();
        let line = "pharos_recorder_classes_total{class=\"person\",kind=\"view\"} 0\n";
        assert!(text.contains(line), "{text}");
    }
}
