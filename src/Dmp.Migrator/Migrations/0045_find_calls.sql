-- Why: support finds a call by the id that every error tells people to quote. Locks: audit_event and its months are not written to while
-- the index is made; on a large trace make it month by month beforehand (create index concurrently), under the names that PostgreSQL gives.
-- Undo: the policy as in 0040, then drop index and function.

create index audit_event_call_idx on audit_event (server_request_id, event_id desc);

create function dmp_call() returns uuid
    language sql stable
    return nullif(current_setting('dmp.call', true), '')::uuid;

alter policy audit_event_scope on audit_event
    using (
        case
            when dmp_task() in ('sequence', 'notices') then true
            when dmp_task() = 'conduct' and actor_id = any (dmp_actors()) then true
            when dmp_task() = 'call' then server_request_id = dmp_call()
            else record_id = dmp_record()
        end
    );
