//! A server that goes on without one of its parts would look alive and do half of its work.

use std::future::pending;

use super::*;

/// A server of which every part goes on until `over`.
fn going_on(over: &CancellationToken) -> Server {
    let thread = || {
        let over = over.clone();
        let runtime = tokio::runtime::Handle::current();
        std::thread::spawn(move || runtime.block_on(over.cancelled()))
    };
    let mailer = || {
        let over = over.clone();
        tokio::spawn(async move {
            over.cancelled().await;
            Ok(())
        })
    };
    Server {
        beacon: vec![thread(), thread()],
        idle: Vec::new(),
        mailer: Some(mailer()),
        pages: vec![tokio::spawn(pending()), tokio::spawn(pending())],
        hit_pipeline: HitPipeline::of(tokio::spawn(pending())),
        upkeep: vec![tokio::spawn(pending()), tokio::spawn(pending())],
        serving: CancellationToken::new(),
        resting: CancellationToken::new(),
    }
}

type Kill = fn(&mut Server);

fn dead() -> Task<()> {
    tokio::spawn(async { panic!("it dies") })
}

#[tokio::test]
async fn a_server_of_which_any_part_has_died_is_broken() {
    let over = CancellationToken::new();
    let parts: [(&str, Kill); 5] = [
        ("beacon", |server| server.beacon[1] = std::thread::spawn(|| panic!("it dies"))),
        ("mailer", |server| server.mailer = Some(tokio::spawn(async { Ok(()) }))),
        ("pages", |server| server.pages[1] = dead()),
        ("recorder", |server| {
            server.hit_pipeline = HitPipeline::of(tokio::spawn(async { anyhow::bail!("it ends") }));
        }),
        ("upkeep", |server| server.upkeep[1] = dead()),
    ];
    for (name, kill) in parts {
        let mut server = going_on(&over);
        assert!(!server.has_ended_part(), "all of them go on");
        kill(&mut server);
        let noticed = tokio::time::timeout(Duration::from_secs(30), server.broken()).await;
        assert!(noticed.is_ok(), "the dead {name} is not noticed");
    }
    over.cancel();
}
