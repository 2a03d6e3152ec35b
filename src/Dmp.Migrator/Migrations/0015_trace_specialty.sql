-- Why: what somebody may see depends on specialty and sector too (occupational physicians); the patient's questions "who can see
-- this" are answered from how people were last seen. Locks: audit_event for an instant; no table is rewritten. Undo: drop the columns.
alter table audit_event add column specialty_code text;
alter table audit_event add column sector_code text;
