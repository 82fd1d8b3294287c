//! Texts of files: JSON with line breaks, and CSV.

use serde::Serialize;

use crate::ReportError;

/// Indented JSON, with a line break at its end.
pub(crate) fn json_text<T: Serialize>(value: &T) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(value).map_err(failed("JSON"))?;
    text.push('\n');
    Ok(text)
}

/// CSV, a line for each of these.
pub(crate) fn csv_text<C: AsRef<[u8]>>(
    rows: impl IntoIterator<Item = impl IntoIterator<Item = C>>,
) -> Result<String, ReportError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in rows {
        out.write_record(row).map_err(failed("CSV"))?;
    }
    let bytes = out.into_inner().map_err(|problem| failed("CSV")(problem.to_string()))?;
    String::from_utf8(bytes).map_err(failed("CSV"))
}

fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    form: &'static str,
) -> impl FnOnce(E) -> ReportError {
    move |source| ReportError::Write { form, source: source.into() }
}
