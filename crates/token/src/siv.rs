//! AES-SIV (RFC 5297) of short texts under one key and one header.
//!
//! A message has dozens of tokens. Most of what sealing computes depends on key and header alone, and
//! is done once here: two blocks of AES are left for each token, of nine. Opening is left to the
//! library, and a test compares the two.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use cmac::{Cmac, Mac as _};

use crate::codec::TAG_BYTES;

/// Both halves of a key of AES-128-SIV.
const KEY_BYTES: usize = 32;

/// Seals texts that are shorter than a block.
pub(crate) struct ShortSiv {
    mac: Aes128,
    encryption: Aes128,
    /// What S2V has of the header, doubled (section 2.4).
    state: u128,
    /// The subkey of CMAC for whole blocks (RFC 4493 section 2.3).
    subkey: u128,
}

impl ShortSiv {
    pub(crate) fn new(key: &[u8; KEY_BYTES], header: &[u8]) -> Self {
        let (mac_key, encryption_key): (&[u8; 16], &[u8; 16]) =
            (array(key, 0), array(key, TAG_BYTES));
        let cmac = |text: &[u8]| {
            let mut mac = <Cmac<Aes128> as cmac::KeyInit>::new(mac_key.into());
            mac.update(text);
            let code: [u8; TAG_BYTES] = mac.finalize().into_bytes().into();
            u128::from_be_bytes(code)
        };
        let mac = Aes128::new(mac_key.into());
        let state = doubled(doubled(cmac(&[0; TAG_BYTES])) ^ cmac(header));
        let subkey = doubled(block(&mac, 0));
        Self { encryption: Aes128::new(encryption_key.into()), state, subkey, mac }
    }

    /// Encrypts the text where it stands, and returns its tag. What lies beyond a block less one byte is
    /// no text that this is for.
    pub(crate) fn seal<const N: usize>(&self, text: &mut [u8; N]) -> [u8; TAG_BYTES] {
        const { assert!(N < TAG_BYTES, "the text is shorter than a block") };
        let mut padded = [0; TAG_BYTES];
        if let Some((place, [mark, ..])) = padded.split_at_mut_checked(N) {
            place.copy_from_slice(text);
            *mark = 0x80;
        }
        let tag = block(&self.mac, self.state ^ u128::from_be_bytes(padded) ^ self.subkey);
        // The counter's carry must not reach these (section 2.6).
        let counter = tag & !(1 << 63 | 1 << 31);
        let stream = block(&self.encryption, counter).to_be_bytes();
        text.iter_mut().zip(stream).for_each(|(byte, key)| *byte ^= key);
        tag.to_be_bytes()
    }
}

fn block(cipher: &Aes128, block: u128) -> u128 {
    let mut bytes = block.to_be_bytes().into();
    cipher.encrypt_block(&mut bytes);
    u128::from_be_bytes(bytes.into())
}

/// Doubled in GF(2^128), in the same time for every value.
const fn doubled(block: u128) -> u128 {
    (block << 1) ^ ((block >> 127) * 0x87)
}

/// Sixteen bytes of a key.
fn array(key: &[u8; KEY_BYTES], from: usize) -> &[u8; 16] {
    match key.get(from..).and_then(<[u8]>::first_chunk) {
        Some(half) => half,
        None => &[0; 16],
    }
}

#[cfg(test)]
mod tests {
    use aes_siv::siv::Aes128Siv;
    use proptest::prelude::*;

    use super::*;

    fn same<const N: usize>(key: &[u8; 32], header: u8, text: [u8; N]) {
        let (mut ours, mut theirs) = (text, text);
        let tag = ShortSiv::new(key, &[header]).seal(&mut ours);
        let mut library = <Aes128Siv as aes_siv::KeyInit>::new(key.into());
        let headers: [&[u8]; 1] = [&[header]];
        let expect = library.encrypt_inout_detached(headers, (&mut theirs[..]).into()).unwrap();
        assert_eq!((&tag[..], ours), (&expect[..], theirs));
    }

    proptest! {
        #[test]
        fn it_is_what_the_library_makes(
            key in any::<[u8; 32]>(),
            header in any::<u8>(),
            text in any::<[u8; 15]>(),
        ) {
            same(&key, header, text);
            same(&key, header, *text.first_chunk::<14>().unwrap());
            same(&key, header, *text.first_chunk::<1>().unwrap());
            same::<0>(&key, header, []);
        }
    }
}
