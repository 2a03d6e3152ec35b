-- Why: an emergency access that the patient ended stays ended. Until now it was only not honoured while the switch was closed or the block
-- stood, and came back with them within its hours.
-- Locks: emergency_access, exclusively: for an instant for its columns, which have no default; the table is read once, and of its rows
-- those are written that do not count at this moment and would come back.
-- Undo: drop the columns; what was ended within the last hours counts again.

alter table emergency_access
    add column end_time timestamptz,
    -- The numbers of dmp.emergency.v1.EmergencyEndCause.
    add column end_cause smallint,
    add constraint emergency_access_end_check check ((end_time is null) = (end_cause is null)) not valid;

-- The encoded actor holds the identifier of the structure as it is written.
update emergency_access e
set end_time = now(), end_cause = f.end_cause
from (
    select o.emergency_access_id,
        case
            when r.state <> 1 then 3
            when exists (
                select from block b
                where b.record_id = r.record_id
                    and b.unblock_time is null
                    and (b.actor_kind = 1 and b.actor_id = o.professional_id
                        or b.actor_kind = 2 and position(convert_to(b.actor_id, 'UTF8') in o.actor) > 0)
            ) then 2
            when o.mode = 1 and not r.emergency_break_glass_allowed or o.mode = 2 and not r.emergency_regulation_allowed then 1
        end as end_cause
    from emergency_access o
    join record r on r.record_id = o.record_id
    where o.expire_time > now()
) f
where f.emergency_access_id = e.emergency_access_id
    and f.end_cause is not null;
