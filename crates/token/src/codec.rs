//! The claims a token carries and their fixed-size form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{AddressCode, CampaignId, ContactId, LinkSlot};

/// Characters in every token except those of unsubscribe links.
pub const LEN: usize = 42;
/// Characters in the token of an unsubscribe link; those of releases before 0.3 have [`LEN`].
pub const UNSUBSCRIBE_LEN: usize = 48;
/// Bytes in a token before base64, in addition to its claims: key id, tag.
pub(crate) const FRAME_BYTES: usize = 1 + TAG_BYTES;
pub(crate) const TAG_BYTES: usize = 16;
/// Campaign with 44 bits, contact with 52, link slot with 16. The contact's highest four are before
/// the campaign: both had 48 bits once, and no token of that time had any of these four set.
pub(crate) const CLAIM_BYTES: usize = 14;
/// The same, and the address's code.
pub(crate) const UNSUBSCRIBE_CLAIM_BYTES: usize = CLAIM_BYTES + AddressCode::BYTES;
/// Bytes in the longest token before base64.
const MOST_BYTES: usize = FRAME_BYTES + UNSUBSCRIBE_CLAIM_BYTES;

/// What a token may be used for. One made for one purpose never opens for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    View,
    Click,
    /// Leaving, choosing topics, or not being tracked any more: the links of `List-Unsubscribe` and the footer.
    Unsubscribe,
    /// Reading the message as a page.
    Browse,
    /// Being the Message-ID; opens nothing.
    Message,
}

impl Purpose {
    pub(crate) const ALL: [Self; 5] =
        [Self::View, Self::Click, Self::Unsubscribe, Self::Browse, Self::Message];

    /// Whether the slot distinguishes tokens of this purpose.
    pub(crate) const fn has_slot(self) -> bool {
        matches!(self, Self::Click | Self::Message)
    }

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

/// Whom a message was made for, as far as its link tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Addressee {
    Contact(ContactId),
    /// Somebody whom the link does not name, because nothing is to be known of what they do.
    Anonymous,
    /// Nobody: a test message, of which nothing is recorded.
    Test,
}

impl Addressee {
    /// What stands in a token in the place of a contact's number. Both are no contact's, and released
    /// ones never change.
    const TEST: i64 = 0;
    const ANONYMOUS: i64 = (1 << CONTACT_BITS) - 1;

    /// The contact, if it names one.
    #[must_use]
    pub const fn contact(self) -> Option<ContactId> {
        match self {
            Self::Contact(contact) => Some(contact),
            Self::Anonymous | Self::Test => None,
        }
    }

    fn number(self) -> Result<i64, OutOfRange> {
        match self {
            Self::Contact(ContactId(id)) if (1..Self::ANONYMOUS).contains(&id) => Ok(id),
            Self::Contact(_) => Err(OutOfRange),
            Self::Anonymous => Ok(Self::ANONYMOUS),
            Self::Test => Ok(Self::TEST),
        }
    }

    const fn numbered(number: i64) -> Self {
        match number {
            Self::TEST => Self::Test,
            Self::ANONYMOUS => Self::Anonymous,
            id => Self::Contact(ContactId(id)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claims {
    /// The campaign the message belongs to.
    pub campaign: CampaignId,
    pub addressee: Addressee,
    /// Which link of the message, or which of several test messages ([`Purpose::Message`]); 0 for
    /// every other purpose.
    pub slot: LinkSlot,
}

/// The claims of an unsubscribe link's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnsubscribeClaims {
    /// The campaign the message belongs to.
    pub campaign: CampaignId,
    /// Never [`Addressee::Anonymous`] in a message to somebody: who leaves is known.
    pub addressee: Addressee,
    /// Identifies their address when the contact is unknown, because the store may be an older
    /// copy. None in a token from a release before 0.3.
    pub address: Option<AddressCode>,
}

/// A campaign id that does not fit 44 bits, a contact id that is no contact's or does not fit 52, or a slot for a
/// purpose that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is negative or too large for a link, or a slot is given where there is none")]
pub struct OutOfRange;

/// Why a token did not open. Shown in metrics, never to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    #[error("not {LEN} or {UNSUBSCRIBE_LEN} characters of base64url")]
    Malformed,
    /// Not made with a key of this ring, or made for another purpose.
    #[error("sealed by no key of this ring for this purpose")]
    Forged,
}

/// A token as it appears in a URL: base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    letters: [u8; UNSUBSCRIBE_LEN],
    length: usize,
}

impl Token {
    /// Of at most [`MOST_BYTES`].
    pub(crate) fn encode(bytes: &[u8]) -> Self {
        let mut letters = [0; UNSUBSCRIBE_LEN];
        // 36 bytes give 48 characters, so the slice is never too small.
        let length = URL_SAFE_NO_PAD.encode_slice(bytes, &mut letters).unwrap_or_default();
        Self { letters, length }
    }

    /// The bytes of a token and how many there are.
    pub(crate) fn decode(text: &str) -> Result<([u8; MOST_BYTES], usize), Rejected> {
        if text.len() != LEN && text.len() != UNSUBSCRIBE_LEN {
            return Err(Rejected::Malformed);
        }
        let mut bytes = [0; MOST_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes);
        Ok((bytes, length.map_err(|_| Rejected::Malformed)?))
    }

    /// The token as it appears in a URL: letters, digits, `-` and `_`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.letters
            .get(..self.length)
            .and_then(|it| std::str::from_utf8(it).ok())
            .unwrap_or_default()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Bits of a campaign's id.
const CAMPAIGN_BITS: u32 = 44;
/// Bits of a contact's id that have six bytes of their own.
const CONTACT_LOW_BITS: u32 = 48;
const CONTACT_BITS: u32 = 52;

impl Claims {
    pub(crate) fn to_bytes(self) -> Result<[u8; CLAIM_BYTES], OutOfRange> {
        let (campaign, contact) = (self.campaign.0, self.addressee.number()?);
        if !(0..1 << CAMPAIGN_BITS).contains(&campaign) {
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
            addressee: Addressee::numbered((high >> CAMPAIGN_BITS) << CONTACT_LOW_BITS | low),
            slot: LinkSlot(u16::from_be_bytes([m, n])),
        }
    }
}

impl UnsubscribeClaims {
    fn claims(self) -> Claims {
        Claims { campaign: self.campaign, addressee: self.addressee, slot: LinkSlot(0) }
    }

    /// Like [`Claims::to_bytes`], followed by the code if there is one.
    pub(crate) fn to_bytes(self) -> Result<([u8; UNSUBSCRIBE_CLAIM_BYTES], usize), OutOfRange> {
        let mut bytes = [0; UNSUBSCRIBE_CLAIM_BYTES];
        bytes[..CLAIM_BYTES].copy_from_slice(&self.claims().to_bytes()?);
        let Some(AddressCode(code)) = self.address else { return Ok((bytes, CLAIM_BYTES)) };
        bytes[CLAIM_BYTES..].copy_from_slice(&code);
        Ok((bytes, UNSUBSCRIBE_CLAIM_BYTES))
    }

    pub(crate) fn new(claims: Claims, address: Option<AddressCode>) -> Self {
        Self { campaign: claims.campaign, addressee: claims.addressee, address }
    }
}

fn low_six(number: i64) -> [u8; 6] {
    let [_, _, rest @ ..] = number.to_be_bytes();
    rest
}
