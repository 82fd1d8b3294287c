//! STARTTLS against a relay that cheats. Whole handshakes are tried in the connection's own tests.

use mailer::Tls;
use model::DeliveryState::Queued;
use model::InDoubtPolicy;

use crate::fake::{Act, Fake, Script};
use crate::world::{World, count, relay};

async fn trouble_with(script: Script) -> (String, Vec<String>) {
    let fake = Fake::start(script);
    let world = World::with_contacts(2).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut relay = relay(fake.port);
    relay.tls = Tls::StartTls;
    relay.auth = Some(("ann".into(), "s3cret".into()));
    let mailer = world.mailer(relay);
    let trouble = mailer.until_trouble().await;
    mailer.stop().await;
    world.until(campaign, |counts| count(counts, Queued) == 2).await;
    let commands = fake.seen.lock().unwrap().commands.clone();
    (trouble, commands)
}

#[tokio::test]
async fn nothing_is_said_in_plain_text_to_a_relay_without_starttls() {
    let (trouble, commands) = trouble_with(|_, _| None).await;
    assert!(trouble.contains("does not offer STARTTLS"), "{trouble}");
    assert!(commands.iter().all(|command| command.starts_with("EHLO")), "{commands:?}");
}

#[tokio::test]
async fn plain_text_injected_behind_starttls_ends_the_connection() {
    let (trouble, commands) = trouble_with(|command, _| match command.split(' ').next()? {
        "EHLO" => Some(Act::Say("250-fake\r\n250 STARTTLS\r\n")),
        "STARTTLS" => Some(Act::Say("220 go on\r\n250 injected\r\n")),
        _ => None,
    })
    .await;
    assert!(trouble.contains("said more than it was asked"), "{trouble}");
    assert!(!commands.iter().any(|command| command.starts_with("AUTH")), "{commands:?}");
}
