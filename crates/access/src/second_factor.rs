//! Codes from an app (TOTP, RFC 6238), and codes on paper for who has lost it.
//!
//! Invariants: a code works once: the store remembers the step of the last one and which recovery
//! codes were used. A secret is stored sealed; what an earlier release has left in clear, or a key
//! before the newest has sealed, is sealed anew when its owner signs in with it.

use model::{Timestamp, UserId};
use store::FactorProof;
use token::{Keyring, OutOfRange, SecretPurpose};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::error::AccessError;
use crate::secret::{SecretText, sha256};

/// How many recovery codes somebody gets.
pub const RECOVERY_CODES: usize = 10;
/// RFC 4226, section 4: 160 bits.
const SECRET_BYTES: usize = 20;
/// Steps before and after this one that are accepted: clocks differ.
const SKEW: u16 = 1;
const ISSUER: &str = "Pharos";
/// Characters of a recovery code: 50 bits, no two that look alike.
const RECOVERY_ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
const RECOVERY_CHARS: usize = 10;

/// A second factor that is being set up: not stored before its first code was right.
#[derive(Debug, Clone)]
pub struct SecondFactor {
    /// As people type it into an app.
    pub secret: SecretText,
    /// As apps read it from a picture (`otpauth://`).
    pub address: SecretText,
}

impl SecondFactor {
    /// A new secret for the user who is called that.
    pub(crate) fn random(user: &str) -> Result<Self, AccessError> {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        getrandom::fill(&mut bytes)?;
        Self::of(bytes.to_vec(), user)
    }

    /// This secret.
    pub(crate) fn of(bytes: Vec<u8>, user: &str) -> Result<Self, AccessError> {
        let bytes = Zeroizing::new(bytes);
        let secret = totp_rs::Secret::from(bytes.to_vec()).to_base32();
        // A colon would end the issuer.
        let user = user.replace(':', " ");
        let totp = Builder::new().with_secret(bytes.to_vec()).with_account_name(user);
        let totp = totp.with_issuer(Some(ISSUER)).build();
        let address = totp.and_then(|totp| totp.to_url());
        let address = address.map_err(|error| AccessError::Hash(error.to_string()))?;
        Ok(Self { secret: SecretText::new(secret), address: SecretText::new(address) })
    }
}

/// The bytes of a secret as people type it; None for what is none.
pub(crate) fn secret_bytes(base32: &str) -> Option<Vec<u8>> {
    let typed: String = base32.chars().filter(|c| !c.is_whitespace()).collect();
    let secret = totp_rs::Secret::try_from_base32(typed.to_ascii_uppercase()).ok()?;
    Some(secret.as_ref().to_vec()).filter(|bytes| bytes.len() >= SECRET_BYTES)
}

/// The step of the code, if it is one of the secret's at this time.
pub(crate) fn code_step(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.0.div_euclid(1_000_000)).ok()?;
    let step = totp(secret)?.check(&code, seconds)?;
    i64::try_from(step).ok()
}

/// The secret as it is stored.
pub(crate) fn sealed(keys: &Keyring, user: UserId, secret: &[u8]) -> Result<Vec<u8>, OutOfRange> {
    keys.seal_secret(SecretPurpose::SecondFactor, user.0, secret)
}

/// What a code proves, if it is one of the secret that is stored as `kept`; also what the secret is to
/// be stored as from now on.
pub(crate) fn proof_of_code(
    keys: &Keyring,
    user: UserId,
    kept: Vec<u8>,
    code: &str,
    now: Timestamp,
) -> Option<FactorProof> {
    let Some(secret) = keys.open_secret(SecretPurpose::SecondFactor, user.0, &kept) else {
        tracing::warn!(
            user = user.0,
            "the second factor was sealed with a key that is gone; it has to be reset"
        );
        return None;
    };
    let step = code_step(secret.reveal(), code, now)?;
    let fresh = match secret.is_outdated() {
        true => sealed(keys, user, secret.reveal()).ok()?,
        false => kept.clone(),
    };
    Some(FactorProof::TotpStep { kept, fresh, step })
}

fn totp(secret: &[u8]) -> Option<Totp> {
    Builder::new().with_secret(secret.to_vec()).with_skew(SKEW).build().ok()
}

/// New recovery codes, as they are shown once, such as `abcde-fgh23`.
pub(crate) fn recovery_codes() -> Result<Vec<SecretText>, AccessError> {
    (0..RECOVERY_CODES).map(|_| recovery_code()).collect()
}

fn recovery_code() -> Result<SecretText, AccessError> {
    let mut bytes = Zeroizing::new([0; RECOVERY_CHARS]);
    getrandom::fill(bytes.as_mut_slice())?;
    let mut text = String::with_capacity(RECOVERY_CHARS + 1);
    for (number, byte) in bytes.iter().enumerate() {
        if number == RECOVERY_CHARS / 2 {
            text.push('-');
        }
        let letter = RECOVERY_ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'a');
        text.push(char::from(letter));
    }
    Ok(SecretText::new(text))
}

/// What a recovery code is stored as, however it was typed; None for what is none.
pub(crate) fn recovery_hash(code: &str) -> Option<[u8; 32]> {
    let typed: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let typed = Zeroizing::new(typed.to_ascii_lowercase());
    (typed.len() == RECOVERY_CHARS).then(|| sha256(typed.as_bytes()))
}

/// The code that the app shows at this time, for tests.
#[cfg(test)]
pub(crate) fn code_at(base32: &str, now: Timestamp) -> String {
    let totp = totp(&secret_bytes(base32).unwrap()).unwrap();
    totp.generate(u64::try_from(now.0 / 1_000_000).unwrap()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(1_795_428_245_000_000);

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1: the last six of the eight digits.
        let secret = b"12345678901234567890";
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")]
        {
            let at = Timestamp(seconds * 1_000_000);
            assert_eq!(code_step(secret, code, at), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_of_the_steps_around_is_accepted_and_names_its_step() {
        let factor = SecondFactor::random("ann@x.org").unwrap();
        let secret = secret_bytes(factor.secret.reveal()).unwrap();
        let step = AT.0 / 30_000_000;
        for (shift, expect) in [(-2, None), (-1, Some(-1)), (0, Some(0)), (1, Some(1)), (2, None)] {
            let code = code_at(factor.secret.reveal(), Timestamp(AT.0 + shift * 30_000_000));
            assert_eq!(code_step(&secret, &code, AT), expect.map(|it: i64| step + it), "{shift}");
        }
        let code = code_at(factor.secret.reveal(), AT);
        assert_eq!(code_step(&secret, &format!(" {} {}", &code[..3], &code[3..]), AT), Some(step));
        for wrong in ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦"] {
            assert_eq!(code_step(&secret, wrong, AT), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_the_secret_from_the_address() {
        let factor = SecondFactor::random("Ann: Lee").unwrap();
        let address = factor.address.reveal();
        assert!(address.starts_with("otpauth://totp/Pharos:Ann%20"), "{address}");
        assert!(address.contains(&format!("secret={}", factor.secret.reveal())), "{address}");
        let spaced = factor.secret.reveal().to_lowercase().replacen('a', "a ", 1);
        assert_eq!(secret_bytes(&spaced), secret_bytes(factor.secret.reveal()));
        assert_eq!(secret_bytes("MFRGG"), None, "too short");
    }

    #[test]
    fn recovery_codes_differ_and_are_read_however_they_are_typed() {
        let codes = recovery_codes().unwrap();
        let hashes: Vec<_> =
            codes.iter().map(|code| recovery_hash(code.reveal()).unwrap()).collect();
        let mut different = hashes.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), RECOVERY_CODES);
        let typed = codes[0].reveal().replace('-', " ").to_uppercase();
        assert_eq!(recovery_hash(&typed), Some(hashes[0]));
        assert_eq!(recovery_hash("123456"), None);
    }
}
