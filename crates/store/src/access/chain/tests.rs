//! The chain by itself: whatever is done to it, it is found, and where.

use proptest::prelude::*;

use super::*;

fn entry(last: ChainPoint, action: &str, after: Option<String>) -> AuditEntry {
    let entry = AuditEntry {
        seq: last.seq + 1,
        at: Timestamp(last.seq * 7),
        actor_kind: "user".into(),
        actor_id: Some(3),
        actor_name: "Ann".into(),
        action: action.into(),
        object_kind: "campaign".into(),
        object_id: "17".into(),
        before: None,
        after,
        previous_hash: last.hash.to_vec(),
        hash: Vec::new(),
    };
    entry.sealed()
}

fn chain(texts: &[String]) -> Vec<AuditEntry> {
    let mut last = ChainPoint::START;
    let link = |text: &String| {
        let made = entry(last, text, Some(text.clone()).filter(|it| it.len() % 2 == 0));
        last.follow(&made).unwrap();
        made
    };
    texts.iter().map(link).collect()
}

fn walk(entries: &[AuditEntry], end: ChainPoint) -> Result<(), ChainBreak> {
    let mut at = ChainPoint::START;
    entries.iter().try_for_each(|entry| at.follow(entry))?;
    at.end(end)
}

fn end(entries: &[AuditEntry]) -> ChainPoint {
    let last = entries.last().unwrap();
    ChainPoint { seq: last.seq, hash: last.hash.clone().try_into().unwrap() }
}

/// One field of an entry, made different.
fn change(entry: &mut AuditEntry, field: u8) {
    let AuditEntry { actor_kind, actor_name, action, object_kind, object_id, .. } = entry;
    match field {
        0 => entry.at.0 += 1,
        1 => actor_kind.push('x'),
        2 => entry.actor_id = entry.actor_id.map_or(Some(0), |_| None),
        3 => actor_name.push('x'),
        4 => action.push('x'),
        5 => object_kind.push('x'),
        6 => object_id.push('x'),
        7 => entry.before = entry.before.take().map_or(Some(String::new()), |_| None),
        8 => entry.after = entry.after.take().map_or(Some(String::new()), |_| None),
        9 => entry.previous_hash[0] ^= 1,
        10 => entry.hash[31] ^= 1,
        // Goes from one field to the next.
        _ => {
            object_id.insert_str(0, object_kind);
            object_kind.clear();
        }
    }
}

#[test]
fn no_two_entries_have_the_same_form() {
    let named = |name: &str, action: &str| {
        let made = entry(ChainPoint::START, action, None);
        AuditEntry { actor_name: name.into(), ..made }.computed_hash()
    };
    // The byte that begins a field, inside of one.
    assert_ne!(named("a\u{1}b", "c"), named("a", "b\u{1}c"));
    let states = |before: Option<&str>, after: Option<&str>| {
        let made = entry(ChainPoint::START, "x", after.map(str::to_owned));
        AuditEntry { before: before.map(str::to_owned), ..made }.computed_hash()
    };
    assert_ne!(states(None, Some("")), states(Some(""), None));
    assert_ne!(states(None, None), states(Some(""), Some("")));
}

proptest! {
    #[test]
    fn a_chain_holds_and_every_change_to_it_is_found(
        texts in prop::collection::vec(".{0,12}", 2..12), at: prop::sample::Index, field in 0_u8..12,
    ) {
        let good = chain(&texts);
        let end = end(&good);
        prop_assert_eq!(walk(&good, end), Ok(()));
        let at = at.index(good.len());
        let seq = good[at].seq;

        let mut changed = good.clone();
        change(&mut changed[at], field);
        prop_assert_eq!(walk(&changed, end), Err(ChainBreak::Changed(seq)));

        // Whoever changes an entry and its hash as well is found by the next one, or by the end.
        let mut resealed = changed.clone();
        resealed[at] = resealed[at].clone().sealed();
        let expect = match field {
            9 => Err(ChainBreak::Inserted(seq)),
            // Its hash is as it was again.
            10 => Ok(()),
            _ if at + 1 < good.len() => Err(ChainBreak::Inserted(seq + 1)),
            _ => Err(ChainBreak::End(seq)),
        };
        prop_assert_eq!(walk(&resealed, end), expect);

        let mut missing = good.clone();
        missing.remove(at);
        let gone = match at + 1 < good.len() {
            true => ChainBreak::Missing { from: seq, to: seq },
            false => ChainBreak::Cut { from: seq, to: seq },
        };
        prop_assert_eq!(walk(&missing, end), Err(gone));

        let mut twice = good.clone();
        twice.insert(at, good[at].clone());
        prop_assert_eq!(walk(&twice, end), Err(ChainBreak::Inserted(seq)));

        let cut = &good[..at];
        let last = i64::try_from(good.len()).unwrap();
        prop_assert_eq!(walk(cut, end), Err(ChainBreak::Cut { from: seq, to: last }));
    }

    #[test]
    fn a_point_is_read_as_it_is_written(seq in 0_i64.., hash: [u8; 32]) {
        let point = ChainPoint { seq, hash };
        prop_assert_eq!(point.to_string().parse(), Ok(point));
    }

    #[test]
    fn no_text_breaks_the_reading_of_points(text in "[0-9a-fé:]{0,70}") {
        let _ = text.parse::<ChainPoint>();
    }
}

#[test]
fn a_token_that_is_called_like_a_user_is_told_apart() {
    let by_user = entry(ChainPoint::START, "x", None);
    let by_token = AuditEntry { actor_kind: "token".into(), ..by_user.clone() };
    assert_eq!((by_user.actor().as_str(), by_token.actor().as_str()), ("Ann", "Ann (token 3)"));
}
