//! Somebody who is signed in on the admin pages.

use super::http::{self, Answer};

pub const OWNER: &str = "owner@team.example";
pub const PASSWORD: &str = "correct horse";
/// What browsers say of a form on a page of ours.
const OWN_PAGE: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

pub struct Session {
    admin: String,
    cookie: String,
}

impl Session {
    /// Signs in as a browser does; there is no second factor.
    pub fn sign_in(admin: &str, email: &str, password: &str) -> Self {
        let form = format!("email={email}&password={}", password.replace(' ', "+"));
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let url = format!("{admin}/admin/sign-in");
        let answer = http::request("POST", &url, &[kind, OWN_PAGE], &form).expect("an answer");
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer.cookie().expect("a session");
        Self { admin: admin.to_owned(), cookie }
    }

    /// A page by its path.
    pub fn get(&self, path: &str) -> Answer {
        http::get_with(&format!("{}{path}", self.admin), &[("Cookie", &self.cookie)])
    }

    /// The same with other headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let headers = [&[("Cookie", self.cookie.as_str())], headers].concat();
        http::get_with(&format!("{}{path}", self.admin), &headers)
    }
}
