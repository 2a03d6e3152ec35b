-- Why: the change feed. Positions that callers keep on the server; what has ended by time is told once, so rows remember that it was;
-- and whoever reads changes must find the authorisations that are over and the documents of a structure, to tell of losses.
-- Locks: visibility_rule, consent, delegation and record while their new indexes are built (reads go on), each for seconds on millions
-- of rows; new columns have constant defaults, so no table is rewritten. Undo: drop the table, the policies, the indexes and the columns;
-- put the policies of consent and document_version back as in 0014 and 0008.

create table feed_position (
    caller_key text not null,
    name text not null,
    -- As in change.position: everything up to it was processed.
    position bigint not null,
    -- What must be equal for a position to be used: the caller with the filter; and what the caller may see as a whole.
    binding bytea not null,
    view bytea not null,
    commit_time timestamptz not null,
    constraint feed_position_pkey primary key (caller_key, name),
    constraint feed_position_binding_check check (length(binding) = 32 and length(view) = 16)
);

-- Housekeeping forgets the positions from which nobody can start any more.
create index feed_position_position_idx on feed_position (position);

grant select, insert, update, delete on feed_position to dmp_runtime;

alter table feed_position enable row level security;
create policy feed_position_scope on feed_position to dmp_runtime
    using (caller_key = current_setting('dmp.caller', true) or dmp_task() = 'changes')
    with check (caller_key = current_setting('dmp.caller', true));

-- The rules as they were before a change; the index of 0009 knows the living ones only.
create index visibility_rule_past_idx on visibility_rule (record_id, create_time);

-- When a rule or an authorisation came or went, in the order of commits.
create index change_subject_idx on change (subject_id, position) where subject_id is not null;

-- What ended, or began, by time was told. It counts from its time on; telling comes minutes later.
alter table consent add column expiry_told boolean not null default false;
create index consent_expire_idx on consent (expire_time) where revoke_time is null and not expiry_told;
alter table delegation add column start_told boolean not null default false;
alter table delegation add column end_told boolean not null default false;
create index delegation_start_idx on delegation (start_time) where accept_time is not null and revoke_time is null and not start_told;
create index delegation_end_idx on delegation (end_time) where accept_time is not null and revoke_time is null and not end_told;
alter table record add column majority_told boolean not null default false;
alter table record add column guardianship_told boolean not null default false;
-- Whoever was of age when the record was opened is none of them.
create index record_majority_idx on record (birth_date)
    where not majority_told and birth_date > (create_time at time zone 'UTC') - interval '18 years 2 days';
create index record_guardianship_idx on record (guardianship_until) where not guardianship_told and guardianship_until is not null;

create policy consent_ends on consent for select to dmp_runtime using (dmp_task() = 'endings');
create policy consent_ends_told on consent for update to dmp_runtime using (dmp_task() = 'endings') with check (dmp_task() = 'endings');
create policy delegation_ends on delegation for select to dmp_runtime using (dmp_task() = 'endings');
create policy delegation_ends_told on delegation for update to dmp_runtime using (dmp_task() = 'endings') with check (dmp_task() = 'endings');
create policy record_ends on record for select to dmp_runtime using (dmp_task() = 'endings');
create policy record_ends_told on record for update to dmp_runtime using (dmp_task() = 'endings') with check (dmp_task() = 'endings');

-- Whoever left a team is told what that means: the authorisations of teams one was in. And the records on which an authorisation of a
-- formal team lives, when an operator changes its members.
alter policy consent_scope on consent
    using (
        record_id = dmp_record()
        or actor_id = any (dmp_actors())
        or structure_id = any (dmp_actors())
        or care_team_id in (
            select m.care_team_id from care_team_member m
            where m.actor_id = any (dmp_actors()) and (m.leave_time is null or dmp_task() = 'changes')
        )
        or dmp_task() = 'team' and care_team_id is not null
    );

-- Which records hold documents of a structure.
create policy document_version_deposited on document_version for select to dmp_runtime
    using (dmp_task() = 'changes' and depositor_structure_id = any (dmp_actors()));
