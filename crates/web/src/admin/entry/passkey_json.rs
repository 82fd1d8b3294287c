//! Questions for authenticators as the script in the page reads them, and answers as its forms bring them.

use access::{PasskeyAnswer, PasskeyCreation, PasskeyRequest};
use axum::response::Response;
use serde_json::{Value, json};

use crate::admin::page::form::Form;
use crate::listen::respond;

/// What a passkey says of where it is for.
const SITE_NAME: &str = "Pharos";

/// `PublicKeyCredentialRequestOptions`, with what is bytes in base64url.
pub(crate) fn request(asked: &PasskeyRequest) -> Response {
    respond::json(
        json!({
            "challenge": asked.challenge,
            "rpId": asked.relying_party.id(),
            "timeout": timeout(),
            "userVerification": "required",
            "allowCredentials": asked.allowed,
        })
        .to_string(),
    )
}

/// `PublicKeyCredentialCreationOptions`, in the same way. The passkey has to name its user by itself,
/// because nobody types an address to sign in with it.
pub(crate) fn creation(asked: &PasskeyCreation) -> Response {
    let parameter = |algorithm: &i64| json!({ "type": "public-key", "alg": algorithm });
    let parameters: Vec<Value> = asked.algorithms.iter().map(parameter).collect();
    respond::json(
        json!({
            "challenge": asked.challenge,
            "rp": { "id": asked.relying_party.id(), "name": SITE_NAME },
            "user": {
                "id": asked.user_handle, "name": asked.user_email, "displayName": asked.user_name,
            },
            "pubKeyCredParams": parameters,
            "timeout": timeout(),
            "excludeCredentials": asked.known,
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": "required",
            },
            "attestation": "none",
        })
        .to_string(),
    )
}

fn timeout() -> u64 {
    u64::try_from(access::CHALLENGE_ENDS.as_millis()).unwrap_or_default()
}

pub(crate) fn answer(form: &Form) -> PasskeyAnswer<'_> {
    PasskeyAnswer {
        credential_id: form.text("credential_id"),
        client_data: form.text("client_data"),
        authenticator_data: form.text("authenticator_data"),
        signature: form.text("signature"),
        user_handle: form.text("user_handle"),
    }
}
