//! The message for one recipient, down to the last byte that goes over the wire.
//!
//! Anything done to the whole message after rendering (a signature, say) belongs here: nothing
//! after this changes a byte, so a repeated message is the same message.

use render::Recipient;
use store::Claimed;
use token::Keyring;

use crate::delivery::queue::SendingCampaign;

/// The end of a campaign's messages is copied into each up to this, so that everything goes out in one
/// write; a longer one is sent from where it is.
const COPIED_ENDING: usize = 32 << 10;

/// A message as it goes over the wire: its own part, and an end that all messages of the campaign
/// share. The final dot is at the very end.
#[derive(Clone, Copy)]
pub(crate) struct FinishedMessage<'m> {
    pub(crate) own: &'m str,
    pub(crate) shared: &'m [u8],
}

impl FinishedMessage<'_> {
    /// Bytes on the wire, with the final dot.
    pub(crate) const fn len(self) -> usize {
        self.own.len() + self.shared.len()
    }
}

/// Makes the message, its own part in `buffer`, or says why there can be none.
pub(crate) fn finished_message<'m>(
    sending: &'m SendingCampaign,
    claimed: &Claimed,
    keys: &Keyring,
    buffer: &'m mut Vec<u8>,
) -> Result<FinishedMessage<'m>, String> {
    buffer.clear();
    let recipient = Recipient {
        contact: Some(claimed.contact),
        tracking: claimed.tracking,
        email: &claimed.email,
        attributes: &claimed.attributes,
    };
    // The date stays that of the first attempt, so that a repeat is the same message.
    let date = claimed.first_attempt_at;
    sending
        .compiled
        .render(sending.campaign, &recipient, keys, date, buffer)
        .map_err(|problem| problem.to_string())?;
    if !buffer.ends_with(b"\r\n") {
        buffer.extend_from_slice(b"\r\n");
    }
    let number = sending.compiled.ending_number(&recipient);
    let ending = sending.endings.get(number).ok_or("the message has no end")?;
    let shared = match ending.len() {
        0..=COPIED_ENDING => {
            buffer.extend_from_slice(ending);
            &[][..]
        }
        _ => &**ending,
    };
    match std::str::from_utf8(buffer) {
        Ok(own) if own.is_ascii() => Ok(FinishedMessage { own, shared }),
        _ => Err("the message contains bytes that are not 7-bit".to_owned()),
    }
}
