-- By what right an import has subscribed somebody (model::ConsentBasis), where the proof of it lies, and when,
-- from where and by which form they agreed, as the file says. Null: the entry is none of an import, or of an
-- earlier release.
ALTER TABLE consents ADD COLUMN IF NOT EXISTS basis TEXT COLLATE "C";
ALTER TABLE consents ADD COLUMN IF NOT EXISTS proof TEXT COLLATE "C";
ALTER TABLE consents ADD COLUMN IF NOT EXISTS given_at BIGINT;
ALTER TABLE consents ADD COLUMN IF NOT EXISTS given_ip TEXT COLLATE "C";
ALTER TABLE consents ADD COLUMN IF NOT EXISTS given_form TEXT COLLATE "C";
