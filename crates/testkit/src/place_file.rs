//! Small files of places in MaxMind's format (specification 2.0), for tests: no such file may be passed
//! on with ours.

use std::net::IpAddr;

/// What a file says of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceOf<'t> {
    /// The code of its country.
    Country(&'t str),
    /// The number of its autonomous system, and whose that is.
    Operator(u32, &'t str),
}

#[derive(Debug, Clone, Copy)]
enum TreeRecord {
    Nothing,
    Node(usize),
    /// Bytes into the data.
    Data(usize),
}

/// Between the tree and the data.
const SEPARATOR: usize = 16;
const MARKER: &[u8] = b"\xAB\xCD\xEFMaxMind.com";
const TEXT: u8 = 2;
const U16: u8 = 5;
const U32: u8 = 6;
const MAP: u8 = 7;
const U64: u8 = 9;
const ARRAY: u8 = 11;

/// A file of this type with these networks, such as `192.0.2.0/24`, none inside another.
///
/// # Panics
/// When a text is no network, or the file grows larger than its records can say.
#[must_use]
pub fn place_file(database_type: &str, places: &[(&str, PlaceOf<'_>)]) -> Vec<u8> {
    let mut tree = vec![[TreeRecord::Nothing; 2]];
    let mut data = Vec::new();
    for (network, place) in places {
        let (address, bits) = network.split_once('/').expect("a network");
        let bits: u32 = bits.parse().expect("a number of bits");
        let (address, bits) = match address.parse().expect("an address") {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), bits + 96),
            IpAddr::V6(v6) => (u128::from(v6), bits),
        };
        insert(&mut tree, address, bits, TreeRecord::Data(data.len()));
        put_place(place, &mut data);
    }
    let mut file = Vec::new();
    for record in tree.iter().flatten() {
        let number = match record {
            TreeRecord::Nothing => tree.len(),
            TreeRecord::Node(number) => *number,
            TreeRecord::Data(at) => tree.len() + SEPARATOR + at,
        };
        let bytes = u32::try_from(number).expect("a small file").to_be_bytes();
        assert_eq!(bytes[0], 0, "a small file");
        file.extend(&bytes[1..]);
    }
    file.extend([0; SEPARATOR]);
    file.extend(data);
    file.extend(MARKER);
    put_metadata(database_type, tree.len(), &mut file);
    file
}

fn insert(tree: &mut Vec<[TreeRecord; 2]>, address: u128, bits: u32, record: TreeRecord) {
    let mut node = 0;
    for bit in 0..bits {
        let side = usize::from(address >> (127 - bit) & 1 == 1);
        if bit + 1 == bits {
            tree[node][side] = record;
            return;
        }
        node = match tree[node][side] {
            TreeRecord::Node(next) => next,
            _ => {
                tree.push([TreeRecord::Nothing; 2]);
                let next = tree.len() - 1;
                tree[node][side] = TreeRecord::Node(next);
                next
            }
        };
    }
}

fn put_head(kind: u8, size: usize, out: &mut Vec<u8>) {
    let small = u8::try_from(size.min(29)).expect("at most 29");
    let kind_bits = if kind > 7 { 0 } else { kind << 5 };
    out.push(kind_bits | small);
    if kind > 7 {
        out.push(kind - 7);
    }
    if size >= 29 {
        out.push(u8::try_from(size - 29).expect("a short text"));
    }
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    put_head(TEXT, text.len(), out);
    out.extend(text.as_bytes());
}

fn put_number(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    put_head(kind, bytes.len(), out);
    out.extend(bytes);
}

fn put_place(place: &PlaceOf<'_>, out: &mut Vec<u8>) {
    match place {
        PlaceOf::Country(code) => {
            put_head(MAP, 1, out);
            put_text("country", out);
            put_head(MAP, 1, out);
            put_text("iso_code", out);
            put_text(code, out);
        }
        PlaceOf::Operator(number, name) => {
            put_head(MAP, 2, out);
            put_text("autonomous_system_number", out);
            put_number(U32, &number.to_be_bytes(), out);
            put_text("autonomous_system_organization", out);
            put_text(name, out);
        }
    }
}

fn put_metadata(database_type: &str, nodes: usize, out: &mut Vec<u8>) {
    let nodes = u32::try_from(nodes).expect("a small file");
    put_head(MAP, 9, out);
    put_text("binary_format_major_version", out);
    put_number(U16, &2_u16.to_be_bytes(), out);
    put_text("binary_format_minor_version", out);
    put_number(U16, &0_u16.to_be_bytes(), out);
    // 2026-11-27.
    put_text("build_epoch", out);
    put_number(U64, &1_795_737_600_u64.to_be_bytes(), out);
    put_text("database_type", out);
    put_text(database_type, out);
    put_text("description", out);
    put_head(MAP, 1, out);
    put_text("en", out);
    put_text("A file for tests", out);
    put_text("ip_version", out);
    put_number(U16, &6_u16.to_be_bytes(), out);
    put_text("languages", out);
    put_head(ARRAY, 1, out);
    put_text("en", out);
    put_text("node_count", out);
    put_number(U32, &nodes.to_be_bytes(), out);
    put_text("record_size", out);
    put_number(U16, &24_u16.to_be_bytes(), out);
}
