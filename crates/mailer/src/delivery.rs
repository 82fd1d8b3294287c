//! Deliveries under way: claimed into lanes (`feeder`, `queue`), taken by workers, made
//! (`finished_message`), checked one last time and handed over (`deliverer`).

pub(crate) mod begin_fence;
pub(crate) mod deliverer;
pub(crate) mod feeder;
pub(crate) mod finished_message;
pub(crate) mod in_hand;
pub(crate) mod last_check;
pub(crate) mod message_feeder;
pub(crate) mod preparation;
pub(crate) mod queue;
pub(crate) mod supervision;
pub(crate) mod worker;
