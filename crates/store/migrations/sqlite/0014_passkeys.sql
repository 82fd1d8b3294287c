-- Passkeys (WebAuthn): keys by which users sign in without a password, or in place of a code.
CREATE TABLE passkeys (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id       INTEGER NOT NULL REFERENCES users (id),
    rp_id         TEXT    NOT NULL, -- the host of the admin side that it is for
    user_handle   BLOB    NOT NULL, -- what the authenticator calls the user; says nothing about them
    credential_id BLOB    NOT NULL UNIQUE,
    public_key    BLOB    NOT NULL, -- COSE_Key
    sign_count    INTEGER NOT NULL, -- of the last signature; 0: the authenticator does not count
    name          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    last_used_at  INTEGER
) STRICT;
CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- What authenticators have been asked to sign; each is good for one answer.
CREATE TABLE passkey_challenges (
    challenge_hash BLOB    NOT NULL PRIMARY KEY, -- SHA-256
    purpose        TEXT    NOT NULL,
    session_id     INTEGER,          -- that it was given to; null: nobody has signed in yet
    user_handle    BLOB    NOT NULL, -- for a new passkey; empty otherwise
    ends_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (ends_at);

-- When somebody last proved who they are, as far as one session knows.
ALTER TABLE sessions ADD COLUMN confirmed_at INTEGER NOT NULL DEFAULT 0;
