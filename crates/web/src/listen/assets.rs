//! The files that pages load: one style sheet, a few scripts, one icon, all inside the binary.
//!
//! Invariant: an asset's address contains a hash of its content, so it may be kept for ever and a
//! new version is a new address.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;

pub(crate) struct Asset {
    name: &'static str,
    extension: &'static str,
    content_type: &'static str,
    content: &'static str,
    hash: u64,
}

pub(crate) static CSS: Asset =
    asset("pharos", "css", "text/css; charset=utf-8", include_str!("../../assets/pharos.css"));
pub(crate) static HTMX: Asset =
    asset("htmx", "js", "text/javascript; charset=utf-8", include_str!("../../assets/htmx.min.js"));
pub(crate) static ZONE: Asset =
    asset("zone", "js", "text/javascript; charset=utf-8", include_str!("../../assets/zone.js"));
pub(crate) static DRAFT: Asset =
    asset("draft", "js", "text/javascript; charset=utf-8", include_str!("../../assets/draft.js"));
pub(crate) static LIVE: Asset =
    asset("live", "js", "text/javascript; charset=utf-8", include_str!("../../assets/live.js"));
pub(crate) static PASSKEY: Asset = asset(
    "passkey",
    "js",
    "text/javascript; charset=utf-8",
    include_str!("../../assets/passkey.js"),
);
/// At one address for ever: other people's sites name it.
pub(crate) const JOIN_SCRIPT: &str = include_str!("../../assets/join.js");
pub(crate) static ICON: Asset =
    asset("mark", "svg", "image/svg+xml", include_str!("../../assets/mark.svg"));

const fn asset(
    name: &'static str,
    extension: &'static str,
    content_type: &'static str,
    content: &'static str,
) -> Asset {
    Asset { name, extension, content_type, content, hash: fnv1a(content.as_bytes()) }
}

/// FNV-1a: tells versions of our own files apart; nothing depends on it being hard to forge.
#[expect(
    clippy::indexing_slicing,
    reason = "the index is below the length; const has no iterators"
)]
pub(crate) const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    hash
}

impl Asset {
    /// Where pages find it.
    pub(crate) fn path(&self) -> String {
        format!("/assets/{}-{:016x}.{}", self.name, self.hash, self.extension)
    }
}

pub(crate) fn routes<S: Clone + Send + Sync + 'static>(assets: &[&'static Asset]) -> Router<S> {
    assets.iter().fold(Router::new(), |router, asset| {
        let asset: &'static Asset = asset;
        let headers = [
            (CONTENT_TYPE, asset.content_type),
            (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ];
        router.route(&asset.path(), get(move || async move { (headers, asset.content) }))
    })
}
