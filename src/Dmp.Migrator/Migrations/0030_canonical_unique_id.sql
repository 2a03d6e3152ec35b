-- Why: an OID with and without urn:oid:, and a UUID in either case, with and without urn:uuid:, are one identifier. It is compared in one
-- form (TEXT_KIND_UNIQUE_ID of the contract), which new rows have and these get. Where one depositor stored two documents of one record
-- under two forms of one identifier, the first gets the form and the others keep what they have: nothing is lost, and only the first is
-- found by it. Locks: the rows that change. Reads each table once: about half a minute for ten million versions. Undo: not needed, the
-- messages in the columns "metadata" still hold what was sent.

create function pg_temp.one_form(id text) returns text
    language sql immutable
    as $$
        select case
            when root ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' and bare = root then 'urn:uuid:' || lower(root)
            when root ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' then lower(root) || substr(bare, length(root) + 1)
            when root ~ '^[0-9]+(\.[0-9]+)+$' then bare
            else id
        end
        from (
            select b.bare, split_part(b.bare, '^', 1) as root
            from (
                select case
                    when id ~* '^urn:uuid:' then substr(id, 10)
                    when id ~* '^urn:oid:' then substr(id, 9)
                    else id
                end as bare
            ) b
        ) r
    $$;

with other as materialized (
    select record_id, depositor_key, document_id, version, pg_temp.one_form(unique_id) as one_form,
        row_number() over (partition by record_id, depositor_key, pg_temp.one_form(unique_id) order by create_time, document_id, version) as place
    from document_version
    where unique_id <> pg_temp.one_form(unique_id)
)
update document_version v
set unique_id = o.one_form
from other o
where v.document_id = o.document_id
    and v.version = o.version
    and v.record_id = o.record_id
    and o.place = 1
    and not exists (
        select from document_version t
        where t.record_id = o.record_id and t.depositor_key = o.depositor_key and t.unique_id = o.one_form);

with other as materialized (
    select record_id, depositor_key, submission_set_id, pg_temp.one_form(unique_id) as one_form,
        row_number() over (partition by record_id, depositor_key, pg_temp.one_form(unique_id) order by create_time, submission_set_id) as place
    from submission_set
    where unique_id <> pg_temp.one_form(unique_id)
)
update submission_set s
set unique_id = o.one_form
from other o
where s.submission_set_id = o.submission_set_id
    and o.place = 1
    and not exists (
        select from submission_set t
        where t.record_id = o.record_id and t.depositor_key = o.depositor_key and t.unique_id = o.one_form);

drop function pg_temp.one_form(text);
