//! Decides who is to blame when a refusal could be about one recipient or about everybody, by
//! whether others get through.
//!
//! Kept once for the relay and once for each campaign, because a refused sender says nothing about
//! other campaigns. Bounded: it remembers enough refused recipients for a whole domain to fit.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use model::{CampaignId, ContactId};

/// When this many different recipients were refused with nobody getting through in between, it is
/// not about them.
const HANDFUL: usize = 5;
/// How many recipients are remembered with their first refusal.
const REMEMBERED: usize = 10_000;

/// A recipient of a campaign.
pub(crate) type RecipientId = (CampaignId, ContactId);

/// Whose the refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// It is about the recipient.
    Recipient {
        /// Others got through between an earlier refusal and this one.
        sure: bool,
    },
    /// It is about the relay or the campaign, whichever the evidence is kept for.
    All,
}

#[derive(Default)]
pub(crate) struct RefusalEvidence(RefCell<EvidenceState>);

#[derive(Default)]
struct EvidenceState {
    /// Anybody ever got through.
    works: bool,
    /// How often somebody got through.
    through: u64,
    /// Refusals since somebody last got through.
    refusals: i64,
    /// Different recipients refused since then, at most a handful.
    refused: HashSet<RecipientId>,
    /// The value of `through` at the first refusal.
    first: HashMap<RecipientId, u64>,
}

impl RefusalEvidence {
    /// Somebody got through before this process began.
    pub(crate) fn has_worked(&self) {
        self.0.borrow_mut().works = true;
    }

    /// A recipient got through, or was refused for reasons of its own.
    pub(crate) fn got_through(&self) {
        let mut state = self.0.borrow_mut();
        state.works = true;
        state.through += 1;
        state.refusals = 0;
        state.refused.clear();
    }

    /// How many refusals in a row, including this one.
    pub(crate) fn refused_together(&self) -> i64 {
        let mut state = self.0.borrow_mut();
        state.refusals += 1;
        state.refusals
    }

    /// Weighs a refusal of `who`. `suspect`: a similar one has already been counted as a try.
    pub(crate) fn blame(&self, who: RecipientId, suspect: bool) -> Blame {
        let mut state = self.0.borrow_mut();
        if state.first.get(&who).is_some_and(|before| *before < state.through) {
            state.first.remove(&who);
            return Blame::Recipient { sure: true };
        }
        let through = state.through;
        if state.first.len() < REMEMBERED {
            state.first.entry(who).or_insert(through);
        }
        if suspect && state.refused.len() < HANDFUL {
            return Blame::Recipient { sure: false };
        }
        if state.refused.len() < HANDFUL {
            state.refused.insert(who);
        }
        if state.works && state.refused.len() < HANDFUL {
            Blame::Recipient { sure: false }
        } else {
            Blame::All
        }
    }
}

/// This many refusals in a row stop a campaign.
pub(crate) const fn is_handful(refusals: i64) -> bool {
    refusals >= HANDFUL as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SURE: Blame = Blame::Recipient { sure: true };
    const UNSURE: Blame = Blame::Recipient { sure: false };

    fn who(number: i64) -> RecipientId {
        (CampaignId(1), ContactId(number))
    }

    #[test]
    fn before_anybody_got_through_it_is_everybodys() {
        let evidence = RefusalEvidence::default();
        assert_eq!(evidence.blame(who(1), false), Blame::All);
        assert_eq!(evidence.blame(who(1), false), Blame::All);
    }

    #[test]
    fn who_is_refused_while_others_get_through_is_to_blame() {
        let evidence = RefusalEvidence::default();
        assert_eq!(evidence.blame(who(1), false), Blame::All);
        evidence.got_through();
        assert_eq!(evidence.blame(who(1), false), SURE);
    }

    #[test]
    fn the_last_one_left_is_to_blame_and_a_handful_is_not() {
        let evidence = RefusalEvidence::default();
        evidence.got_through();
        for _ in 0..20 {
            assert_eq!(evidence.blame(who(1), false), UNSURE);
        }
        for number in 2..5 {
            assert_eq!(evidence.blame(who(number), false), UNSURE);
        }
        assert_eq!(evidence.blame(who(5), false), Blame::All);
        assert_eq!(evidence.blame(who(1), true), Blame::All, "an outage costs suspects nothing");
    }

    #[test]
    fn refusals_with_others_getting_through_in_between_never_add_up_to_a_handful() {
        let evidence = RefusalEvidence::default();
        for number in 0..20 {
            evidence.got_through();
            assert_eq!(evidence.blame(who(number), false), UNSURE, "{number}");
        }
    }

    #[test]
    fn suspects_alone_never_make_it_everybodys() {
        let evidence = RefusalEvidence::default();
        for number in 0..50 {
            assert_eq!(evidence.blame(who(number), true), UNSURE);
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let evidence = RefusalEvidence::default();
        for number in 0..(REMEMBERED as i64 * 2) {
            evidence.blame(who(number), false);
        }
        assert_eq!(evidence.0.borrow().first.len(), REMEMBERED);
    }
}
