-- Notices: patients are told of what happens to their record, and attending physicians of emergencies. A notice is made from the changes,
-- or from the trace, in the transaction that moves the cursor on, so that none is lost or made twice; a delivery is one way of a notice
-- to its reader. Locks: none. Undo: drop the tables.

-- Sources of notices. Who holds the lock of the row moves its cursor on.
create table notice_source (
    source text not null,
    constraint notice_source_pkey primary key (source)
);
insert into notice_source values ('changes'), ('trace');

-- A row for each place that was reached, the last one counts (ADR 0029).
create table notice_step (
    source text not null,
    position bigint not null,
    constraint notice_step_pkey primary key (source, position)
);
-- Positions of changes begin with 1, leaves of the trace with 0.
insert into notice_step values ('changes', 0), ('trace', -1);

create view notice_cursor with (security_invoker = true) as
select s.source, (select max(t.position) from notice_step t where t.source = s.source) as position
from notice_source s;

create table notice (
    notice_id uuid not null,
    record_id uuid not null,
    -- The numbers of dmp.notice.v1.NoticeKind.
    kind smallint not null,
    event_time timestamptz not null,
    create_time timestamptz not null,
    -- For this attending physician; empty: for the patient's side.
    professional_id text not null default '',
    -- About what a minor keeps from representatives: sent nowhere, and not listed to them.
    secret boolean not null,
    -- Where it comes from. One commit gives one notice of a kind, however many documents it touched.
    source text not null,
    source_position bigint not null,
    constraint notice_pkey primary key (record_id, notice_id),
    constraint notice_record_fkey foreign key (record_id) references record (record_id),
    constraint notice_kind_check check (kind between 1 and 6),
    constraint notice_source_key unique (source, source_position, record_id, kind, professional_id, secret)
);

-- Lists, newest first.
create index notice_record_idx on notice (record_id, notice_id desc) where professional_id = '';
-- What may be forgotten.
create index notice_create_time_idx on notice (create_time);

create table notice_delivery (
    notice_id uuid not null,
    record_id uuid not null,
    -- The numbers of dmp.notice.v1.NoticeChannel, NoticeDeliveryState, NoticeDeliveryFailure.
    channel smallint not null,
    -- The name of the webhook; empty for e-mail.
    target text not null,
    state smallint not null,
    attempts integer not null default 0,
    -- When it is due. While an attempt is under way: when it counts as lost, with the server that made it.
    next_attempt_time timestamptz not null,
    attempt_time timestamptz,
    -- After this it is given up.
    give_up_time timestamptz not null,
    deliver_time timestamptz,
    failure smallint not null default 0,
    constraint notice_delivery_pkey primary key (record_id, notice_id, channel, target),
    constraint notice_delivery_notice_fkey
        foreign key (record_id, notice_id) references notice (record_id, notice_id) on delete cascade,
    constraint notice_delivery_channel_check check (channel in (1, 2) and (channel = 1) = (target = '')),
    constraint notice_delivery_state_check check (state between 1 and 4 and (state = 2) = (deliver_time is not null))
);

-- What is due.
create index notice_delivery_due_idx on notice_delivery (channel, target, next_attempt_time) where state = 1;
-- Dead letters.
create index notice_delivery_dead_idx on notice_delivery (notice_id desc) where state = 3;

-- What is absent here is on. The arrays hold kinds that are switched off.
create table notice_preference (
    record_id uuid not null,
    email_off smallint[] not null,
    webhook_off smallint[] not null,
    update_time timestamptz not null,
    revision bigint not null,
    constraint notice_preference_pkey primary key (record_id),
    constraint notice_preference_record_fkey foreign key (record_id) references record (record_id)
);

-- Where a professional wants to be told of emergencies of the own patients.
create table notice_contact (
    professional_id text not null,
    email text not null,
    update_time timestamptz not null,
    constraint notice_contact_pkey primary key (professional_id)
);

-- Patients are told of the first access of each professional.
create table notice_first_access (
    record_id uuid not null,
    professional_id text not null,
    -- In a secret connection: representatives are told when the professional first reads without it.
    secret boolean not null,
    constraint notice_first_access_pkey primary key (record_id, professional_id, secret)
);
