//! What single messages are made from: compiled once for each version of an announcement and of the
//! settings, and kept for every message that was checked with it.

use model::{AnnouncementId, MessageFormId, Timestamp};

use crate::engine::sql::texts;
use crate::{Store, StoreError};

texts! {
    FORM_INSERT = "INSERT INTO message_forms (announcement_id, form_hash, form, made_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (form_hash) DO NOTHING RETURNING id";
    FORM_BY_HASH = "SELECT id FROM message_forms WHERE form_hash = $1";
    FORM_FIND = "SELECT form FROM message_forms WHERE id = $1";
}

impl Store {
    /// Keeps a form; the same one is kept once. `form_hash` is its SHA-256, with the announcement's id in
    /// front of it.
    pub async fn message_form_keep(
        &self,
        announcement: AnnouncementId,
        form: String,
        form_hash: [u8; 32],
        at: Timestamp,
    ) -> Result<MessageFormId, StoreError> {
        self.write(move |tx| {
            let values = (announcement.0, form_hash, &form, at.0);
            if let Some(id) = tx.first(FORM_INSERT, values, |row| row.get(0))? {
                return Ok(MessageFormId(id));
            }
            Ok(MessageFormId(tx.one(FORM_BY_HASH, [form_hash], |row| row.get(0))?))
        })
        .await
    }

    /// The form with this id.
    pub async fn message_form(&self, id: MessageFormId) -> Result<Option<String>, StoreError> {
        self.read(move |tx| tx.first(FORM_FIND, [id.0], |row| row.get(0))).await
    }
}
