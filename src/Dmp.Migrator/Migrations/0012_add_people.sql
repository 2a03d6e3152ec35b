-- Why: people around the patient. Delegations (a second legal representative, caregivers), the end of representation at
-- majority, and what a minor keeps secret from representatives.
-- Locks: record, consent, audit_event and outbox for an instant; new columns have constant defaults, so no table is rewritten. The
-- index of living consents is built anew, which holds up grants (not reads) for some seconds on millions of rows.
-- Undo: drop the table, the functions and the columns; restore the policy of 0008 and the index of 0003.

-- When a person born on this day comes of age: 18 years completed (Code civil, art. 414), at midnight in Paris. Who is born on
-- 29 February comes of age on 1 March. The only place where the age of majority is written.
create function dmp_majority_time(birth_date date) returns timestamptz
    language sql stable
    return (
        (birth_date + interval '18 years')::date
        + case when extract(day from birth_date + interval '18 years') <> extract(day from birth_date) then 1 else 0 end
    )::timestamp at time zone 'Europe/Paris';

-- The hash of an invitation code, for which a connection was opened.
create function dmp_code() returns bytea
    language sql stable
    return decode(nullif(current_setting('dmp.code', true), ''), 'hex');

create table delegation (
    delegation_id uuid not null,
    record_id uuid not null,
    -- The numbers of dmp.delegation.v1.DelegationKind: 1 representative, 2 caregiver.
    kind smallint not null,
    -- For people to read.
    delegate_name text not null,
    -- HL7 RoleCode, for example MTH.
    relationship_code text,
    -- dmp.type.v1.Actor, encoded. For people to read.
    invited_by bytea not null,
    invited_by_subject text not null,
    -- False: by a representative, and it ends when that right ends.
    invited_by_patient boolean not null,
    -- SHA-256 of the invitation code.
    code_sha256 bytea not null,
    code_expire_time timestamptz not null,
    create_time timestamptz not null,
    start_time timestamptz not null,
    end_time timestamptz,
    -- Issuer and subject of the token with which the invitation was accepted.
    delegate_subject text,
    accept_time timestamptz,
    refuse_time timestamptz,
    revoke_time timestamptz,
    revoked_by bytea,
    constraint delegation_pkey primary key (delegation_id),
    constraint delegation_record_fkey foreign key (record_id) references record (record_id),
    constraint delegation_code_key unique (code_sha256),
    constraint delegation_kind_check check (kind in (1, 2)),
    constraint delegation_code_check check (length(code_sha256) = 32),
    constraint delegation_time_check check (end_time > start_time),
    constraint delegation_end_check check (kind = 1 or end_time is not null),
    constraint delegation_accept_check check ((accept_time is null) = (delegate_subject is null)),
    constraint delegation_refuse_check check (refuse_time is null or accept_time is null),
    constraint delegation_revoke_check check ((revoke_time is null) = (revoked_by is null))
);

-- Lists, newest first, and the limits.
create index delegation_record_idx on delegation (record_id, delegation_id desc);
-- "What is this person to this record?", for every decision, and "which records were entrusted to me?".
create index delegation_delegate_idx on delegation (delegate_subject, record_id) where revoke_time is null;

grant select, insert, update on delegation to dmp_runtime;

alter table delegation enable row level security;
create policy delegation_scope on delegation to dmp_runtime
    using (
        record_id = dmp_record()
        or delegate_subject = current_setting('dmp.caller', true)
        or code_sha256 = dmp_code()
    )
    with check (record_id = dmp_record());

-- As in 0008, and the records that were entrusted to the caller, for the caller's list.
drop policy record_scope on record;
create policy record_scope on record to dmp_runtime
    using (
        record_id = dmp_record()
        or ins_number = any (dmp_ins())
        or dmp_actors() is not null and exists (
            select from consent c
            where c.record_id = record.record_id and c.actor_id = any (dmp_actors())
        )
        or dmp_task() = 'regulation' and emergency_regulation_allowed and state = 1
        or dmp_task() = 'delegation' and exists (
            select from delegation d
            where d.record_id = record.record_id and d.delegate_subject = current_setting('dmp.caller', true)
        )
    )
    with check (record_id = dmp_record() or ins_number = any (dmp_ins()));

-- A protected adult: representatives keep their access until then.
alter table record add column guardianship_until timestamptz;
alter table record add column guardianship_reason text;
alter table record add constraint record_guardianship_check check ((guardianship_until is null) = (guardianship_reason is null));

-- The adult patient confirmed what was given before majority.
alter table consent add column reapprove_time timestamptz;

-- Declared, or done, in a secret connection: does not exist for representatives and caregivers.
alter table consent add column hidden_from_representatives boolean not null default false;
alter table audit_event add column hidden_from_representatives boolean not null default false;
alter table outbox add column hidden_from_representatives boolean not null default false;

-- An actor may have one living authorisation that representatives know and one that they do not.
drop index consent_living_key;
create unique index consent_living_key on consent (record_id, actor_kind, actor_id, hidden_from_representatives)
    where revoke_time is null;
