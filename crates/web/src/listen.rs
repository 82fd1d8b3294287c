//! What all listeners share: limits, headers, assets, and how an answer is made.

pub(crate) mod assets;
pub(crate) mod file_parts;
pub(crate) mod headers;
pub(crate) mod peer;
pub(crate) mod respond;
pub(crate) mod same_origin;
pub(crate) mod serve;
pub(crate) mod upload_form;
