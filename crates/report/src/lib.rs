//! Records hits, rolls them up, answers what happened.
