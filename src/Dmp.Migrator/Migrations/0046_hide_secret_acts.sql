-- Why: the patient can keep documents that are hidden from representatives from the staff of the structure where they were deposited too.
-- The setting is the patient's own: nobody else may tell by revision and time of the other settings that it was changed, so it has its own.
-- Locks: record for an instant, exclusively; the defaults are constants and the rows are not written. Undo: drop the columns.

alter table record
    add column secret_acts_hidden_from_staff boolean not null default false,
    add column own_settings_revision bigint not null default 0,
    add column own_settings_update_time timestamptz;
