//! Recognises, before anything is sent, that the store or the data folder is a restored copy, and
//! then pauses what was being sent until somebody says how to continue.

use store::{HeldCampaign, Hold, Store, StoreStanding, checkpoint_made_at};

use crate::checkpoint::{self, Checkpoints, FolderState};
use crate::installation::{now, random_name};
use crate::node::Node;

/// Compares what store and data folder know of one another. Leaves both with a fresh checkpoint,
/// and whatever was being sent paused if one of them was put back.
///
/// # Errors
/// When the store can't answer, or turns into another one meanwhile.
pub(crate) async fn recognise(
    store: &Store,
    data: &std::path::Path,
    node: &Node,
) -> anyhow::Result<Checkpoints> {
    let standing = store.standing(node.name.clone()).await?;
    let found = checkpoint::find(data, &node.name)?;
    let sign = sign(&standing, &found, store.is_shared());
    let (current, was_put_back) = match sign {
        Sign::None => (standing.checkpoint, false),
        Sign::SeenTo => (standing.checkpoint, true),
        Sign::PutBack(why) => {
            hold(store, why, standing.put_back).await?;
            (None, true)
        }
    };
    let mut checkpoints = Checkpoints::new(store.clone(), data, &node.name, current, was_put_back);
    match checkpoints.make().await {
        Ok(same) => anyhow::ensure!(same, "the store was replaced during the start; start again"),
        // Mail is more important than being able to tell later; the next try is in a minute.
        Err(error) => tracing::warn!("can't make a checkpoint: {error:#}"),
    }
    Ok(checkpoints)
}

async fn hold(store: &Store, why: String, seen: Option<String>) -> anyhow::Result<()> {
    let hold = Hold { why: why.clone(), seen, name: random_name()?, keep: None };
    match store.campaigns_hold(hold, now()).await? {
        None => tracing::warn!("{why}; another node has handled it"),
        Some(held) if held.is_empty() => {
            tracing::warn!("{why}; nothing was being sent, so nobody can get a message twice");
        }
        Some(held) => {
            tracing::warn!("{why}; nothing is sent until somebody resumes it: {}", told(&held));
        }
    }
    Ok(())
}

/// What is paused, one sentence per campaign.
fn told(held: &[HeldCampaign]) -> String {
    let each = held.iter().map(|it| format!("campaign {}: {it}", it.id));
    each.collect::<Vec<_>>().join(". ")
}

#[derive(Debug, PartialEq, Eq)]
enum Sign {
    /// Store and folder belong together.
    None,
    /// The store was; another node has recognised it since this one was last here.
    SeenTo,
    /// What shows it, as a sentence without its full stop.
    PutBack(String),
}

fn sign(standing: &StoreStanding, found: &FolderState, shared: bool) -> Sign {
    let as_of = standing.as_of();
    if !standing.in_place {
        return Sign::PutBack(format!("The store is a copy that was restored or moved{as_of}"));
    }
    let known = match found {
        FolderState::Nothing if standing.checkpoint.is_none() => return Sign::None,
        FolderState::Nothing => {
            let why = "The data folder was restored or has lost its file `checkpoint`";
            return Sign::PutBack(why.to_owned());
        }
        FolderState::Unreadable => {
            let why = "The file `checkpoint` in the data folder can't be read";
            return Sign::PutBack(why.to_owned());
        }
        // A store on a server is not copied with the folder.
        FolderState::Copy(_) if !shared => {
            let why = format!("The data folder is a copy that was restored or moved{as_of}");
            return Sign::PutBack(why);
        }
        FolderState::Copy(known) | FolderState::Original(known) => known,
    };
    match &standing.checkpoint {
        Some(kept) if known.last.contains(kept) => Sign::None,
        None if standing.put_back.is_some() && standing.put_back != known.put_back => Sign::SeenTo,
        kept => {
            let kept = kept.as_deref().and_then(checkpoint_made_at);
            Sign::PutBack(if kept > known.made_at() {
                "The data folder is older than the store".to_owned()
            } else {
                format!("The store is older than the data folder{as_of}")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::FolderCheckpoints;

    const FIRST: &str = "1795428245000000-a";
    const SECOND: &str = "1795428305000000-b";
    const THIRD: &str = "1795428365000000-c";

    fn store(checkpoint: Option<&str>, put_back: Option<&str>, in_place: bool) -> StoreStanding {
        let checkpoint = checkpoint.map(str::to_owned);
        let newest = checkpoint.as_deref().and_then(checkpoint_made_at);
        StoreStanding { checkpoint, newest, put_back: put_back.map(str::to_owned), in_place }
    }

    fn folder(last: &[&str]) -> FolderCheckpoints {
        FolderCheckpoints { last: last.iter().map(|&it| it.to_owned()).collect(), put_back: None }
    }

    #[test]
    fn what_belongs_together_is_no_sign() {
        let here = |last: &[&str]| FolderState::Original(folder(last));
        for (standing, found, shared) in [
            (store(None, None, true), FolderState::Nothing, false),
            (store(Some(FIRST), None, true), here(&[FIRST, SECOND]), false),
            (store(Some(SECOND), None, true), here(&[FIRST, SECOND]), false),
            (store(Some(SECOND), None, true), FolderState::Copy(folder(&[SECOND])), true),
        ] {
            assert_eq!(sign(&standing, &found, shared), Sign::None, "{standing:?} {found:?}");
        }
        let by_another_node = store(None, Some("x"), true);
        assert_eq!(sign(&by_another_node, &here(&[FIRST, SECOND]), true), Sign::SeenTo);
    }

    #[test]
    fn each_way_of_putting_back_has_its_sentence() {
        let here = |last: &[&str]| FolderState::Original(folder(last));
        for (standing, found, shared, expect) in [
            (store(Some(FIRST), None, false), here(&[FIRST]), false, "The store is a copy"),
            (store(Some(FIRST), None, true), here(&[SECOND, THIRD]), true, "store is older"),
            (store(None, None, true), here(&[SECOND, THIRD]), true, "store is older"),
            (store(Some(THIRD), None, true), here(&[FIRST, SECOND]), true, "folder is older"),
            (store(Some(FIRST), None, true), FolderState::Nothing, true, "restored or has lost"),
            (store(Some(FIRST), None, true), FolderState::Unreadable, true, "can't be read"),
            (
                store(Some(FIRST), None, true),
                FolderState::Copy(folder(&[FIRST])),
                false,
                "is a copy",
            ),
        ] {
            let said = format!("{:?}", sign(&standing, &found, shared));
            assert!(said.contains(expect), "{standing:?} {found:?}: {said:?}");
        }
        let copy = store(Some(FIRST), None, false);
        let said = format!("{:?}", sign(&copy, &here(&[FIRST]), false));
        assert!(said.contains("Nov 2026"), "from when it is: {said}");
    }
}
