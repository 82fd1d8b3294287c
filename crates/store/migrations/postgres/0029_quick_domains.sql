-- Which receiving domains a network has asked for, up to those that make it known: 8 bytes of each one's hash.
ALTER TABLE quick_networks ADD COLUMN IF NOT EXISTS domains BYTEA NOT NULL DEFAULT '';
-- They go with their networks.
DROP INDEX IF EXISTS quick_hits_by_time;
