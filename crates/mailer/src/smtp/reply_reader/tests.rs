use proptest::prelude::*;

use super::*;

type Read = Vec<Result<ReceivedReply, UnreadableReply>>;

/// What comes of `bytes` that arrive in pieces of the given sizes, the rest at once.
fn read_in_pieces(bytes: &[u8], sizes: &[usize]) -> (Read, Option<ReceivedReply>) {
    let mut reader = ReplyReader::default();
    let (mut replies, mut rest) = (Vec::new(), bytes);
    for size in sizes.iter().copied().chain([usize::MAX]) {
        let (mut piece, later) = rest.split_at(size.min(rest.len()));
        rest = later;
        while !piece.is_empty() {
            let (taken, ended) = reader.read(piece);
            assert!(ended.is_some() || taken == piece.len());
            piece = &piece[taken..];
            let endless = ended == Some(Err(UnreadableReply::Endless));
            replies.extend(ended);
            if endless {
                return (replies, reader.cut_off());
            }
        }
    }
    (replies, reader.cut_off())
}

fn read(bytes: &[u8]) -> Read {
    let (replies, unfinished) = read_in_pieces(bytes, &[]);
    assert_eq!(unfinished, None, "bytes are left over");
    replies
}

fn reply(code: u16, lines: &[&str]) -> Result<ReceivedReply, UnreadableReply> {
    Ok(ReceivedReply { code, lines: lines.iter().map(ToString::to_string).collect() })
}

#[test]
fn replies_as_the_rfc_has_them_are_read() {
    assert_eq!(read(b"250 ok\r\n"), [reply(250, &["ok"])]);
    assert_eq!(read(b"250-one\r\n250-\r\n250 two\r\n"), [reply(250, &["one", "", "two"])]);
    let both = [reply(250, &["2.1.0 ok"]), reply(354, &["go on"])];
    assert_eq!(read(b"250 2.1.0 ok\r\n354 go on\r\n"), both);
}

#[test]
fn replies_as_servers_really_send_them_are_read() {
    assert_eq!(read(b"250\r\n"), [reply(250, &[""])]);
    assert_eq!(read(b"250\n250 ok\n"), [reply(250, &[""]), reply(250, &["ok"])]);
    assert_eq!(read(b"250ok\r\n"), [reply(250, &["ok"])]);
    assert_eq!(read(b"250\tok \r\r\n"), [reply(250, &["ok"])]);
    assert_eq!(read(b"\r\n\r\n250 ok\r\n"), [reply(250, &["ok"])]);
    assert_eq!(read(b"550 bo\xeete pleine\r\n"), [reply(550, &["bo\u{fffd}te pleine"])]);
    let bare = read(b"550-Sorry\r\nthe mailbox\r\n\r\n200mb full\r\n550 is full\r\n");
    assert_eq!(bare, [reply(550, &["Sorry", "the mailbox", "200mb full", "is full"])]);
}

#[test]
fn of_different_codes_the_last_one_counts() {
    assert_eq!(read(b"250-a\r\n251 b\r\n"), [reply(251, &["a", "b"])]);
    assert_eq!(read(b"250-a\r\n550-b\r\n550 c\r\n"), [reply(550, &["a", "b", "c"])]);
}

#[test]
fn a_line_without_a_code_is_no_reply_and_the_next_one_may_be() {
    let read = read(b"ann@example.com is fine\r\n250 ok\r\n");
    assert_eq!(read, [Err(UnreadableReply::NotAReply), reply(250, &["ok"])]);
    for line in ["25\r\n", "650 ok\r\n", "2500 ok\r\n", "2 50 ok\r\n", " 250 ok\r\n", "\0\r\n"] {
        assert_eq!(self::read(line.as_bytes()), [Err(UnreadableReply::NotAReply)], "{line:?}");
    }
}

#[test]
fn a_reply_of_64_kilobytes_is_a_reply() {
    let mut bytes = b"250-a line of a policy that nobody reads to its end\r\n".repeat(1_400);
    bytes.extend_from_slice(b"250 taken\r\n");
    assert!(bytes.len() > 64_000);
    let replies = read(&bytes);
    let [Ok(only)] = replies.as_slice() else { panic!("{} replies", replies.len()) };
    let kept: usize = only.lines.iter().map(String::len).sum();
    assert!(only.code == 250 && kept <= MAX_KEPT && kept > MAX_KEPT / 2, "{kept}");
    let one_line = format!("250 {}\r\n", "x".repeat(64_000));
    assert!(matches!(read(one_line.as_bytes()).as_slice(), [Ok(ReceivedReply { code: 250, .. })]));
}

#[test]
fn a_reply_without_end_is_cut_and_its_code_is_known() {
    let bytes = b"250-more\r\n".repeat(200_000);
    let (replies, unfinished) = read_in_pieces(&bytes, &[3, 1 << 19]);
    assert_eq!(replies, [Err(UnreadableReply::Endless)]);
    assert_eq!(unfinished.map(|reply| reply.code), Some(250));
    let (replies, unfinished) = read_in_pieces(&vec![b'x'; 2 << 20], &[]);
    assert_eq!((replies, unfinished), (vec![Err(UnreadableReply::Endless)], None));
}

#[test]
fn a_reply_that_breaks_off_is_known_by_its_code() {
    let cut = |bytes: &[u8]| read_in_pieces(bytes, &[]).1;
    assert_eq!(cut(b"250-taken\r\n"), reply(250, &["taken"]).ok());
    assert_eq!(cut(b"250-taken\r\n2"), reply(250, &["taken"]).ok());
    assert_eq!(cut(b"550 5.7.1 no"), reply(550, &["5.7.1 no"]).ok());
    assert_eq!(cut(b"250"), reply(250, &[""]).ok());
    assert_eq!(cut(b"25"), None);
    assert_eq!(cut(b"250 ok\r\n"), None);
}

fn wire() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"250 ok\r\n".to_vec()),
        Just(b"250-".to_vec()),
        Just(b"550-5.1.1 no\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just("größe".as_bytes().to_vec()),
        "[0-9]{1,4}[ -]?".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_replies_are_the_same(
        bytes in wire(),
        sizes in proptest::collection::vec(0_usize..9, 0..40),
    ) {
        prop_assert_eq!(read_in_pieces(&bytes, &sizes), read_in_pieces(&bytes, &[]));
    }

    #[test]
    fn a_well_formed_reply_is_read_as_it_was_written(
        code in 200_u16..560,
        lines in proptest::collection::vec("[a-zA-Z][ -~]{0,30}[a-z]", 1..6),
    ) {
        let mut bytes = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let mark = if number + 1 == lines.len() { ' ' } else { '-' };
            bytes.extend_from_slice(format!("{code}{mark}{line}\r\n").as_bytes());
        }
        prop_assert_eq!(read(&bytes), vec![Ok(ReceivedReply { code, lines })]);
    }
}
