//! What a refusal is about (`verdict`, from a single reply) and who pays for it (`evidence`, from
//! whether others get through).

pub(crate) mod evidence;
pub(crate) mod verdict;
