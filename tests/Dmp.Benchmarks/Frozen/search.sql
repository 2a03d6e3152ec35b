-- The statements of one search as they stood at 5922e6d: a floor that does not change with the server.
select set_config('dmp.record', @ScopeRecord, false),
    set_config('dmp.records', @ScopeRecords, false),
    set_config('dmp.ins', @ScopeIns, false),
    set_config('dmp.actors', @ScopeActors, false),
    set_config('dmp.caller', @ScopeCaller, false),
    set_config('dmp.code', @ScopeCode, false),
    set_config('dmp.task', @ScopeTask, false),
    case when @ScopePosition <> '' then dmp_at_least(@ScopeCluster, @ScopePosition::pg_lsn) end;

select r.record_id, r.ins_number, r.state, r.documents_masked_by_default,
    exists (
        select from block b
        where b.record_id = r.record_id
            and b.unblock_time is null
            and (b.actor_kind = 1 and b.actor_id = @ProfessionalId or b.actor_kind = 2 and b.actor_id = @StructureId)
    ) as is_blocked,
    granted.expire_time, granted.is_attending, granted.awaits_reapproval, granted.was_ever_authorized,
    r.emergency_break_glass_allowed, r.emergency_regulation_allowed, r.emergency_masked_allowed,
    glass.expire_time as break_glass_expire_time, glass.emergency_access_id as break_glass_access_id,
    regulation.expire_time as regulation_expire_time, regulation.emergency_access_id as regulation_access_id,
    dmp_majority_time(r.birth_date) as majority_time,
    (dmp_majority_time(r.birth_date) > @Now or coalesce(r.guardianship_until > @Now, false)) as is_represented,
    g.kind as delegation_kind,
    g.delegate_name
from record r
cross join lateral (
    select
        max(c.expire_time) filter (where c.revoke_time is null and (
    dmp_majority_time(r.birth_date) > @Now
        or coalesce(c.reapprove_time, c.grant_time) >= dmp_majority_time(r.birth_date)
)) as expire_time,
        coalesce(bool_or(
            c.revoke_time is null
            and c.actor_kind = 1
            and c.actor_id = @ProfessionalId
            and c.attending_physician
            and not @IsOccupational
            and c.expire_time > @Now
            and (
    dmp_majority_time(r.birth_date) > @Now
        or coalesce(c.reapprove_time, c.grant_time) >= dmp_majority_time(r.birth_date)
)), false) as is_attending,
        coalesce(bool_or(c.revoke_time is null and c.expire_time > @Now and not (
    dmp_majority_time(r.birth_date) > @Now
        or coalesce(c.reapprove_time, c.grant_time) >= dmp_majority_time(r.birth_date)
)), false) as awaits_reapproval,
        count(*) > 0 as was_ever_authorized
    from consent c
    where c.record_id = r.record_id
        and (
    c.actor_kind = 1 and c.actor_id = @ProfessionalId
    or c.actor_kind = 2 and c.actor_id = @StructureId
    or c.care_team_id in (
        select m.care_team_id from care_team_member m
        where m.leave_time is null
            and (m.actor_kind = 1 and m.actor_id = @ProfessionalId or m.actor_kind = 2 and m.actor_id = @StructureId)
    )
)
        and (@WithSecret or not c.hidden_from_representatives)
) granted
left join lateral (
    select d.kind, d.delegate_name
    from delegation d
    where d.record_id = r.record_id
        and d.delegate_subject = @Subject
        and (
    d.accept_time is not null
        and d.revoke_time is null
        and d.start_time <= @Now
        and (d.end_time is null or d.end_time > @Now)
        and (d.kind = 2 and d.invited_by_patient
            or (dmp_majority_time(r.birth_date) > @Now or coalesce(r.guardianship_until > @Now, false)))
)
    order by d.kind
    limit 1
) g on true
left join lateral (
    select e.expire_time, e.emergency_access_id
    from emergency_access e
    where e.record_id = r.record_id and e.professional_id = @ProfessionalId and e.mode = 1
    order by e.expire_time desc
    limit 1
) glass on true
left join lateral (
    select e.expire_time, e.emergency_access_id
    from emergency_access e
    where e.record_id = r.record_id and e.professional_id = @ProfessionalId and e.mode = 2
    order by e.expire_time desc
    limit 1
) regulation on true where r.record_id = @RecordId;

select d.document_id, v.version, d.record_id, d.current_version, d.masked, d.patient_visible_time,
    d.hidden_from_representatives, d.state, d.revision, d.update_time,
    v.depositor_kind, v.depositor, v.metadata, v.class_code, v.service_start_time, v.size_bytes, v.sha256, v.sha1,
    v.form, v.content_id, v.blob_id, v.blob_offset, v.record_key_id, v.submission_set_id, v.create_time
from (select v.*
from document_version v
where v.record_id = @RecordId
    and (v.service_start_time, v.document_id, v.version) < (@AfterTime, @AfterId, @AfterVersion)
order by v.service_start_time desc, v.document_id desc, v.version desc
limit @Stretch) v
join document d on d.document_id = v.document_id
where (
        v.version = d.current_version and d.state = any(@CurrentStates)
        or @WithDeprecated and v.version < d.current_version and d.state <> 4
        or @WithDeleted and v.version < d.current_version and d.state = 4
    )
    and (
    @IsOwner
        and (d.patient_visible_time is null or d.patient_visible_time <= @Now)
        and not (@IsRepresentative and d.hidden_from_representatives)
    or @IsAuthorized
        and (not d.masked or @SeesMasked or d.document_id = any (array(
    select s.document_id from visibility_rule s
    where s.record_id = @RecordId
        and s.remove_time is null
        and s.effect = 2
        and s.actor_id = @ProfessionalId
)))
        and not (
    d.document_id = any (array(select h.document_id from visibility_rule h
    where h.record_id = @RecordId
        and h.remove_time is null
        and h.effect = 1
        and (
            h.actor_kind = 1 and h.actor_id = @ProfessionalId
            or h.actor_kind = 2 and h.actor_id = @StructureId
            or h.profession = @Profession
        ) and h.document_id is not null))
    or v.type_code = any (array(select h.type_code from visibility_rule h
    where h.record_id = @RecordId
        and h.remove_time is null
        and h.effect = 1
        and (
            h.actor_kind = 1 and h.actor_id = @ProfessionalId
            or h.actor_kind = 2 and h.actor_id = @StructureId
            or h.profession = @Profession
        ) and h.type_code is not null))
    or v.author_ids && array(select h.author_id from visibility_rule h
    where h.record_id = @RecordId
        and h.remove_time is null
        and h.effect = 1
        and (
            h.actor_kind = 1 and h.actor_id = @ProfessionalId
            or h.actor_kind = 2 and h.actor_id = @StructureId
            or h.profession = @Profession
        ) and h.author_id is not null)
    or v.service_start_time <@ coalesce(
        (select range_agg(tstzrange(h.period_from, h.period_to)) from visibility_rule h
    where h.record_id = @RecordId
        and h.remove_time is null
        and h.effect = 1
        and (
            h.actor_kind = 1 and h.actor_id = @ProfessionalId
            or h.actor_kind = 2 and h.actor_id = @StructureId
            or h.profession = @Profession
        ) and h.period_from is not null),
        tstzmultirange())
)
        and v.type_code in (
    select c.type_code
    from habilitation_cell c
    where c.profession = @Profession
        and c.matrix_id = (
            select m.matrix_id
            from habilitation_matrix m
            where m.effective_time <= @Now
            order by m.effective_time desc, m.import_time desc
            limit 1
        )
)
    or exists (
    select from document_version o
    where o.document_id = d.document_id
        and (
            o.depositor_professional_id = @ProfessionalId
            or o.depositor_structure_id = @StructureId
                and (@IsStructure or o.depositor_kind = 2 and @ProfessionalId = any(o.author_ids))
        )
    offset 0
)
)
    and (@Types::text[] is null or v.type_code = any(@Types))
    and (@Classes::text[] is null or v.class_code = any(@Classes))
    and (@CreationTimeFrom::timestamptz is null or v.creation_time >= @CreationTimeFrom)
    and (@CreationTimeTo::timestamptz is null or v.creation_time < @CreationTimeTo)
    and (@ServiceTimeFrom::timestamptz is null or v.service_start_time >= @ServiceTimeFrom)
    and (@ServiceTimeTo::timestamptz is null or v.service_start_time < @ServiceTimeTo)
    and (@AuthorId::text is null or @AuthorId = any(v.author_ids))
    and (@AuthorStructureId::text is null or @AuthorStructureId = any(v.author_structure_ids))
    and (@PracticeSettings::text[] is null or v.practice_setting = any(@PracticeSettings))
    and (@FacilityTypes::text[] is null or v.facility_type = any(@FacilityTypes))
    and (@EventCodes::text[] is null or v.event_codes && @EventCodes)
    and (@UniqueId::text is null or v.unique_id = @UniqueId)
    and (not @ForOwner or d.patient_visible_time is null or d.patient_visible_time <= @Now)
    and (not @ForRepresentative or not d.hidden_from_representatives)
order by v.service_start_time desc, v.document_id desc, v.version desc
limit @Limit;

insert into audit_event (
    event_id, event_time, method, actor_kind, actor_id, actor_name, profession_system, profession_code,
    specialty_code, sector_code, structure_id, structure_name, software_id, subject, record_id, document_ids, outcome, status_code,
    reason, server_request_id, request_id, hidden_from_representatives, document_versions, document_sha256s, staff_id, user_agent,
    access_mode, basis, emergency_access_id, justification, origin, duration_us, salt, root, signature, signing_key)
values (
    @EventId, @EventTime, @Method, @ActorKind, @ActorId, @ActorName, @ProfessionSystem, @ProfessionCode,
    @SpecialtyCode, @SectorCode, @StructureId, @StructureName, @SoftwareId, @Subject, @RecordId, @DocumentIds, @Outcome, @StatusCode,
    @Reason, @ServerRequestId, @RequestId, @HiddenFromRepresentatives, @DocumentVersions, @DocumentSha256s, @StaffId, @UserAgent,
    @AccessMode, @Basis, @EmergencyAccessId, @Justification, @Origin::inet, @DurationUs,
    @Salt, @Root, @Signature, @SigningKey);
