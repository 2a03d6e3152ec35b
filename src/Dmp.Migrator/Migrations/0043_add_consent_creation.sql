-- Why: the feed tells a loss to whoever had an authorisation just before, and an authorisation that is renewed keeps its row, with the time
-- of the renewal. When it was given first is a column of its own now. Of older rows that were renewed the last time stands for the first.
-- Locks: each row of consent is written once; calls that change consents wait meanwhile.
-- Undo: drop the column.

alter table consent add column create_time timestamptz;
update consent set create_time = grant_time;
alter table consent alter column create_time set default now(), alter column create_time set not null;
