//! The ways in, as data: pages that everybody gets.

use crate::admin::entry::{demo_entry, first_password, passkey_entry, set_up, sign_in_pages};
use crate::admin::route::{AdminRoute, pages};
use crate::admin::route_access::Access;

pub(super) const EVERYBODY: Access = Access::Everybody;

/// Every page, in the order of the manual's page map.
pub(crate) const ROUTES: &[AdminRoute] = pages! {
    GET "/admin/sign-in" EVERYBODY, sign_in_pages::show, "Address and password";
    POST "/admin/sign-in" EVERYBODY, sign_in_pages::sign_in, "Signs in, or asks for the code";
    GET "/admin/sign-in/code" EVERYBODY, sign_in_pages::show_code, "The code of the second factor";
    POST "/admin/sign-in/code" EVERYBODY, sign_in_pages::sign_in_with_code, "Signs in with it";
    POST "/admin/sign-in/passkey" EVERYBODY, passkey_entry::sign_in, "Signs in with a passkey alone";
    POST "/admin/sign-in/passkey/options" EVERYBODY, passkey_entry::options,
        "What the authenticator is asked for that";
    POST "/admin/sign-in/code/passkey" EVERYBODY, passkey_entry::factor,
        "Signs in with a passkey in place of the code";
    POST "/admin/sign-in/code/passkey/options" EVERYBODY, passkey_entry::factor_options,
        "What the authenticator is asked for that";
    POST "/admin/sign-out" EVERYBODY, sign_in_pages::sign_out, "Signs out";
    GET "/admin/invitation/{token}" EVERYBODY, first_password::show,
        "Choosing a password by a link";
    POST "/admin/invitation/{token}" EVERYBODY, first_password::choose,
        "Keeps it, and signs in with it";
    GET "/admin/setup/{token}" EVERYBODY, set_up::show,
        "The first owner of a new installation, by the link that the server prints";
    POST "/admin/setup/{token}" EVERYBODY, set_up::make_owner,
        "Adds them, once, and signs them in";
    GET "/admin/demo/{token}" EVERYBODY, demo_entry::enter,
        "In the demo: signs its owner in, once";
};
