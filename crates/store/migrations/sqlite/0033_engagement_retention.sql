-- Campaigns of which it is not kept any more what each contact did. A mark is there before anything is removed:
-- whoever records from then on counts hits of the campaign and no contacts.
CREATE TABLE IF NOT EXISTS expired_engagements (
    campaign_id   INTEGER NOT NULL PRIMARY KEY,
    expired_at    INTEGER NOT NULL,
    after_contact INTEGER NOT NULL -- everything up to this contact is removed
) STRICT;
