//! Everything counted since the start, in Prometheus' text format.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

/// The counters of every part.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub beacon: Arc<beacon::Metrics>,
    pub mailer: Arc<mailer::Metrics>,
}

impl Metrics {
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

enum Kind {
    Counter,
    Gauge,
}

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let beacon = &*self.0.beacon;
        let mailer = &*self.0.mailer;
        let rows: [(&str, &str, Kind, &AtomicU64); 16] = [
            ("beacon_views", "Pixel hits recorded", Kind::Counter, &beacon.views),
            ("beacon_clicks", "Link hits recorded", Kind::Counter, &beacon.clicks),
            ("beacon_heads", "HEAD requests recorded", Kind::Counter, &beacon.heads),
            (
                "beacon_malformed_tokens",
                "Tokens of a wrong shape",
                Kind::Counter,
                &beacon.rejected_malformed,
            ),
            (
                "beacon_forged_tokens",
                "Tokens that no key of ours made",
                Kind::Counter,
                &beacon.rejected_forged,
            ),
            ("beacon_gap_hits", "Hits answered and not recorded", Kind::Counter, &beacon.gap_hits),
            (
                "beacon_shed_connections",
                "Connections closed for want of room",
                Kind::Counter,
                &beacon.shed,
            ),
            ("beacon_connections", "Open connections", Kind::Gauge, &beacon.connections),
            ("mailer_sent", "Messages that a relay took", Kind::Counter, &mailer.sent),
            ("mailer_failed", "Deliveries refused for good", Kind::Counter, &mailer.failed),
            ("mailer_retried", "Temporary refusals", Kind::Counter, &mailer.retried),
            ("mailer_suppressed", "Stopped by the last check", Kind::Counter, &mailer.suppressed),
            ("mailer_skipped", "Messages that could not be made", Kind::Counter, &mailer.skipped),
            ("mailer_in_doubt", "Deliveries whose end is unknown", Kind::Counter, &mailer.in_doubt),
            ("mailer_relay_errors", "Connection troubles", Kind::Counter, &mailer.relay_errors),
            (
                "mailer_connections",
                "Open connections to the relay",
                Kind::Gauge,
                &mailer.connections,
            ),
        ];
        for (name, help, kind, value) in rows {
            let value = value.load(Ordering::Relaxed);
            match kind {
                Kind::Counter => {
                    let metric =
                        encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
                    ConstCounter::new(value).encode(metric)?;
                }
                Kind::Gauge => {
                    let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
                    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(metric)?;
                }
            }
        }
        Ok(())
    }
}
