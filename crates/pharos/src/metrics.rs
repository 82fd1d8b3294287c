//! Everything counted since the start, in Prometheus' text format.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::backlog::HitsBacklog;

#[derive(Debug)]
pub(crate) struct Metrics {
    pub beacon: Arc<beacon::Metrics>,
    /// Counters of the beacon's journal.
    journal: Arc<journal::JournalCounters>,
    pub mailer: Arc<mailer::Metrics>,
    pub bus: Arc<bus::Metrics>,
    pub recorder: Arc<report::RecorderMetrics>,
    /// What this node's beacon has answered and nobody has counted yet.
    pub backlog: Arc<HitsBacklog>,
    /// Of all listeners for pages together.
    pub pages: Arc<listener::ClientCounters>,
}

impl Metrics {
    /// Fresh counters beside those of parts that have their own.
    pub(crate) fn with(
        beacon: Arc<beacon::Metrics>,
        journal: Arc<journal::JournalCounters>,
        recorder: Arc<report::RecorderMetrics>,
        bus: Arc<bus::Metrics>,
    ) -> Self {
        let (mailer, backlog, pages) = Default::default();
        Self { beacon, journal, mailer, bus, recorder, backlog, pages }
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

/// Name, help text, value.
type Row<'a> = (&'static str, &'static str, &'a AtomicU64);

impl Metrics {
    fn counters(&self) -> [Row<'_>; 35] {
        let (beacon, mailer, recorder) = (&*self.beacon, &*self.mailer, &*self.recorder);
        let bus = &*self.bus;
        [
            ("beacon_views", "Pixel hits answered", &beacon.views),
            ("beacon_clicks", "Link hits answered", &beacon.clicks),
            ("beacon_heads", "HEAD requests answered", &beacon.heads),
            ("beacon_malformed_tokens", "Tokens of a wrong shape", &beacon.rejected_malformed),
            ("beacon_forged_tokens", "Tokens that no key of ours made", &beacon.rejected_forged),
            ("beacon_gap_hits", "Hits answered and not recorded", &beacon.gap_hits),
            ("beacon_shed_connections", "Clients that were too slow", &beacon.clients.shed),
            ("beacon_gave_way", "Quiet clients that made room", &beacon.clients.gave_way),
            ("web_shed_connections", "Clients of pages that were too slow", &self.pages.shed),
            ("web_gave_way", "Quiet clients of pages that made room", &self.pages.gave_way),
            ("journal_commits", "Commits of the journal of hits", &self.journal.commits),
            ("journal_records", "Records in them", &self.journal.records),
            ("journal_commit_micros", "Microseconds spent on them", &self.journal.micros),
            ("bus_shipped_chunks", "Chunks added to the stream", &bus.shipped_chunks),
            ("bus_shipped_records", "Records in them", &bus.shipped_records),
            ("bus_reshipped_chunks", "Chunks that Redis had lost", &bus.reshipped_chunks),
            ("bus_claimed_chunks", "Chunks of a lost recorder", &bus.claimed_chunks),
            ("bus_undecodable_chunks", "Entries that are no chunk", &bus.undecodable_chunks),
            ("bus_failures", "Failures of the bus tried again", &bus.failures),
            ("recorder_hits", "Hits new to the store", &recorder.recorded),
            (
                "recorder_undecodable",
                "Records that are no hit, told as gaps",
                &recorder.undecodable,
            ),
            ("recorder_stray_hits", "Hits without a delivery, kept aside", &recorder.stray),
            ("recorder_failures", "Failures tried again", &recorder.failures),
            ("mailer_sent", "Messages that a relay took", &mailer.sent),
            ("mailer_failed", "Deliveries refused for good", &mailer.failed),
            ("mailer_retried", "Temporary refusals", &mailer.retried),
            ("mailer_suppressed", "Stopped by the last check", &mailer.suppressed),
            ("mailer_skipped", "Messages that could not be made", &mailer.skipped),
            ("mailer_in_doubt", "Deliveries whose end is unknown", &mailer.in_doubt),
            ("mailer_released", "Given back untouched", &mailer.released),
            ("mailer_postponed", "Put behind the others, no try counted", &mailer.postponed),
            ("mailer_relay_errors", "Connection troubles", &mailer.relay_errors),
            ("mailer_own_errors", "Troubles with store or journal", &mailer.own_errors),
            ("mailer_campaigns_paused", "Campaigns the relay refuses", &mailer.campaigns_paused),
            ("mailer_workers_lost", "Workers that died", &mailer.workers_lost),
        ]
    }

    fn gauges(&self) -> [Row<'_>; 7] {
        [
            ("beacon_hits_waiting", "Hits answered and not counted yet", self.backlog.hits()),
            (
                "recorder_newer_format",
                "1 while hits of a later release stop the recorder",
                &self.recorder.newer,
            ),
            ("beacon_connections", "Open connections", &self.beacon.clients.open),
            ("web_connections", "Open connections to pages", &self.pages.open),
            ("bus_unconfirmed_chunks", "Shipped, not yet recorded", &self.bus.unconfirmed_chunks),
            ("mailer_connections", "Open connections to the relay", &self.mailer.connections),
            ("mailer_connections_allowed", "At the most", &self.mailer.connections_allowed),
        ]
    }
}

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (name, help, value) in self.0.counters() {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(value.load(Ordering::Relaxed)).encode(metric)?;
        }
        for (name, help, value) in self.0.gauges() {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            let value = i64::try_from(value.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
            ConstGauge::new(value).encode(metric)?;
        }
        Ok(())
    }
}
