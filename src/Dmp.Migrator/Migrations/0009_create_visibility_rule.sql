-- What the patient hides from some and not from others, beyond masking. A new table. Undo: drop it.

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
    constraint visibility_rule_pkey primary key (visibility_rule_id),
    constraint visibility_rule_record_fkey foreign key (record_id) references record (record_id),
    constraint visibility_rule_effect_check check (effect in (1, 2)),
    constraint visibility_rule_what_check check (num_nonnulls(document_id, type_code, author_id, period_from) = 1),
    constraint visibility_rule_period_check check ((period_from is null) = (period_to is null) and (period_from < period_to) is not false),
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

grant select, insert, update on visibility_rule to dmp_runtime;

alter table visibility_rule enable row level security;
create policy visibility_rule_scope on visibility_rule to dmp_runtime
    using (record_id = dmp_record())
    with check (record_id = dmp_record());
