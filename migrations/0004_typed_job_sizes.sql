-- How large a view is once it is unpacked, by which a list ends a page; null in rows of earlier versions.
-- When a job is to be deleted, for the sweep that finds what an alarm has left; null keeps the job.
ALTER TABLE typed_jobs ADD COLUMN view_bytes INTEGER;
ALTER TABLE typed_jobs ADD COLUMN expires_at_ms INTEGER;

CREATE INDEX typed_jobs_by_expiry ON typed_jobs (expires_at_ms) WHERE expires_at_ms IS NOT NULL;
