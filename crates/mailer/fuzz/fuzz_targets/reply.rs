//! Nothing a relay says crashes what reads replies or fills memory, and how the network cuts it
//! into pieces changes nothing.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailer::{ReceivedReply, ReplyReader, UnreadableReply};

type Read = (Vec<Result<ReceivedReply, UnreadableReply>>, Option<ReceivedReply>);

fuzz_target!(|input: (&[u8], &[u8])| {
    let (bytes, sizes) = input;
    let whole = read(bytes, &[]);
    assert_eq!(read(bytes, sizes), whole, "pieces of {sizes:?} read differently");
    let (replies, unfinished) = whole;
    for reply in replies.iter().flatten().chain(&unfinished) {
        assert!((100..600).contains(&reply.code));
        // A byte that is not UTF-8 becomes three.
        let kept: usize = reply.lines.iter().map(|line| line.len() + 1).sum();
        assert!(kept <= 3 * (8 << 10) + reply.lines.len(), "{kept} bytes are kept");
    }
});

fn read(bytes: &[u8], sizes: &[u8]) -> Read {
    let mut reader = ReplyReader::default();
    let mut replies = Vec::new();
    let mut rest = bytes;
    let sizes = sizes.iter().map(|size| usize::from(*size)).chain([usize::MAX]);
    for size in sizes {
        let (mut piece, later) = rest.split_at(size.min(rest.len()));
        rest = later;
        while !piece.is_empty() {
            let (taken, ended) = reader.read(piece);
            assert!(taken > 0, "reading stands still");
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
