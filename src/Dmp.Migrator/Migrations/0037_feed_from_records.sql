-- Why: a carer who catches up on the feed looked at the changes of the whole country, one look-up each. The records of the carer come first now
-- (docs/adr/0028): what was ever authorised, living or not, and where the structure deposited.
-- Locks: consent, care_team_member and document_version are not written while their indexes are built (reads go on): for document_version about a
-- minute for ten million rows, in a maintenance window.
-- Undo: drop the four indexes.

create index consent_actor_past_idx on consent (actor_kind, actor_id, record_id) where revoke_time is not null;
create index consent_care_team_past_idx on consent (care_team_id, record_id) where revoke_time is not null and care_team_id is not null;
create index care_team_member_past_idx on care_team_member (actor_id, care_team_id) where leave_time is not null;
create index document_version_structure_idx on document_version (depositor_structure_id, record_id) where depositor_structure_id is not null;
