//! Every code of a problem, and its page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::listen::respond;

/// A kind of problem.
pub(crate) struct ProblemCode {
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    /// What it means, and what to do about it.
    pub(crate) about: &'static str,
}

macro_rules! codes {
    ($($code:literal $title:literal, $about:literal;)+) => {
        &[$(ProblemCode { code: $code, title: $title, about: $about }),+]
    };
}

/// In the order of the alphabet.
pub(crate) const CODES: &[ProblemCode] = codes! {
    "address_missing" "An address is needed",
        "Name one, or set the domain of who sends.";
    "address_suppressed" "The address must not be mailed",
        "The person has left, or somebody has seen to it that the address is never mailed.";
    "address_syntax" "Not an address", "The detail says what is wrong with it.";
    "addresses" "Too many addresses, or none", "A test goes to 1 to 10 addresses.";
    "admin_url_not_set" "Nobody knows where a mailed link would lead",
        "Set `admin.url` in the configuration file, or mail the link yourself.";
    "announcement" "The announcement can’t be used",
        "Its text does not compile. The detail names the line and what would be right.";
    "announcement_changed" "The text has changed",
        "Somebody has saved another text since it was read or checked. Read it again.";
    "announcement_exists" "There is an announcement with this name",
        "Write a new version of it, or choose another name.";
    "announcement_needed" "The announcement is needed",
        "A campaign says one of its versions, or a single message waits to be sent. The detail says which.";
    "announcement_not_found" "No such announcement",
        "There is none with this name, or no version with this id. The list shows them all.";
    "attribute" "The attribute can’t be used",
        "Its name is as an import makes it of a column’s: lower case, with underscores; or its value is none of \
        the kind that is declared. The detail says what would be right.";
    "attribute_built_in" "The attribute is always declared", "Give it the kind text to keep free texts in it.";
    "attribute_not_found" "No such attribute", "No attribute of this name is declared.";
    "audience_empty" "Nobody would get it",
        "Nobody who is subscribed to the campaign’s topic is in its segments. Choose others.";
    "audience_too_large" "More people than expected",
        "More people would get it than `expect.audience_at_most` says. Nothing was started.";
    "basis" "The basis is not stated", "By what right people are subscribed: consent, contract, existing-customer or other.";
    "beyond_own" "More than one’s own rights",
        "Nobody can give a token scopes or topics that they do not have themselves.";
    "birth_month" "Not a month of birth", "It is a month such as 1984-07, or a day such as 1984-07-31.";
    "body_too_large" "The body is too large",
        "A body has at most 1 MiB, a file for the media library 25 MiB.";
    "bulk_act" "The act is not known", "The job was made by another release. Ask for it again.";
    "busy" "Busy",
        "The database could not do it right now. Nothing was changed: try again with the same \
        Idempotency-Key after the seconds in Retry-After.";
    "campaign_not_found" "No such campaign",
        "There is no campaign with this number, or its topic is none of the token’s.";
    "campaign_number" "Not a campaign’s number",
        "Campaigns are named by their numbers, as `pharos campaign list` and the pages show them.";
    "campaigns" "These campaigns can’t be compared",
        "One to ten campaigns stand beside each other.";
    "changed" "Changed in the meantime",
        "Somebody else has changed it since it was read. Read it again, then decide.";
    "code_wrong" "The code is wrong", "Codes work once and for half a minute.";
    "column_not_found" "No such column",
        "The first line of the file names no such column. The detail names those that there are.";
    "contact_child" "They are under 13",
        "Nothing is kept of children but a mark, by which nothing takes them in again.";
    "contact_erased" "The person was erased",
        "They have asked for it, and nothing of them is kept.";
    "contact_exists" "There is a contact with this address", "Look for it with `q`.";
    "contact_in_campaign" "A campaign has them",
        "A campaign that has not ended has one of the two, or may have. Merge them when it has ended.";
    "contact_merged" "They were merged into another contact",
        "The detail has the number of the one who remained; what was kept of both is there.";
    "contact_not_found" "No such contact",
        "There is no contact with this id (they may have been erased), or none of the token’s topics \
        is theirs.";
    "contacts_not_kept" "Not kept any more",
        "What each contact did with the campaign was removed because of its age; how many did what stays.";
    "cursor" "The cursor belongs to another list",
        "A value of `after` comes from `next` of the same list with the same filter. Begin again \
        without `after`.";
    "delivery_not_found" "No such delivery", "This contact is not in the campaign’s audience.";
    "disclosure_not_found" "No such entry", "The register has no entry with this number.";
    "disclosure_refused" "The recipient may not get it",
        "A recipient gets personal data for the purposes and with the fields that are registered. The detail says \
        which those are.";
    "encoding" "The body is encoded", "Bodies are read as they are: leave Content-Encoding out.";
    "event_not_found" "No such event",
        "No event that is kept has this id, or it is of another topic’s campaign. Take the id from the feed as \
        it is.";
    "events_removed" "Events behind the cursor were removed",
        "Single events are kept for as long as `events.keep` says. Those that the cursor had not come to are \
        gone; with `next` of this answer the ones that are left can be read.";
    "exists" "There is one already", "There is one with this name or address.";
    "field" "A field is wrong",
        "A field of the body is missing, unknown or of the wrong kind. `errors` names it by a JSON \
        pointer.";
    "file_broken" "The file did not come whole", "Nothing of it was imported; send it again.";
    "file_empty" "The file is empty",
        "Its first line should name the columns, one of them the address.";
    "file_too_large" "The file is too large",
        "A file that is uploaded has at most 1 GiB; split it.";
    "file_unusable" "The file can’t be imported",
        "The detail says what is wrong with it as a whole, such as a missing column of addresses.";
    "form" "The form can’t be used", "The detail says what would be right.";
    "form_not_found" "No such form", "There is no form of this name.";
    "has_left" "They have left",
        "Only they themselves can come back, by a link in one of their messages.";
    "in_the_past" "That time is over", "The time must be in the future.";
    "internal" "Something broke",
        "Something went wrong on the server. Its log has more under the request’s id. Whether the request \
        was done is safe to find out by sending it again with the same Idempotency-Key.";
    "invalid" "Something is wrong with several fields", "Each of `errors` says with which and why.";
    "invitation_over" "The link is over", "It was used before, has ended, or never was one.";
    "job_not_found" "No such job",
        "There is no job with this number, or it is none of the token’s topics’.";
    "json" "The body is not JSON", "The detail says at which line and column it ends to be.";
    "key_missing" "An Idempotency-Key is needed",
        "What makes or sends something takes a header Idempotency-Key: a text that is new for each thing \
        you want done, and the same when you repeat a request.";
    "key_syntax" "The Idempotency-Key can’t be used",
        "It has 1 to 255 printable ASCII characters.";
    "key_used" "The Idempotency-Key was used for something else",
        "The key belongs to another request or another body of the last 7 days; for single messages, of any \
        time. Take a new one.";
    "last_owner" "The last owner", "Somebody who can sign in as an owner is always left.";
    "limited" "Too many requests",
        "The token has asked more often than it may. RateLimit says how much is left, Retry-After \
        when to go on.";
    "link_not_found" "No such link",
        "The campaign has no link with this number; its report lists them, from 0 in reading order.";
    "links_differ" "The links are not those that were announced",
        "The announcement was changed since the campaign was made. Make a new campaign.";
    "links_to_this_machine" "The links lead to this machine",
        "Recipients could not follow them. Set `[public]` in the configuration.";
    "mail_cap" "Not a cap", "Write one such as `4 per 30 days`.";
    "media_full" "The media library is full", "Remove some that nothing uses.";
    "media_in_use" "Campaigns use it",
        "Campaigns that are not over refer to it. Finish them first, or remove it with `force`; it stays \
        for campaigns of other topics.";
    "media_name" "No name can be made of it",
        "A name has letters a-z, digits and hyphens, such as agenda.pdf.";
    "media_name_taken" "Something else has the name",
        "Use another name, or `replace=true`; campaigns that have started keep the old one.";
    "media_not_found" "No such picture or file", "The media library shows what there is.";
    "media_refused" "The file can’t be used in mail",
        "It is no picture or file that mail programs take, or not as it is. The detail says why.";
    "media_too_large" "The file is too large", "A file has at most 25 MiB.";
    "merge_not_found" "No such merge", "The other contact was not merged into this one.";
    "merge_not_undoable" "The merge can’t be undone",
        "What undoing needs is kept for 30 days, or the contact who was kept was merged into another one since.";
    "message" "A message can’t be made", "The detail says what is missing.";
    "message_not_found" "No such message", "The list shows which there are; in the inbox, the oldest make room.";
    "method" "Not with this method", "The header Allow says which ones there are.";
    "name" "A name is needed", "It must not be blank.";
    "no_public_page" "There is no public page", "The campaign is not published.";
    "nobody_subscribed" "Nobody is subscribed", "The topic has nobody whom it could be sent to.";
    "not_allowed" "Not allowed",
        "The token lacks the scope that the detail names, or its owner has lost the right, or it is about \
        the whole installation and the token is for some topics only.";
    "not_for_programs" "For people only", "Who owns the installation is for people to decide.";
    "not_found" "Not found", "There is no such thing, or it is not the token’s to know.";
    "nothing_to_undo" "There is nothing to undo", "The import has changed nothing.";
    "notice_not_found" "No such sharing notice", "There is no sharing notice with this number.";
    "nul" "A zero byte", "No text may hold the character U+0000.";
    "owners_only" "For owners only", "Only owners make owners, or change them.";
    "passkey" "The passkey was refused", "The detail says why.";
    "password" "The password can’t be used", "The detail says why.";
    "password_needed" "The password is needed again",
        "With another host, port or encryption it goes somewhere else, and nobody gets it sent there who \
        does not know it.";
    "password_wrong" "The password is wrong", "It is the current one that is asked for.";
    "pause_until" "Nobody can pause until then", "The detail says what fits.";
    "precondition_needed" "If-Match is needed",
        "Read the thing, and send its ETag in If-Match: so nobody’s change is overwritten unseen.";
    "precondition_syntax" "If-Match is wrong", "It holds an ETag as it was given, in its quotes.";
    "proof" "A proof is needed",
        "Whoever subscribes somebody says how they know that the person wants it.";
    "query" "The query string is wrong",
        "A parameter is unknown, comes twice, or has a value that it can’t have.";
    "reason" "No such reason", "It is manual, hard_bounce or complaint.";
    "recipient_not_found" "No such recipient",
        "Nobody is registered under this name: see `GET /api/v1/processors`.";
    "reconfirm_before" "Not a day that has begun", "The detail says how to write one.";
    "relay_in_doubt" "Perhaps sent",
        "The connection to the relay broke when it may have had the message already. It is in the \
        inbox.";
    "relay_not_set" "No relay is set",
        "Nothing can be sent before it is said which SMTP server takes the mail: on the page \
        /admin/setup/sender, with `PUT /api/v1/settings/relay`, or in the configuration file.";
    "relay_refused" "The relay refused it",
        "Nothing was sent. The detail repeats the relay’s reply. When that is solved, try again with \
        a new Idempotency-Key.";
    "relay_unreachable" "The relay can’t be reached",
        "Nothing was sent. Try again with a new Idempotency-Key.";
    "repeated" "Done before",
        "A request with this Idempotency-Key was done before, or is being done at this moment. Ask again \
        after the seconds in Retry-After.";
    "report_about" "It is not clear which report",
        "Name one campaign, several campaigns or one topic, and not two of these.";
    "report_reader" "Somebody may not read the report",
        "Reports are mailed to users with an account who may read reports of these campaigns’ topics.";
    "report_readers" "Nobody, or too many",
        "A report is mailed to one to ten users.";
    "report_schedule_not_found" "No such mailing",
        "No report is mailed under this number, or it is about another topic’s campaigns.";
    "report_times" "These times can’t be used",
        "Times are such as `daily 9`, `weekly mon 9`, `monthly 1 9` or `24h after sending`; the last \
        is for one campaign alone.";
    "request_not_found" "No such request", "There is no request with this number.";
    "revoked_before" "Revoked before", "The token was ended before.";
    "role" "No such role", "The detail names those that there are.";
    "role_beyond_own" "A role with more than one’s own rights",
        "Who changes a user, or invites one, gets at what that user may do. So a token changes only \
        users with no more rights than its own scopes.";
    "route" "No such address", "GET /api/v1 shows those that there are.";
    "rule_set_not_found" "There is no such rule set", "The detail names those that there are.";
    "same_contact" "The same contact twice", "Name two contacts.";
    "sample_in_use" "The sample data is in use",
        "Its campaign was started or scheduled, or one of its contacts was mailed.";
    "sample_too_late" "No place for sample data", "A campaign was started here already.";
    "scope" "No such scope", "The detail names those that there are.";
    "scope_missing" "A scope is needed", "A token without a scope could do nothing.";
    "segment" "The segment can’t be used",
        "Its text or tree has a mistake, or it names what there is not. The detail says where and what would be right.";
    "segment_name" "The segment’s name can’t be used",
        "It is 1 to 64 characters in one line, without quotes.";
    "segment_needed" "The segment is needed",
        "Another segment or a campaign that has not started names it. The detail says which.";
    "segment_not_found" "No such segment",
        "There is no segment with this name.";
    "selector" "Not a selector",
        "The name of a DKIM key is short: letters, digits and hyphens.";
    "sender_not_set" "It is not said who sends",
        "Nothing can be sent before the organisation’s name, postal address and domain are set: on the \
        page /admin/setup/sender, with `PUT /api/v1/settings/sender`, or in the configuration file.";
    "session_not_found" "No such session", "It has ended, or is somebody else’s.";
    "setting_fixed" "It stands in the configuration file",
        "What the file says holds, and is changed there.";
    "setting_wrong" "The setting can’t be used", "The detail says what would be right.";
    "settings_do_not_fit" "The settings do not fit together",
        "What is to be set does not fit what stands in the configuration file. The detail names the line.";
    "share_link_end" "The end can’t be used",
        "A link for outsiders ends later than now, and within a year.";
    "share_link_not_found" "No such link",
        "The campaign has no link for outsiders with this id; its list shows them.";
    "slug" "The slug can’t be used", "It has lower-case letters, digits and hyphens.";
    "start_missed" "The time to start was missed",
        "No server was there to start it in time. Schedule it again.";
    "state" "Not in this state", "The state of the thing does not allow it. The detail names both.";
    "surrogate" "Half a character",
        "A text holds half of a surrogate pair (\\ud800 to \\udfff), which is no character.";
    "tag" "The tag can’t be used", "A tag has 1 to 64 characters in one line, without a comma.";
    "tag_not_found" "No such tag", "There is no tag with this name.";
    "telling_name" "The file’s name says that these people have left",
        "Say what everybody in it is: such a file subscribes nobody without being told to.";
    "test_token" "Not with a test token",
        "Nothing that a ph_test_ token does may cause mail to a relay.";
    "time" "Not a time", "Times are written as in RFC 3339: 2026-11-26T13:00:00Z.";
    "token_invalid" "The token is not good",
        "It is mistyped, has ended, was revoked, or its owner was disabled.";
    "token_missing" "A token is needed",
        "Send it in the header `Authorization: Bearer ph_live_…`. Cookies are not looked at.";
    "token_not_found" "No such token", "There is no token with this id.";
    "too_many_attempts" "Too many attempts", "Retry-After says when to go on.";
    "too_many_attributes" "Too many attributes", "A contact has at most 200.";
    "too_many_contacts" "The list has more contacts than are expected",
        "Nobody was erased. Look at the list again, or say that you expect so many.";
    "too_many_failures" "Too many requests without a good token",
        "So many requests of your network had no good token that they are answered slower. Requests with \
        a good one are not affected.";
    "too_many_forms" "Too many forms", "Remove one that is not needed any more.";
    "too_many_lines" "Too many lines", "A batch has at most 1,000; send the others in another one.";
    "too_many_mails" "Too many mails", "At most 30 links are mailed in a minute.";
    "too_many_nodes" "Too many nodes",
        "A cursor names each node that has ever taken hits, with each thread of its beacon, and at most 300.";
    "too_many_report_schedules" "Too many mailings",
        "Remove one that is not needed any more; the detail says how many there may be.";
    "too_many_segments" "Too many segments",
        "There are 1,000 at most, and a campaign names 20 at most.";
    "too_many_share_links" "Too many links",
        "A campaign has at most 100 links for outsiders that are good at a time.";
    "too_many_tags" "Too many tags", "A contact has at most 100, and there are at most 1,000 in all.";
    "too_many_tests" "Too many tests", "At most 10 tests a minute.";
    "topic_missing" "A topic is needed", "The announcement names none.";
    "topic_not_found" "No such topic",
        "There is no topic with this name, or it is none of the token’s.";
    "tracking_address_days" "Network addresses can’t be kept for so long",
        "In full they are kept for 0 (never) to 365 days, and then shortened.";
    "tracking_nothing" "Nothing to change",
        "Say what is to hold for everybody: `at_most`, `without_consent`, `address_days` or `notice`.";
    "tracking_notice" "The version of the notice can’t be kept",
        "It is one line of at most 64 characters, such as `2026-11`.";
    "tracking_source" "Where they said it can’t be kept",
        "It is one line of at most 200 characters. Left out, it is a request to you.";
    "undecided_column" "A column seems to say who has left",
        "Say how it does, or leave it out. Nobody is imported before that.";
    "unsupported_type" "Another kind of body is needed",
        "Bodies are sent with `Content-Type: application/json`, files with `text/csv`, batches with \
        `application/x-ndjson`.";
    "user_exists" "There is a user with this address", "Each address has one user.";
    "user_not_found" "No such user", "There is no user with this id.";
    "value_missing" "A value is missing",
        "The announcement shows an attribute that neither the request nor the contact has.";
    "value_missing_for_all" "A value is missing for everybody",
        "The announcement shows an attribute that nobody in the audience has.";
    "value_unusable" "A value can’t be used",
        "It is too long, or not of the kind that the announcement needs at this place.";
    "visitor_syntax" "Not a visitor’s identifier",
        "It has 24 hexadecimal digits, such as 3f2a-91bc-04de-77aa-10fe-c2b9: the page about a browser’s \
        cookie shows it.";
    "warnings_not_accepted" "Warnings are not accepted",
        "The check has found something that somebody must look at first.";
    "zone" "No such time zone",
        "A time zone has a name of the IANA database, such as `Europe/Madrid`.";
};

/// The title of a kind of problem.
pub(crate) fn title(code: &str) -> &'static str {
    find(code).map_or("Not possible", |it| it.title)
}

fn find(code: &str) -> Option<&'static ProblemCode> {
    CODES.iter().find(|it| it.code == code)
}

#[derive(Template)]
#[template(path = "api/problem.html")]
struct ProblemPage<'a> {
    code: &'a str,
    title: &'a str,
    about: &'a str,
}

/// The page that a problem's `type` leads to.
pub(crate) fn page(code: &str) -> Response {
    match find(code) {
        Some(it) => {
            let page = ProblemPage { code: it.code, title: it.title, about: it.about };
            respond::page(StatusCode::OK, &page)
        }
        None => {
            let about = "No answer of this release has this kind of problem.";
            let page = ProblemPage { code: "", title: "No such kind of problem", about };
            respond::page(StatusCode::NOT_FOUND, &page)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Codes that a source names, each in one of the calls that make a refusal.
    fn named(source: &str, found: &mut BTreeSet<String>) {
        let calls = [
            "Refusal::new(",
            "Self::new(",
            "of_field(",
            "not_found(",
            "conflict(",
            "field(",
            "of_address(",
            "Problem::new(",
            "bad_request(",
            "no_token(",
            "missing: (&str, &str) = (",
            "is_set(",
        ];
        for (place, literal) in source.match_indices("code: \"") {
            let code = source[place + literal.len()..].split('"').next();
            found.extend(code.filter(|code| !code.is_empty()).map(str::to_owned));
        }
        for call in calls {
            for (place, _) in source.match_indices(call) {
                let rest = &source[place + call.len()..];
                // The fields of a debug output are none.
                if source[..place].ends_with('.') && call == "field(" && rest.starts_with('"') {
                    continue;
                }
                let mut depth = 1;
                let end = rest.find(|sign| {
                    depth += i32::from(sign == '(') - i32::from(sign == ')');
                    depth == 0
                });
                let arguments = &rest[..end.unwrap_or(0)];
                let is_word = |text: &&str| {
                    text.len() > 2 && text.bytes().all(|it| it.is_ascii_lowercase() || it == b'_')
                };
                // The first one; what follows are words for people.
                let literals = arguments.split('"').skip(1).step_by(2);
                let code = literals.filter(|it| !it.starts_with('/')).take(1).find(is_word);
                found.extend(code.map(str::to_owned));
            }
        }
    }

    fn read(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                named(text.split("#[cfg(test)]").next().unwrap(), found);
            }
        }
    }

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = BTreeSet::new();
        read(&root.join("../actions/src"), &mut found);
        read(&root.join("src/api"), &mut found);
        assert!(found.len() > 50, "{found:?}");
        let ours: BTreeSet<String> = CODES.iter().map(|it| it.code.to_owned()).collect();
        let lacking: Vec<&String> = found.difference(&ours).collect();
        assert!(lacking.is_empty(), "without a page: {lacking:?}");
        let unused: Vec<&String> = ours.difference(&found).collect();
        assert!(unused.is_empty(), "nobody answers {unused:?}");
        assert!(CODES.is_sorted_by_key(|it| it.code), "by the alphabet");
        for it in CODES {
            assert!(!it.title.ends_with('.') && it.about.ends_with('.'), "{}", it.code);
        }
    }
}
