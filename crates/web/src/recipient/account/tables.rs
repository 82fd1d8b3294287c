//! An account as tables for spreadsheet programs, made of its JSON.

use std::io;

use serde_json::{Map, Value};

/// A table: the list that it shows, which is its file's name as well, and its columns.
pub(super) struct AccountTable {
    pub(super) list: &'static str,
    columns: &'static [&'static str],
}

/// Every list of an account; the profile is a list of names and values.
pub(super) const TABLES: [AccountTable; 13] = [
    AccountTable { list: "profile", columns: &["name", "value"] },
    AccountTable { list: "changes", columns: &["at", "what", "before", "after", "by"] },
    AccountTable { list: "subscriptions", columns: &["topic", "state", "since"] },
    AccountTable {
        list: "consents",
        columns: &[
            "at",
            "about",
            "granted",
            "how",
            "tracking",
            "notice",
            "notice_text",
            "basis",
            "proof",
            "given_at",
            "given_from",
            "given_by",
            "campaign",
            "mails",
            "first_mail",
            "last_mail",
        ],
    },
    AccountTable {
        list: "mails",
        columns: &[
            "campaign",
            "name",
            "state",
            "at",
            "reply",
            "viewed",
            "clicked",
            "links",
            "class",
            "unsubscribed_at",
        ],
    },
    AccountTable {
        list: "single_messages",
        columns: &["name", "state", "address", "asked_at", "at", "reply", "is_test"],
    },
    AccountTable {
        list: "views_and_clicks",
        columns: &["at", "campaign", "name", "kind", "link", "program", "class"],
    },
    AccountTable {
        list: "browsers",
        columns: &["browser", "first_at", "last_at", "clicks", "campaign"],
    },
    AccountTable { list: "cut_browsers", columns: &["browser", "at"] },
    AccountTable { list: "said_before", columns: &["about", "how", "at"] },
    AccountTable {
        list: "disclosures",
        columns: &["at", "to", "country", "basis", "purpose", "fields", "kind"],
    },
    AccountTable {
        list: "requests",
        columns: &["at", "kind", "text", "due", "extension", "state", "outcome", "closed_at"],
    },
    AccountTable {
        list: "waiting_forms",
        columns: &["form", "at", "until", "topics", "values", "network", "agent"],
    },
];

impl AccountTable {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.list == name)
    }

    /// The table of an account, as [`super::json::account`] has made it.
    pub(super) fn of_account(&self, account: &Value) -> io::Result<Vec<u8>> {
        let empty = Vec::new();
        match &account[self.list] {
            Value::Object(profile) => self.rows(&profile_rows(profile)),
            Value::Array(rows) => self.rows(rows),
            _ => self.rows(&empty),
        }
    }

    pub(super) fn rows(&self, rows: &[Value]) -> io::Result<Vec<u8>> {
        // Excel reads names in any language by it.
        let mut file = "\u{feff}".as_bytes().to_vec();
        audience::csv_row(&mut file, self.columns.iter().copied())?;
        for row in rows {
            let cells: Vec<String> = self.columns.iter().map(|name| text(&row[*name])).collect();
            audience::csv_row(&mut file, cells.iter().map(String::as_str))?;
        }
        Ok(file)
    }
}

fn profile_rows(profile: &Map<String, Value>) -> Vec<Value> {
    let mut rows = Vec::new();
    for (name, value) in profile {
        match value {
            Value::Object(values) => rows.extend(profile_rows(values)),
            value => rows.push(serde_json::json!({ "name": name, "value": value })),
        }
    }
    rows
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_row_for_each_thing_and_no_formula() {
        let account = serde_json::json!({
            "profile": { "address": "a@x.org", "attributes": { "plan": "=1+1" } },
            "browsers": [{ "browser": "ab", "clicks": 3 }],
        });
        let made = |list: &str| {
            let table = AccountTable::find(list).unwrap();
            let file = String::from_utf8(table.of_account(&account).unwrap()).unwrap();
            file.trim_start_matches('\u{feff}').to_owned()
        };
        assert_eq!(made("profile"), "name,value\r\naddress,a@x.org\r\nplan,'=1+1\r\n");
        assert_eq!(made("browsers"), "browser,first_at,last_at,clicks,campaign\r\nab,,,3,\r\n");
        assert_eq!(made("consents").lines().count(), 1);
        assert!(AccountTable::find("secrets").is_none());
    }
}
