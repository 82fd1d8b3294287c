//! The message for one recipient, down to the last byte that goes over the wire.
//!
//! Anything done to the whole message after rendering (a signature, say) belongs here: nothing
//! after this changes a byte, so a repeated message is the same message.

use render::Recipient;
use token::Keyring;

use crate::delivery::queue::ClaimedDelivery;

/// Puts the rendered message with its final dot into `buffer`, or says why there can be none.
pub(crate) fn finished_message<'b>(
    delivery: &ClaimedDelivery,
    keys: &Keyring,
    buffer: &'b mut Vec<u8>,
) -> Result<&'b str, String> {
    buffer.clear();
    let claimed = &delivery.claimed;
    let recipient = Recipient {
        contact: claimed.contact,
        email: &claimed.email,
        attributes: &claimed.attributes,
    };
    let sending = &delivery.sending;
    // The date stays that of the first attempt, so that a repeat is the same message.
    let date = claimed.first_attempt_at;
    sending
        .compiled
        .render(sending.campaign, &recipient, keys, date, buffer)
        .map_err(|problem| problem.to_string())?;
    if !buffer.ends_with(b"\r\n") {
        buffer.extend_from_slice(b"\r\n");
    }
    buffer.extend_from_slice(b".\r\n");
    match std::str::from_utf8(buffer) {
        Ok(message) if message.is_ascii() => Ok(message),
        _ => Err("the message contains bytes that are not 7-bit".to_owned()),
    }
}
