-- Why: patients are told of the first access of each professional. The trace says who read what; its log (0019) gives every event one
-- place in the order of commits, so that reading it from a cursor on skips nothing. Whoever has read a record before this migration is
-- known and not told again. Locks: audit_event is read once as a whole; calls go on. Undo: drop the table, delete the cursor, put the
-- policy back as in 0019.

create table notice_first_access (
    record_id uuid not null,
    professional_id text not null,
    -- In a secret connection: representatives are told when the professional first reads without it.
    secret boolean not null,
    constraint notice_first_access_pkey primary key (record_id, professional_id, secret)
);

-- The kinds of the right: consent, attending physician, emergency; not said in old events.
insert into notice_first_access
select distinct e.record_id, e.actor_id, e.hidden_from_representatives
from audit_event e
join record r on r.record_id = e.record_id
where e.actor_kind = 1
    and e.actor_id is not null
    and e.outcome = 1
    and (e.basis is null or e.basis in (4, 5, 6))
    and e.method in (
        'dmp.audit.v1.AuditService/ListRecordEvents', 'dmp.careteam.v1.CareTeamService/ListCareTeams',
        'dmp.consent.v1.ConsentService/GetConsentSettings', 'dmp.consent.v1.ConsentService/ListBlocks',
        'dmp.consent.v1.ConsentService/ListConsents', 'dmp.document.v1.DocumentService/GetDocument',
        'dmp.document.v1.DocumentService/ReadDocument', 'dmp.document.v1.DocumentService/SearchDocuments',
        'dmp.emergency.v1.EmergencyService/ListEmergencyAccesses', 'dmp.record.v1.RecordService/GetRecord');

insert into notice_cursor select 'trace', coalesce(max(leaf_index), -1) from audit_leaf;

grant select, insert on notice_first_access to dmp_runtime;
alter table notice_first_access enable row level security;
create policy notice_first_access_scope on notice_first_access to dmp_runtime
    using (record_id = dmp_record() or dmp_task() = 'notices')
    with check (record_id = dmp_record());

-- As in 0019, and whoever makes notices.
alter policy audit_event_scope on audit_event
    using (
        record_id = dmp_record()
        or dmp_task() = 'conduct' and actor_id = any (dmp_actors())
        or dmp_task() in ('sequence', 'notices')
    );
