-- Records and what patients decide for the whole record. New tables only: no lock on anything in use. Undo: drop both.

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
    constraint record_pkey primary key (record_id),
    -- One person, one INS, one record.
    constraint record_ins_key unique (ins_system, ins_number),
    constraint record_ins_number_check check (ins_number ~ '^[0-9]{5}[0-9AB]{2}[0-9]{8}$'),
    constraint record_sex_check check (sex between 1 and 3),
    constraint record_state_check check (state in (1, 2)),
    constraint record_closing_check check ((state = 2) = (close_time is not null and close_reason is not null)),
    constraint record_revision_check check (revision > 0 and settings_revision > 0)
);

grant select, insert, update on record to dmp_runtime;
