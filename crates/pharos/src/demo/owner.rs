//! The demo's owner: an account that is there from the start, and a link that signs it in.

use std::net::SocketAddr;
use std::sync::Arc;

use access::{AddUser, Password, PasswordHasher, SecretText, user_add};
use model::{EmailAddress, Right, Role};
use web::DemoOwner;

use crate::installation::{Installation, now, random_name};
use crate::telemetry::note;

const EMAIL: &str = "owner@demo.example";

/// The owner and what only the terminal may know.
pub(super) struct Owner {
    pub(super) pages: Arc<DemoOwner>,
    password: SecretText,
    token: SecretText,
}

/// Adds the owner, with a password that nobody knows but who reads the terminal.
pub(super) async fn add(installation: &Installation) -> anyhow::Result<Owner> {
    let (password, token) = (secret()?, secret()?);
    let chosen = Password::choose(password.reveal(), &[])?;
    let hash = PasswordHasher::default().hash(chosen).await?;
    let user = AddUser {
        email: EmailAddress::parse(EMAIL)?,
        name: "Demo owner".to_owned(),
        role: Role::Owner,
        topics: Vec::new(),
        password_hash: Some(hash),
    };
    user_add(&installation.store, &installation.permit(Right::UsersWrite)?, user, now()).await?;
    let pages = DemoOwner::new(EMAIL.to_owned(), password.clone(), token.clone());
    Ok(Owner { pages: Arc::new(pages), password, token })
}

fn secret() -> anyhow::Result<SecretText> {
    Ok(SecretText::from_typed(random_name()?))
}

impl Owner {
    /// Says how to get in.
    pub(super) fn tell(&self, admin: SocketAddr) {
        note(format_args!("Open    http://{admin}/admin/demo/{}", self.token.reveal()));
        note(format_args!(
            "        (signs you in, once; later: {EMAIL}, password {})",
            self.password.reveal()
        ));
    }
}
