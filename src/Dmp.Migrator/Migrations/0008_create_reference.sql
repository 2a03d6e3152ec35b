-- Published files that operators import: rules on interactions, medicines. No patient's.
-- Locks: none. Undo: drop the tables.

-- An edition never changes, and neither does what its name means: it is part of the ids of its rules.
create table reference_edition (
    edition_id uuid not null,
    -- thesaurus, medicines.
    kind text not null,
    name text not null,
    -- Where it is from, in the words of who imported it.
    source text not null,
    -- Over the lines of sha256sum of its files, sorted by name.
    sha256 bytea not null,
    import_time timestamptz not null,
    constraint reference_edition_pkey primary key (edition_id),
    constraint reference_edition_name_key unique (kind, name),
    constraint reference_edition_kind_check check (kind in ('thesaurus', 'medicines')),
    constraint reference_edition_digest_check check (length(sha256) = 32)
);

-- Its files as they were downloaded, so that every server reads what the operator saw. Compressed (Brotli).
create table reference_file (
    edition_id uuid not null,
    name text not null,
    -- What it is in its edition: text, table, rules, substances; of medicines, the published name.
    part text not null,
    size_bytes bigint not null,
    sha256 bytea not null,
    content bytea not null,
    constraint reference_file_pkey primary key (edition_id, part),
    constraint reference_file_edition_fkey foreign key (edition_id) references reference_edition (edition_id),
    constraint reference_file_digest_check check (length(sha256) = 32)
);

-- Which edition of its kind is in force from when on: the last one that began, of those the one said last. Going back is one more row.
create table reference_activation (
    activation_id uuid not null,
    edition_id uuid not null,
    effective_time timestamptz not null,
    activate_time timestamptz not null,
    constraint reference_activation_pkey primary key (activation_id),
    constraint reference_activation_edition_fkey foreign key (edition_id) references reference_edition (edition_id)
);
