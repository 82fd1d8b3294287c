//! Simulated readers: what people, mail providers and scanners do with a message, over real HTTP.
//!
//! Each reader has one habit, by its number, so that a run with the same count does the same. No
//! randomness, no waiting: the report is what is being shown, not a load test.

use std::sync::Arc;

use hyper::Method;
use tokio::task::JoinSet;

use super::http::{Answer, Client};
use super::letter::Letter;

/// Readers at work at the same time.
const AT_ONCE: usize = 16;

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const THUNDERBIRD: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0";
const GMAIL_PROXY: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
const APPLE_MPP: &str = "Mozilla/5.0";
const SCANNER: &str = "python-requests/2.32.3";

/// What a reader does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Reads twice in a browser that keeps cookies, and follows the first link.
    Cookie,
    /// Reads in a browser that refuses cookies.
    NoCookie,
    /// Reads in Gmail, whose proxy loads the pixel, and follows the second link.
    Gmail,
    /// Reads in Gmail and follows nothing.
    GmailOnly,
    /// Apple's privacy proxy loads the pixel; nobody reads.
    Apple,
    /// A security scanner: HEAD and GET on every link, the leaving page included.
    Scanner,
    /// Reads in a desktop mail program.
    Desktop,
    /// Reads and leaves with one click.
    Leaver,
    /// Reads "in the browser", with Global Privacy Control on.
    Private,
    /// Never opens the message.
    Absent,
}

const HABITS: [Habit; 10] = [
    Habit::Cookie,
    Habit::NoCookie,
    Habit::Gmail,
    Habit::Apple,
    Habit::Desktop,
    Habit::Scanner,
    Habit::Cookie,
    Habit::GmailOnly,
    Habit::Absent,
    Habit::Private,
];

/// One reader in this many leaves, whatever its habit would be.
const LEAVERS: usize = 33;

fn habit(number: usize) -> Habit {
    if number % LEAVERS == LEAVERS - 1 {
        return Habit::Leaver;
    }
    HABITS[number % HABITS.len()]
}

/// What the readers have really done, which no report can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ReadersTruth {
    /// People who have opened their message.
    pub opened: usize,
    /// People who have followed a link.
    pub clicked: usize,
    /// Requests for a pixel or a link, of people and machines.
    pub hits: usize,
}

impl ReadersTruth {
    fn add(&mut self, habit: Habit, letter: &Letter) {
        let link = usize::from(!letter.links.is_empty());
        let (opened, clicked, hits) = match habit {
            Habit::Cookie => (1, link, 2 + link),
            Habit::NoCookie => (1, 0, 2),
            Habit::Gmail => (1, link, 1 + link),
            Habit::GmailOnly | Habit::Desktop | Habit::Leaver | Habit::Private => (1, 0, 1),
            Habit::Apple => (0, 0, 1),
            Habit::Scanner => (0, 0, 2 * (1 + letter.links.len())),
            Habit::Absent => (0, 0, 0),
        };
        self.opened += opened;
        self.clicked += clicked;
        self.hits += hits;
    }
}

/// Lets one reader per letter act; calls `done` after each. Ends with the first request that
/// could not be made.
pub(super) async fn read_all(
    letters: Vec<Letter>,
    mut done: impl FnMut(),
) -> anyhow::Result<ReadersTruth> {
    let mut busy = JoinSet::new();
    let mut truth = ReadersTruth::default();
    for (number, letter) in letters.into_iter().enumerate() {
        truth.add(habit(number), &letter);
        if busy.len() >= AT_ONCE
            && let Some(read) = busy.join_next().await
        {
            read??;
            done();
        }
        busy.spawn(read(habit(number), Arc::new(letter)));
    }
    while let Some(read) = busy.join_next().await {
        read??;
        done();
    }
    Ok(truth)
}

async fn read(habit: Habit, letter: Arc<Letter>) -> anyhow::Result<()> {
    match habit {
        Habit::Cookie => with_cookie(&letter).await,
        Habit::NoCookie => {
            Client::new(FIREFOX).get(&letter.pixel).await?;
            Client::new(FIREFOX).get(&letter.pixel).await?;
            Ok(())
        }
        Habit::Gmail => {
            Client::new(GMAIL_PROXY).get(&letter.pixel).await?;
            follow(&mut Client::new(CHROME), &letter, 1).await
        }
        Habit::GmailOnly => Client::new(GMAIL_PROXY).get(&letter.pixel).await.map(drop),
        Habit::Apple => Client::new(APPLE_MPP).get(&letter.pixel).await.map(drop),
        Habit::Scanner => scan(&letter).await,
        Habit::Desktop => Client::new(THUNDERBIRD).get(&letter.pixel).await.map(drop),
        Habit::Leaver => leave(&letter).await,
        Habit::Private => {
            let mut browser = Client::new(FIREFOX).header("sec-gpc", "1");
            browser.get(&letter.page).await?;
            browser.get(&letter.pixel).await?;
            Ok(())
        }
        Habit::Absent => Ok(()),
    }
}

async fn with_cookie(letter: &Letter) -> anyhow::Result<()> {
    let mut browser = Client::new(CHROME).keeping_cookies();
    browser.get(&letter.pixel).await?;
    browser.get(&letter.pixel).await?;
    follow(&mut browser, letter, 0).await
}

/// Follows a link as far as our redirect; the page behind it is on no machine of the demo.
async fn follow(browser: &mut Client, letter: &Letter, which: usize) -> anyhow::Result<()> {
    let Some(link) = letter.links.get(which).or(letter.links.first()) else { return Ok(()) };
    let Answer { status, .. } = browser.get(link).await?;
    anyhow::ensure!(status.is_redirection(), "a link answered {status} instead of a redirect");
    Ok(())
}

async fn scan(letter: &Letter) -> anyhow::Result<()> {
    let mut scanner = Client::new(SCANNER);
    let pages = [&letter.pixel, &letter.unsubscribe, &letter.page];
    for url in pages.into_iter().chain(&letter.links) {
        scanner.send(Method::HEAD, url, "").await?;
        scanner.get(url).await?;
    }
    Ok(())
}

async fn leave(letter: &Letter) -> anyhow::Result<()> {
    Client::new(CHROME).get(&letter.pixel).await?;
    let mut provider = Client::new("Google-Mail-Unsubscribe");
    let answer =
        provider.send(Method::POST, &letter.unsubscribe, "List-Unsubscribe=One-Click").await?;
    anyhow::ensure!(answer.status.is_success(), "one-click answered {}", answer.status);
    Ok(())
}
