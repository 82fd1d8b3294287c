//! Setting up a second factor: the code to scan, its first code, and recovery codes, shown once.

use access::{
    AccessError, SecondFactor, own_second_factor_begin, own_second_factor_confirm,
    own_second_factor_shown,
};
use actions::Refusal;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::admin::account::qr_picture::{QrPicture, qr_picture};
use crate::admin::page::form::{Form, FormProblem};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::SignedIn;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/second_factor.html")]
struct SecondFactorPage {
    frame: AdminFrame,
    secret: String,
    /// The secret in groups, for who types it.
    spelled: String,
    picture: Option<QrPicture>,
    problem: Option<FormProblem>,
}

#[derive(Template)]
#[template(path = "admin/recovery_codes.html")]
struct RecoveryCodesPage {
    frame: AdminFrame,
    codes: Vec<String>,
}

fn frame(signed_in: &SignedIn) -> AdminFrame {
    signed_in.visitor.frame("me").below("/admin/me", "My account")
}

pub(crate) async fn begin(signed_in: SignedIn, State(parts): State<AdminParts>) -> Response {
    match own_second_factor_begin(&parts.accounts.store, &signed_in.me).await {
        Ok(factor) => respond::page(StatusCode::OK, &page(&signed_in, &factor, None)),
        Err(problem) => {
            PageProblem::failed("making a second factor")(problem).page(&signed_in.visitor)
        }
    }
}

fn page(
    signed_in: &SignedIn,
    factor: &SecondFactor,
    problem: Option<FormProblem>,
) -> SecondFactorPage {
    let secret = factor.secret.reveal().to_owned();
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    SecondFactorPage {
        frame: frame(signed_in),
        spelled: groups.join(" "),
        picture: qr_picture(factor.address.reveal()),
        secret,
        problem,
    }
}

pub(crate) async fn confirm(
    signed_in: SignedIn,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let (accounts, secret) = (&parts.accounts, form.text("secret"));
    let proof = (form.text("password"), secret, form.trimmed("code"));
    let (store, sealing) = (&accounts.store, (&accounts.hasher, &*parts.resources.keys));
    let confirmed = own_second_factor_confirm(store, sealing, &signed_in.me, proof, now()).await;
    let why = match confirmed {
        Ok(codes) => {
            let codes = codes.iter().map(|code| code.reveal().to_owned()).collect();
            let page = RecoveryCodesPage { frame: frame(&signed_in), codes };
            return respond::page(StatusCode::OK, &page);
        }
        Err(why) => why,
    };
    let field = match why {
        AccessError::WrongPassword => Some("password"),
        _ => None,
    };
    let shown = own_second_factor_shown(store, &signed_in.me, secret).await;
    match (Refused::from(Refusal::from(why)), shown) {
        // The same picture: the app has it already.
        (Refused::Form(status, mut problem), Ok(Some(factor))) => {
            if let Some(field) = field {
                problem = FormProblem::new(field, "the password is wrong");
            }
            respond::page(status, &page(&signed_in, &factor, Some(problem)))
        }
        (Refused::Page(problem), _) => problem.page(&signed_in.visitor),
        _ => {
            let text = "The form was not one of ours. Begin again on the page about your account.";
            PageProblem::Refused(text.to_owned()).page(&signed_in.visitor)
        }
    }
}
