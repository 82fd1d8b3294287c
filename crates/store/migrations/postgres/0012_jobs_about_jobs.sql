-- The job that a job is about: an undo names the import that it takes back. Of those that have not ended
-- there is one. (Files in job_parts: 2: what the steps of an import have changed; 3: what somebody may
-- take away.)
ALTER TABLE jobs ADD COLUMN of_job BIGINT;
CREATE INDEX jobs_about ON jobs (of_job, id) WHERE of_job IS NOT NULL;
CREATE UNIQUE INDEX jobs_about_open ON jobs (of_job) WHERE of_job IS NOT NULL AND ended_at IS NULL;
