-- A country of {records} records, see Country.cs. The people asked for have as much in a small one as in a large one.
set session_replication_role = replica;
set synchronous_commit = off;
set maintenance_work_mem = '256MB';

create function load_id(kind integer, n bigint) returns uuid language sql immutable
    return ('0193' || lpad(to_hex(n), 8, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || substr(md5(kind || '-' || n), 1, 15))::uuid;

insert into habilitation_cell select matrix_id, 'test|10', 'loinc|type-' || k, false from habilitation_matrix, generate_series(0, 19) k;
insert into master_key values (1, 'file/load', now());
insert into record (
    record_id, ins_system, ins_number, birth_family_name, birth_given_names, birth_date, sex, birth_place_code, state, create_time,
    update_time, revision, settings_update_time, settings_revision, majority_told)
select load_id(1, n), 'urn:oid:1.2.250.1.213.1.4.8', lpad(n::text, 15, '0'), 'NOM' || n, array['PRENOM'], born, 1 + n % 2, '75056', 1,
    now() - interval '1 year', now() - interval '1 year', 1, now() - interval '1 year', 1,
    born < current_date - interval '17 years 300 days' and n > 5
from (
    select n,
        case when n > 5 then date '1930-01-01' + (n * 7919 % 34000) else (current_date - interval '18 years 10 days')::date end as born
    from generate_series(1, {records}) n
) r;
insert into record_key (record_key_id, record_id, master_key_id, wrapped, create_time)
select load_id(3, n), load_id(1, n), 'file/load', sha256(n::text::bytea), now() from generate_series(1, {records}) n;

-- A nurse with 500 records, a dentist with at least 800, a pharmacist with every other one, and for each record a physician and a practice.
insert into consent (
    consent_id, record_id, actor_kind, actor_id, actor_name, structure_id, attending_physician, origin, collection, given_by, grant_time,
    expire_time, revoke_time, revoked_by)
select load_id(4, n * 8 + k), load_id(1, n), kind, actor, 'NOM', declared, k = 1, 1, 1, '\x00', now() - interval '100 days',
    now() + interval '300 days', case when k = 7 then now() - interval '1 day' end, case when k = 7 then '\x00'::bytea end
from generate_series(1, {records}) n
cross join lateral (values
    (1, 1, 'physician-' || n % ({records} / 250 + 1), 'practice-' || n % ({records} / 250 + 1), true),
    (2, 2, 'practice-' || n % ({records} / 250 + 1), null, true),
    (3, 1, 'nurse', 'nurses', n % ({records} / 500) = 0),
    (4, 1, 'dentist', null, n <= 800 or n % 20 = 0),
    (5, 1, 'pharmacist', 'pharmacy', n % 2 = 0),
    (6, 2, 'hospital', null, n % 3 = 0),
    (7, 1, 'former-' || n % 100, null, n % 10 = 0)
) c (k, kind, actor, declared, holds)
where holds;
insert into care_team (care_team_id, record_id, name, create_time, created_by, revision)
select load_id(5, n), case when n > 1 then load_id(1, n * 50) end, 'EQUIPE', now(), '\x00', 1 from generate_series(1, {records} / 50) n;
insert into care_team_member (care_team_id, record_id, actor_kind, actor_id, actor_name, join_time, leave_time)
select load_id(5, n), case when n > 1 then load_id(1, n * 50) end, 1, case when k = 1 and n <= 3 then 'nurse' when k = 2
    and n <= 4 then 'physician-1' else 'member-' || n || k end, 'NOM', now() - interval '90 days',
    case when k = 3 then now() - interval '1 day' end
from generate_series(1, {records} / 50) n, generate_series(1, 3) k;
insert into consent (
    consent_id, record_id, actor_kind, actor_id, actor_name, attending_physician, origin, collection, given_by, grant_time,
    expire_time, care_team_id)
select load_id(6, n), load_id(1, n), 9, t::text, 'EQUIPE', false, 1, 1, '\x00', now() - interval '80 days', now() + interval '300 days', t
from (
    select n * 50 as n, load_id(5, n) as t from generate_series(2, {records} / 50) n
    union all
    select n * 11, load_id(5, 1) from generate_series(1, 20) n
) c;
insert into block (block_id, record_id, actor_kind, actor_id, actor_name, blocked_by, block_time)
select load_id(7, n), load_id(1, n), 1, case when n % 90 = 0 then 'pharmacist' else 'blocked-' || n end, 'NOM', '\x00', now()
from generate_series(30, {records}, 30) n;
insert into emergency_access (
    emergency_access_id, record_id, professional_id, actor, mode, reason, open_time, expire_time, acknowledge_time, acknowledged_by)
select load_id(8, n), load_id(1, n), 'physician-1', '\x00', 1, 'URGENCE', now() - interval '1 day', now() - interval '20 hours',
    case when n > 500 then now() end, case when n > 500 then '\x00'::bytea end
from generate_series(1, {records}, 50) n;
insert into delegation (
    delegation_id, record_id, kind, delegate_name, invited_by, invited_by_subject, invited_by_patient, code_sha256, code_expire_time,
    create_time, start_time, delegate_subject, accept_time, revoke_time, revoked_by)
select load_id(9, n), load_id(1, n), 1, 'NOM', '\x00', 'patient', true, sha256(n::text::bytea), now(), now() - interval '50 days',
    now() - interval '50 days', case when n in (1, 21, 41, 61) then 'person' else 'person-' || n end, now() - interval '49 days', 
    case when n in (41, 81) then now() - interval '1 day' end, case when n in (41, 81) then '\x00'::bytea end
from generate_series(1, {records}, 20) n;
insert into wish (wish_id, record_id, kind, content, record_key_id, stated_by, state_time, end_time, end_state)
select load_id(21, n * 8 + k), load_id(1, n), k % 3 + 1, '\x00', load_id(3, n), '\x00', now() - interval '50 days',
    case when k > 3 then now() end, case when k > 3 then 2 end
from generate_series(1, {records}, 20) n cross join generate_series(1, 5) k;
insert into trusted_person (
    trusted_person_id, record_id, content, record_key_id, code_sha256, code_expire_time, create_time, accepter_subject, accept_time)
select load_id(22, n), load_id(1, n), '\x00', load_id(3, n), sha256(n::text::bytea), now() + interval '20 days',
    now() - interval '50 days', case when n % 40 = 1 and n <> 81 then 'person-' || n end,
    case when n % 40 = 1 and n <> 81 then now() - interval '49 days' end
from generate_series(1, {records}, 20) n;
insert into visibility_rule (visibility_rule_id, record_id, effect, type_code, actor_kind, actor_id, create_time, created_by)
select load_id(10, n), load_id(1, n), 1, 'loinc|type-0', 1, case when n = 1 then 'nurse' else 'physician-' || n end,
    now() - interval '5 days', '\x00'
from generate_series(1, {records}, 50) n;

-- Two documents in a record, 40 in the first, 5,000 in the second; every tenth in two versions.
insert into document (document_id, record_id, current_version, masked, state, revision, create_time, update_time, announce_time)
select load_id(2, n * 5000 + i), load_id(1, n), case when i % 10 = 0 then 2 else 1 end, i % 20 = 19, 1, 1, now(), now(),
    case when i = 1 and n <= 20 then now() - interval '1 hour' end
from generate_series(1, {records}) n, generate_series(0, case n when 1 then 39 when 2 then 4999 else 1 end) i;
insert into submission_set (
    submission_set_id, record_id, unique_id, depositor_kind, depositor_structure_id, depositor_key, depositor, metadata, create_time)
select load_id(11, n), load_id(1, n), '1.2.' || n, 2, 'practice-1', 'practice-1', '\x00', '\x00', now()
from generate_series(1, {records}, 10) n;
insert into document_version (
    document_id, version, record_id, unique_id, depositor_kind, depositor_professional_id, depositor_structure_id, depositor_key, depositor,
    metadata, type_code, class_code, event_codes, author_ids, author_structure_ids, creation_time, service_start_time, size_bytes, sha256,
    sha1, form, content_id, create_time, record_key_id, submission_set_id)
select d.document_id, v, d.record_id, '1.2.250.' || d.document_id || '.' || v, 1, professional, structure, structure, '\x00',
    decode(repeat(md5(d.document_id::text), 16), 'hex'), 'loinc|type-' || get_byte(uuid_send(d.document_id), 15) % 20, 'class',
    array['x|y'], array[professional], array[structure], now() - interval '1 year',
    now() - interval '1 day' * (get_byte(uuid_send(d.document_id), 14) * 5), 1000, sha256(uuid_send(d.document_id)),
    substr(sha256(uuid_send(d.document_id)), 1, 20), 1,
    load_id(12, r.n * 10000 + i * 2 + v), now(), load_id(3, r.n), case when i = 0 and r.n % 10 = 1 then load_id(11, r.n) end
from document d
cross join lateral (select ('x' || substr(replace(d.document_id::text, '-', ''), 5, 8))::bit(32)::bigint as whole) w
cross join lateral (select case when whole between 10000 and 14999 then 2 else whole / 5000 end as n, whole % 5000 as i) r
cross join lateral (
    select 'physician-' || r.n % ({records} / 250 + 1) as professional,
        case when r.n % ({records} / 500) = 0 and r.i = 1 then 'laboratory' else 'practice-' || r.n % ({records} / 250 + 1) end as structure
) a
cross join lateral generate_series(1, d.current_version) v;
-- What each version states, but for that of one, which a measure adds; of two it is still to be read, of each queue one.
insert into document_facts (record_id, document_id, version, state, size_bytes, kinds, block, facts_id, record_key_id, reader, due_time)
select v.record_id, v.document_id, v.version, 1, v.size_bytes, 18, decode(repeat(md5(v.document_id::text), 32), 'hex'), v.content_id,
    v.record_key_id, 1, case when v.document_id in (load_id(2, 20000), load_id(2, 20001)) then now() - interval '1 minute' end
from document_version v
where v.document_id <> load_id(2, 15001);
update document_facts set attempts = 1 where document_id = load_id(2, 20001);
insert into upload (
    upload_id, caller_key, request_id, record_id, content_id, start_time, heartbeat_time, record_key_id, intent, fingerprint, secret)
select load_id(13, n), 'caller', load_id(14, n), load_id(1, n), load_id(15, n), now(), now(), load_id(3, n), '', '',
    false from generate_series(1, {records}, 100) n;

insert into change (
    position, commit_position, sequence_time, event_time, kind, record_id, document_id, version, hidden_from_representatives, made_by_kind,
    made_by_id, subject_id, was_masked, was_state, was_hidden_from_representatives)
select p, p + p % 2, now() - interval '30 days' + p * interval '25 days' / ({records} * 4), now(),
    case
        when p % 4 = 0 then 'DOCUMENT_MASKED' when p % 4 = 1 then 'CONSENT_GRANTED' when p % 4 = 2 then 'DOCUMENT_CREATED'
        else 'RECORD_UPDATED'
    end,
    load_id(1, n), case when p % 2 = 0 then load_id(2, n * 5000) end, case when p % 2 = 0 then 1 end, false, 1, 'physician-1', 
    case when p % 4 = 1 then load_id(4, n * 8 + 1) end, case when p % 4 = 0 then false end, case when p % 4 = 0 then 1 end,
    case when p % 4 = 0 then false end
from (select p, p * 7919 % {records} + 1 as n from generate_series(1::bigint, {records} * 4) p) c;
update change set kind = 'VISIBILITY_CHANGED', document_id = null, subject_id = load_id(10, 1), was_state = null
where position = (select min(position) from change where record_id = load_id(1, 1));
update change_head set last_position = {records} * 4;

insert into notice_source values ('load');
insert into notice_step values ('load', {records} * 4 - 100);
insert into notice (notice_id, record_id, kind, event_time, create_time, secret, source, source_position)
select load_id(16, n * 100 + i), load_id(1, n), 1 + i % 5, now(), now() - interval '20 days', false, 'changes', n * 100 + i
from generate_series(1, {records}) n, generate_series(0, case when n = 1 then 99 else 0 end) i;
insert into notice_delivery (notice_id, record_id, channel, target, state, next_attempt_time, give_up_time, deliver_time)
select notice_id, record_id, 1, '', case when source_position <= 5000 then 1 else 2 end, now() - interval '1 minute',
    now() + interval '1 day', case when source_position > 5000 then now() end
from notice;
insert into notice_preference select load_id(1, n), '{}', '{}', now(), 1 from generate_series(1, {records}, 10) n;
insert into notice_contact select distinct actor_id, 'a@b.example', now() from consent where actor_id like 'physician-%';
insert into notice_first_access select load_id(1, n), 'physician-' || n % ({records} / 250 + 1), false from generate_series(1, {records}) n;
insert into feed_position select 'caller-' || n, 'main', n, sha256('\x00'), substr(sha256('\x00'), 1, 16), now()
from generate_series(1, {records} / 100) n;
insert into request_log select 'caller', load_id(14, n), 'm', '\x00', '\x0000', now() - interval '1 hour'
from generate_series(1, {records}) n;
insert into audit_event (
    event_id, event_time, method, actor_kind, actor_id, actor_name, profession_system, profession_code, record_id, document_ids, outcome,
    status_code, server_request_id, access_mode, basis)
select (
        lpad(to_hex((extract(epoch from now() - interval '1 minute') * 1000)::bigint - p), 12, '0') || '7' || substr(md5(p::text), 1, 19)
    )::uuid,
    now(), 'dmp.document.v1.DocumentService/SearchDocuments', 1, 'physician-' || n % ({records} / 250 + 1), 'NOM', 'sys', '10',
    load_id(1, n), '{}', 1, 0, load_id(17, p), 1, 4
from (select p, p * 7919 % {records} + 1 as n from generate_series(1, {records} * 2) p) e;

-- A code system of twenty codes for each record, and 500 value sets of ten.
insert into reference_edition
select load_id(20, n), kind, 'load', 'load', sha256('\x00'), 0, now() from (values (1, 'loinc'), (2, 'valuesets')) e (n, kind);
insert into reference_activation select load_id(21, n), load_id(20, n), now() - interval '1 day', now() from generate_series(1, 2) n;
insert into reference_list values (load_id(20, 1), '1.2.3', '1.2.3', 'Codes', '', {records} * 20);
insert into reference_list select load_id(20, 2), '1.2.4.' || n, '1.2.4.' || n, 'Set ' || n, '', 10 from generate_series(1, 500) n;
insert into reference_concept
select load_id(20, 1), '1.2.3', n, '1.2.3', n::text, n::text, 'Name of ' || n, '', 1, null, null, n
from generate_series(1, {records} * 20) n;
insert into reference_concept
select load_id(20, 2), '1.2.4.' || s, n, '1.2.3', n::text, n::text, 'Name of ' || n, '', 1, null, null, n
from generate_series(1, 500) s, generate_series(1, 10) n;
