-- Records, and what patients decide for the whole record. Every key of what belongs to a record begins with record_id, so that the
-- rows of one record can live together on one of several nodes (docs/scale.md). Locks: none. Undo: drop the tables.

create table record (
    record_id uuid not null,
    ins_system text not null,
    ins_number text not null,
    birth_family_name text not null,
    birth_given_names text[] not null,
    birth_date date not null,
    sex smallint not null,
    birth_place_code text not null,
    used_family_name text,
    used_given_name text,
    address_lines text[] not null default '{}',
    postal_code text,
    city text,
    country_code text,
    phone_number text,
    email text,
    -- The numbers of dmp.record.v1.RecordState, CloseReason.
    state smallint not null,
    close_reason smallint,
    close_comment text,
    close_time timestamptz,
    create_time timestamptz not null,
    update_time timestamptz not null,
    revision bigint not null,
    emergency_regulation_allowed boolean not null default true,
    emergency_break_glass_allowed boolean not null default true,
    emergency_masked_allowed boolean not null default false,
    documents_masked_by_default boolean not null default false,
    settings_update_time timestamptz not null,
    settings_revision bigint not null,
    -- A protected adult: representatives keep their access until then.
    guardianship_until timestamptz,
    guardianship_reason text,
    -- What ended by time was told to the feed. It counts from its time on; telling comes minutes later.
    majority_told boolean not null default false,
    guardianship_told boolean not null default false,
    -- The patient keeps what is hidden from representatives from the staff of the depositing structure too. The setting is the patient's
    -- own: nobody else may tell by revision and time of the other settings that it was changed, so it has its own.
    secret_acts_hidden_from_staff boolean not null default false,
    own_settings_revision bigint not null default 0,
    own_settings_update_time timestamptz,
    constraint record_pkey primary key (record_id),
    -- One person, one INS, one record.
    constraint record_ins_key unique (ins_system, ins_number),
    constraint record_ins_number_check check (ins_number ~ '^[0-9]{5}[0-9AB]{2}[0-9]{8}$'),
    constraint record_sex_check check (sex between 1 and 3),
    constraint record_state_check check (state in (1, 2)),
    constraint record_closing_check check ((state = 2) = (close_time is not null and close_reason is not null)),
    constraint record_revision_check check (revision > 0 and settings_revision > 0),
    constraint record_guardianship_check check ((guardianship_until is null) = (guardianship_reason is null))
);

-- Searches by traits, in regulation only.
create index record_traits_idx on record (birth_date, sex, upper(birth_family_name));
-- Whoever was of age when the record was opened is none of them.
create index record_majority_idx on record (birth_date)
    where not majority_told and birth_date > (create_time at time zone 'UTC') - interval '18 years 2 days';
create index record_guardianship_idx on record (guardianship_until) where not guardianship_told and guardianship_until is not null;

-- Care teams (L1110-12). They are directories of actors, not a patient's rows: a team has an id of its own, and a database of several
-- nodes keeps them on each.
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
    -- The record of the team, as there.
    record_id uuid,
    -- The numbers of dmp.type.v1.ActorKind: 1 professional, 2 structure.
    actor_kind smallint not null,
    actor_id text not null,
    actor_name text not null,
    join_time timestamptz not null,
    leave_time timestamptz,
    constraint care_team_member_team_fkey foreign key (care_team_id) references care_team (care_team_id),
    constraint care_team_member_actor_check check (actor_kind in (1, 2) and actor_id <> '')
);

-- "Is the caller in the team?", for every decision; and "in which teams is, or was, the caller?".
create unique index care_team_member_living_key on care_team_member (care_team_id, actor_kind, actor_id) where leave_time is null;
create index care_team_member_actor_idx on care_team_member (actor_id, care_team_id) where leave_time is null;
create index care_team_member_past_idx on care_team_member (actor_id, care_team_id) where leave_time is not null;
create index care_team_member_team_idx on care_team_member (care_team_id, actor_id);

-- Authorisations. Lists, newest first, read the key backwards.
create table consent (
    consent_id uuid not null,
    record_id uuid not null,
    -- The numbers of dmp.type.v1.ActorKind: 1 professional, 2 structure, 9 care team.
    actor_kind smallint not null,
    -- Of a care team it repeats care_team_id as text, like every actor's.
    actor_id text not null,
    actor_name text not null,
    attending_physician boolean not null,
    -- The numbers of dmp.consent.v1.ConsentOrigin and ConsentCollection.
    origin smallint not null,
    collection smallint not null,
    -- dmp.type.v1.Actor, encoded: who gave it last. For people to read, never for decisions.
    given_by bytea not null,
    -- The last time it was given; create_time is the first.
    grant_time timestamptz not null,
    expire_time timestamptz not null,
    revoke_time timestamptz,
    revoked_by bytea,
    -- The adult patient confirmed what was given before majority.
    reapprove_time timestamptz,
    -- Declared in a secret connection: does not exist for representatives and caregivers.
    hidden_from_representatives boolean not null default false,
    -- Where the professional worked when it was declared: staff list the records of the professionals of their own structure (TD0.4).
    structure_id text,
    care_team_id uuid,
    -- The first authorisation of this structure or team on the record: the patient's initial consent (CE n° 490409).
    initial boolean not null default false,
    expiry_told boolean not null default false,
    create_time timestamptz not null default now(),
    constraint consent_pkey primary key (record_id, consent_id),
    constraint consent_record_fkey foreign key (record_id) references record (record_id),
    constraint consent_care_team_id_fkey foreign key (care_team_id) references care_team (care_team_id),
    constraint consent_actor_check
        check (actor_kind in (1, 2, 9) and actor_id <> '' and (actor_kind = 9) = (care_team_id is not null)),
    constraint consent_attending_check check (not attending_physician or actor_kind = 1),
    constraint consent_expire_check check (expire_time > grant_time),
    constraint consent_revoke_check check ((revoke_time is null) = (revoked_by is null))
);

-- One living authorisation that representatives know for one actor on one record, and one that they do not; it also serves the decision
-- of every call.
create unique index consent_living_key on consent (record_id, actor_kind, actor_id, hidden_from_representatives)
    where revoke_time is null;
-- "Which records may I use?", and which might I once, for what the feed tells of losses.
create index consent_actor_idx on consent (actor_kind, actor_id, record_id) where revoke_time is null;
create index consent_actor_past_idx on consent (actor_kind, actor_id, record_id) where revoke_time is not null;
create index consent_structure_idx on consent (structure_id, record_id) where revoke_time is null and structure_id is not null;
create index consent_care_team_idx on consent (care_team_id, record_id) where revoke_time is null and care_team_id is not null;
create index consent_care_team_past_idx on consent (care_team_id, record_id) where revoke_time is not null and care_team_id is not null;
create index consent_expire_idx on consent (expire_time) where revoke_time is null and not expiry_told;

-- The blocked list.
create table block (
    block_id uuid not null,
    record_id uuid not null,
    actor_kind smallint not null,
    actor_id text not null,
    actor_name text not null,
    blocked_by bytea not null,
    block_time timestamptz not null,
    unblock_time timestamptz,
    unblocked_by bytea,
    constraint block_pkey primary key (record_id, block_id),
    constraint block_record_fkey foreign key (record_id) references record (record_id),
    constraint block_actor_check check (actor_kind in (1, 2) and actor_id <> ''),
    constraint block_unblock_check check ((unblock_time is null) = (unblocked_by is null))
);

create unique index block_living_key on block (record_id, actor_kind, actor_id) where unblock_time is null;

-- People around the patient: a second legal representative, caregivers.
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
    start_told boolean not null default false,
    end_told boolean not null default false,
    constraint delegation_pkey primary key (record_id, delegation_id),
    constraint delegation_record_fkey foreign key (record_id) references record (record_id),
    -- Whoever was invited has the code alone.
    constraint delegation_code_key unique (code_sha256, record_id),
    constraint delegation_kind_check check (kind in (1, 2)),
    constraint delegation_code_check check (length(code_sha256) = 32),
    constraint delegation_time_check check (end_time > start_time),
    constraint delegation_end_check check (kind = 1 or end_time is not null),
    constraint delegation_accept_check check ((accept_time is null) = (delegate_subject is null)),
    constraint delegation_refuse_check check (refuse_time is null or accept_time is null),
    constraint delegation_revoke_check check ((revoke_time is null) = (revoked_by is null))
);

-- "What is this person to this record?", for every decision, and "which records were entrusted to me?".
create index delegation_delegate_idx on delegation (delegate_subject, record_id);
create index delegation_start_idx on delegation (start_time) where accept_time is not null and revoke_time is null and not start_told;
create index delegation_end_idx on delegation (end_time) where accept_time is not null and revoke_time is null and not end_told;

-- What the patient hides from some and not from others, beyond masking.
create table visibility_rule (
    visibility_rule_id uuid not null,
    record_id uuid not null,
    -- The numbers of dmp.consent.v1.VisibilityEffect: 1 hide, 2 show.
    effect smallint not null,
    -- What: exactly one of a document, a type (system|code), an author, a period of acts.
    document_id uuid,
    type_code text,
    author_id text,
    period_from timestamptz,
    period_to timestamptz,
    -- From whom: a professional (1) or structure (2) by identifier, or a profession (system|code).
    actor_kind smallint,
    actor_id text,
    profession text,
    create_time timestamptz not null,
    created_by bytea not null,
    remove_time timestamptz,
    removed_by bytea,
    constraint visibility_rule_pkey primary key (record_id, visibility_rule_id),
    constraint visibility_rule_record_fkey foreign key (record_id) references record (record_id),
    constraint visibility_rule_effect_check check (effect in (1, 2)),
    constraint visibility_rule_what_check check (num_nonnulls(document_id, type_code, author_id, period_from) = 1),
    constraint visibility_rule_period_check
        check ((period_from is null) = (period_to is null) and (period_from < period_to) is not false),
    constraint visibility_rule_whom_check check (
        num_nonnulls(actor_id, profession) = 1
        and (actor_kind is null) = (actor_id is null)
        and (actor_kind is null or actor_kind in (1, 2))),
    -- A masked document is shown to one professional, nothing wider.
    constraint visibility_rule_show_check check (effect = 1 or document_id is not null and actor_kind = 1),
    constraint visibility_rule_remove_check check ((remove_time is null) = (removed_by is null))
);

-- Every decision on a document asks for the living rules of its record.
create index visibility_rule_record_idx on visibility_rule (record_id, visibility_rule_id desc) where remove_time is null;
-- The rules as they were before a change.
create index visibility_rule_past_idx on visibility_rule (record_id, create_time);

create table emergency_access (
    emergency_access_id uuid not null,
    record_id uuid not null,
    professional_id text not null,
    -- dmp.type.v1.Actor, encoded, for people to read.
    actor bytea not null,
    -- The numbers of dmp.emergency.v1.EmergencyMode.
    mode smallint not null,
    reason text not null,
    open_time timestamptz not null,
    expire_time timestamptz not null,
    acknowledge_time timestamptz,
    acknowledged_by bytea,
    acknowledge_comment text,
    -- Ended before its hours were over, which it stays; the numbers of dmp.emergency.v1.EmergencyEndCause.
    end_time timestamptz,
    end_cause smallint,
    constraint emergency_access_pkey primary key (record_id, emergency_access_id),
    constraint emergency_access_record_fkey foreign key (record_id) references record (record_id),
    constraint emergency_access_mode_check check (mode in (1, 2)),
    constraint emergency_access_time_check check (expire_time > open_time),
    constraint emergency_access_acknowledge_check check ((acknowledge_time is null) = (acknowledged_by is null)),
    constraint emergency_access_end_check check ((end_time is null) = (end_cause is null))
);

-- "Is there one in force?", for every decision.
create index emergency_access_actor_idx on emergency_access (record_id, professional_id, expire_time desc);
-- The reviewers' queue, of all records.
create index emergency_access_queue_idx on emergency_access (emergency_access_id) where acknowledge_time is null;

-- Matrice d'habilitations: versions, each in force from a time until the next one. Never changed, only superseded.
create table habilitation_matrix (
    matrix_id uuid not null,
    name text not null,
    effective_time timestamptz not null,
    import_time timestamptz not null,
    sha256 bytea not null,
    constraint habilitation_matrix_pkey primary key (matrix_id),
    constraint habilitation_matrix_digest_check check (length(sha256) = 32)
);

create index habilitation_matrix_effective_idx on habilitation_matrix (effective_time desc, import_time desc);

-- "May read". What has no row is not allowed. Codes are written system|code.
create table habilitation_cell (
    matrix_id uuid not null,
    profession text not null,
    type_code text not null,
    -- False: a choice of ours where the published matrix is not known.
    published boolean not null,
    constraint habilitation_cell_pkey primary key (matrix_id, profession, type_code),
    constraint habilitation_cell_matrix_fkey foreign key (matrix_id) references habilitation_matrix (matrix_id)
);
