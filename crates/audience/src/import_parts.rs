//! Reading the parts of a file one after the other: a file is one part, unless it is an archive of
//! several.

use std::io::{Read, Seek, Write};
use std::sync::Mutex;

use model::Timestamp;
use store::{ImportRow, ImportStanding};
use token::Keyring;

use crate::ImportError;
use crate::address_review::AddressReview;
use crate::attribute_schema::AttributeSchema;
use crate::columns::ColumnWishes;
use crate::contact_rows::RowReader;
use crate::header;
use crate::import_batches::{BatchWrite, Batches, Progress, read_all};
use crate::place::Place;
use crate::rejects::RejectFile;
use crate::source::ImportSource;

/// What turns the records of every part into rows.
pub(crate) struct PartReader<'i> {
    pub(crate) wishes: &'i ColumnWishes,
    pub(crate) keys: &'i Keyring,
    /// What everybody is, whatever file and columns say.
    pub(crate) everyone: Option<ImportStanding>,
    pub(crate) schema: &'i AttributeSchema,
    pub(crate) review: &'i Mutex<AddressReview>,
    pub(crate) now: Timestamp,
}

impl PartReader<'_> {
    /// Reads every part, from the place on at which the batches are.
    pub(crate) fn read(
        &self,
        source: &mut ImportSource<impl Read + Seek>,
        rejects: &mut RejectFile<impl Write>,
        batches: &mut Batches<'_, impl FnMut(Vec<ImportRow>, &Progress) -> BatchWrite>,
        told: &mut dyn FnMut(&Progress),
    ) -> Result<(), ImportError> {
        let from = batches.progress.place;
        let wishes = wishes_of(source, self.wishes);
        if from == Place::default() {
            check(source, self.wishes)?;
        }
        for part in from.part..source.parts() {
            let everyone = self.everyone.or(source.standing(part));
            let part_name = source.part_name(part);
            let (mut records, decoded_from) = source.records(part)?;
            let columns = header::read(&mut records, &wishes);
            let columns = columns.map_err(|error| of_part(error, decoded_from))?;
            let product = columns.preset().map(|it| it.name.as_str());
            batches.progress.summary.product = product.or(batches.progress.summary.product);
            if part == from.part && from != Place::default() {
                drop(records);
                (records, _) = source.resumed(from, columns.separator())?;
            }
            let reading = RowReader::new(&columns, self.keys, everyone, self.schema, self.now);
            let reading = reading.of_part(decoded_from, part_name);
            read_all(&mut records, &reading, (rejects, self.review), batches, told)?;
        }
        Ok(())
    }
}

/// What is said of columns, for each of the parts.
pub(crate) fn wishes_of(
    source: &ImportSource<impl Read + Seek>,
    wishes: &ColumnWishes,
) -> ColumnWishes {
    ColumnWishes { is_one_of_several: source.parts() > 1, ..wishes.clone() }
}

/// Of several parts: whether each can be read, before the first one is imported, and whether what is said
/// of columns is about a column of one of them.
fn check(
    source: &mut ImportSource<impl Read + Seek>,
    wishes: &ColumnWishes,
) -> Result<(), ImportError> {
    if source.parts() == 1 {
        return Ok(());
    }
    let (each, mut names) = (wishes_of(source, wishes), Vec::new());
    for part in 0..source.parts() {
        let (mut records, decoded_from) = source.records(part)?;
        let columns = header::read(&mut records, &each);
        let columns = columns.map_err(|error| of_part(error, decoded_from))?;
        names.extend(columns.iter().map(|column| column.name.clone()));
    }
    wishes.check_named(&names)
}

/// The first line of a file that was decoded is none that was not UTF-8.
pub(crate) fn of_part(error: ImportError, decoded_from: Option<&'static str>) -> ImportError {
    match (error, decoded_from) {
        (ImportError::HeaderNotUtf8, Some(encoding)) => ImportError::HeaderNotDecoded(encoding),
        (error, _) => error,
    }
}
