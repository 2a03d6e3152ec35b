-- The second wall behind the rules of the server: who may touch which rows. A transaction takes the role of its kind of work and says
-- which record, records, person or actor it is for (Data/RowScope.cs); both end with it. A statement then sees rows of that and of nobody
-- else: a forgotten condition finds nothing instead of everything. It is no protection against somebody who holds the server's password.
-- One policy for each table and role. No policy of dmp_request and dmp_intake, which decide about every call, holds a subquery.
-- Why coalesce and case in some: PostgreSQL takes conditions of row-level security for chances that multiply, believes that next to
-- nothing is left, and sorts a whole record where an index has it in order. Of a coalesce or a case it believes one half.
-- Locks: none. Undo: drop the policies, revoke, alter table ... disable row level security.

alter table record enable row level security;
alter table care_team enable row level security;
alter table care_team_member enable row level security;
alter table consent enable row level security;
alter table block enable row level security;
alter table delegation enable row level security;
alter table visibility_rule enable row level security;
alter table emergency_access enable row level security;
alter table master_key enable row level security;
alter table record_key enable row level security;
alter table wish enable row level security;
alter table trusted_person enable row level security;
alter table document enable row level security;
alter table submission_set enable row level security;
alter table document_version enable row level security;
alter table document_facts enable row level security;
alter table upload enable row level security;
alter table audit_event enable row level security;
alter table outbox enable row level security;
alter table change enable row level security;
alter table feed_position enable row level security;
alter table notice enable row level security;
alter table notice_delivery enable row level security;
alter table notice_preference enable row level security;
alter table notice_contact enable row level security;
alter table notice_first_access enable row level security;
alter table request_log enable row level security;

-- What is no patient's: the matrix, the log of the trace (hashes), the ends of the changes.
grant select on habilitation_matrix, habilitation_cell, audit_leaf, audit_leaf_span, audit_node, audit_checkpoint, audit_key,
    change_floor, change_pass, change_head
    to dmp_runtime, dmp_request, dmp_intake, dmp_directory, dmp_deposits, dmp_regulation, dmp_team, dmp_feed, dmp_notices, dmp_sweep,
    dmp_sequencer, dmp_reviewer;

-- Published files.
grant select on reference_edition, reference_file, reference_activation, reference_list, reference_concept to dmp_runtime;

-- A change leaves its event with it, and nobody back-dates one behind the sequencer. Reads and refused calls: of no kind.
grant insert on audit_event to dmp_runtime, dmp_request, dmp_intake, dmp_directory, dmp_team, dmp_feed, dmp_notices;
create policy audit_event_add on audit_event for insert
    to dmp_runtime, dmp_request, dmp_intake, dmp_directory, dmp_team, dmp_feed, dmp_notices
    with check (xid = pg_current_xact_id());

-- What a change leaves for those who will be told.
grant insert on outbox to dmp_request, dmp_intake, dmp_team, dmp_sweep;
create policy outbox_add on outbox for insert to dmp_request, dmp_intake, dmp_team, dmp_sweep with check (true);

-- Remembered answers hold what was answered.
grant select, insert, update on request_log to dmp_request, dmp_intake, dmp_directory, dmp_team, dmp_feed, dmp_notices;
create policy request_log_own on request_log to dmp_request, dmp_intake, dmp_directory, dmp_team, dmp_feed, dmp_notices
    using (caller_key = dmp_caller()) with check (caller_key = dmp_caller());

-- It tells only whether.
grant execute on function dmp_changed_since(uuid, bigint, uuid) to dmp_runtime, dmp_request;

-- The server itself, before it is at any of this: its keys, the first master key (a rotation is the owner's).
grant select, insert on key_ring, master_key to dmp_runtime;
grant select on master_key to dmp_request, dmp_intake;
create policy master_key_see on master_key for select to dmp_runtime, dmp_request, dmp_intake using (true);
create policy master_key_first on master_key for insert to dmp_runtime with check (ordinal = 1);

-- dmp_request: a call about one record. It adds keys of the record, and neither changes nor destroys one.

grant select, insert, update on record, consent, block, delegation, visibility_rule, emergency_access, care_team, care_team_member,
    document, notice_preference, wish, trusted_person to dmp_request;
grant select, insert on record_key, submission_set, document_version to dmp_request;
grant select, insert, update, delete on upload to dmp_request;
grant select on audit_event, document_facts, notice, notice_delivery to dmp_request;

create policy record_request on record to dmp_request using (record_id = dmp_record());
create policy consent_request on consent to dmp_request using (record_id = dmp_record());
create policy block_request on block to dmp_request using (record_id = dmp_record());
create policy delegation_request on delegation to dmp_request using (record_id = dmp_record());
create policy visibility_rule_request on visibility_rule to dmp_request using (record_id = dmp_record());
create policy emergency_access_request on emergency_access to dmp_request using (record_id = dmp_record());
-- A formal team is no patient's: dmp_team writes it.
create policy care_team_request on care_team to dmp_request
    using (record_id is null or record_id = dmp_record()) with check (record_id = dmp_record());
create policy care_team_member_request on care_team_member to dmp_request
    using (record_id is null or record_id = dmp_record()) with check (record_id = dmp_record());
create policy record_key_request on record_key to dmp_request
    using (record_id = dmp_record()) with check (record_id = dmp_record() and destroy_time is null);
create policy wish_request on wish to dmp_request using (record_id = dmp_record());
create policy trusted_person_request on trusted_person to dmp_request using (record_id = dmp_record());
create policy document_request on document to dmp_request using (record_id = dmp_record());
create policy submission_set_request on submission_set to dmp_request using (record_id = dmp_record());
create policy document_version_request on document_version to dmp_request using (record_id = dmp_record());
create policy document_facts_request on document_facts for select to dmp_request using (record_id = dmp_record());
create policy upload_request on upload to dmp_request using (record_id = dmp_record());
create policy audit_event_request on audit_event for select to dmp_request using (coalesce(record_id = dmp_record(), false));
create policy notice_request on notice to dmp_request using (coalesce(record_id = dmp_record(), false));
create policy notice_delivery_request on notice_delivery to dmp_request using (record_id = dmp_record());
create policy notice_preference_request on notice_preference to dmp_request using (record_id = dmp_record());

-- dmp_intake: documents of many records, added by one transaction. What a decision about a record reads, and what adding a document to it
-- writes. It locks records, to keep their keys from being destroyed meanwhile (for key share), and changes none.

grant select, update (record_id) on record to dmp_intake;
grant select on consent, block, delegation, visibility_rule, emergency_access, care_team_member to dmp_intake;
grant select, insert on record_key, submission_set, document_version to dmp_intake;
grant select, insert, update on document to dmp_intake;
grant insert on document_facts to dmp_intake;
grant select, update, delete on upload to dmp_intake;

create policy record_intake on record to dmp_intake using (record_id = any (dmp_records())) with check (false);
create policy consent_intake on consent to dmp_intake using (record_id = any (dmp_records()));
create policy block_intake on block to dmp_intake using (record_id = any (dmp_records()));
create policy delegation_intake on delegation to dmp_intake using (record_id = any (dmp_records()));
create policy visibility_rule_intake on visibility_rule to dmp_intake using (record_id = any (dmp_records()));
create policy emergency_access_intake on emergency_access to dmp_intake using (record_id = any (dmp_records()));
create policy care_team_member_intake on care_team_member to dmp_intake using (record_id is null or record_id = any (dmp_records()));
create policy record_key_intake on record_key to dmp_intake
    using (record_id = any (dmp_records())) with check (record_id = any (dmp_records()) and destroy_time is null);
create policy document_intake on document to dmp_intake using (record_id = any (dmp_records()));
create policy submission_set_intake on submission_set to dmp_intake using (record_id = any (dmp_records()));
create policy document_version_intake on document_version to dmp_intake using (record_id = any (dmp_records()));
create policy document_facts_intake on document_facts for insert to dmp_intake with check (record_id = any (dmp_records()));
create policy upload_intake on upload to dmp_intake using (record_id = any (dmp_records()));

-- dmp_directory: lists of records by actor or person, the existence test, invitations by code, a professional's own address. Policies
-- ask of other tables here; the offset makes each question a look-up for a row, and not a table that is read as a whole.

grant select on record, consent, block, care_team_member, delegation to dmp_directory;
grant select (record_id, trusted_person_id, code_sha256) on trusted_person to dmp_directory;
grant select, insert, update, delete on notice_contact to dmp_directory;

create policy record_directory on record to dmp_directory using (
    ins_number = any (dmp_ins())
    -- The policies of consent and delegation say which are the caller's.
    or dmp_actors() is not null and exists (select from consent c where c.record_id = record.record_id offset 0)
    or dmp_caller() <> '' and exists (
        select from delegation d
        where d.record_id = record.record_id and d.delegate_subject = dmp_caller()
        offset 0));
create policy consent_directory on consent to dmp_directory using (
    actor_id = any (dmp_actors())
    or structure_id = any (dmp_actors())
    or care_team_id is not null and exists (
        select from care_team_member m
        where m.care_team_id = consent.care_team_id and m.actor_id = any (dmp_actors()) and m.leave_time is null
        offset 0));
create policy block_directory on block to dmp_directory using (actor_id = any (dmp_actors()));
create policy care_team_member_directory on care_team_member to dmp_directory using (actor_id = any (dmp_actors()));
create policy delegation_directory on delegation to dmp_directory using (delegate_subject = dmp_caller() or code_sha256 = dmp_code());
create policy trusted_person_directory on trusted_person to dmp_directory using (code_sha256 = dmp_code());
create policy notice_contact_directory on notice_contact to dmp_directory using (professional_id = any (dmp_actors()));

-- dmp_deposits: what a structure deposited, wherever, for the question whether a content is here already.

grant select on record, document, document_version, block to dmp_deposits;

create policy document_version_deposits on document_version to dmp_deposits using (depositor_structure_id = any (dmp_actors()));
create policy document_deposits on document to dmp_deposits using (exists (
    select from document_version v
    where v.record_id = document.record_id and v.document_id = document.document_id
    offset 0));
create policy block_deposits on block to dmp_deposits using (actor_id = any (dmp_actors()));
create policy record_deposits on record to dmp_deposits using (exists (
    select from document_version v where v.record_id = record.record_id offset 0));

-- dmp_regulation: a search by traits for a regulation centre, which the patient may have blocked.

grant select on record, block to dmp_regulation;

create policy record_regulation on record to dmp_regulation using (emergency_regulation_allowed and state = 1);
create policy block_regulation on block to dmp_regulation using (actor_id = any (dmp_actors()));

-- dmp_team: a formal care team, and the records on which an authorisation of it lives, which are told.

grant select, insert, update on care_team, care_team_member to dmp_team;
grant select on consent to dmp_team;

create policy care_team_team on care_team to dmp_team using (record_id is null);
create policy care_team_member_team on care_team_member to dmp_team using (record_id is null);
create policy consent_team on consent to dmp_team using (care_team_id is not null);

-- dmp_feed: changes of all records, in their order (names of rows, no content), and what tells which of them are the caller's: the record
-- that is looked at, what was ever authorised, entrusted or deposited.

grant select on record, consent, block, delegation, visibility_rule, care_team_member, document, document_version, change, outbox
    to dmp_feed;
grant select, insert, update, delete on feed_position to dmp_feed;

create policy change_feed on change to dmp_feed using (true);
create policy outbox_feed on outbox for select to dmp_feed using (true);
create policy record_feed on record to dmp_feed using (
    record_id = dmp_record()
    or ins_number = any (dmp_ins())
    or dmp_actors() is not null and exists (select from consent c where c.record_id = record.record_id offset 0));
create policy consent_feed on consent to dmp_feed using (
    record_id = dmp_record()
    or actor_id = any (dmp_actors())
    or structure_id = any (dmp_actors())
    or care_team_id is not null and exists (
        select from care_team_member m
        where m.care_team_id = consent.care_team_id and m.actor_id = any (dmp_actors())
        offset 0));
create policy care_team_member_feed on care_team_member to dmp_feed
    using (record_id is null or record_id = dmp_record() or actor_id = any (dmp_actors()));
create policy block_feed on block to dmp_feed using (record_id = dmp_record() or actor_id = any (dmp_actors()));
create policy delegation_feed on delegation to dmp_feed using (record_id = dmp_record() or delegate_subject = dmp_caller());
create policy visibility_rule_feed on visibility_rule to dmp_feed using (record_id = dmp_record());
create policy document_feed on document to dmp_feed using (record_id = dmp_record());
create policy document_version_feed on document_version to dmp_feed
    using (record_id = dmp_record() or depositor_structure_id = any (dmp_actors()));
create policy feed_position_feed on feed_position to dmp_feed using (caller_key = dmp_caller());

-- dmp_watch: whom a change of any record may concern, by name; nothing of what it is.

grant select on habilitation_matrix, change_floor, change_pass, change_head to dmp_watch;
grant select (record_id, position, commit_position) on change to dmp_watch;
grant select (record_id, actor_kind, actor_id, care_team_id) on consent to dmp_watch;
grant select (care_team_id, actor_kind, actor_id) on care_team_member to dmp_watch;
grant select (record_id, depositor_structure_id) on document_version to dmp_watch;
grant select (record_id, ins_system, ins_number) on record to dmp_watch;
grant select (record_id, delegate_subject) on delegation to dmp_watch;

create policy change_watch on change to dmp_watch using (true);
create policy consent_watch on consent to dmp_watch using (true);
create policy care_team_member_watch on care_team_member to dmp_watch using (true);
create policy document_version_watch on document_version to dmp_watch using (true);
create policy record_watch on record to dmp_watch using (true);
create policy delegation_watch on delegation to dmp_watch using (true);

-- dmp_facts: what is to be read, of all records, and the content of those records of which documents are being read.

grant select (record_id, document_id, version, state, kinds, size_bytes, alone, due_time, attempts),
    update (state, kinds, block, facts_id, words, words_id, words_cut, record_key_id, reader, due_time, attempts)
    on document_facts to dmp_facts;
grant select (record_id, document_id, version, form, metadata, size_bytes, content_id, blob_id, blob_offset, record_key_id)
    on document_version to dmp_facts;
grant select on record_key to dmp_facts;

create policy document_facts_facts on document_facts to dmp_facts using (true);
create policy document_version_facts on document_version to dmp_facts using (record_id = any (dmp_records()));
create policy record_key_facts on record_key to dmp_facts using (record_id = any (dmp_records()));

-- dmp_notices: notices of all records, what they are made from, and the addresses they go to.

grant select on record, consent, block, document, change, audit_event, notice_preference to dmp_notices;
grant select, insert on notice to dmp_notices;
grant select, insert, update on notice_delivery to dmp_notices;
grant select, insert on notice_first_access to dmp_notices;
grant select on notice_contact to dmp_notices;
-- To lock the source.
grant select, update on notice_source to dmp_notices;
grant select, insert on notice_step to dmp_notices;

create policy change_notices on change to dmp_notices using (true);
create policy audit_event_notices on audit_event for select to dmp_notices using (true);
create policy notice_notices on notice to dmp_notices using (true);
create policy notice_delivery_notices on notice_delivery to dmp_notices using (true);
create policy notice_first_access_notices on notice_first_access to dmp_notices using (true);
create policy notice_contact_notices on notice_contact to dmp_notices using (true);
create policy record_notices on record to dmp_notices using (record_id = dmp_record());
create policy consent_notices on consent to dmp_notices using (record_id = dmp_record());
create policy block_notices on block to dmp_notices using (record_id = dmp_record());
create policy document_notices on document to dmp_notices using (record_id = dmp_record());
create policy notice_preference_notices on notice_preference to dmp_notices using (record_id = dmp_record());

-- dmp_sweep: what is forgotten, revealed, announced, and has ended by time, of all records; reads no content.

grant select (record_id, birth_date, create_time, majority_told, guardianship_until, guardianship_told),
    update (majority_told, guardianship_told)
    on record to dmp_sweep;
grant select (record_id, consent_id, actor_kind, actor_id, expire_time, revoke_time, expiry_told, hidden_from_representatives),
    update (expiry_told)
    on consent to dmp_sweep;
grant select (record_id, delegation_id, start_time, end_time, accept_time, revoke_time, start_told, end_told),
    update (start_told, end_told)
    on delegation to dmp_sweep;
grant select (
        record_id, document_id, current_version, masked, state, revision, patient_visible_time, announce_time, hidden_from_representatives),
    update (patient_visible_time, announce_time, revision, update_time)
    on document to dmp_sweep;
grant select (content_id, blob_id) on document_version to dmp_sweep;
grant select (record_id, upload_id, content_id, heartbeat_time), update (heartbeat_time), delete on upload to dmp_sweep;
grant select, delete on request_log, change, change_pass, feed_position, notice, notice_step to dmp_sweep;
grant update on change_floor to dmp_sweep;
grant select (record_id, notice_id, state, give_up_time, next_attempt_time), update (state) on notice_delivery to dmp_sweep;
grant execute on function dmp_add_trace_months(integer) to dmp_sweep;

create policy record_sweep on record to dmp_sweep using (true);
create policy consent_sweep on consent to dmp_sweep using (true);
create policy delegation_sweep on delegation to dmp_sweep using (true);
create policy document_sweep on document to dmp_sweep using (true);
create policy document_version_sweep on document_version to dmp_sweep using (true);
create policy upload_sweep on upload to dmp_sweep using (true);
create policy request_log_sweep on request_log to dmp_sweep using (true);
create policy change_sweep on change to dmp_sweep using (true);
create policy feed_position_sweep on feed_position to dmp_sweep using (true);
create policy notice_sweep on notice to dmp_sweep using (true);
create policy notice_delivery_sweep on notice_delivery to dmp_sweep using (true);

-- dmp_sequencer: gives changes their positions, and events of the trace their place in its log.

grant select, delete on outbox to dmp_sequencer;
grant select, insert on change, change_pass to dmp_sequencer;
-- To lock it.
grant update on change_floor to dmp_sequencer;
grant select on audit_event to dmp_sequencer;
grant insert on audit_leaf, audit_leaf_span, audit_node, audit_checkpoint, audit_key to dmp_sequencer;

create policy outbox_sequencer on outbox to dmp_sequencer using (true);
create policy change_sequencer on change to dmp_sequencer using (true);
create policy audit_event_sequencer on audit_event for select to dmp_sequencer using (true);

-- dmp_reviewer: emergency accesses of all records; what one professional or structure did, and the events of one call, for whoever
-- reviews that.

grant select on emergency_access, audit_event to dmp_reviewer;

create policy emergency_access_reviewer on emergency_access to dmp_reviewer using (true);
create policy audit_event_reviewer on audit_event for select to dmp_reviewer using (
    case when dmp_actors() is not null then actor_id = any (dmp_actors()) else server_request_id = dmp_call() end);
