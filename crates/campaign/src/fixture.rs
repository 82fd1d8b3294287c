//! What tests begin with.

use model::Timestamp;
use render::Sender;

pub(crate) const NOW: Timestamp = Timestamp(1_795_428_245_000_000);

pub(crate) fn sender() -> Sender {
    Sender {
        organisation: "Aurora".into(),
        postal_address: "1 Harbour Road".into(),
        domain: "aurora.example".into(),
        beacon_url: "https://t.aurora.example".into(),
        web_url: "https://www.aurora.example".into(),
        brand: Default::default(),
        attachments: render::AttachmentLimits::default(),
        honeypot_link: false,
    }
}
