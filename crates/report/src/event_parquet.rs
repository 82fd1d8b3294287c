//! Events as an Apache Parquet file, for notebooks and warehouses.
//!
//! Invariant: memory holds one row group, and a row group has a bounded number of rows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use crate::ReportError;
use crate::events::Event;

const SCHEMA: &str = "message event {
    REQUIRED BYTE_ARRAY id (STRING);
    REQUIRED INT64 at (TIMESTAMP(MICROS, true));
    REQUIRED BYTE_ARRAY kind (STRING);
    REQUIRED INT64 campaign;
    OPTIONAL INT64 contact;
    OPTIONAL INT32 link (INTEGER(16, false));
    OPTIONAL BYTE_ARRAY url (STRING);
    REQUIRED BYTE_ARRAY class (STRING);
    REQUIRED GROUP rules (LIST) {
        REPEATED GROUP list { REQUIRED BYTE_ARRAY element (STRING); }
    }
    REQUIRED BOOLEAN with_cookie;
    OPTIONAL BYTE_ARRAY client (STRING);
    OPTIONAL BYTE_ARRAY device (STRING);
    OPTIONAL BYTE_ARRAY country (STRING);
}";

/// Rows of a row group.
const GROUP: usize = 100_000;
/// Columns in which hardly a value comes twice.
const WITHOUT_DICTIONARY: [&str; 2] = ["id", "at"];

/// A file that is being written.
pub struct ParquetEvents<W: Write + Send> {
    out: SerializedFileWriter<W>,
    rows: EventColumns,
}

fn failed(source: ParquetError) -> ReportError {
    ReportError::Write { form: "Parquet", source: source.into() }
}

impl<W: Write + Send> ParquetEvents<W> {
    /// Writes the beginning of a file.
    ///
    /// # Errors
    /// When `out` takes no more, as below.
    pub fn new(out: W) -> Result<Self, ReportError> {
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("pharos {}", env!("CARGO_PKG_VERSION")));
        for column in WITHOUT_DICTIONARY {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
        }
        let properties = Arc::new(properties.build());
        let out = SerializedFileWriter::new(out, schema, properties).map_err(failed)?;
        Ok(Self { out, rows: EventColumns::default() })
    }

    pub fn push(&mut self, event: &Event) -> Result<(), ReportError> {
        self.rows.push(event);
        if self.rows.at.len() >= GROUP { self.group().map_err(failed) } else { Ok(()) }
    }

    /// Writes the end of the file, and gives back what it was written to.
    pub fn finish(mut self) -> Result<W, ReportError> {
        if !self.rows.at.is_empty() {
            self.group().map_err(failed)?;
        }
        self.out.into_inner().map_err(failed)
    }

    fn group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.out.next_row_group()?;
        std::mem::take(&mut self.rows).write(&mut group)?;
        group.close().map(drop)
    }
}

/// A column of which some rows have no value.
#[derive(Default)]
struct OptionalColumn<T> {
    values: Vec<T>,
    /// 1 where there is one.
    levels: Vec<i16>,
}

impl<T> OptionalColumn<T> {
    fn push(&mut self, value: Option<T>) {
        self.levels.push(value.is_some().into());
        self.values.extend(value);
    }
}

/// The rows of a group, column by column.
#[derive(Default)]
struct EventColumns {
    id: Vec<ByteArray>,
    at: Vec<i64>,
    kind: Vec<ByteArray>,
    campaign: Vec<i64>,
    contact: OptionalColumn<i64>,
    link: OptionalColumn<i32>,
    url: OptionalColumn<ByteArray>,
    class: Vec<ByteArray>,
    rules: OptionalColumn<ByteArray>,
    /// 0 where a list of rules begins.
    rule_repetitions: Vec<i16>,
    with_cookie: Vec<bool>,
    client: OptionalColumn<ByteArray>,
    device: OptionalColumn<ByteArray>,
    country: OptionalColumn<ByteArray>,
    /// Those of the links of this group.
    urls: HashMap<Arc<str>, ByteArray>,
}

/// A word of our own: no event has a copy of it.
fn fixed(word: &'static str) -> ByteArray {
    Bytes::from_static(word.as_bytes()).into()
}

#[expect(clippy::ptr_arg, reason = "a borrowed word is there for ever, and is not copied")]
fn word(word: &Cow<'static, str>) -> ByteArray {
    match word {
        Cow::Borrowed(word) => fixed(word),
        Cow::Owned(word) => word.as_str().into(),
    }
}

impl EventColumns {
    fn push(&mut self, event: &Event) {
        self.id.push(event.id.to_string().into_bytes().into());
        self.at.push(event.at.0);
        self.kind.push(fixed(event.kind.as_str()));
        self.campaign.push(event.campaign.0);
        self.contact.push(event.contact.map(|it| it.0));
        self.link.push(event.link.map(i32::from));
        let url = event.url.as_ref().map(|url| self.url_bytes(url));
        self.url.push(url);
        self.class.push(word(&event.class));
        if event.rules.is_empty() {
            self.rules.push(None);
            self.rule_repetitions.push(0);
        }
        for (index, rule) in event.rules.iter().enumerate() {
            self.rules.push(Some(word(rule)));
            self.rule_repetitions.push((index > 0).into());
        }
        self.with_cookie.push(event.with_cookie);
        self.client.push(event.client.as_ref().map(word));
        self.device.push(event.device.as_ref().map(word));
        self.country.push(event.country.map(|it| it.to_string().into_bytes().into()));
    }

    /// The bytes of a link's address, which all its clicks share.
    fn url_bytes(&mut self, url: &Arc<str>) -> ByteArray {
        let bytes = || ByteArray::from(url.as_ref());
        self.urls.entry(Arc::clone(url)).or_insert_with(bytes).clone()
    }

    /// In the order of the schema.
    fn write<W: Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        column::<ByteArrayType, W>(group, &self.id, None, None)?;
        column::<Int64Type, W>(group, &self.at, None, None)?;
        column::<ByteArrayType, W>(group, &self.kind, None, None)?;
        column::<Int64Type, W>(group, &self.campaign, None, None)?;
        column::<Int64Type, W>(group, &self.contact.values, Some(&self.contact.levels), None)?;
        column::<Int32Type, W>(group, &self.link.values, Some(&self.link.levels), None)?;
        column::<ByteArrayType, W>(group, &self.url.values, Some(&self.url.levels), None)?;
        column::<ByteArrayType, W>(group, &self.class, None, None)?;
        let (levels, repetitions) = (&self.rules.levels, &self.rule_repetitions);
        column::<ByteArrayType, W>(group, &self.rules.values, Some(levels), Some(repetitions))?;
        column::<BoolType, W>(group, &self.with_cookie, None, None)?;
        for it in [&self.client, &self.device, &self.country] {
            column::<ByteArrayType, W>(group, &it.values, Some(&it.levels), None)?;
        }
        Ok(())
    }
}

fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
    repetitions: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let next = group.next_column()?;
    let mut column = next.ok_or_else(|| ParquetError::General("one column too many".into()))?;
    column.typed::<T>().write_batch(values, levels, repetitions)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use model::{CampaignNumber, ContactId, Country, Timestamp};
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::{Field, Row, RowAccessor as _};
    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;
    use store::EventPosition;

    use super::*;
    use crate::events::EventKind;

    fn event() -> impl Strategy<Value = Event> {
        let rules = proptest::collection::vec("[a-z-]{1,9}", 0..4);
        let link = proptest::option::of((any::<u16>(), "[a-z:/é]{1,30}"));
        let who = (1..=9_i64, proptest::option::of(1..99_i64), 0..EventKind::ALL.len());
        let origin = proptest::option::of(("[a-z]{1,9}", "[A-Z]{2}"));
        let rest = (any::<bool>(), origin);
        (any::<u32>(), 0..1_795_428_245_000_000_i64, who, link, rules, rest).prop_map(
            |(offset, at, (campaign, contact, kind), link, rules, (with_cookie, origin))| Event {
                id: EventPosition { node: 1, segment: 7, offset },
                at: Timestamp(at),
                kind: EventKind::ALL[kind],
                campaign: CampaignNumber(campaign),
                contact: contact.map(ContactId),
                link: link.as_ref().map(|it| it.0),
                url: link.map(|it| it.1.into()),
                class: "person".into(),
                rules: rules.into_iter().map(Into::into).collect(),
                with_cookie,
                client: origin.as_ref().map(|it| it.0.clone().into()),
                device: origin.as_ref().map(|_| "phone".into()),
                country: origin.and_then(|it| Country::parse(&it.1)),
            },
        )
    }

    fn written(events: &[Event]) -> SerializedFileReader<bytes::Bytes> {
        let mut file = ParquetEvents::new(Vec::new()).unwrap();
        events.iter().for_each(|event| file.push(event).unwrap());
        SerializedFileReader::new(file.finish().unwrap().into()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_written_is_read(events in proptest::collection::vec(event(), 0..30)) {
            let file = written(&events);
            let read: Vec<Row> = file.get_row_iter(None).unwrap().map(Result::unwrap).collect();
            prop_assert_eq!(read.len(), events.len());
            for (row, event) in read.iter().zip(&events) {
                let text = |text: &str| Field::Str(text.to_owned());
                let fields: Vec<&Field> = row.get_column_iter().map(|it| it.1).collect();
                let rules = row.get_list(8).unwrap().elements().to_vec();
                prop_assert_eq!(rules, event.rules.iter().map(|it| text(it)).collect::<Vec<_>>());
                let expect = [
                    text(&event.id.to_string()),
                    Field::TimestampMicros(event.at.0),
                    text(event.kind.as_str()),
                    Field::Long(event.campaign.0),
                    event.contact.map_or(Field::Null, |it| Field::Long(it.0)),
                    event.link.map_or(Field::Null, Field::UShort),
                    event.url.as_deref().map_or(Field::Null, text),
                    text(&event.class),
                ];
                prop_assert_eq!(&fields[..8], &expect.iter().collect::<Vec<_>>()[..]);
                prop_assert_eq!(fields[9], &Field::Bool(event.with_cookie));
                let code = event.country.map(|it| it.to_string());
                let expect = [event.client.as_deref(), event.device.as_deref(), code.as_deref()]
                    .map(|it| it.map_or(Field::Null, text));
                prop_assert_eq!(&fields[10..], &expect.iter().collect::<Vec<_>>()[..]);
            }
        }
    }

    #[test]
    fn row_groups_are_bounded() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let one = event().new_tree(&mut runner).unwrap().current();
        let file = written(&vec![one; GROUP + 1]);
        let rows = |group| file.metadata().row_group(group).num_rows();
        assert_eq!((rows(0), rows(1)), (100_000, 1));
    }
}
