-- What the migrations make, written by pg_dump. Do not edit: DMP_WRITE_SCHEMA=1 ./test --filter-class '*SchemaTests'


CREATE FUNCTION public.dmp_actors() RETURNS text[]
    LANGUAGE sql STABLE
    RETURN string_to_array(NULLIF(current_setting('dmp.actors'::text, true), ''::text), ' '::text);

CREATE FUNCTION public.dmp_add_leaf_part() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
declare
    newest bigint;
    part text;
begin
    perform pg_advisory_xact_lock(hashtext('dmp_add_trace_month'));
    select max(right(c.relname, 6)::bigint) into newest
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.audit_leaf'::regclass and c.relname ~ '^audit_leaf_[0-9]{6}$';
    if not exists (select from public.audit_leaf where leaf_index >= newest << 28) and newest > 0 then
        return false;
    end if;

    part := 'audit_leaf_' || lpad((newest + 1)::text, 6, '0');
    execute format('create table public.%I (like public.audit_leaf including constraints, unique (event_id))', part);
    execute format(
        'alter table public.audit_leaf attach partition public.%I for values from (%s) to (%s)',
        part, (newest + 1) << 28, (newest + 2) << 28);
    return true;
end
$_$;

CREATE FUNCTION public.dmp_add_trace_month(month date) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    partition text := 'audit_event_' || to_char(month, 'YYYYMM');
    first uuid := public.dmp_month_id(month);
    next uuid := public.dmp_month_id((month + interval '1 month')::date);
begin
    -- Two servers take turns.
    perform pg_advisory_xact_lock(hashtext('dmp_add_trace_month'));
    if to_regclass('public.' || partition) is not null then
        return false;
    end if;

    execute format('create table public.%I (like public.audit_event including defaults including constraints)', partition);
    execute format(
        'with moved as (delete from public.audit_event_other where event_id >= %L and event_id < %L returning *) '
        'insert into public.%I select * from moved',
        first, next, partition);
    execute format('alter table public.audit_event attach partition public.%I for values from (%L) to (%L)', partition, first, next);
    return true;
end
$$;

CREATE FUNCTION public.dmp_add_trace_months(ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    if ahead not between 1 and 24 then
        raise exception 'ahead must be 1 to 24' using errcode = 'invalid_parameter_value';
    end if;

    perform public.dmp_add_leaf_part();
    return (
        select count(*) filter (
            where public.dmp_add_trace_month((date_trunc('month', now() at time zone 'UTC') + i * interval '1 month')::date))
        from generate_series(0, ahead - 1) i
    );
end
$$;

CREATE FUNCTION public.dmp_at_least(cluster bigint, wanted pg_lsn) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
    give_up timestamptz := clock_timestamp() + interval '2 s';
begin
    if cluster <> (select system_identifier from pg_control_system()) then
        raise exception 'position of another cluster' using errcode = 'DM002';
    end if;

    while pg_is_in_recovery() loop
        if pg_last_wal_replay_lsn() >= wanted then
            return true;
        end if;
        if clock_timestamp() >= give_up then
            raise exception 'position not reached' using errcode = 'DM001';
        end if;
        perform pg_sleep(0.005);
    end loop;

    -- A primary never lags behind itself. What is missing here is missing: it was promoted without it, or restored.
    if dmp_position() < wanted then
        raise exception 'position not reached' using errcode = 'DM001';
    end if;
    return true;
end
$$;

CREATE FUNCTION public.dmp_call() RETURNS uuid
    LANGUAGE sql STABLE
    RETURN (NULLIF(current_setting('dmp.call'::text, true), ''::text))::uuid;

CREATE FUNCTION public.dmp_caller() RETURNS text
    LANGUAGE sql STABLE
    RETURN current_setting('dmp.caller'::text, true);

CREATE FUNCTION public.dmp_changed_since(record uuid, seen bigint, key uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
declare
    passed pg_snapshot := public.dmp_outbox_seen();
    begin_id xid8 := coalesce(pg_snapshot_xmax(passed), '0');
    running xid8[] := array(select x from pg_snapshot_xip(passed) x);
begin
    return exists (select from public.change c where c.record_id = record and c.position > seen)
        or exists (select from public.outbox o where o.record_id = record and o.commit_id >= begin_id)
        or exists (select from public.outbox o where o.record_id = record and o.commit_id = any (running))
        or exists (select from public.record_key k where k.record_id = record and k.record_key_id = key and k.wrapped is null);
end
$$;

CREATE FUNCTION public.dmp_code() RETURNS bytea
    LANGUAGE sql STABLE
    RETURN decode(NULLIF(current_setting('dmp.code'::text, true), ''::text), 'hex'::text);

CREATE FUNCTION public.dmp_ins() RETURNS text[]
    LANGUAGE sql STABLE
    RETURN string_to_array(current_setting('dmp.ins'::text, true), ' '::text);

CREATE FUNCTION public.dmp_majority_time(birth_date date) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    RETURN (((((birth_date + '18 years'::interval))::date + CASE
        WHEN (EXTRACT(day FROM (birth_date + '18 years'::interval)) <> EXTRACT(day FROM birth_date)) THEN 1 ELSE 0 END))::timestamp without
        time zone AT TIME ZONE 'Europe/Paris'::text);

CREATE FUNCTION public.dmp_month_id(month date) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN ((lpad(to_hex(((EXTRACT(epoch FROM ((month)::timestamp without time zone AT TIME ZONE 'UTC'::text)) * (1000)::numeric))::bigint),
        12, '0'::text) || repeat('0'::text, 20)))::uuid;

CREATE FUNCTION public.dmp_outbox_seen() RETURNS pg_snapshot
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    seen pg_snapshot;
begin
    select p.snapshot into seen from public.change_pass p order by p.last_position desc limit 1;
    return case when pg_snapshot_xmax(seen) <= pg_snapshot_xmax(pg_current_snapshot()) then seen end;
end
$$;

CREATE FUNCTION public.dmp_outbox_waits() RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
declare
    seen pg_snapshot := public.dmp_outbox_seen();
    begin_id xid8 := coalesce(pg_snapshot_xmax(seen), '0');
    running xid8[] := array(select x from pg_snapshot_xip(seen) x);
begin
    return exists (select from public.outbox o where o.commit_id >= begin_id)
        or exists (select from public.outbox o where o.commit_id = any (running));
end
$$;

CREATE FUNCTION public.dmp_position() RETURNS pg_lsn
    LANGUAGE plpgsql
    AS $$
declare
    lsn pg_lsn := pg_current_wal_insert_lsn();
    in_page integer := (lsn - '0/0'::pg_lsn) % current_setting('wal_block_size')::integer;
begin
    return case
        when in_page = 40 and (lsn - '0/0'::pg_lsn) % pg_size_bytes(current_setting('wal_segment_size')) = 40 then lsn - 40::numeric
        when in_page = 24 then lsn - 24::numeric
        else lsn
    end;
end
$$;

CREATE FUNCTION public.dmp_random_salt() RETURNS bytea
    LANGUAGE sql
    RETURN sha256((uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

CREATE FUNCTION public.dmp_record() RETURNS uuid
    LANGUAGE sql STABLE
    RETURN (NULLIF(current_setting('dmp.record'::text, true), ''::text))::uuid;

CREATE FUNCTION public.dmp_records() RETURNS uuid[]
    LANGUAGE sql STABLE
    RETURN (string_to_array(NULLIF(current_setting('dmp.records'::text, true), ''::text), ' '::text))::uuid[];

CREATE FUNCTION public.dmp_sequence_changes() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
declare
    last bigint;
    seen pg_snapshot;
    seen_cluster bigint;
    here bigint := (select system_identifier from pg_control_system());
    looked pg_snapshot;
    begin_id xid8 := '0';
    running xid8[] := '{}';
    moved integer;
begin
    perform from public.change_floor for update;
    select p.last_position, p.snapshot, p.cluster into last, seen, seen_cluster
    from public.change_pass p order by p.last_position desc limit 1;

    -- Taken before the statement below, which sees at least as much.
    looked := pg_current_snapshot();
    if seen_cluster = here and pg_snapshot_xmax(seen) <= pg_snapshot_xmax(looked) then
        begin_id := pg_snapshot_xmax(seen);
        running := array(select x from pg_snapshot_xip(seen) x);
    end if;

    with late as (
        delete from public.outbox where commit_id = any (running) and commit_id < begin_id returning *
    ), fresh as (
        delete from public.outbox where commit_id >= begin_id returning *
    ), taken as (
        select * from late union all select * from fresh
    ), placed as (
        select t.*,
            coalesce(last, 0) + row_number() over (order by t.commit_last, t.outbox_id) as position
        from (select taken.*, max(outbox_id) over (partition by commit_id) as commit_last from taken) t
    )
    insert into public.change (
        position, commit_position, sequence_time, event_time, kind, record_id, document_id, version, hidden_from_representatives,
        made_by_kind, made_by_id, actor_kind, actor_id, subject_id, previous_version, was_masked, was_state, was_patient_visible_time,
        was_hidden_from_representatives)
    select position, max(position) over (partition by commit_id), statement_timestamp(), event_time, kind, record_id, document_id, version,
        hidden_from_representatives, made_by_kind, made_by_id, actor_kind, actor_id, subject_id, previous_version, was_masked, was_state,
        was_patient_visible_time, was_hidden_from_representatives
    from placed
    order by position;
    get diagnostics moved = row_count;
    if moved > 0 then
        insert into public.change_pass (last_position, snapshot, cluster) values (coalesce(last, 0) + moved, looked, here);
        -- Once for all that was moved, and not in the transactions of the changes: a notification serialises commits.
        notify dmp_change;
    end if;
    return moved;
end
$$;

CREATE FUNCTION public.dmp_set_change_head() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
begin
    update public.change_floor set first_position = new.first_position;
    if new.last_position <> old.last_position then
        delete from public.change_pass;
        insert into public.change_pass (last_position) values (new.last_position);
    end if;
    return new;
end
$$;

CREATE TABLE public.audit_checkpoint (
    tree_size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    create_time timestamp with time zone NOT NULL,
    horizon xid8 NOT NULL
);

CREATE TABLE public.audit_event (
    event_id uuid NOT NULL,
    event_time timestamp with time zone NOT NULL,
    method text NOT NULL,
    actor_kind smallint NOT NULL,
    actor_id text,
    actor_name text,
    profession_system text,
    profession_code text,
    structure_id text,
    structure_name text,
    software_id text,
    subject text,
    record_id uuid,
    document_ids uuid[] NOT NULL,
    outcome smallint NOT NULL,
    status_code smallint NOT NULL,
    reason text,
    server_request_id uuid NOT NULL,
    request_id text,
    hidden_from_representatives boolean DEFAULT false NOT NULL,
    specialty_code text,
    sector_code text,
    staff_id text,
    user_agent text,
    access_mode smallint,
    basis smallint,
    emergency_access_id uuid,
    document_versions integer[],
    document_sha256s bytea[],
    justification text,
    origin inet,
    duration_us bigint,
    salt bytea DEFAULT public.dmp_random_salt() NOT NULL,
    root bytea,
    signature bytea,
    signing_key text,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    call_count bigint,
    CONSTRAINT audit_event_documents_check CHECK (((cardinality(document_versions) = cardinality(document_ids))
        AND (cardinality(document_sha256s) = cardinality(document_ids)))),
    CONSTRAINT audit_event_outcome_check CHECK (((outcome >= 1) AND (outcome <= 3))),
    CONSTRAINT audit_event_proof_check CHECK (((length(salt) = 32) AND ((root IS NULL) = (signature IS NULL))
        AND ((root IS NULL) = (signing_key IS NULL))))
)
PARTITION BY RANGE (event_id);

CREATE TABLE public.audit_event_other (
    event_id uuid NOT NULL,
    event_time timestamp with time zone NOT NULL,
    method text NOT NULL,
    actor_kind smallint NOT NULL,
    actor_id text,
    actor_name text,
    profession_system text,
    profession_code text,
    structure_id text,
    structure_name text,
    software_id text,
    subject text,
    record_id uuid,
    document_ids uuid[] NOT NULL,
    outcome smallint NOT NULL,
    status_code smallint NOT NULL,
    reason text,
    server_request_id uuid NOT NULL,
    request_id text,
    hidden_from_representatives boolean DEFAULT false NOT NULL,
    specialty_code text,
    sector_code text,
    staff_id text,
    user_agent text,
    access_mode smallint,
    basis smallint,
    emergency_access_id uuid,
    document_versions integer[],
    document_sha256s bytea[],
    justification text,
    origin inet,
    duration_us bigint,
    salt bytea DEFAULT public.dmp_random_salt() NOT NULL,
    root bytea,
    signature bytea,
    signing_key text,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    call_count bigint,
    CONSTRAINT audit_event_documents_check CHECK (((cardinality(document_versions) = cardinality(document_ids))
        AND (cardinality(document_sha256s) = cardinality(document_ids)))),
    CONSTRAINT audit_event_outcome_check CHECK (((outcome >= 1) AND (outcome <= 3))),
    CONSTRAINT audit_event_proof_check CHECK (((length(salt) = 32) AND ((root IS NULL) = (signature IS NULL))
        AND ((root IS NULL) = (signing_key IS NULL))))
);

CREATE TABLE public.audit_key (
    key_id text NOT NULL,
    vkey text NOT NULL,
    create_time timestamp with time zone NOT NULL
);

CREATE TABLE public.audit_leaf (
    leaf_index bigint NOT NULL,
    event_id uuid NOT NULL,
    leaf_hash bytea NOT NULL,
    xid xid8 NOT NULL,
    CONSTRAINT audit_leaf_leaf_index_check CHECK ((leaf_index >= 0))
)
PARTITION BY RANGE (leaf_index);

CREATE TABLE public.audit_leaf_000000 (
    leaf_index bigint NOT NULL,
    event_id uuid NOT NULL,
    leaf_hash bytea NOT NULL,
    xid xid8 NOT NULL,
    CONSTRAINT audit_leaf_leaf_index_check CHECK ((leaf_index >= 0))
);

CREATE TABLE public.audit_leaf_000001 (
    leaf_index bigint NOT NULL,
    event_id uuid NOT NULL,
    leaf_hash bytea NOT NULL,
    xid xid8 NOT NULL,
    CONSTRAINT audit_leaf_leaf_index_check CHECK ((leaf_index >= 0))
);

CREATE TABLE public.audit_leaf_span (
    id_prefix text NOT NULL,
    first_leaf bigint NOT NULL,
    behind_leaf bigint NOT NULL
);

CREATE TABLE public.audit_node (
    level smallint NOT NULL,
    node_index bigint NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE public.block (
    block_id uuid NOT NULL,
    record_id uuid NOT NULL,
    actor_kind smallint NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    blocked_by bytea NOT NULL,
    block_time timestamp with time zone NOT NULL,
    unblock_time timestamp with time zone,
    unblocked_by bytea,
    CONSTRAINT block_actor_check CHECK (((actor_kind = ANY (ARRAY[1, 2])) AND (actor_id <> ''::text))),
    CONSTRAINT block_unblock_check CHECK (((unblock_time IS NULL) = (unblocked_by IS NULL)))
);

CREATE TABLE public.care_team (
    care_team_id uuid NOT NULL,
    record_id uuid,
    name text NOT NULL,
    create_time timestamp with time zone NOT NULL,
    created_by bytea NOT NULL,
    revision bigint NOT NULL
);

CREATE TABLE public.care_team_member (
    care_team_id uuid NOT NULL,
    record_id uuid,
    actor_kind smallint NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    join_time timestamp with time zone NOT NULL,
    leave_time timestamp with time zone,
    CONSTRAINT care_team_member_actor_check CHECK (((actor_kind = ANY (ARRAY[1, 2])) AND (actor_id <> ''::text)))
);

CREATE TABLE public.change (
    "position" bigint NOT NULL,
    commit_position bigint NOT NULL,
    sequence_time timestamp with time zone NOT NULL,
    event_time timestamp with time zone NOT NULL,
    kind text NOT NULL,
    record_id uuid NOT NULL,
    document_id uuid,
    version integer,
    hidden_from_representatives boolean NOT NULL,
    made_by_kind smallint,
    made_by_id text,
    actor_kind smallint,
    actor_id text,
    subject_id uuid,
    previous_version integer,
    was_masked boolean,
    was_state smallint,
    was_patient_visible_time timestamp with time zone,
    was_hidden_from_representatives boolean,
    CONSTRAINT change_commit_check CHECK ((commit_position >= "position"))
);

CREATE TABLE public.change_floor (
    first_position bigint NOT NULL
);

CREATE TABLE public.change_pass (
    last_position bigint NOT NULL,
    snapshot pg_snapshot,
    cluster bigint
);

CREATE VIEW public.change_head WITH (security_invoker='true') AS
 SELECT f.first_position,
    COALESCE(( SELECT max(p.last_position) AS max
           FROM public.change_pass p), (0)::bigint) AS last_position
   FROM public.change_floor f;

CREATE TABLE public.consent (
    consent_id uuid NOT NULL,
    record_id uuid NOT NULL,
    actor_kind smallint NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    attending_physician boolean NOT NULL,
    origin smallint NOT NULL,
    collection smallint NOT NULL,
    given_by bytea NOT NULL,
    grant_time timestamp with time zone NOT NULL,
    expire_time timestamp with time zone NOT NULL,
    revoke_time timestamp with time zone,
    revoked_by bytea,
    reapprove_time timestamp with time zone,
    hidden_from_representatives boolean DEFAULT false NOT NULL,
    structure_id text,
    care_team_id uuid,
    initial boolean DEFAULT false NOT NULL,
    expiry_told boolean DEFAULT false NOT NULL,
    create_time timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT consent_actor_check CHECK (((actor_kind = ANY (ARRAY[1, 2, 9])) AND (actor_id <> ''::text)
        AND ((actor_kind = 9) = (care_team_id IS NOT NULL)))),
    CONSTRAINT consent_attending_check CHECK (((NOT attending_physician) OR (actor_kind = 1))),
    CONSTRAINT consent_expire_check CHECK ((expire_time > grant_time)),
    CONSTRAINT consent_revoke_check CHECK (((revoke_time IS NULL) = (revoked_by IS NULL)))
);

CREATE TABLE public.delegation (
    delegation_id uuid NOT NULL,
    record_id uuid NOT NULL,
    kind smallint NOT NULL,
    delegate_name text NOT NULL,
    relationship_code text,
    invited_by bytea NOT NULL,
    invited_by_subject text NOT NULL,
    invited_by_patient boolean NOT NULL,
    code_sha256 bytea NOT NULL,
    code_expire_time timestamp with time zone NOT NULL,
    create_time timestamp with time zone NOT NULL,
    start_time timestamp with time zone NOT NULL,
    end_time timestamp with time zone,
    delegate_subject text,
    accept_time timestamp with time zone,
    refuse_time timestamp with time zone,
    revoke_time timestamp with time zone,
    revoked_by bytea,
    start_told boolean DEFAULT false NOT NULL,
    end_told boolean DEFAULT false NOT NULL,
    CONSTRAINT delegation_accept_check CHECK (((accept_time IS NULL) = (delegate_subject IS NULL))),
    CONSTRAINT delegation_code_check CHECK ((length(code_sha256) = 32)),
    CONSTRAINT delegation_end_check CHECK (((kind = 1) OR (end_time IS NOT NULL))),
    CONSTRAINT delegation_kind_check CHECK ((kind = ANY (ARRAY[1, 2]))),
    CONSTRAINT delegation_refuse_check CHECK (((refuse_time IS NULL) OR (accept_time IS NULL))),
    CONSTRAINT delegation_revoke_check CHECK (((revoke_time IS NULL) = (revoked_by IS NULL))),
    CONSTRAINT delegation_time_check CHECK ((end_time > start_time))
);

CREATE TABLE public.document (
    document_id uuid NOT NULL,
    record_id uuid NOT NULL,
    current_version integer NOT NULL,
    masked boolean NOT NULL,
    state smallint NOT NULL,
    revision bigint NOT NULL,
    create_time timestamp with time zone NOT NULL,
    update_time timestamp with time zone NOT NULL,
    patient_visible_time timestamp with time zone,
    announce_time timestamp with time zone,
    hidden_from_representatives boolean DEFAULT false NOT NULL,
    CONSTRAINT document_state_check CHECK ((state = ANY (ARRAY[1, 3, 4]))),
    CONSTRAINT document_version_check CHECK (((current_version > 0) AND (revision > 0)))
);

CREATE TABLE public.document_facts (
    record_id uuid NOT NULL,
    document_id uuid NOT NULL,
    version integer NOT NULL,
    state smallint NOT NULL,
    kinds integer DEFAULT 0 NOT NULL,
    block bytea,
    facts_id uuid,
    words bytea,
    words_id uuid,
    words_cut boolean DEFAULT false NOT NULL,
    record_key_id uuid,
    reader integer DEFAULT 0 NOT NULL,
    due_time timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    size_bytes bigint NOT NULL,
    alone boolean GENERATED ALWAYS AS (((size_bytes > 131072) OR (attempts > 0))) STORED NOT NULL,
    CONSTRAINT document_facts_block_check CHECK ((((block IS NULL) = (facts_id IS NULL)) AND ((state = 1) OR (block IS NULL)))),
    CONSTRAINT document_facts_key_check CHECK (((record_key_id IS NULL) = ((block IS NULL) AND (words IS NULL)))),
    CONSTRAINT document_facts_state_check CHECK (((state >= 1) AND (state <= 5))),
    CONSTRAINT document_facts_words_check CHECK ((((words IS NULL) = (words_id IS NULL)) AND ((state = ANY (ARRAY[1, 3]))
        OR (words IS NULL))))
);

CREATE TABLE public.document_version (
    document_id uuid NOT NULL,
    version integer NOT NULL,
    record_id uuid NOT NULL,
    unique_id text NOT NULL,
    depositor_kind smallint NOT NULL,
    depositor_professional_id text,
    depositor_structure_id text,
    depositor_key text NOT NULL,
    depositor bytea NOT NULL,
    metadata bytea NOT NULL,
    type_code text NOT NULL,
    class_code text NOT NULL,
    practice_setting text,
    facility_type text,
    event_codes text[] NOT NULL,
    author_ids text[] NOT NULL,
    author_structure_ids text[] NOT NULL,
    creation_time timestamp with time zone NOT NULL,
    service_start_time timestamp with time zone NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    sha1 bytea NOT NULL,
    form smallint NOT NULL,
    content_id uuid NOT NULL,
    create_time timestamp with time zone NOT NULL,
    blob_id uuid,
    blob_offset bigint DEFAULT 0 NOT NULL,
    record_key_id uuid,
    submission_set_id uuid,
    CONSTRAINT document_version_blob_check CHECK (((blob_offset >= 0) AND ((blob_id IS NOT NULL) OR (blob_offset = 0)))),
    CONSTRAINT document_version_digest_check CHECK (((length(sha256) = 32) AND (length(sha1) = 20))),
    CONSTRAINT document_version_size_check CHECK ((size_bytes > 0))
);

CREATE TABLE public.emergency_access (
    emergency_access_id uuid NOT NULL,
    record_id uuid NOT NULL,
    professional_id text NOT NULL,
    actor bytea NOT NULL,
    mode smallint NOT NULL,
    reason text NOT NULL,
    open_time timestamp with time zone NOT NULL,
    expire_time timestamp with time zone NOT NULL,
    acknowledge_time timestamp with time zone,
    acknowledged_by bytea,
    acknowledge_comment text,
    end_time timestamp with time zone,
    end_cause smallint,
    CONSTRAINT emergency_access_acknowledge_check CHECK (((acknowledge_time IS NULL) = (acknowledged_by IS NULL))),
    CONSTRAINT emergency_access_end_check CHECK (((end_time IS NULL) = (end_cause IS NULL))),
    CONSTRAINT emergency_access_mode_check CHECK ((mode = ANY (ARRAY[1, 2]))),
    CONSTRAINT emergency_access_time_check CHECK ((expire_time > open_time))
);

CREATE TABLE public.feed_position (
    caller_key text NOT NULL,
    name text NOT NULL,
    "position" bigint NOT NULL,
    binding bytea NOT NULL,
    view bytea NOT NULL,
    commit_time timestamp with time zone NOT NULL,
    CONSTRAINT feed_position_binding_check CHECK (((length(binding) = 32) AND (length(view) = 16)))
);

CREATE TABLE public.habilitation_cell (
    matrix_id uuid NOT NULL,
    profession text NOT NULL,
    type_code text NOT NULL,
    published boolean NOT NULL
);

CREATE TABLE public.habilitation_matrix (
    matrix_id uuid NOT NULL,
    name text NOT NULL,
    effective_time timestamp with time zone NOT NULL,
    import_time timestamp with time zone NOT NULL,
    sha256 bytea NOT NULL,
    CONSTRAINT habilitation_matrix_digest_check CHECK ((length(sha256) = 32))
);

CREATE TABLE public.key_ring (
    name text NOT NULL,
    xml text NOT NULL
);

CREATE TABLE public.master_key (
    ordinal integer NOT NULL,
    master_key_id text NOT NULL,
    create_time timestamp with time zone NOT NULL,
    CONSTRAINT master_key_ordinal_check CHECK ((ordinal > 0))
);

CREATE TABLE public.notice (
    notice_id uuid NOT NULL,
    record_id uuid NOT NULL,
    kind smallint NOT NULL,
    event_time timestamp with time zone NOT NULL,
    create_time timestamp with time zone NOT NULL,
    professional_id text DEFAULT ''::text NOT NULL,
    secret boolean NOT NULL,
    source text NOT NULL,
    source_position bigint NOT NULL,
    CONSTRAINT notice_kind_check CHECK (((kind >= 1) AND (kind <= 6)))
);

CREATE TABLE public.notice_contact (
    professional_id text NOT NULL,
    email text NOT NULL,
    update_time timestamp with time zone NOT NULL
);

CREATE TABLE public.notice_source (
    source text NOT NULL
);

CREATE TABLE public.notice_step (
    source text NOT NULL,
    "position" bigint NOT NULL
);

CREATE VIEW public.notice_cursor WITH (security_invoker='true') AS
 SELECT s.source,
    ( SELECT max(t."position") AS max
           FROM public.notice_step t
          WHERE (t.source = s.source)) AS "position"
   FROM public.notice_source s;

CREATE TABLE public.notice_delivery (
    notice_id uuid NOT NULL,
    record_id uuid NOT NULL,
    channel smallint NOT NULL,
    target text NOT NULL,
    state smallint NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_time timestamp with time zone NOT NULL,
    attempt_time timestamp with time zone,
    give_up_time timestamp with time zone NOT NULL,
    deliver_time timestamp with time zone,
    failure smallint DEFAULT 0 NOT NULL,
    CONSTRAINT notice_delivery_channel_check CHECK (((channel = ANY (ARRAY[1, 2])) AND ((channel = 1) = (target = ''::text)))),
    CONSTRAINT notice_delivery_state_check CHECK ((((state >= 1) AND (state <= 4)) AND ((state = 2) = (deliver_time IS NOT NULL))))
);

CREATE TABLE public.notice_first_access (
    record_id uuid NOT NULL,
    professional_id text NOT NULL,
    secret boolean NOT NULL
);

CREATE TABLE public.notice_preference (
    record_id uuid NOT NULL,
    email_off smallint[] NOT NULL,
    webhook_off smallint[] NOT NULL,
    update_time timestamp with time zone NOT NULL,
    revision bigint NOT NULL
);

CREATE TABLE public.outbox (
    outbox_id bigint NOT NULL,
    event_time timestamp with time zone NOT NULL,
    kind text NOT NULL,
    record_id uuid NOT NULL,
    document_id uuid,
    version integer,
    hidden_from_representatives boolean DEFAULT false NOT NULL,
    commit_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    made_by_kind smallint,
    made_by_id text,
    actor_kind smallint,
    actor_id text,
    subject_id uuid,
    previous_version integer,
    was_masked boolean,
    was_state smallint,
    was_patient_visible_time timestamp with time zone,
    was_hidden_from_representatives boolean
);

ALTER TABLE public.outbox ALTER COLUMN outbox_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.record (
    record_id uuid NOT NULL,
    ins_system text NOT NULL,
    ins_number text NOT NULL,
    birth_family_name text NOT NULL,
    birth_given_names text[] NOT NULL,
    birth_date date NOT NULL,
    sex smallint NOT NULL,
    birth_place_code text NOT NULL,
    used_family_name text,
    used_given_name text,
    address_lines text[] DEFAULT '{}'::text[] NOT NULL,
    postal_code text,
    city text,
    country_code text,
    phone_number text,
    email text,
    state smallint NOT NULL,
    close_reason smallint,
    close_comment text,
    close_time timestamp with time zone,
    create_time timestamp with time zone NOT NULL,
    update_time timestamp with time zone NOT NULL,
    revision bigint NOT NULL,
    emergency_regulation_allowed boolean DEFAULT true NOT NULL,
    emergency_break_glass_allowed boolean DEFAULT true NOT NULL,
    emergency_masked_allowed boolean DEFAULT false NOT NULL,
    documents_masked_by_default boolean DEFAULT false NOT NULL,
    settings_update_time timestamp with time zone NOT NULL,
    settings_revision bigint NOT NULL,
    guardianship_until timestamp with time zone,
    guardianship_reason text,
    majority_told boolean DEFAULT false NOT NULL,
    guardianship_told boolean DEFAULT false NOT NULL,
    secret_acts_hidden_from_staff boolean DEFAULT false NOT NULL,
    own_settings_revision bigint DEFAULT 0 NOT NULL,
    own_settings_update_time timestamp with time zone,
    CONSTRAINT record_closing_check CHECK (((state = 2) = ((close_time IS NOT NULL) AND (close_reason IS NOT NULL)))),
    CONSTRAINT record_guardianship_check CHECK (((guardianship_until IS NULL) = (guardianship_reason IS NULL))),
    CONSTRAINT record_ins_number_check CHECK ((ins_number ~ '^[0-9]{5}[0-9AB]{2}[0-9]{8}$'::text)),
    CONSTRAINT record_revision_check CHECK (((revision > 0) AND (settings_revision > 0))),
    CONSTRAINT record_sex_check CHECK (((sex >= 1) AND (sex <= 3))),
    CONSTRAINT record_state_check CHECK ((state = ANY (ARRAY[1, 2])))
);

CREATE TABLE public.record_key (
    record_key_id uuid NOT NULL,
    record_id uuid NOT NULL,
    master_key_id text NOT NULL,
    wrapped bytea,
    create_time timestamp with time zone NOT NULL,
    destroy_time timestamp with time zone,
    CONSTRAINT record_key_destroy_check CHECK (((wrapped IS NULL) = (destroy_time IS NOT NULL)))
);

CREATE TABLE public.reference_activation (
    activation_id uuid NOT NULL,
    edition_id uuid NOT NULL,
    effective_time timestamp with time zone NOT NULL,
    activate_time timestamp with time zone NOT NULL
);

CREATE TABLE public.reference_concept (
    edition_id uuid NOT NULL,
    list_oid text NOT NULL,
    place integer NOT NULL,
    system_oid text NOT NULL,
    code text NOT NULL,
    code_key text NOT NULL,
    display text NOT NULL,
    english_display text NOT NULL,
    status smallint NOT NULL,
    start_date date,
    end_date date,
    line integer NOT NULL,
    CONSTRAINT reference_concept_status_check CHECK (((status >= 1) AND (status <= 4)))
);

CREATE TABLE public.reference_edition (
    edition_id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    source text NOT NULL,
    sha256 bytea NOT NULL,
    left_out integer NOT NULL,
    import_time timestamp with time zone NOT NULL,
    CONSTRAINT reference_edition_digest_check CHECK ((length(sha256) = 32)),
    CONSTRAINT reference_edition_kind_check CHECK ((kind = ANY (ARRAY['thesaurus'::text, 'medicines'::text, 'loinc'::text, 'ccam'::text,
        'cim10'::text, 'atc'::text, 'nabm'::text, 'valuesets'::text])))
);

CREATE TABLE public.reference_file (
    edition_id uuid NOT NULL,
    name text NOT NULL,
    part text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    content bytea,
    CONSTRAINT reference_file_digest_check CHECK ((length(sha256) = 32))
);

CREATE TABLE public.reference_list (
    edition_id uuid NOT NULL,
    list_oid text NOT NULL,
    concepts_oid text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    concept_count integer NOT NULL
);

CREATE TABLE public.request_log (
    caller_key text NOT NULL,
    request_id uuid NOT NULL,
    method text NOT NULL,
    fingerprint bytea NOT NULL,
    response bytea NOT NULL,
    create_time timestamp with time zone NOT NULL
);

CREATE TABLE public.submission_set (
    submission_set_id uuid NOT NULL,
    record_id uuid NOT NULL,
    unique_id text NOT NULL,
    depositor_kind smallint NOT NULL,
    depositor_professional_id text,
    depositor_structure_id text,
    depositor_key text NOT NULL,
    depositor bytea NOT NULL,
    metadata bytea NOT NULL,
    signature bytea,
    create_time timestamp with time zone NOT NULL,
    CONSTRAINT submission_set_signature_check CHECK (((length(signature) >= 1) AND (length(signature) <= 65536)))
);

CREATE TABLE public.trusted_person (
    trusted_person_id uuid NOT NULL,
    record_id uuid NOT NULL,
    content bytea NOT NULL,
    record_key_id uuid NOT NULL,
    code_sha256 bytea NOT NULL,
    code_expire_time timestamp with time zone NOT NULL,
    create_time timestamp with time zone NOT NULL,
    stay_end_time timestamp with time zone,
    accepter_subject text,
    accept_time timestamp with time zone,
    refuse_time timestamp with time zone,
    end_time timestamp with time zone,
    CONSTRAINT trusted_person_accept_check CHECK (((accept_time IS NULL) = (accepter_subject IS NULL))),
    CONSTRAINT trusted_person_code_check CHECK ((length(code_sha256) = 32)),
    CONSTRAINT trusted_person_refuse_check CHECK (((refuse_time IS NULL) OR (accept_time IS NULL)))
);

CREATE TABLE public.upload (
    upload_id uuid NOT NULL,
    caller_key text NOT NULL,
    request_id uuid NOT NULL,
    record_id uuid NOT NULL,
    content_id uuid NOT NULL,
    start_time timestamp with time zone NOT NULL,
    heartbeat_time timestamp with time zone NOT NULL,
    intent bytea NOT NULL,
    fingerprint bytea NOT NULL,
    secret boolean NOT NULL,
    generation integer DEFAULT 1 NOT NULL,
    persisted_size bigint DEFAULT 0 NOT NULL,
    running boolean DEFAULT true NOT NULL,
    record_key_id uuid NOT NULL,
    CONSTRAINT upload_generation_check CHECK ((generation > 0))
);

CREATE TABLE public.visibility_rule (
    visibility_rule_id uuid NOT NULL,
    record_id uuid NOT NULL,
    effect smallint NOT NULL,
    document_id uuid,
    type_code text,
    author_id text,
    period_from timestamp with time zone,
    period_to timestamp with time zone,
    actor_kind smallint,
    actor_id text,
    profession text,
    create_time timestamp with time zone NOT NULL,
    created_by bytea NOT NULL,
    remove_time timestamp with time zone,
    removed_by bytea,
    CONSTRAINT visibility_rule_effect_check CHECK ((effect = ANY (ARRAY[1, 2]))),
    CONSTRAINT visibility_rule_period_check CHECK ((((period_from IS NULL) = (period_to IS NULL))
        AND ((period_from < period_to) IS NOT FALSE))),
    CONSTRAINT visibility_rule_remove_check CHECK (((remove_time IS NULL) = (removed_by IS NULL))),
    CONSTRAINT visibility_rule_show_check CHECK (((effect = 1) OR ((document_id IS NOT NULL) AND (actor_kind = 1)))),
    CONSTRAINT visibility_rule_what_check CHECK ((num_nonnulls(document_id, type_code, author_id, period_from) = 1)),
    CONSTRAINT visibility_rule_whom_check CHECK (((num_nonnulls(actor_id, profession) = 1) AND ((actor_kind IS NULL) = (actor_id IS NULL))
        AND ((actor_kind IS NULL) OR (actor_kind = ANY (ARRAY[1, 2])))))
);

CREATE TABLE public.wish (
    wish_id uuid NOT NULL,
    record_id uuid NOT NULL,
    kind smallint NOT NULL,
    content bytea NOT NULL,
    record_key_id uuid NOT NULL,
    stated_by bytea NOT NULL,
    state_time timestamp with time zone NOT NULL,
    end_time timestamp with time zone,
    end_state smallint,
    CONSTRAINT wish_end_check CHECK ((((end_time IS NULL) = (end_state IS NULL)) AND ((end_state = ANY (ARRAY[2, 3])) IS NOT FALSE))),
    CONSTRAINT wish_kind_check CHECK (((kind >= 1) AND (kind <= 3)))
);

ALTER TABLE ONLY public.audit_event ATTACH PARTITION public.audit_event_other DEFAULT;

ALTER TABLE ONLY public.audit_leaf ATTACH PARTITION public.audit_leaf_000000 FOR VALUES FROM (MINVALUE) TO ('268435456');

ALTER TABLE ONLY public.audit_leaf ATTACH PARTITION public.audit_leaf_000001 FOR VALUES FROM ('268435456') TO ('536870912');

ALTER TABLE ONLY public.audit_checkpoint
    ADD CONSTRAINT audit_checkpoint_pkey PRIMARY KEY (tree_size);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.audit_event_other
    ADD CONSTRAINT audit_event_other_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.audit_key
    ADD CONSTRAINT audit_key_pkey PRIMARY KEY (vkey);

ALTER TABLE ONLY public.audit_leaf_000000
    ADD CONSTRAINT audit_leaf_000000_event_id_key UNIQUE (event_id);

ALTER TABLE ONLY public.audit_leaf
    ADD CONSTRAINT audit_leaf_pkey PRIMARY KEY (leaf_index);

ALTER TABLE ONLY public.audit_leaf_000000
    ADD CONSTRAINT audit_leaf_000000_pkey PRIMARY KEY (leaf_index);

ALTER TABLE ONLY public.audit_leaf_000001
    ADD CONSTRAINT audit_leaf_000001_event_id_key UNIQUE (event_id);

ALTER TABLE ONLY public.audit_leaf_000001
    ADD CONSTRAINT audit_leaf_000001_pkey PRIMARY KEY (leaf_index);

ALTER TABLE ONLY public.audit_leaf_span
    ADD CONSTRAINT audit_leaf_span_pkey PRIMARY KEY (id_prefix, first_leaf, behind_leaf);

ALTER TABLE ONLY public.audit_node
    ADD CONSTRAINT audit_node_pkey PRIMARY KEY (level, node_index);

ALTER TABLE ONLY public.block
    ADD CONSTRAINT block_pkey PRIMARY KEY (record_id, block_id);

ALTER TABLE ONLY public.care_team
    ADD CONSTRAINT care_team_pkey PRIMARY KEY (care_team_id);

ALTER TABLE ONLY public.change_pass
    ADD CONSTRAINT change_pass_pkey PRIMARY KEY (last_position);

ALTER TABLE ONLY public.change
    ADD CONSTRAINT change_pkey PRIMARY KEY ("position", record_id);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (record_id, consent_id);

ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_code_key UNIQUE (code_sha256, record_id);

ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_pkey PRIMARY KEY (record_id, delegation_id);

ALTER TABLE ONLY public.document_facts
    ADD CONSTRAINT document_facts_pkey PRIMARY KEY (record_id, document_id, version);

ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (record_id, document_id);

ALTER TABLE ONLY public.document_version
    ADD CONSTRAINT document_version_content_key UNIQUE (content_id, record_id);

ALTER TABLE ONLY public.document_version
    ADD CONSTRAINT document_version_pkey PRIMARY KEY (record_id, document_id, version);

ALTER TABLE ONLY public.document_version
    ADD CONSTRAINT document_version_unique_id_key UNIQUE (record_id, unique_id, depositor_key);

ALTER TABLE ONLY public.emergency_access
    ADD CONSTRAINT emergency_access_pkey PRIMARY KEY (record_id, emergency_access_id);

ALTER TABLE ONLY public.feed_position
    ADD CONSTRAINT feed_position_pkey PRIMARY KEY (caller_key, name);

ALTER TABLE ONLY public.habilitation_cell
    ADD CONSTRAINT habilitation_cell_pkey PRIMARY KEY (matrix_id, profession, type_code);

ALTER TABLE ONLY public.habilitation_matrix
    ADD CONSTRAINT habilitation_matrix_pkey PRIMARY KEY (matrix_id);

ALTER TABLE ONLY public.key_ring
    ADD CONSTRAINT key_ring_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.master_key
    ADD CONSTRAINT master_key_pkey PRIMARY KEY (ordinal);

ALTER TABLE ONLY public.notice_contact
    ADD CONSTRAINT notice_contact_pkey PRIMARY KEY (professional_id);

ALTER TABLE ONLY public.notice_delivery
    ADD CONSTRAINT notice_delivery_pkey PRIMARY KEY (record_id, notice_id, channel, target);

ALTER TABLE ONLY public.notice_first_access
    ADD CONSTRAINT notice_first_access_pkey PRIMARY KEY (record_id, professional_id, secret);

ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (record_id, notice_id);

ALTER TABLE ONLY public.notice_preference
    ADD CONSTRAINT notice_preference_pkey PRIMARY KEY (record_id);

ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_source_key UNIQUE (source, source_position, record_id, kind, professional_id, secret);

ALTER TABLE ONLY public.notice_source
    ADD CONSTRAINT notice_source_pkey PRIMARY KEY (source);

ALTER TABLE ONLY public.notice_step
    ADD CONSTRAINT notice_step_pkey PRIMARY KEY (source, "position");

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (record_id, outbox_id);

ALTER TABLE ONLY public.record
    ADD CONSTRAINT record_ins_key UNIQUE (ins_system, ins_number);

ALTER TABLE ONLY public.record_key
    ADD CONSTRAINT record_key_pkey PRIMARY KEY (record_id, record_key_id);

ALTER TABLE ONLY public.record
    ADD CONSTRAINT record_pkey PRIMARY KEY (record_id);

ALTER TABLE ONLY public.reference_activation
    ADD CONSTRAINT reference_activation_pkey PRIMARY KEY (activation_id);

ALTER TABLE ONLY public.reference_concept
    ADD CONSTRAINT reference_concept_pkey PRIMARY KEY (edition_id, list_oid, place);

ALTER TABLE ONLY public.reference_edition
    ADD CONSTRAINT reference_edition_name_key UNIQUE (kind, name);

ALTER TABLE ONLY public.reference_edition
    ADD CONSTRAINT reference_edition_pkey PRIMARY KEY (edition_id);

ALTER TABLE ONLY public.reference_file
    ADD CONSTRAINT reference_file_pkey PRIMARY KEY (edition_id, part);

ALTER TABLE ONLY public.reference_list
    ADD CONSTRAINT reference_list_pkey PRIMARY KEY (edition_id, list_oid);

ALTER TABLE ONLY public.request_log
    ADD CONSTRAINT request_log_pkey PRIMARY KEY (caller_key, request_id);

ALTER TABLE ONLY public.submission_set
    ADD CONSTRAINT submission_set_pkey PRIMARY KEY (record_id, submission_set_id);

ALTER TABLE ONLY public.submission_set
    ADD CONSTRAINT submission_set_unique_id_key UNIQUE (record_id, depositor_key, unique_id);

ALTER TABLE ONLY public.trusted_person
    ADD CONSTRAINT trusted_person_code_key UNIQUE (code_sha256, record_id);

ALTER TABLE ONLY public.trusted_person
    ADD CONSTRAINT trusted_person_pkey PRIMARY KEY (record_id, trusted_person_id);

ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_pkey PRIMARY KEY (record_id, upload_id);

ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_request_key UNIQUE (caller_key, request_id);

ALTER TABLE ONLY public.visibility_rule
    ADD CONSTRAINT visibility_rule_pkey PRIMARY KEY (record_id, visibility_rule_id);

ALTER TABLE ONLY public.wish
    ADD CONSTRAINT wish_pkey PRIMARY KEY (record_id, wish_id);

CREATE INDEX audit_event_actor_idx ON ONLY public.audit_event USING btree (actor_id, event_id DESC) WHERE (actor_id IS NOT NULL);

CREATE INDEX audit_event_call_idx ON ONLY public.audit_event USING btree (server_request_id, event_id DESC);

CREATE INDEX audit_event_other_actor_id_event_id_idx ON public.audit_event_other USING btree (actor_id, event_id DESC)
    WHERE (actor_id IS NOT NULL);

CREATE INDEX audit_event_record_idx ON ONLY public.audit_event USING btree (record_id, event_id DESC) WHERE (record_id IS NOT NULL);

CREATE INDEX audit_event_other_record_id_event_id_idx ON public.audit_event_other USING btree (record_id, event_id DESC)
    WHERE (record_id IS NOT NULL);

CREATE INDEX audit_event_other_server_request_id_event_id_idx ON public.audit_event_other USING btree (server_request_id, event_id DESC);

CREATE INDEX audit_event_xid_idx ON ONLY public.audit_event USING btree (xid, event_id);

CREATE INDEX audit_event_other_xid_event_id_idx ON public.audit_event_other USING btree (xid, event_id);

CREATE UNIQUE INDEX block_living_key ON public.block USING btree (record_id, actor_kind, actor_id) WHERE (unblock_time IS NULL);

CREATE INDEX care_team_member_actor_idx ON public.care_team_member USING btree (actor_id, care_team_id) WHERE (leave_time IS NULL);

CREATE UNIQUE INDEX care_team_member_living_key ON public.care_team_member USING btree (care_team_id, actor_kind, actor_id)
    WHERE (leave_time IS NULL);

CREATE INDEX care_team_member_past_idx ON public.care_team_member USING btree (actor_id, care_team_id) WHERE (leave_time IS NOT NULL);

CREATE INDEX care_team_member_team_idx ON public.care_team_member USING btree (care_team_id, actor_id);

CREATE INDEX care_team_record_idx ON public.care_team USING btree (record_id) WHERE (record_id IS NOT NULL);

CREATE UNIQUE INDEX change_floor_key ON public.change_floor USING btree ((true));

CREATE INDEX change_record_idx ON public.change USING btree (record_id, "position");

CREATE INDEX change_revealed_idx ON public.change USING btree (record_id, document_id, "position") WHERE (kind = 'DOCUMENT_REVEALED'::text);

CREATE INDEX change_subject_idx ON public.change USING btree (record_id, subject_id, "position") WHERE (subject_id IS NOT NULL);

CREATE INDEX change_time_idx ON public.change USING btree (sequence_time);

CREATE INDEX consent_actor_idx ON public.consent USING btree (actor_kind, actor_id, record_id) WHERE (revoke_time IS NULL);

CREATE INDEX consent_actor_past_idx ON public.consent USING btree (actor_kind, actor_id, record_id) WHERE (revoke_time IS NOT NULL);

CREATE INDEX consent_care_team_idx ON public.consent USING btree (care_team_id, record_id) WHERE ((revoke_time IS NULL)
    AND (care_team_id IS NOT NULL));

CREATE INDEX consent_care_team_past_idx ON public.consent USING btree (care_team_id, record_id) WHERE ((revoke_time IS NOT NULL)
    AND (care_team_id IS NOT NULL));

CREATE INDEX consent_expire_idx ON public.consent USING btree (expire_time) WHERE ((revoke_time IS NULL) AND (NOT expiry_told));

CREATE UNIQUE INDEX consent_living_key ON public.consent USING btree (record_id, actor_kind, actor_id, hidden_from_representatives)
    WHERE (revoke_time IS NULL);

CREATE INDEX consent_structure_idx ON public.consent USING btree (structure_id, record_id) WHERE ((revoke_time IS NULL)
    AND (structure_id IS NOT NULL));

CREATE INDEX delegation_delegate_idx ON public.delegation USING btree (delegate_subject, record_id);

CREATE INDEX delegation_end_idx ON public.delegation USING btree (end_time) WHERE ((accept_time IS NOT NULL) AND (revoke_time IS NULL)
    AND (NOT end_told));

CREATE INDEX delegation_start_idx ON public.delegation USING btree (start_time) WHERE ((accept_time IS NOT NULL) AND (revoke_time IS NULL)
    AND (NOT start_told));

CREATE INDEX document_announce_idx ON public.document USING btree (announce_time) WHERE (announce_time IS NOT NULL);

CREATE INDEX document_facts_due_idx ON public.document_facts USING btree (alone, due_time) WHERE (due_time IS NOT NULL);

CREATE INDEX document_reveal_idx ON public.document USING btree (patient_visible_time) WHERE (patient_visible_time IS NOT NULL);

CREATE INDEX document_version_blob_idx ON public.document_version USING btree (blob_id) WHERE (blob_id IS NOT NULL);

CREATE INDEX document_version_plain_idx ON public.document_version USING btree (record_id) WHERE (record_key_id IS NULL);

CREATE INDEX document_version_search_idx ON public.document_version
    USING btree (record_id, service_start_time DESC, document_id DESC, version DESC);

CREATE INDEX document_version_sha256_idx ON public.document_version USING btree (sha256);

CREATE INDEX document_version_structure_idx ON public.document_version USING btree (depositor_structure_id, record_id)
    WHERE (depositor_structure_id IS NOT NULL);

CREATE INDEX document_version_submission_set_idx ON public.document_version USING btree (record_id, submission_set_id)
    WHERE (submission_set_id IS NOT NULL);

CREATE INDEX emergency_access_actor_idx ON public.emergency_access USING btree (record_id, professional_id, expire_time DESC);

CREATE INDEX emergency_access_queue_idx ON public.emergency_access USING btree (emergency_access_id) WHERE (acknowledge_time IS NULL);

CREATE INDEX feed_position_position_idx ON public.feed_position USING btree ("position");

CREATE INDEX habilitation_matrix_effective_idx ON public.habilitation_matrix USING btree (effective_time DESC, import_time DESC);

CREATE INDEX notice_create_time_idx ON public.notice USING btree (create_time);

CREATE INDEX notice_delivery_dead_idx ON public.notice_delivery USING btree (notice_id DESC) WHERE (state = 3);

CREATE INDEX notice_delivery_due_idx ON public.notice_delivery USING btree (channel, target, next_attempt_time) WHERE (state = 1);

CREATE INDEX notice_record_idx ON public.notice USING btree (record_id, notice_id DESC) WHERE (professional_id = ''::text);

CREATE INDEX outbox_commit_idx ON public.outbox USING btree (commit_id);

CREATE INDEX outbox_record_idx ON public.outbox USING btree (record_id, commit_id);

CREATE INDEX outbox_subject_idx ON public.outbox USING btree (record_id, subject_id) WHERE (subject_id IS NOT NULL);

CREATE INDEX record_guardianship_idx ON public.record USING btree (guardianship_until) WHERE ((NOT guardianship_told)
    AND (guardianship_until IS NOT NULL));

CREATE UNIQUE INDEX record_key_living_key ON public.record_key USING btree (record_id) WHERE (destroy_time IS NULL);

CREATE INDEX record_key_master_idx ON public.record_key USING btree (master_key_id, record_key_id) WHERE (destroy_time IS NULL);

CREATE INDEX record_majority_idx ON public.record USING btree (birth_date) WHERE ((NOT majority_told)
    AND (birth_date > ((create_time AT TIME ZONE 'UTC'::text) - '18 years 2 days'::interval)));

CREATE INDEX record_traits_idx ON public.record USING btree (birth_date, sex, upper(birth_family_name));

CREATE INDEX reference_concept_code_idx ON public.reference_concept USING btree (edition_id, list_oid, code_key, system_oid);

CREATE INDEX request_log_create_time_idx ON public.request_log USING btree (create_time);

CREATE INDEX submission_set_list_idx ON public.submission_set USING btree (record_id, create_time DESC, submission_set_id DESC);

CREATE UNIQUE INDEX trusted_person_accepted_key ON public.trusted_person USING btree (record_id) WHERE ((accept_time IS NOT NULL)
    AND (end_time IS NULL));

CREATE UNIQUE INDEX trusted_person_invited_key ON public.trusted_person USING btree (record_id) WHERE ((accept_time IS NULL)
    AND (refuse_time IS NULL) AND (end_time IS NULL));

CREATE INDEX upload_content_idx ON public.upload USING btree (content_id);

CREATE INDEX upload_heartbeat_idx ON public.upload USING btree (heartbeat_time);

CREATE INDEX visibility_rule_past_idx ON public.visibility_rule USING btree (record_id, create_time);

CREATE INDEX visibility_rule_record_idx ON public.visibility_rule USING btree (record_id, visibility_rule_id DESC)
    WHERE (remove_time IS NULL);

CREATE UNIQUE INDEX wish_living_key ON public.wish USING btree (record_id, kind) WHERE (end_time IS NULL);

ALTER INDEX public.audit_event_actor_idx ATTACH PARTITION public.audit_event_other_actor_id_event_id_idx;

ALTER INDEX public.audit_event_pkey ATTACH PARTITION public.audit_event_other_pkey;

ALTER INDEX public.audit_event_record_idx ATTACH PARTITION public.audit_event_other_record_id_event_id_idx;

ALTER INDEX public.audit_event_call_idx ATTACH PARTITION public.audit_event_other_server_request_id_event_id_idx;

ALTER INDEX public.audit_event_xid_idx ATTACH PARTITION public.audit_event_other_xid_event_id_idx;

ALTER INDEX public.audit_leaf_pkey ATTACH PARTITION public.audit_leaf_000000_pkey;

ALTER INDEX public.audit_leaf_pkey ATTACH PARTITION public.audit_leaf_000001_pkey;

CREATE TRIGGER change_head_set INSTEAD OF UPDATE ON public.change_head FOR EACH ROW EXECUTE FUNCTION public.dmp_set_change_head();

ALTER TABLE ONLY public.block
    ADD CONSTRAINT block_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.care_team_member
    ADD CONSTRAINT care_team_member_team_fkey FOREIGN KEY (care_team_id) REFERENCES public.care_team(care_team_id);

ALTER TABLE ONLY public.care_team
    ADD CONSTRAINT care_team_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_care_team_id_fkey FOREIGN KEY (care_team_id) REFERENCES public.care_team(care_team_id);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.document_facts
    ADD CONSTRAINT document_facts_record_key_fkey FOREIGN KEY (record_id, record_key_id)
        REFERENCES public.record_key(record_id, record_key_id);

ALTER TABLE ONLY public.document_facts
    ADD CONSTRAINT document_facts_version_fkey FOREIGN KEY (record_id, document_id, version)
        REFERENCES public.document_version(record_id, document_id, version);

ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.document_version
    ADD CONSTRAINT document_version_document_fkey FOREIGN KEY (record_id, document_id) REFERENCES public.document(record_id, document_id);

ALTER TABLE ONLY public.document_version
    ADD CONSTRAINT document_version_record_key_fkey FOREIGN KEY (record_id, record_key_id)
        REFERENCES public.record_key(record_id, record_key_id);

ALTER TABLE ONLY public.document_version
    ADD CONSTRAINT document_version_submission_set_id_fkey FOREIGN KEY (record_id, submission_set_id)
        REFERENCES public.submission_set(record_id, submission_set_id);

ALTER TABLE ONLY public.emergency_access
    ADD CONSTRAINT emergency_access_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.habilitation_cell
    ADD CONSTRAINT habilitation_cell_matrix_fkey FOREIGN KEY (matrix_id) REFERENCES public.habilitation_matrix(matrix_id);

ALTER TABLE ONLY public.notice_delivery
    ADD CONSTRAINT notice_delivery_notice_fkey FOREIGN KEY (record_id, notice_id)
        REFERENCES public.notice(record_id, notice_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notice_preference
    ADD CONSTRAINT notice_preference_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.record_key
    ADD CONSTRAINT record_key_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.reference_activation
    ADD CONSTRAINT reference_activation_edition_fkey FOREIGN KEY (edition_id) REFERENCES public.reference_edition(edition_id);

ALTER TABLE ONLY public.reference_concept
    ADD CONSTRAINT reference_concept_list_fkey FOREIGN KEY (edition_id, list_oid) REFERENCES public.reference_list(edition_id, list_oid);

ALTER TABLE ONLY public.reference_file
    ADD CONSTRAINT reference_file_edition_fkey FOREIGN KEY (edition_id) REFERENCES public.reference_edition(edition_id);

ALTER TABLE ONLY public.reference_list
    ADD CONSTRAINT reference_list_edition_fkey FOREIGN KEY (edition_id) REFERENCES public.reference_edition(edition_id);

ALTER TABLE ONLY public.submission_set
    ADD CONSTRAINT submission_set_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.trusted_person
    ADD CONSTRAINT trusted_person_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.visibility_rule
    ADD CONSTRAINT visibility_rule_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE ONLY public.wish
    ADD CONSTRAINT wish_record_fkey FOREIGN KEY (record_id) REFERENCES public.record(record_id);

ALTER TABLE public.audit_event ENABLE ROW LEVEL SECURITY;

CREATE POLICY audit_event_add ON public.audit_event FOR INSERT TO dmp_runtime, dmp_request, dmp_intake, dmp_directory, dmp_team, dmp_feed,
    dmp_notices WITH CHECK ((xid = pg_current_xact_id()));

CREATE POLICY audit_event_notices ON public.audit_event FOR SELECT TO dmp_notices USING (true);

CREATE POLICY audit_event_request ON public.audit_event FOR SELECT TO dmp_request
    USING (COALESCE((record_id = public.dmp_record()), false));

CREATE POLICY audit_event_reviewer ON public.audit_event FOR SELECT TO dmp_reviewer USING (
CASE
    WHEN (public.dmp_actors() IS NOT NULL) THEN (actor_id = ANY (public.dmp_actors()))
    ELSE (server_request_id = public.dmp_call())
END);

CREATE POLICY audit_event_sequencer ON public.audit_event FOR SELECT TO dmp_sequencer USING (true);

ALTER TABLE public.block ENABLE ROW LEVEL SECURITY;

CREATE POLICY block_deposits ON public.block TO dmp_deposits USING ((actor_id = ANY (public.dmp_actors())));

CREATE POLICY block_directory ON public.block TO dmp_directory USING ((actor_id = ANY (public.dmp_actors())));

CREATE POLICY block_feed ON public.block TO dmp_feed USING (((record_id = public.dmp_record()) OR (actor_id = ANY (public.dmp_actors()))));

CREATE POLICY block_intake ON public.block TO dmp_intake USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY block_notices ON public.block TO dmp_notices USING ((record_id = public.dmp_record()));

CREATE POLICY block_regulation ON public.block TO dmp_regulation USING ((actor_id = ANY (public.dmp_actors())));

CREATE POLICY block_request ON public.block TO dmp_request USING ((record_id = public.dmp_record()));

ALTER TABLE public.care_team ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.care_team_member ENABLE ROW LEVEL SECURITY;

CREATE POLICY care_team_member_directory ON public.care_team_member TO dmp_directory USING ((actor_id = ANY (public.dmp_actors())));

CREATE POLICY care_team_member_feed ON public.care_team_member TO dmp_feed USING (((record_id IS NULL) OR (record_id = public.dmp_record())
    OR (actor_id = ANY (public.dmp_actors()))));

CREATE POLICY care_team_member_intake ON public.care_team_member TO dmp_intake USING (((record_id IS NULL)
    OR (record_id = ANY (public.dmp_records()))));

CREATE POLICY care_team_member_request ON public.care_team_member TO dmp_request USING (((record_id IS NULL)
    OR (record_id = public.dmp_record()))) WITH CHECK ((record_id = public.dmp_record()));

CREATE POLICY care_team_member_team ON public.care_team_member TO dmp_team USING ((record_id IS NULL));

CREATE POLICY care_team_member_watch ON public.care_team_member TO dmp_watch USING (true);

CREATE POLICY care_team_request ON public.care_team TO dmp_request USING (((record_id IS NULL) OR (record_id = public.dmp_record())))
    WITH CHECK ((record_id = public.dmp_record()));

CREATE POLICY care_team_team ON public.care_team TO dmp_team USING ((record_id IS NULL));

ALTER TABLE public.change ENABLE ROW LEVEL SECURITY;

CREATE POLICY change_feed ON public.change TO dmp_feed USING (true);

CREATE POLICY change_notices ON public.change TO dmp_notices USING (true);

CREATE POLICY change_sequencer ON public.change TO dmp_sequencer USING (true);

CREATE POLICY change_sweep ON public.change TO dmp_sweep USING (true);

CREATE POLICY change_watch ON public.change TO dmp_watch USING (true);

ALTER TABLE public.consent ENABLE ROW LEVEL SECURITY;

CREATE POLICY consent_directory ON public.consent TO dmp_directory USING (((actor_id = ANY (public.dmp_actors()))
    OR (structure_id = ANY (public.dmp_actors())) OR ((care_team_id IS NOT NULL) AND (EXISTS ( SELECT
   FROM public.care_team_member m
  WHERE ((m.care_team_id = consent.care_team_id) AND (m.actor_id = ANY (public.dmp_actors())) AND (m.leave_time IS NULL))
 OFFSET 0)))));

CREATE POLICY consent_feed ON public.consent TO dmp_feed USING (((record_id = public.dmp_record()) OR (actor_id = ANY (public.dmp_actors()))
    OR (structure_id = ANY (public.dmp_actors())) OR ((care_team_id IS NOT NULL) AND (EXISTS ( SELECT
   FROM public.care_team_member m
  WHERE ((m.care_team_id = consent.care_team_id) AND (m.actor_id = ANY (public.dmp_actors())))
 OFFSET 0)))));

CREATE POLICY consent_intake ON public.consent TO dmp_intake USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY consent_notices ON public.consent TO dmp_notices USING ((record_id = public.dmp_record()));

CREATE POLICY consent_request ON public.consent TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY consent_sweep ON public.consent TO dmp_sweep USING (true);

CREATE POLICY consent_team ON public.consent TO dmp_team USING ((care_team_id IS NOT NULL));

CREATE POLICY consent_watch ON public.consent TO dmp_watch USING (true);

ALTER TABLE public.delegation ENABLE ROW LEVEL SECURITY;

CREATE POLICY delegation_directory ON public.delegation TO dmp_directory USING (((delegate_subject = public.dmp_caller())
    OR (code_sha256 = public.dmp_code())));

CREATE POLICY delegation_feed ON public.delegation TO dmp_feed USING (((record_id = public.dmp_record())
    OR (delegate_subject = public.dmp_caller())));

CREATE POLICY delegation_intake ON public.delegation TO dmp_intake USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY delegation_request ON public.delegation TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY delegation_sweep ON public.delegation TO dmp_sweep USING (true);

CREATE POLICY delegation_watch ON public.delegation TO dmp_watch USING (true);

ALTER TABLE public.document ENABLE ROW LEVEL SECURITY;

CREATE POLICY document_deposits ON public.document TO dmp_deposits USING ((EXISTS ( SELECT
   FROM public.document_version v
  WHERE ((v.record_id = document.record_id) AND (v.document_id = document.document_id))
 OFFSET 0)));

ALTER TABLE public.document_facts ENABLE ROW LEVEL SECURITY;

CREATE POLICY document_facts_facts ON public.document_facts TO dmp_facts USING (true);

CREATE POLICY document_facts_intake ON public.document_facts FOR INSERT TO dmp_intake WITH CHECK ((record_id = ANY (public.dmp_records())));

CREATE POLICY document_facts_request ON public.document_facts FOR SELECT TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY document_feed ON public.document TO dmp_feed USING ((record_id = public.dmp_record()));

CREATE POLICY document_intake ON public.document TO dmp_intake USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY document_notices ON public.document TO dmp_notices USING ((record_id = public.dmp_record()));

CREATE POLICY document_request ON public.document TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY document_sweep ON public.document TO dmp_sweep USING (true);

ALTER TABLE public.document_version ENABLE ROW LEVEL SECURITY;

CREATE POLICY document_version_deposits ON public.document_version TO dmp_deposits
    USING ((depositor_structure_id = ANY (public.dmp_actors())));

CREATE POLICY document_version_facts ON public.document_version TO dmp_facts USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY document_version_feed ON public.document_version TO dmp_feed USING (((record_id = public.dmp_record())
    OR (depositor_structure_id = ANY (public.dmp_actors()))));

CREATE POLICY document_version_intake ON public.document_version TO dmp_intake USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY document_version_request ON public.document_version TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY document_version_sweep ON public.document_version TO dmp_sweep USING (true);

CREATE POLICY document_version_watch ON public.document_version TO dmp_watch USING (true);

ALTER TABLE public.emergency_access ENABLE ROW LEVEL SECURITY;

CREATE POLICY emergency_access_intake ON public.emergency_access TO dmp_intake USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY emergency_access_request ON public.emergency_access TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY emergency_access_reviewer ON public.emergency_access TO dmp_reviewer USING (true);

ALTER TABLE public.feed_position ENABLE ROW LEVEL SECURITY;

CREATE POLICY feed_position_feed ON public.feed_position TO dmp_feed USING ((caller_key = public.dmp_caller()));

CREATE POLICY feed_position_sweep ON public.feed_position TO dmp_sweep USING (true);

ALTER TABLE public.master_key ENABLE ROW LEVEL SECURITY;

CREATE POLICY master_key_first ON public.master_key FOR INSERT TO dmp_runtime WITH CHECK ((ordinal = 1));

CREATE POLICY master_key_see ON public.master_key FOR SELECT TO dmp_runtime, dmp_request, dmp_intake USING (true);

ALTER TABLE public.notice ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notice_contact ENABLE ROW LEVEL SECURITY;

CREATE POLICY notice_contact_directory ON public.notice_contact TO dmp_directory USING ((professional_id = ANY (public.dmp_actors())));

CREATE POLICY notice_contact_notices ON public.notice_contact TO dmp_notices USING (true);

ALTER TABLE public.notice_delivery ENABLE ROW LEVEL SECURITY;

CREATE POLICY notice_delivery_notices ON public.notice_delivery TO dmp_notices USING (true);

CREATE POLICY notice_delivery_request ON public.notice_delivery TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY notice_delivery_sweep ON public.notice_delivery TO dmp_sweep USING (true);

ALTER TABLE public.notice_first_access ENABLE ROW LEVEL SECURITY;

CREATE POLICY notice_first_access_notices ON public.notice_first_access TO dmp_notices USING (true);

CREATE POLICY notice_notices ON public.notice TO dmp_notices USING (true);

ALTER TABLE public.notice_preference ENABLE ROW LEVEL SECURITY;

CREATE POLICY notice_preference_notices ON public.notice_preference TO dmp_notices USING ((record_id = public.dmp_record()));

CREATE POLICY notice_preference_request ON public.notice_preference TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY notice_request ON public.notice TO dmp_request USING (COALESCE((record_id = public.dmp_record()), false));

CREATE POLICY notice_sweep ON public.notice TO dmp_sweep USING (true);

ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;

CREATE POLICY outbox_add ON public.outbox FOR INSERT TO dmp_request, dmp_intake, dmp_team, dmp_sweep WITH CHECK (true);

CREATE POLICY outbox_feed ON public.outbox FOR SELECT TO dmp_feed USING (true);

CREATE POLICY outbox_sequencer ON public.outbox TO dmp_sequencer USING (true);

ALTER TABLE public.record ENABLE ROW LEVEL SECURITY;

CREATE POLICY record_deposits ON public.record TO dmp_deposits USING ((EXISTS ( SELECT
   FROM public.document_version v
  WHERE (v.record_id = record.record_id)
 OFFSET 0)));

CREATE POLICY record_directory ON public.record TO dmp_directory USING (((ins_number = ANY (public.dmp_ins()))
    OR ((public.dmp_actors() IS NOT NULL) AND (EXISTS ( SELECT
   FROM public.consent c
  WHERE (c.record_id = record.record_id)
 OFFSET 0))) OR ((public.dmp_caller() <> ''::text) AND (EXISTS ( SELECT
   FROM public.delegation d
  WHERE ((d.record_id = record.record_id) AND (d.delegate_subject = public.dmp_caller()))
 OFFSET 0)))));

CREATE POLICY record_feed ON public.record TO dmp_feed USING (((record_id = public.dmp_record()) OR (ins_number = ANY (public.dmp_ins()))
    OR ((public.dmp_actors() IS NOT NULL) AND (EXISTS ( SELECT
   FROM public.consent c
  WHERE (c.record_id = record.record_id)
 OFFSET 0)))));

CREATE POLICY record_intake ON public.record TO dmp_intake USING ((record_id = ANY (public.dmp_records()))) WITH CHECK (false);

ALTER TABLE public.record_key ENABLE ROW LEVEL SECURITY;

CREATE POLICY record_key_facts ON public.record_key TO dmp_facts USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY record_key_intake ON public.record_key TO dmp_intake USING ((record_id = ANY (public.dmp_records())))
    WITH CHECK (((record_id = ANY (public.dmp_records())) AND (destroy_time IS NULL)));

CREATE POLICY record_key_request ON public.record_key TO dmp_request USING ((record_id = public.dmp_record()))
    WITH CHECK (((record_id = public.dmp_record()) AND (destroy_time IS NULL)));

CREATE POLICY record_notices ON public.record TO dmp_notices USING ((record_id = public.dmp_record()));

CREATE POLICY record_regulation ON public.record TO dmp_regulation USING ((emergency_regulation_allowed AND (state = 1)));

CREATE POLICY record_request ON public.record TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY record_sweep ON public.record TO dmp_sweep USING (true);

CREATE POLICY record_watch ON public.record TO dmp_watch USING (true);

ALTER TABLE public.request_log ENABLE ROW LEVEL SECURITY;

CREATE POLICY request_log_own ON public.request_log TO dmp_request, dmp_intake, dmp_directory, dmp_team, dmp_feed, dmp_notices
    USING ((caller_key = public.dmp_caller())) WITH CHECK ((caller_key = public.dmp_caller()));

CREATE POLICY request_log_sweep ON public.request_log TO dmp_sweep USING (true);

ALTER TABLE public.submission_set ENABLE ROW LEVEL SECURITY;

CREATE POLICY submission_set_intake ON public.submission_set TO dmp_intake USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY submission_set_request ON public.submission_set TO dmp_request USING ((record_id = public.dmp_record()));

ALTER TABLE public.trusted_person ENABLE ROW LEVEL SECURITY;

CREATE POLICY trusted_person_directory ON public.trusted_person TO dmp_directory USING ((code_sha256 = public.dmp_code()));

CREATE POLICY trusted_person_request ON public.trusted_person TO dmp_request USING ((record_id = public.dmp_record()));

ALTER TABLE public.upload ENABLE ROW LEVEL SECURITY;

CREATE POLICY upload_intake ON public.upload TO dmp_intake USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY upload_request ON public.upload TO dmp_request USING ((record_id = public.dmp_record()));

CREATE POLICY upload_sweep ON public.upload TO dmp_sweep USING (true);

ALTER TABLE public.visibility_rule ENABLE ROW LEVEL SECURITY;

CREATE POLICY visibility_rule_feed ON public.visibility_rule TO dmp_feed USING ((record_id = public.dmp_record()));

CREATE POLICY visibility_rule_intake ON public.visibility_rule TO dmp_intake USING ((record_id = ANY (public.dmp_records())));

CREATE POLICY visibility_rule_request ON public.visibility_rule TO dmp_request USING ((record_id = public.dmp_record()));

ALTER TABLE public.wish ENABLE ROW LEVEL SECURITY;

CREATE POLICY wish_request ON public.wish TO dmp_request USING ((record_id = public.dmp_record()));

GRANT USAGE ON SCHEMA public TO dmp_runtime;
GRANT USAGE ON SCHEMA public TO dmp_request;
GRANT USAGE ON SCHEMA public TO dmp_intake;
GRANT USAGE ON SCHEMA public TO dmp_directory;
GRANT USAGE ON SCHEMA public TO dmp_deposits;
GRANT USAGE ON SCHEMA public TO dmp_regulation;
GRANT USAGE ON SCHEMA public TO dmp_team;
GRANT USAGE ON SCHEMA public TO dmp_feed;
GRANT USAGE ON SCHEMA public TO dmp_watch;
GRANT USAGE ON SCHEMA public TO dmp_notices;
GRANT USAGE ON SCHEMA public TO dmp_facts;
GRANT USAGE ON SCHEMA public TO dmp_sweep;
GRANT USAGE ON SCHEMA public TO dmp_sequencer;
GRANT USAGE ON SCHEMA public TO dmp_reviewer;

REVOKE ALL ON FUNCTION public.dmp_add_leaf_part() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.dmp_add_trace_month(month date) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.dmp_add_trace_months(ahead integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.dmp_add_trace_months(ahead integer) TO dmp_sweep;

REVOKE ALL ON FUNCTION public.dmp_changed_since(record uuid, seen bigint, key uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.dmp_changed_since(record uuid, seen bigint, key uuid) TO dmp_runtime;
GRANT ALL ON FUNCTION public.dmp_changed_since(record uuid, seen bigint, key uuid) TO dmp_request;

REVOKE ALL ON FUNCTION public.dmp_set_change_head() FROM PUBLIC;

GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_runtime;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_request;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_intake;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_directory;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_deposits;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_regulation;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_team;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_feed;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_notices;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_sweep;
GRANT SELECT,INSERT ON TABLE public.audit_checkpoint TO dmp_sequencer;
GRANT SELECT ON TABLE public.audit_checkpoint TO dmp_reviewer;

GRANT INSERT ON TABLE public.audit_event TO dmp_runtime;
GRANT SELECT,INSERT ON TABLE public.audit_event TO dmp_request;
GRANT INSERT ON TABLE public.audit_event TO dmp_intake;
GRANT INSERT ON TABLE public.audit_event TO dmp_directory;
GRANT INSERT ON TABLE public.audit_event TO dmp_team;
GRANT INSERT ON TABLE public.audit_event TO dmp_feed;
GRANT SELECT,INSERT ON TABLE public.audit_event TO dmp_notices;
GRANT SELECT ON TABLE public.audit_event TO dmp_sequencer;
GRANT SELECT ON TABLE public.audit_event TO dmp_reviewer;

GRANT SELECT ON TABLE public.audit_key TO dmp_runtime;
GRANT SELECT ON TABLE public.audit_key TO dmp_request;
GRANT SELECT ON TABLE public.audit_key TO dmp_intake;
GRANT SELECT ON TABLE public.audit_key TO dmp_directory;
GRANT SELECT ON TABLE public.audit_key TO dmp_deposits;
GRANT SELECT ON TABLE public.audit_key TO dmp_regulation;
GRANT SELECT ON TABLE public.audit_key TO dmp_team;
GRANT SELECT ON TABLE public.audit_key TO dmp_feed;
GRANT SELECT ON TABLE public.audit_key TO dmp_notices;
GRANT SELECT ON TABLE public.audit_key TO dmp_sweep;
GRANT SELECT,INSERT ON TABLE public.audit_key TO dmp_sequencer;
GRANT SELECT ON TABLE public.audit_key TO dmp_reviewer;

GRANT SELECT ON TABLE public.audit_leaf TO dmp_runtime;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_request;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_intake;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_directory;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_deposits;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_regulation;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_team;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_feed;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_notices;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_sweep;
GRANT SELECT,INSERT ON TABLE public.audit_leaf TO dmp_sequencer;
GRANT SELECT ON TABLE public.audit_leaf TO dmp_reviewer;

GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_runtime;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_request;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_intake;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_directory;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_deposits;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_regulation;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_team;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_feed;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_notices;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_sweep;
GRANT SELECT,INSERT ON TABLE public.audit_leaf_span TO dmp_sequencer;
GRANT SELECT ON TABLE public.audit_leaf_span TO dmp_reviewer;

GRANT SELECT ON TABLE public.audit_node TO dmp_runtime;
GRANT SELECT ON TABLE public.audit_node TO dmp_request;
GRANT SELECT ON TABLE public.audit_node TO dmp_intake;
GRANT SELECT ON TABLE public.audit_node TO dmp_directory;
GRANT SELECT ON TABLE public.audit_node TO dmp_deposits;
GRANT SELECT ON TABLE public.audit_node TO dmp_regulation;
GRANT SELECT ON TABLE public.audit_node TO dmp_team;
GRANT SELECT ON TABLE public.audit_node TO dmp_feed;
GRANT SELECT ON TABLE public.audit_node TO dmp_notices;
GRANT SELECT ON TABLE public.audit_node TO dmp_sweep;
GRANT SELECT,INSERT ON TABLE public.audit_node TO dmp_sequencer;
GRANT SELECT ON TABLE public.audit_node TO dmp_reviewer;

GRANT SELECT,INSERT,UPDATE ON TABLE public.block TO dmp_request;
GRANT SELECT ON TABLE public.block TO dmp_intake;
GRANT SELECT ON TABLE public.block TO dmp_directory;
GRANT SELECT ON TABLE public.block TO dmp_deposits;
GRANT SELECT ON TABLE public.block TO dmp_regulation;
GRANT SELECT ON TABLE public.block TO dmp_feed;
GRANT SELECT ON TABLE public.block TO dmp_notices;

GRANT SELECT,INSERT,UPDATE ON TABLE public.care_team TO dmp_request;
GRANT SELECT,INSERT,UPDATE ON TABLE public.care_team TO dmp_team;

GRANT SELECT,INSERT,UPDATE ON TABLE public.care_team_member TO dmp_request;
GRANT SELECT ON TABLE public.care_team_member TO dmp_intake;
GRANT SELECT ON TABLE public.care_team_member TO dmp_directory;
GRANT SELECT,INSERT,UPDATE ON TABLE public.care_team_member TO dmp_team;
GRANT SELECT ON TABLE public.care_team_member TO dmp_feed;

GRANT SELECT(care_team_id) ON TABLE public.care_team_member TO dmp_watch;

GRANT SELECT(actor_kind) ON TABLE public.care_team_member TO dmp_watch;

GRANT SELECT(actor_id) ON TABLE public.care_team_member TO dmp_watch;

GRANT SELECT ON TABLE public.change TO dmp_feed;
GRANT SELECT ON TABLE public.change TO dmp_notices;
GRANT SELECT,DELETE ON TABLE public.change TO dmp_sweep;
GRANT SELECT,INSERT ON TABLE public.change TO dmp_sequencer;

GRANT SELECT("position") ON TABLE public.change TO dmp_watch;

GRANT SELECT(commit_position) ON TABLE public.change TO dmp_watch;

GRANT SELECT(record_id) ON TABLE public.change TO dmp_watch;

GRANT SELECT ON TABLE public.change_floor TO dmp_runtime;
GRANT SELECT ON TABLE public.change_floor TO dmp_request;
GRANT SELECT ON TABLE public.change_floor TO dmp_intake;
GRANT SELECT ON TABLE public.change_floor TO dmp_directory;
GRANT SELECT ON TABLE public.change_floor TO dmp_deposits;
GRANT SELECT ON TABLE public.change_floor TO dmp_regulation;
GRANT SELECT ON TABLE public.change_floor TO dmp_team;
GRANT SELECT ON TABLE public.change_floor TO dmp_feed;
GRANT SELECT ON TABLE public.change_floor TO dmp_notices;
GRANT SELECT,UPDATE ON TABLE public.change_floor TO dmp_sweep;
GRANT SELECT,UPDATE ON TABLE public.change_floor TO dmp_sequencer;
GRANT SELECT ON TABLE public.change_floor TO dmp_reviewer;
GRANT SELECT ON TABLE public.change_floor TO dmp_watch;

GRANT SELECT ON TABLE public.change_pass TO dmp_runtime;
GRANT SELECT ON TABLE public.change_pass TO dmp_request;
GRANT SELECT ON TABLE public.change_pass TO dmp_intake;
GRANT SELECT ON TABLE public.change_pass TO dmp_directory;
GRANT SELECT ON TABLE public.change_pass TO dmp_deposits;
GRANT SELECT ON TABLE public.change_pass TO dmp_regulation;
GRANT SELECT ON TABLE public.change_pass TO dmp_team;
GRANT SELECT ON TABLE public.change_pass TO dmp_feed;
GRANT SELECT ON TABLE public.change_pass TO dmp_notices;
GRANT SELECT,DELETE ON TABLE public.change_pass TO dmp_sweep;
GRANT SELECT,INSERT ON TABLE public.change_pass TO dmp_sequencer;
GRANT SELECT ON TABLE public.change_pass TO dmp_reviewer;
GRANT SELECT ON TABLE public.change_pass TO dmp_watch;

GRANT SELECT ON TABLE public.change_head TO dmp_runtime;
GRANT SELECT ON TABLE public.change_head TO dmp_request;
GRANT SELECT ON TABLE public.change_head TO dmp_intake;
GRANT SELECT ON TABLE public.change_head TO dmp_directory;
GRANT SELECT ON TABLE public.change_head TO dmp_deposits;
GRANT SELECT ON TABLE public.change_head TO dmp_regulation;
GRANT SELECT ON TABLE public.change_head TO dmp_team;
GRANT SELECT ON TABLE public.change_head TO dmp_feed;
GRANT SELECT ON TABLE public.change_head TO dmp_notices;
GRANT SELECT ON TABLE public.change_head TO dmp_sweep;
GRANT SELECT ON TABLE public.change_head TO dmp_sequencer;
GRANT SELECT ON TABLE public.change_head TO dmp_reviewer;
GRANT SELECT ON TABLE public.change_head TO dmp_watch;

GRANT SELECT,INSERT,UPDATE ON TABLE public.consent TO dmp_request;
GRANT SELECT ON TABLE public.consent TO dmp_intake;
GRANT SELECT ON TABLE public.consent TO dmp_directory;
GRANT SELECT ON TABLE public.consent TO dmp_team;
GRANT SELECT ON TABLE public.consent TO dmp_feed;
GRANT SELECT ON TABLE public.consent TO dmp_notices;

GRANT SELECT(consent_id) ON TABLE public.consent TO dmp_sweep;

GRANT SELECT(record_id) ON TABLE public.consent TO dmp_watch;
GRANT SELECT(record_id) ON TABLE public.consent TO dmp_sweep;

GRANT SELECT(actor_kind) ON TABLE public.consent TO dmp_watch;
GRANT SELECT(actor_kind) ON TABLE public.consent TO dmp_sweep;

GRANT SELECT(actor_id) ON TABLE public.consent TO dmp_watch;
GRANT SELECT(actor_id) ON TABLE public.consent TO dmp_sweep;

GRANT SELECT(expire_time) ON TABLE public.consent TO dmp_sweep;

GRANT SELECT(revoke_time) ON TABLE public.consent TO dmp_sweep;

GRANT SELECT(hidden_from_representatives) ON TABLE public.consent TO dmp_sweep;

GRANT SELECT(care_team_id) ON TABLE public.consent TO dmp_watch;

GRANT SELECT(expiry_told),UPDATE(expiry_told) ON TABLE public.consent TO dmp_sweep;

GRANT SELECT,INSERT,UPDATE ON TABLE public.delegation TO dmp_request;
GRANT SELECT ON TABLE public.delegation TO dmp_intake;
GRANT SELECT ON TABLE public.delegation TO dmp_directory;
GRANT SELECT ON TABLE public.delegation TO dmp_feed;

GRANT SELECT(delegation_id) ON TABLE public.delegation TO dmp_sweep;

GRANT SELECT(record_id) ON TABLE public.delegation TO dmp_watch;
GRANT SELECT(record_id) ON TABLE public.delegation TO dmp_sweep;

GRANT SELECT(start_time) ON TABLE public.delegation TO dmp_sweep;

GRANT SELECT(end_time) ON TABLE public.delegation TO dmp_sweep;

GRANT SELECT(delegate_subject) ON TABLE public.delegation TO dmp_watch;

GRANT SELECT(accept_time) ON TABLE public.delegation TO dmp_sweep;

GRANT SELECT(revoke_time) ON TABLE public.delegation TO dmp_sweep;

GRANT SELECT(start_told),UPDATE(start_told) ON TABLE public.delegation TO dmp_sweep;

GRANT SELECT(end_told),UPDATE(end_told) ON TABLE public.delegation TO dmp_sweep;

GRANT SELECT,INSERT,UPDATE ON TABLE public.document TO dmp_request;
GRANT SELECT,INSERT,UPDATE ON TABLE public.document TO dmp_intake;
GRANT SELECT ON TABLE public.document TO dmp_deposits;
GRANT SELECT ON TABLE public.document TO dmp_feed;
GRANT SELECT ON TABLE public.document TO dmp_notices;

GRANT SELECT(document_id) ON TABLE public.document TO dmp_sweep;

GRANT SELECT(record_id) ON TABLE public.document TO dmp_sweep;

GRANT SELECT(current_version) ON TABLE public.document TO dmp_sweep;

GRANT SELECT(masked) ON TABLE public.document TO dmp_sweep;

GRANT SELECT(state) ON TABLE public.document TO dmp_sweep;

GRANT SELECT(revision),UPDATE(revision) ON TABLE public.document TO dmp_sweep;

GRANT UPDATE(update_time) ON TABLE public.document TO dmp_sweep;

GRANT SELECT(patient_visible_time),UPDATE(patient_visible_time) ON TABLE public.document TO dmp_sweep;

GRANT SELECT(announce_time),UPDATE(announce_time) ON TABLE public.document TO dmp_sweep;

GRANT SELECT(hidden_from_representatives) ON TABLE public.document TO dmp_sweep;

GRANT SELECT ON TABLE public.document_facts TO dmp_request;
GRANT INSERT ON TABLE public.document_facts TO dmp_intake;

GRANT SELECT(record_id) ON TABLE public.document_facts TO dmp_facts;

GRANT SELECT(document_id) ON TABLE public.document_facts TO dmp_facts;

GRANT SELECT(version) ON TABLE public.document_facts TO dmp_facts;

GRANT SELECT(state),UPDATE(state) ON TABLE public.document_facts TO dmp_facts;

GRANT SELECT(kinds),UPDATE(kinds) ON TABLE public.document_facts TO dmp_facts;

GRANT UPDATE(block) ON TABLE public.document_facts TO dmp_facts;

GRANT UPDATE(facts_id) ON TABLE public.document_facts TO dmp_facts;

GRANT UPDATE(words) ON TABLE public.document_facts TO dmp_facts;

GRANT UPDATE(words_id) ON TABLE public.document_facts TO dmp_facts;

GRANT UPDATE(words_cut) ON TABLE public.document_facts TO dmp_facts;

GRANT UPDATE(record_key_id) ON TABLE public.document_facts TO dmp_facts;

GRANT UPDATE(reader) ON TABLE public.document_facts TO dmp_facts;

GRANT SELECT(due_time),UPDATE(due_time) ON TABLE public.document_facts TO dmp_facts;

GRANT SELECT(attempts),UPDATE(attempts) ON TABLE public.document_facts TO dmp_facts;

GRANT SELECT(size_bytes) ON TABLE public.document_facts TO dmp_facts;

GRANT SELECT(alone) ON TABLE public.document_facts TO dmp_facts;

GRANT SELECT,INSERT ON TABLE public.document_version TO dmp_request;
GRANT SELECT,INSERT ON TABLE public.document_version TO dmp_intake;
GRANT SELECT ON TABLE public.document_version TO dmp_deposits;
GRANT SELECT ON TABLE public.document_version TO dmp_feed;

GRANT SELECT(document_id) ON TABLE public.document_version TO dmp_facts;

GRANT SELECT(version) ON TABLE public.document_version TO dmp_facts;

GRANT SELECT(record_id) ON TABLE public.document_version TO dmp_watch;
GRANT SELECT(record_id) ON TABLE public.document_version TO dmp_facts;

GRANT SELECT(depositor_structure_id) ON TABLE public.document_version TO dmp_watch;

GRANT SELECT(metadata) ON TABLE public.document_version TO dmp_facts;

GRANT SELECT(size_bytes) ON TABLE public.document_version TO dmp_facts;

GRANT SELECT(form) ON TABLE public.document_version TO dmp_facts;

GRANT SELECT(content_id) ON TABLE public.document_version TO dmp_facts;
GRANT SELECT(content_id) ON TABLE public.document_version TO dmp_sweep;

GRANT SELECT(blob_id) ON TABLE public.document_version TO dmp_facts;
GRANT SELECT(blob_id) ON TABLE public.document_version TO dmp_sweep;

GRANT SELECT(blob_offset) ON TABLE public.document_version TO dmp_facts;

GRANT SELECT(record_key_id) ON TABLE public.document_version TO dmp_facts;

GRANT SELECT,INSERT,UPDATE ON TABLE public.emergency_access TO dmp_request;
GRANT SELECT ON TABLE public.emergency_access TO dmp_intake;
GRANT SELECT ON TABLE public.emergency_access TO dmp_reviewer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.feed_position TO dmp_feed;
GRANT SELECT,DELETE ON TABLE public.feed_position TO dmp_sweep;

GRANT SELECT ON TABLE public.habilitation_cell TO dmp_runtime;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_request;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_intake;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_directory;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_deposits;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_regulation;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_team;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_feed;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_notices;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_sweep;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_sequencer;
GRANT SELECT ON TABLE public.habilitation_cell TO dmp_reviewer;

GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_runtime;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_request;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_intake;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_directory;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_deposits;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_regulation;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_team;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_feed;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_notices;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_sweep;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_sequencer;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_reviewer;
GRANT SELECT ON TABLE public.habilitation_matrix TO dmp_watch;

GRANT SELECT,INSERT ON TABLE public.key_ring TO dmp_runtime;

GRANT SELECT,INSERT ON TABLE public.master_key TO dmp_runtime;
GRANT SELECT ON TABLE public.master_key TO dmp_request;
GRANT SELECT ON TABLE public.master_key TO dmp_intake;

GRANT SELECT ON TABLE public.notice TO dmp_request;
GRANT SELECT,INSERT ON TABLE public.notice TO dmp_notices;
GRANT SELECT,DELETE ON TABLE public.notice TO dmp_sweep;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notice_contact TO dmp_directory;
GRANT SELECT ON TABLE public.notice_contact TO dmp_notices;

GRANT SELECT,UPDATE ON TABLE public.notice_source TO dmp_notices;

GRANT SELECT,INSERT ON TABLE public.notice_step TO dmp_notices;
GRANT SELECT,DELETE ON TABLE public.notice_step TO dmp_sweep;

GRANT SELECT ON TABLE public.notice_delivery TO dmp_request;
GRANT SELECT,INSERT,UPDATE ON TABLE public.notice_delivery TO dmp_notices;

GRANT SELECT(notice_id) ON TABLE public.notice_delivery TO dmp_sweep;

GRANT SELECT(record_id) ON TABLE public.notice_delivery TO dmp_sweep;

GRANT SELECT(state),UPDATE(state) ON TABLE public.notice_delivery TO dmp_sweep;

GRANT SELECT(next_attempt_time) ON TABLE public.notice_delivery TO dmp_sweep;

GRANT SELECT(give_up_time) ON TABLE public.notice_delivery TO dmp_sweep;

GRANT SELECT,INSERT ON TABLE public.notice_first_access TO dmp_notices;

GRANT SELECT,INSERT,UPDATE ON TABLE public.notice_preference TO dmp_request;
GRANT SELECT ON TABLE public.notice_preference TO dmp_notices;

GRANT INSERT ON TABLE public.outbox TO dmp_request;
GRANT INSERT ON TABLE public.outbox TO dmp_intake;
GRANT INSERT ON TABLE public.outbox TO dmp_team;
GRANT INSERT ON TABLE public.outbox TO dmp_sweep;
GRANT SELECT ON TABLE public.outbox TO dmp_feed;
GRANT SELECT,DELETE ON TABLE public.outbox TO dmp_sequencer;

GRANT SELECT,INSERT,UPDATE ON TABLE public.record TO dmp_request;
GRANT SELECT ON TABLE public.record TO dmp_intake;
GRANT SELECT ON TABLE public.record TO dmp_directory;
GRANT SELECT ON TABLE public.record TO dmp_deposits;
GRANT SELECT ON TABLE public.record TO dmp_regulation;
GRANT SELECT ON TABLE public.record TO dmp_feed;
GRANT SELECT ON TABLE public.record TO dmp_notices;

GRANT UPDATE(record_id) ON TABLE public.record TO dmp_intake;
GRANT SELECT(record_id) ON TABLE public.record TO dmp_watch;
GRANT SELECT(record_id) ON TABLE public.record TO dmp_sweep;

GRANT SELECT(ins_system) ON TABLE public.record TO dmp_watch;

GRANT SELECT(ins_number) ON TABLE public.record TO dmp_watch;

GRANT SELECT(birth_date) ON TABLE public.record TO dmp_sweep;

GRANT SELECT(create_time) ON TABLE public.record TO dmp_sweep;

GRANT SELECT(guardianship_until) ON TABLE public.record TO dmp_sweep;

GRANT SELECT(majority_told),UPDATE(majority_told) ON TABLE public.record TO dmp_sweep;

GRANT SELECT(guardianship_told),UPDATE(guardianship_told) ON TABLE public.record TO dmp_sweep;

GRANT SELECT,INSERT ON TABLE public.record_key TO dmp_request;
GRANT SELECT,INSERT ON TABLE public.record_key TO dmp_intake;
GRANT SELECT ON TABLE public.record_key TO dmp_facts;

GRANT SELECT ON TABLE public.reference_activation TO dmp_runtime;

GRANT SELECT ON TABLE public.reference_concept TO dmp_runtime;

GRANT SELECT ON TABLE public.reference_edition TO dmp_runtime;

GRANT SELECT ON TABLE public.reference_file TO dmp_runtime;

GRANT SELECT ON TABLE public.reference_list TO dmp_runtime;

GRANT SELECT,INSERT,UPDATE ON TABLE public.request_log TO dmp_request;
GRANT SELECT,INSERT,UPDATE ON TABLE public.request_log TO dmp_intake;
GRANT SELECT,INSERT,UPDATE ON TABLE public.request_log TO dmp_directory;
GRANT SELECT,INSERT,UPDATE ON TABLE public.request_log TO dmp_team;
GRANT SELECT,INSERT,UPDATE ON TABLE public.request_log TO dmp_feed;
GRANT SELECT,INSERT,UPDATE ON TABLE public.request_log TO dmp_notices;
GRANT SELECT,DELETE ON TABLE public.request_log TO dmp_sweep;

GRANT SELECT,INSERT ON TABLE public.submission_set TO dmp_request;
GRANT SELECT,INSERT ON TABLE public.submission_set TO dmp_intake;

GRANT SELECT,INSERT,UPDATE ON TABLE public.trusted_person TO dmp_request;

GRANT SELECT(trusted_person_id) ON TABLE public.trusted_person TO dmp_directory;

GRANT SELECT(record_id) ON TABLE public.trusted_person TO dmp_directory;

GRANT SELECT(code_sha256) ON TABLE public.trusted_person TO dmp_directory;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.upload TO dmp_request;
GRANT SELECT,DELETE,UPDATE ON TABLE public.upload TO dmp_intake;
GRANT DELETE ON TABLE public.upload TO dmp_sweep;

GRANT SELECT(upload_id) ON TABLE public.upload TO dmp_sweep;

GRANT SELECT(record_id) ON TABLE public.upload TO dmp_sweep;

GRANT SELECT(content_id) ON TABLE public.upload TO dmp_sweep;

GRANT SELECT(heartbeat_time),UPDATE(heartbeat_time) ON TABLE public.upload TO dmp_sweep;

GRANT SELECT,INSERT,UPDATE ON TABLE public.visibility_rule TO dmp_request;
GRANT SELECT ON TABLE public.visibility_rule TO dmp_intake;
GRANT SELECT ON TABLE public.visibility_rule TO dmp_feed;

GRANT SELECT,INSERT,UPDATE ON TABLE public.wish TO dmp_request;
