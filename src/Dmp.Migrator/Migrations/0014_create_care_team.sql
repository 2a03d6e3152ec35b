-- Care teams (L1110-12) and authorisations given to them. New tables; consent gets two columns, with constant defaults: no table is
-- rewritten. Locks: consent for an instant, and its rows are checked once for the new constraint. Undo: put the constraint and the
-- policies back as in 0003 and 0013, drop the columns and the tables.

create table care_team (
    care_team_id uuid not null,
    -- The record on which the patient recognises the team; null for a formal one.
    record_id uuid,
    name text not null,
    create_time timestamptz not null,
    created_by bytea not null,
    revision bigint not null,
    constraint care_team_pkey primary key (care_team_id),
    constraint care_team_record_fkey foreign key (record_id) references record (record_id)
);

create index care_team_record_idx on care_team (record_id) where record_id is not null;

create table care_team_member (
    care_team_id uuid not null,
    -- The numbers of dmp.type.v1.ActorKind: 1 professional, 2 structure.
    actor_kind smallint not null,
    actor_id text not null,
    actor_name text not null,
    join_time timestamptz not null,
    leave_time timestamptz,
    constraint care_team_member_team_fkey foreign key (care_team_id) references care_team (care_team_id),
    constraint care_team_member_actor_check check (actor_kind in (1, 2) and actor_id <> '')
);

-- "Is the caller in the team?", for every decision; and "in which teams is the caller?".
create unique index care_team_member_living_key on care_team_member (care_team_id, actor_kind, actor_id) where leave_time is null;
create index care_team_member_actor_idx on care_team_member (actor_id, care_team_id) where leave_time is null;

grant select, insert, update on care_team, care_team_member to dmp_runtime;

-- actor_id repeats the team as text, like every actor's.
alter table consent add column care_team_id uuid references care_team (care_team_id);
-- The first authorisation of this structure or team on the record: the patient's initial consent (CE n° 490409).
alter table consent add column initial boolean not null default false;
alter table consent drop constraint consent_actor_check;
alter table consent add constraint consent_actor_check
    check (actor_kind in (1, 2, 9) and actor_id <> '' and (actor_kind = 9) = (care_team_id is not null));
create index consent_care_team_idx on consent (care_team_id, record_id) where revoke_time is null and care_team_id is not null;

alter table care_team enable row level security;
create policy care_team_scope on care_team to dmp_runtime
    using (record_id is null or record_id = dmp_record())
    with check (record_id is null or record_id = dmp_record());

alter table care_team_member enable row level security;
create policy care_team_member_scope on care_team_member to dmp_runtime
    using (
        actor_id = any (dmp_actors())
        or exists (select from care_team t where t.care_team_id = care_team_member.care_team_id)
    );

alter policy consent_scope on consent
    using (
        record_id = dmp_record()
        or actor_id = any (dmp_actors())
        or structure_id = any (dmp_actors())
        or care_team_id in (
            select m.care_team_id from care_team_member m where m.actor_id = any (dmp_actors()) and m.leave_time is null
        )
    );

alter policy record_scope on record
    using (
        record_id = dmp_record()
        or ins_number = any (dmp_ins())
        -- The policy of consent decides which authorisations are the caller's.
        or dmp_actors() is not null and exists (select from consent c where c.record_id = record.record_id)
        or dmp_task() = 'regulation' and emergency_regulation_allowed and state = 1
        or dmp_task() = 'delegation' and exists (
            select from delegation d
            where d.record_id = record.record_id and d.delegate_subject = current_setting('dmp.caller', true)
        )
    );
