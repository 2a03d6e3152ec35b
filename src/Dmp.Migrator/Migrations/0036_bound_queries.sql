-- Why: statements whose cost grew with the country. A person's delegations are asked for whether or not they are revoked (the feed), which
-- the partial index of 0012 cannot serve; and a search by unique_id knows the record and the identifier, but not the depositor, so that the
-- identifier comes before the depositor in the constraint. Whether a document is revealed later is asked for each notice, and was answered
-- by reading all later changes of its record.
-- Locks: delegation, change and document_version are not written while their indexes are built (reads go on): for document_version about a
-- minute for ten million rows, in a maintenance window; the constraint is then exchanged at once.
-- Undo: drop change_revealed_idx; the constraint and the index as in 0004 and 0012.

create index delegation_subject_idx on delegation (delegate_subject, record_id);
drop index delegation_delegate_idx;
alter index delegation_subject_idx rename to delegation_delegate_idx;

create unique index document_version_unique_id_next on document_version (record_id, unique_id, depositor_key);
alter table document_version drop constraint document_version_unique_id_key;
alter table document_version
    add constraint document_version_unique_id_key unique using index document_version_unique_id_next;

create index change_revealed_idx on change (document_id, position) where kind = 'DOCUMENT_REVEALED';
