//! The settings of the visitor cookie.

use token::{CookiePolicy, CookieScope, SameSite};
use toml::Spanned;

use super::checked::{Checked, Checker};
use super::file;

impl Checker<'_> {
    pub(super) fn cookie(&self, typed: &Spanned<String>) -> Checked<CookiePolicy> {
        match typed.get_ref().as_str() {
            "set" => Ok(CookiePolicy::Set),
            "read" => Ok(CookiePolicy::Read),
            "off" => Ok(CookiePolicy::Off),
            _ => Err(self.wrong("beacon.cookie", typed, "should be \"set\", \"read\" or \"off\"")),
        }
    }

    /// `beacon_url`: where browsers find the beacon, which decides whether a cookie is `Secure`.
    pub(super) fn cookie_scope(
        &self,
        beacon: &file::BeaconTable,
        beacon_url: &str,
    ) -> Checked<CookieScope> {
        let secure = beacon_url.starts_with("https://");
        let same_site = match &beacon.cookie_same_site {
            Some(typed) => self.same_site(typed)?,
            None => SameSite::None,
        };
        let partitioned = beacon.cookie_partitioned.as_ref().filter(|typed| *typed.get_ref());
        let why_not = match (secure, same_site) {
            (true, SameSite::None) => None,
            (true, SameSite::Lax) => Some(
                "should be false, or cookie_same_site should be \"none\": browsers send a \"lax\" \
                cookie with no image in another site's page, so that it has nothing to keep apart",
            ),
            (false, _) => Some(
                "should be false while public.beacon_url begins with http://: browsers partition \
                cookies over https only",
            ),
        };
        match (partitioned, why_not) {
            (Some(typed), Some(what)) => Err(self.wrong("beacon.cookie_partitioned", typed, what)),
            _ => Ok(CookieScope { secure, same_site, partitioned: partitioned.is_some() }),
        }
    }

    fn same_site(&self, typed: &Spanned<String>) -> Checked<SameSite> {
        match typed.get_ref().as_str() {
            "none" => Ok(SameSite::None),
            "lax" => Ok(SameSite::Lax),
            _ => {
                let what = "should be \"none\" or \"lax\"";
                Err(self.wrong("beacon.cookie_same_site", typed, what))
            }
        }
    }
}
