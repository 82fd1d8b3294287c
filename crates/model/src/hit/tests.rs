//! Hits as they are written and read.

use super::*;
use proptest::prelude::*;

fn hits() -> impl Strategy<Value = Hit> {
    let client = prop_oneof![
        Just(None),
        any::<[u8; 4]>().prop_map(|b| Some(IpAddr::from(b))),
        any::<[u8; 16]>().prop_map(|b| Some(IpAddr::from(b))),
    ];
    let kind = prop_oneof![
        Just(HitKind::View),
        any::<u16>().prop_map(|slot| HitKind::Click(LinkSlot(slot))),
    ];
    let signs = any::<[bool; 6]>().prop_map(
        |[head, prefetch, opted_out, cookie_offered, fetch_metadata, withheld]| HitSigns {
            head,
            prefetch,
            opted_out,
            cookie_offered,
            fetch_metadata,
            withheld,
        },
    );
    let visitor = prop::option::of(any::<[u8; 12]>().prop_map(VisitorId));
    let agent = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..=MAX_AGENT_BYTES),
        "(Mozilla/5.0 \\(X11; Linux x86_64; rv:)?[0-9]{1,3}(\\.0\\) Gecko/20100101 Firefox/)?[0-9.é]{0,9}"
            .prop_map(String::into_bytes),
    ];
    (any::<(i64, i64, i64)>(), kind, visitor, client, signs, agent).prop_map(
        |((at, campaign, contact), kind, visitor, client, signs, agent)| Hit {
            at: Timestamp(at),
            campaign: CampaignId(campaign),
            contact: (contact != 0).then_some(ContactId(contact)),
            kind,
            visitor,
            client,
            signs,
            agent,
        },
    )
}

#[test]
fn a_usual_hit_takes_few_bytes() {
    let agent =
        b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
        Chrome/142.0.0.0 Safari/537.36";
    let hit = Hit {
        at: Timestamp(1_764_000_000_000_000),
        campaign: CampaignId(12),
        contact: Some(ContactId(1_764_000_000_000_000)),
        kind: HitKind::Click(LinkSlot(3)),
        visitor: Some(VisitorId([7; 12])),
        client: Some(IpAddr::from([203, 0, 113, 7])),
        signs: HitSigns::default(),
        agent: agent.to_vec(),
    };
    let mut bytes = Vec::new();
    hit.encode(&mut bytes);
    assert!(
        bytes.len() <= 72,
        "{}: a journal adds 8, and that is to be no more than 80",
        bytes.len()
    );
    assert_eq!(Hit::decode(&bytes), Ok(hit));
}

proptest! {
    #[test]
    fn a_hit_is_read_back_as_it_was_written(hit in hits()) {
        let mut bytes = Vec::new();
        hit.encode(&mut bytes);
        prop_assert!(bytes.len() <= MAX_BYTES);
        prop_assert_eq!(Hit::decode(&bytes), Ok(hit));
    }

    #[test]
    fn a_hit_of_an_earlier_release_has_the_first_96_bits_of_its_visitor(
        hit in hits(),
        tail: [u8; 4],
    ) {
        let mut bytes = Vec::new();
        hit.encode(&mut bytes);
        if hit.visitor.is_some() {
            let flags = u16::from_le_bytes([bytes[1], bytes[2]]);
            bytes[1..3].copy_from_slice(&(flags & !VISITOR | LONG_VISITOR).to_le_bytes());
            let slot = if matches!(hit.kind, HitKind::Click(_)) { 2 } else { 0 };
            let end = 1 + 2 + 8 + 8 + 8 + slot + 12;
            bytes.splice(end..end, tail);
        }
        prop_assert!(bytes.len() <= MAX_BYTES);
        prop_assert_eq!(Hit::decode(&bytes), Ok(hit));
    }

    #[test]
    fn a_gap_is_read_back_as_it_was_written(from: i64, to: i64, hits: u64) {
        let gap = Gap { from: Timestamp(from), to: Timestamp(to), hits };
        let mut bytes = Vec::new();
        gap.encode(&mut bytes);
        prop_assert_eq!(HitRecord::decode(&bytes), Ok(HitRecord::Gap(gap)));
    }

    #[test]
    fn a_record_of_a_later_release_is_told_from_rubbish(hit in hits(), kind: u8, bit in 0_u32..16) {
        let mut bytes = Vec::new();
        hit.encode(&mut bytes);
        let flags = u16::from_le_bytes([bytes[1], bytes[2]]);
        if KNOWN_FLAGS & (1 << bit) == 0 {
            let mut signed = bytes.clone();
            signed[1..3].copy_from_slice(&(flags | 1 << bit).to_le_bytes());
            prop_assert_eq!(HitRecord::decode(&signed), Err(UnreadableRecord::Newer { kind: HIT }));
        }
        bytes[0] = kind;
        match kind {
            HIT => prop_assert!(HitRecord::decode(&bytes).is_ok()),
            GAP => prop_assert_ne!(HitRecord::decode(&bytes), Err(UnreadableRecord::Newer { kind })),
            3..=63 => {
                prop_assert_eq!(HitRecord::decode(&bytes), Err(UnreadableRecord::Newer { kind }));
            }
            _ => prop_assert_eq!(HitRecord::decode(&bytes), Err(UnreadableRecord::Rubbish)),
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = HitRecord::decode(&bytes);
    }
}
