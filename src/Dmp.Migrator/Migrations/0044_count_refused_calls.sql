-- Why: calls that are refused before anybody is known are counted, one event for many of them, and the event says how many. Null in the
-- event of one call, as in all events of before. Locks: audit_event and its months for a moment; no row is rewritten or read. Undo: drop
-- the column.
alter table audit_event add column call_count bigint;
