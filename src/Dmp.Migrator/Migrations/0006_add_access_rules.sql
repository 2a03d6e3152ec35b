-- The document-type matrix, what is hidden from the patient or from representatives, and emergency accesses. New tables, and
-- columns with constant defaults: no table is rewritten. Locks: document, for an instant. Undo: drop the tables and columns.

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

-- INVISIBLE_PATIENT until this time (consultation d'annonce, R1111-53); null: visible.
alter table document add column patient_visible_time timestamptz;
-- When the patient is told that something waits; null: nothing waits, or it was told.
alter table document add column announce_time timestamptz;
-- INVISIBLE_REPRESENTANTS_LEGAUX.
alter table document add column hidden_from_representatives boolean not null default false;

create index document_announce_idx on document (announce_time) where announce_time is not null;
create index document_reveal_idx on document (patient_visible_time) where patient_visible_time is not null;

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
    constraint emergency_access_pkey primary key (emergency_access_id),
    constraint emergency_access_record_fkey foreign key (record_id) references record (record_id),
    constraint emergency_access_mode_check check (mode in (1, 2)),
    constraint emergency_access_time_check check (expire_time > open_time),
    constraint emergency_access_acknowledge_check check ((acknowledge_time is null) = (acknowledged_by is null))
);

-- "Is there one in force?", for every decision.
create index emergency_access_actor_idx on emergency_access (record_id, professional_id, expire_time desc);
create index emergency_access_queue_idx on emergency_access (emergency_access_id) where acknowledge_time is null;

-- Searches by traits, in regulation only.
create index record_traits_idx on record (birth_date, sex, upper(birth_family_name));

grant select on habilitation_matrix, habilitation_cell to dmp_runtime;
grant select, insert, update on emergency_access to dmp_runtime;
