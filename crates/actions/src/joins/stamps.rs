//! Stamps of forms: by which page, when, and whether a browser has worked for it.
//!
//! A stamp is signed and names a form and a moment, so that a form is not sent at once, nor days later by a
//! program that has kept it; the store knows the used ones. Where there is a script it looks for a number
//! that makes the SHA-256 of stamp and number begin with zeros: a second for a browser, a day for whoever
//! sends a hundred thousand forms. Where there is none a button is pressed on a second page, and fewer are
//! taken.

use std::time::Duration;

use access::share_token;
use model::Timestamp;
use sha2::{Digest as _, Sha256};
use store::StoreError;
use token::Keyring;

use super::TypedJoin;

/// Zero bits at the beginning of the hash.
pub const JOIN_PROOF_BITS: u32 = 16;
/// Nobody fills in a form faster.
const AT_LEAST: Duration = Duration::from_secs(2);
/// How long the stamp of a form is good.
const FORM_GOOD: Duration = Duration::from_secs(4 * 60 * 60);
/// The same for that of a button.
const BUTTON_GOOD: Duration = Duration::from_secs(60 * 60);
/// Digits of a number that is found: a search that takes so long has failed.
const PROOF_BYTES: usize = 12;

/// What a stamp is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinStamp {
    /// A form, whose sender proves work.
    Form,
    /// A page that asks for a button to be pressed.
    Button,
}

impl JoinStamp {
    const fn word(self) -> &'static str {
        match self {
            Self::Form => "f",
            Self::Button => "b",
        }
    }
}

/// What comes of a stamp, and until when it must be known that it was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StampStanding {
    Proved(Timestamp),
    Pressed(Timestamp),
    NotGood,
}

pub(super) fn stamp(
    keys: &Keyring,
    form: &str,
    kind: JoinStamp,
    now: Timestamp,
) -> Result<String, StoreError> {
    let (random, _) =
        share_token().map_err(|why| StoreError::Unreachable(format!("no randomness: {why}")))?;
    let nonce: String = random.reveal().chars().take(22).collect();
    let body = format!("{}.{}.{nonce}", kind.word(), now.0);
    Ok(format!("{body}.{}", signature(keys, form, &body)))
}

fn signature(keys: &Keyring, form: &str, body: &str) -> String {
    let hash = keys.address_hash(&format!("join stamp {form} {body}"));
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn standing(
    keys: &Keyring,
    form: &str,
    typed: &TypedJoin,
    now: Timestamp,
) -> StampStanding {
    let Some((kind, at)) = read(keys, form, &typed.stamp) else { return StampStanding::NotGood };
    let good = match kind {
        JoinStamp::Form => FORM_GOOD,
        JoinStamp::Button => BUTTON_GOOD,
    };
    let until = at.after(good);
    let is_timely = match kind {
        JoinStamp::Form => at.after(AT_LEAST) <= now && now < until,
        JoinStamp::Button => at <= now && now < until,
    };
    match kind {
        JoinStamp::Form if is_timely && is_proved(&typed.stamp, &typed.proof) => {
            StampStanding::Proved(until)
        }
        JoinStamp::Button if is_timely => StampStanding::Pressed(until),
        _ => StampStanding::NotGood,
    }
}

fn read(keys: &Keyring, form: &str, stamp: &str) -> Option<(JoinStamp, Timestamp)> {
    if stamp.len() > 100 {
        return None;
    }
    let (body, signed) = stamp.rsplit_once('.')?;
    // Both sides hashed again, so that the time that comparing takes tells nothing.
    let again = |text: &str| Sha256::digest(text.as_bytes());
    if again(signed) != again(&signature(keys, form, body)) {
        return None;
    }
    let mut parts = body.split('.');
    let kind = match parts.next()? {
        "f" => JoinStamp::Form,
        "b" => JoinStamp::Button,
        _ => return None,
    };
    Some((kind, Timestamp(parts.next()?.parse().ok()?)))
}

/// Whether the hash of `STAMP:PROOF` begins with enough zeros.
fn is_proved(stamp: &str, proof: &str) -> bool {
    let is_number =
        (1..=PROOF_BYTES).contains(&proof.len()) && proof.bytes().all(|b| b.is_ascii_digit());
    let hash = Sha256::digest(format!("{stamp}:{proof}").as_bytes());
    let mut first = [0; 8];
    first.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    is_number && u64::from_be_bytes(first).leading_zeros() >= JOIN_PROOF_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(1_795_428_245_000_000);

    fn keys() -> Keyring {
        Keyring::generate().unwrap()
    }

    fn later(seconds: u64) -> Timestamp {
        AT.after(Duration::from_secs(seconds))
    }

    fn proof(stamp: &str) -> String {
        (0..).map(|number: u64| number.to_string()).find(|it| is_proved(stamp, it)).unwrap()
    }

    fn typed(stamp: &str, proof: &str) -> TypedJoin {
        TypedJoin { stamp: stamp.into(), proof: proof.into(), ..TypedJoin::default() }
    }

    #[test]
    fn a_form_is_taken_in_time_and_with_its_proof() {
        let keys = keys();
        let stamp = stamp(&keys, "news", JoinStamp::Form, AT).unwrap();
        let proof = proof(&stamp);
        let good = StampStanding::Proved(AT.after(FORM_GOOD));
        let at = |form: &str, proof: &str, seconds| {
            standing(&keys, form, &typed(&stamp, proof), later(seconds))
        };
        assert_eq!(at("news", &proof, 2), good);
        assert_eq!(at("news", &proof, 4 * 60 * 60 - 1), good);
        for (form, proof, seconds) in [
            ("news", &*proof, 1),
            ("news", &*proof, 4 * 60 * 60),
            ("other", &*proof, 9),
            ("news", "", 9),
            ("news", "x", 9),
            ("news", "1234567890123", 9),
        ] {
            assert_eq!(
                at(form, proof, seconds),
                StampStanding::NotGood,
                "{form} {proof} {seconds}"
            );
        }
    }

    #[test]
    fn a_button_needs_no_proof_and_is_good_for_an_hour() {
        let keys = keys();
        let stamp = stamp(&keys, "news", JoinStamp::Button, AT).unwrap();
        let at = |seconds| standing(&keys, "news", &typed(&stamp, ""), later(seconds));
        assert_eq!(at(0), StampStanding::Pressed(AT.after(BUTTON_GOOD)));
        assert_eq!(at(60 * 60), StampStanding::NotGood);
    }

    #[test]
    fn what_is_not_signed_by_us_is_no_stamp() {
        let keys = keys();
        let stamp = stamp(&keys, "news", JoinStamp::Button, AT).unwrap();
        let others = super::stamp(&self::keys(), "news", JoinStamp::Button, AT).unwrap();
        let later_stamp = stamp.replacen(&AT.0.to_string(), &later(60).0.to_string(), 1);
        let as_form = stamp.replacen('b', "f", 1);
        for bad in ["", "...", "b.1.x.y", &others, &later_stamp, &as_form, &"x".repeat(10_000)] {
            let found = standing(&keys, "news", &typed(bad, "1"), later(9));
            assert_eq!(found, StampStanding::NotGood, "{bad}");
        }
    }
}
