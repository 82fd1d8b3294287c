//! Targets of links that lead everyone elsewhere: sealed, and glued to the token of the link behind a
//! slash. Nobody else can make one, and it opens only behind the token it was made for, so no
//! redirect leads where its sender did not send it.
//!
//! `AES-SIV tag (16) || address`, base64url without padding; the token is authenticated with it.

use aes_siv::KeyInit as _;
use aes_siv::siv::Aes128Siv;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;

use crate::codec::{LEN, OutOfRange, TAG_BYTES, Token};
use crate::keyring::{Key, Keyring};
use crate::segment::token_in;

/// The longest address that is sealed, in bytes. Longer ones break in some mail programs.
pub const TARGET_BYTES: usize = 2_048;
/// Characters in the longest sealed target.
const MOST_LETTERS: usize = (TAG_BYTES + TARGET_BYTES).div_ceil(3) * 4;

impl Keyring {
    /// Seals an address for the link whose token is `token`.
    ///
    /// # Errors
    /// When the address is longer than [`TARGET_BYTES`].
    pub fn seal_target(&self, token: &Token, address: &str) -> Result<String, OutOfRange> {
        if address.len() > TARGET_BYTES {
            return Err(OutOfRange);
        }
        // A ring is never empty.
        let Some(key) = self.newest() else { return Err(OutOfRange) };
        let mut sealed = vec![0; TAG_BYTES];
        sealed.extend_from_slice(address.as_bytes());
        let (tag, plain) = sealed.split_at_mut(TAG_BYTES);
        let headers: [&[u8]; 2] = [&[key.id], token.as_str().as_bytes()];
        let made =
            cipher(key).encrypt_inout_detached(headers, plain.into()).map_err(|_| OutOfRange)?;
        tag.copy_from_slice(&made);
        Ok(URL_SAFE_NO_PAD.encode(&sealed))
    }

    /// The address behind a link's token in a path segment as it arrives, if there is one that was
    /// sealed for this token.
    #[must_use]
    pub fn open_target(&self, segment: &str) -> Option<String> {
        let token = token_in(segment).ok()?;
        let mut letters = percent_decode_str(segment).skip(LEN);
        if token.as_str().len() != LEN || letters.next() != Some(b'/') {
            return None;
        }
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let letters: Vec<u8> = letters.take_while(is_letter).take(MOST_LETTERS + 1).collect();
        let mut sealed = URL_SAFE_NO_PAD.decode(&letters).ok()?;
        if sealed.len() > TAG_BYTES + TARGET_BYTES {
            return None;
        }
        let id = *URL_SAFE_NO_PAD.decode(token.as_str()).ok()?.first()?;
        let key = self.key(id)?;
        let (tag, address) = sealed.split_first_chunk_mut::<TAG_BYTES>()?;
        let headers: [&[u8]; 2] = [&[id], token.as_str().as_bytes()];
        cipher(key).decrypt_inout_detached(headers, (&mut *address).into(), (&*tag).into()).ok()?;
        String::from_utf8(address.to_vec()).ok()
    }
}

fn cipher(key: &Key) -> Aes128Siv {
    let key: &[u8; 32] = &key.targets;
    Aes128Siv::new(key.into())
}

#[cfg(test)]
mod tests {
    use model::{CampaignId, ContactId, LinkSlot};

    use crate::Addressee;
    use proptest::prelude::*;

    use super::*;
    use crate::{Claims, Purpose};

    fn token(keys: &Keyring, contact: i64) -> Token {
        let claims = Claims {
            campaign: CampaignId(1),
            addressee: Addressee::Contact(ContactId(contact)),
            slot: LinkSlot(2),
        };
        keys.seal(Purpose::Click, claims).unwrap()
    }

    #[test]
    fn a_target_opens_behind_its_own_token_alone() {
        let keys = Keyring::generate().unwrap();
        let address = "https://shop.example/ü?order=7&mail=a%40b.example";
        let (mine, yours) = (token(&keys, 1), token(&keys, 2));
        let sealed = keys.seal_target(&mine, address).unwrap();
        let (mine, yours) = (mine.as_str(), yours.as_str());
        assert!(!sealed.contains("shop"));
        for end in ["", ".", "&amp;utm_source=x", ")", "%20", "/"] {
            let segment = format!("{mine}/{sealed}{end}");
            assert_eq!(keys.open_target(&segment).as_deref(), Some(address), "{end}");
        }
        for other in [
            format!("{yours}/{sealed}"),
            format!("{mine}/{}", &sealed[1..]),
            format!("{mine}/{sealed}A"),
            format!("{mine}//{sealed}"),
            format!("{mine}/"),
            format!("{mine}/x"),
            mine.to_owned(),
            sealed.clone(),
            "/".to_owned(),
        ] {
            assert_eq!(keys.open_target(&other), None, "{other}");
        }
        assert_eq!(Keyring::generate().unwrap().open_target(&format!("{mine}/{sealed}")), None);
        let rotated = keys.rotated().unwrap();
        assert_eq!(rotated.open_target(&format!("{mine}/{sealed}")).as_deref(), Some(address));
    }

    #[test]
    fn an_address_that_is_too_long_is_refused() {
        let keys = Keyring::generate().unwrap();
        let token = token(&keys, 1);
        let fits = "x".repeat(TARGET_BYTES);
        let sealed = keys.seal_target(&token, &fits).unwrap();
        assert_eq!(keys.open_target(&format!("{}/{sealed}", token.as_str())), Some(fits.clone()));
        assert_eq!(keys.seal_target(&token, &format!("{fits}x")), Err(OutOfRange));
    }

    proptest! {
        #[test]
        fn no_segment_panics(text in "\\PC{0,140}") {
            let keys = Keyring::parse(
                "token 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\
                 address AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
            )
            .unwrap();
            prop_assert_eq!(keys.open_target(&text), None);
            let token = token(&keys, 1);
            prop_assert_eq!(keys.open_target(&format!("{}/{text}", token.as_str())), None);
        }
    }
}
