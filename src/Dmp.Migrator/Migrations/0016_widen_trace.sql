-- Why: the trace says more of each call (mode of access, the right it stood on, emergency session, versions and digests, software,
-- origin, how long it took), and operators can ask what a professional did. Old events keep null. Locks: audit_event while the new index
-- is built; no table is rewritten. Undo: drop the index, the policy's second half and the columns.
alter table audit_event
    add column staff_id text,
    add column user_agent text,
    -- The numbers of dmp.access.v1.AccessMode and dmp.audit.v1.AuditBasis; null for calls about no record, or that were refused.
    add column access_mode smallint,
    add column basis smallint,
    add column emergency_access_id uuid,
    -- Beside document_ids, element by element; 0 and '' where a refused call named a document and nothing was found.
    add column document_versions integer[],
    add column document_sha256s bytea[],
    -- Why an operator or auditor looked.
    add column justification text,
    add column origin inet,
    add column duration_us bigint;

alter table audit_event add constraint audit_event_documents_check
    check (
        cardinality(document_versions) = cardinality(document_ids)
        and cardinality(document_sha256s) = cardinality(document_ids)
    );

create index audit_event_actor_idx on audit_event (actor_id, event_id desc) where actor_id is not null;

-- A review of one professional or structure sees the events of that one.
alter policy audit_event_scope on audit_event
    using (record_id = dmp_record() or dmp_task() = 'conduct' and actor_id = any (dmp_actors()));
