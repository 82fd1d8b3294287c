//! The claims a token carries and their fixed-size form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{CampaignId, ContactId, LinkSlot};

/// Characters in every token.
pub const LEN: usize = 42;
/// Bytes in every token before base64: key id, tag, ciphertext.
pub(crate) const BYTES: usize = 1 + TAG_BYTES + CLAIM_BYTES;
pub(crate) const TAG_BYTES: usize = 16;
/// Campaign with 44 bits, contact with 52, link slot with 16. The contact's highest four stand before
/// the campaign: both had 48 bits once, and no token of that time had any of these four set.
pub(crate) const CLAIM_BYTES: usize = 14;

/// What a token may be used for. One made for one purpose never opens for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Loading the pixel.
    View,
    /// Following a tracked link.
    Click,
    /// Leaving.
    Unsubscribe,
    /// Reading the message as a page.
    Browse,
    /// Being the Message-ID; opens nothing.
    Message,
}

impl Purpose {
    pub(crate) const ALL: [Self; 5] =
        [Self::View, Self::Click, Self::Unsubscribe, Self::Browse, Self::Message];

    /// The label that separates this purpose's key from the others'. Never changes.
    pub(crate) const fn label(self) -> &'static [u8] {
        match self {
            Self::View => b"pharos view 1",
            Self::Click => b"pharos click 1",
            Self::Unsubscribe => b"pharos unsubscribe 1",
            Self::Browse => b"pharos browse 1",
            Self::Message => b"pharos message 1",
        }
    }
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claims {
    /// The campaign the message belongs to.
    pub campaign: CampaignId,
    /// The contact the message was made for; 0 in a test message.
    pub contact: ContactId,
    /// Which link of the message; 0 for every purpose but [`Purpose::Click`].
    pub slot: LinkSlot,
}

/// A campaign id that does not fit 44 bits, or a contact id that does not fit 52.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is negative or too large for a link")]
pub struct OutOfRange;

/// Why a token did not open. Shown in metrics, never to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Not base64url, or of another length.
    #[error("not {LEN} characters of base64url")]
    Malformed,
    /// Made by nobody who holds a key of this ring, or for another purpose.
    #[error("sealed by no key of this ring for this purpose")]
    Forged,
}

/// A finished token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token([u8; LEN]);

impl Token {
    pub(crate) fn encode(bytes: &[u8; BYTES]) -> Self {
        let mut text = [0; LEN];
        // 31 bytes always give 42 characters, so the slice is never too small.
        let _ = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        Self(text)
    }

    pub(crate) fn decode(text: &str) -> Result<[u8; BYTES], Rejected> {
        if text.len() != LEN {
            return Err(Rejected::Malformed);
        }
        let mut bytes = [0; BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(BYTES) => Ok(bytes),
            _ => Err(Rejected::Malformed),
        }
    }

    /// The token as it stands in a URL: letters, digits, `-` and `_`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Bits of a campaign's id.
const CAMPAIGN_BITS: u32 = 44;
/// Bits of a contact's id that stand in six bytes of their own.
const CONTACT_LOW_BITS: u32 = 48;
const CONTACT_BITS: u32 = 52;

impl Claims {
    pub(crate) fn to_bytes(self) -> Result<[u8; CLAIM_BYTES], OutOfRange> {
        let (campaign, contact) = (self.campaign.0, self.contact.0);
        if !(0..1 << CAMPAIGN_BITS).contains(&campaign)
            || !(0..1 << CONTACT_BITS).contains(&contact)
        {
            return Err(OutOfRange);
        }
        let high = (contact >> CONTACT_LOW_BITS) << CAMPAIGN_BITS | campaign;
        let mut bytes = [0; CLAIM_BYTES];
        bytes[..6].copy_from_slice(&low_six(high));
        bytes[6..12].copy_from_slice(&low_six(contact));
        bytes[12..].copy_from_slice(&self.slot.0.to_be_bytes());
        Ok(bytes)
    }

    pub(crate) fn from_bytes(bytes: [u8; CLAIM_BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = bytes;
        let high = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let low = i64::from_be_bytes([0, 0, g, h, i, j, k, l]);
        Self {
            campaign: CampaignId(high & ((1 << CAMPAIGN_BITS) - 1)),
            contact: ContactId((high >> CAMPAIGN_BITS) << CONTACT_LOW_BITS | low),
            slot: LinkSlot(u16::from_be_bytes([m, n])),
        }
    }
}

fn low_six(number: i64) -> [u8; 6] {
    let [_, _, rest @ ..] = number.to_be_bytes();
    rest
}
