//! Stream entries in the driver's answers. Its own types for them refuse an entry that was deleted
//! while it was on a consumer's list, which Redis shows without fields.

use redis::Value;

/// A stream's field that holds the chunk.
pub(crate) const FIELD: &str = "c";

/// An entry of the stream of hits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StreamEntry {
    pub(crate) id: String,
    /// None when it was deleted.
    pub(crate) chunk: Option<Vec<u8>>,
}

/// The entries in an answer to `XREADGROUP` on one stream; None if it is not such an answer.
pub(crate) fn of_stream(answer: Value) -> Option<Vec<StreamEntry>> {
    let streams = match answer {
        Value::Nil => return Some(Vec::new()),
        Value::Array(streams) => streams,
        // The form of RESP3.
        Value::Map(mut streams) => return streams.pop().and_then(|(_, entries)| all(entries)),
        _ => return None,
    };
    let [Value::Array(stream)]: [Value; 1] = streams.try_into().ok()? else { return None };
    let [_, entries]: [Value; 2] = stream.try_into().ok()?;
    all(entries)
}

/// Where to continue, and the entries in an answer to `XAUTOCLAIM`.
pub(crate) fn of_claim(answer: Value) -> Option<(String, Vec<StreamEntry>)> {
    let Value::Array(parts) = answer else { return None };
    let mut parts = parts.into_iter();
    let next = redis::from_redis_value(parts.next()?).ok()?;
    Some((next, all(parts.next()?)?))
}

fn all(entries: Value) -> Option<Vec<StreamEntry>> {
    let Value::Array(entries) = entries else { return None };
    entries.into_iter().map(one).collect()
}

fn one(entry: Value) -> Option<StreamEntry> {
    let Value::Array(entry) = entry else { return None };
    let [id, fields]: [Value; 2] = entry.try_into().ok()?;
    let Value::BulkString(id) = id else { return None };
    let id = String::from_utf8(id).ok()?;
    let chunk = match fields {
        Value::Nil => None,
        Value::Array(fields) => Some(chunk(fields)),
        _ => return None,
    };
    Some(StreamEntry { id, chunk })
}

/// The bytes of our field; none if somebody else wrote the entry, which is then not a chunk.
fn chunk(fields: Vec<Value>) -> Vec<u8> {
    let mut fields = fields.into_iter();
    while let (Some(Value::BulkString(name)), Some(value)) = (fields.next(), fields.next()) {
        if let (true, Value::BulkString(bytes)) = (name == FIELD.as_bytes(), value) {
            return bytes;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    fn array<const N: usize>(values: [Value; N]) -> Value {
        Value::Array(values.into())
    }

    #[test]
    fn entries_are_found_with_and_without_their_fields() {
        let fields = array([bulk("x"), bulk("other"), bulk("c"), bulk("chunk")]);
        let entries = || {
            array([
                array([bulk("1-0"), fields.clone()]),
                array([bulk("2-0"), Value::Nil]),
                array([bulk("3-0"), array([bulk("x"), bulk("other")])]),
            ])
        };
        let found = of_stream(array([array([bulk("key"), entries()])])).unwrap();
        let chunks: Vec<_> = found.iter().map(|entry| entry.chunk.as_deref()).collect();
        assert_eq!(chunks, [Some(b"chunk".as_slice()), None, Some(b"".as_slice())]);
        let claimed = of_claim(array([bulk("4-0"), entries(), array([])]));
        assert_eq!(claimed, Some(("4-0".to_owned(), found)));
        assert_eq!(of_stream(Value::Nil), Some(Vec::new()));
        assert_eq!(of_stream(Value::Okay), None);
        assert_eq!(of_claim(array([bulk("0-0")])), None);
    }
}
