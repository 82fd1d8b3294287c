//! `pharos report hours`.

use model::{CampaignNumber, Zone};
use report::HoursReport;

use super::one;
use crate::backend::Backend;
use crate::cli::Format;
use crate::telemetry::say;

pub(super) async fn tell(
    backend: &Backend,
    campaign: CampaignNumber,
    zone: &str,
    format: Format,
) -> anyhow::Result<()> {
    let zone = Zone::named(zone)?;
    let report = HoursReport::new(&one(backend, campaign, None).await?, &zone);
    let text = match format {
        Format::Table => report.to_table(),
        Format::Json => report.to_json()?,
        Format::Csv => report.to_csv()?,
    };
    say(text.trim_end());
    Ok(())
}
