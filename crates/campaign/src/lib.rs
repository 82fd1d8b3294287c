//! Create, preview, start, pause and watch a campaign.
