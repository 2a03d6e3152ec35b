namespace Dmp.Server.Access;

/// <summary>
/// Whether a document existed for the caller just before a change, for those who must be told that it does not any more. The same
/// predicate as <see cref="DocumentFilter.Exists"/>, whose parts it uses, with three differences: <c>d</c> is the document as it was;
/// the rules, and the patient's wish to keep secret acts from staff, are those that were there just before the change <c>c</c>; and the
/// right stands on an authorisation, a delegation or a representation that was there then, so that somebody who came later is not told of
/// what was gone before.
/// What the caller is beyond that (attending, representative or caregiver) is taken as it is now: when that changes, the whole record is
/// told anew.
/// </summary>
internal static class FormerDocumentFilter
{
    // The rule h was there just before the change c: neither did it come with a later change or the same, nor had it gone with an earlier
    // one. By the order of commits and not by times, which are taken before (what commits first may carry the later time); a change that
    // is forgotten, or of before there was an order, is earlier than c. Served by change_subject_idx; the outbox is nearly empty.
    private const string WasThere =
        """
        not exists (
                select from change a
                where a.record_id = h.record_id and a.subject_id = h.visibility_rule_id
                    and a.position >= c.position and a.event_time = h.create_time
            )
            and not exists (
                select from outbox a
                where a.record_id = h.record_id and a.subject_id = h.visibility_rule_id and a.event_time = h.create_time
            )
            and (
                h.remove_time is null
                or exists (
                    select from change a
                    where a.record_id = h.record_id and a.subject_id = h.visibility_rule_id
                        and a.position >= c.position and a.event_time = h.remove_time
                )
                or exists (
                    select from outbox a
                    where a.record_id = h.record_id and a.subject_id = h.visibility_rule_id and a.event_time = h.remove_time
                )
            )
        """;

    // The rules of DocumentFilter, served by visibility_rule_past_idx.
    private const string RulesForCaller =
        $"""
        visibility_rule h
            where h.record_id = @RecordId
                and {WasThere}
                and h.effect = 1
                and (
                    h.actor_kind = 1 and h.actor_id = @ProfessionalId
                    or h.actor_kind = 2 and h.actor_id = @StructureId
                    or h.profession = @Profession
                )
        """;

    private const string WasHiddenByRule =
        $"""
        (
            d.document_id = any (array(select h.document_id from {RulesForCaller} and h.document_id is not null))
            or v.type_code = any (array(select h.type_code from {RulesForCaller} and h.type_code is not null))
            or v.author_ids && array(select h.author_id from {RulesForCaller} and h.author_id is not null)
            or v.service_start_time <@ coalesce(
                (select range_agg(tstzrange(h.period_from, h.period_to)) from {RulesForCaller} and h.period_from is not null),
                tstzmultirange())
        )
        """;

    private const string WasShownByRule =
        $"""
        d.document_id = any (array(
            select h.document_id from visibility_rule h
            where h.record_id = @RecordId
                and {WasThere}
                and h.effect = 2
                and h.actor_id = @ProfessionalId
        ))
        """;

    /// <summary>The caller was in the care team that the authorisation <c>k</c> is for, just before the change <c>c</c>.</summary>
    private const string WasInTeam =
        """
        exists (
            select from care_team_member m
            where m.care_team_id = k.care_team_id
                and m.join_time < least(c.event_time, k.expire_time)
                and (m.leave_time is null or m.leave_time >= c.event_time)
                and (m.actor_kind = 1 and m.actor_id = @ProfessionalId or m.actor_kind = 2 and m.actor_id = @StructureId)
            offset 0
        )
        """;

    // Of an authorisation k of the caller: not revoked before the change c.
    private const string NotRevoked =
        $"""
        (k.revoke_time is null or k.revoke_time >= c.event_time)
            and (
                k.actor_kind = 1 and k.actor_id = @ProfessionalId
                or k.actor_kind = 2 and k.actor_id = @StructureId
                or {WasInTeam}
            )
        """;

    // The end of k by time was told before the change c, by the order of commits. One that was revoked first is never told. Served by
    // change_subject_idx.
    private const string NotToldAsEnded =
        """
        (
            k.expire_time > c.event_time
            or not k.expiry_told
            or exists (
                select from change e
                where e.record_id = k.record_id and e.subject_id = k.consent_id
                    and e.position >= c.position and e.kind = 'CONSENT_EXPIRED'
            )
            or exists (
                select from outbox e where e.record_id = k.record_id and e.subject_id = k.consent_id and e.kind = 'CONSENT_EXPIRED'
            )
        )
        """;

    // Served by block_pkey.
    private const string NotBlocked =
        """
        not exists (
            select from block b
            where b.record_id = c.record_id
                and b.block_time < c.event_time
                and (b.unblock_time is null or b.unblock_time >= c.event_time)
                and (b.actor_kind = 1 and b.actor_id = @ProfessionalId or b.actor_kind = 2 and b.actor_id = @StructureId)
        )
        """;

    /// <summary>
    /// The caller had a right just before the change <c>c</c> of the record as a whole: an authorisation was given before it. Whether it
    /// was given anew since tells nothing: an authorisation is renewed while it is in force, and whoever has left its team, or is blocked,
    /// is told nothing of that. One that ended by time counts until that is told: who leaves its team or is blocked in between learns of
    /// the loss by that change, as nobody tells it later. By the order of commits, as above. Served by consent_pkey and change_subject_idx.
    /// </summary>
    public const string HadConsent =
        $"""
        (
            exists (
                select from consent k
                where k.record_id = c.record_id
                    and not exists (
                        select from change g
                        where g.record_id = k.record_id and g.subject_id = k.consent_id
                            and g.position >= c.position and g.event_time = k.create_time
                    )
                    and not exists (
                        select from outbox g
                        where g.record_id = k.record_id and g.subject_id = k.consent_id and g.event_time = k.create_time
                    )
                    and {NotRevoked}
                    and {NotToldAsEnded}
            )
            and {NotBlocked}
        )
        """;

    /// <summary>
    /// The same for a document, of which only those are told who have a right now: an authorisation that was given and not given anew
    /// since, because whoever gets a right is told to load the record anew. Served by consent_pkey and change_subject_idx.
    /// </summary>
    private const string HeldConsent =
        $"""
        (
            exists (
                select from consent k
                where k.record_id = c.record_id
                    and not exists (
                        select from change g
                        where g.record_id = k.record_id and g.subject_id = k.consent_id and g.position > c.position
                            and g.kind in ('CONSENT_GRANTED', 'INITIAL_CONSENT_GIVEN')
                    )
                    and not exists (
                        select from outbox g
                        where g.record_id = k.record_id and g.subject_id = k.consent_id
                            and g.kind in ('CONSENT_GRANTED', 'INITIAL_CONSENT_GIVEN')
                    )
                    and k.expire_time > c.event_time
                    and {NotRevoked}
            )
            and {NotBlocked}
        )
        """;

    // Representation begins anew with it; whoever stands on it lists the record anew then.
    private const string NoGuardianshipSince =
        """
        not exists (
                select from change g
                where g.record_id = c.record_id and g.position > c.position and g.kind = 'GUARDIANSHIP_SET'
            )
            and not exists (select from outbox g where g.record_id = c.record_id and g.kind = 'GUARDIANSHIP_SET')
        """;

    // Of the patient's side just before the change c: the patient always, others since their delegation or the guardianship began. Served
    // by delegation_pkey, change_subject_idx and change_record_idx.
    private const string HeldCapacity =
        $"""
        (
            @IsPatient
            or @IsRepresentativeByToken and {NoGuardianshipSince}
            or exists (
                select from delegation k
                where k.record_id = c.record_id
                    and k.delegate_subject = @Subject
                    and k.accept_time is not null
                    and (k.revoke_time is null or k.revoke_time >= c.event_time)
                    and (k.end_time is null or k.end_time > c.event_time)
                    and not exists (
                        select from change g
                        where g.record_id = k.record_id and g.subject_id = k.delegation_id
                            and g.position > c.position and g.kind in ('DELEGATION_ACCEPTED', 'DELEGATION_STARTED')
                    )
                    and not exists (
                        select from outbox g
                        where g.record_id = k.record_id and g.subject_id = k.delegation_id
                            and g.kind in ('DELEGATION_ACCEPTED', 'DELEGATION_STARTED')
                    )
                    and (k.kind = 2 and k.invited_by_patient or {NoGuardianshipSince})
            )
        )
        """;

    // What it was just before the change c tells the first change of it from c on, which the outbox may still hold: each turns it round.
    // Without one it is as it is now. Served by change_record_idx.
    private const string SecretActsWereHiddenFromStaff =
        """
        coalesce(
            (
                select s.kind = 'SECRET_ACTS_SHOWN_TO_STAFF'
                from (
                    (
                        select x.position, 0::bigint as outbox_id, x.kind
                        from change x
                        where x.record_id = c.record_id and x.position >= c.position
                            and x.kind in ('SECRET_ACTS_HIDDEN_FROM_STAFF', 'SECRET_ACTS_SHOWN_TO_STAFF')
                        order by x.position
                        limit 1
                    )
                    union all
                    select 9223372036854775807, x.outbox_id, x.kind
                    from outbox x
                    where x.record_id = c.record_id
                        and x.kind in ('SECRET_ACTS_HIDDEN_FROM_STAFF', 'SECRET_ACTS_SHOWN_TO_STAFF')
                ) s
                order by s.position, s.outbox_id
                limit 1
            ),
            @SecretActsHiddenFromStaff)
        """;

    private const string WasOwn = $"{DocumentFilter.BeginningOfOwn} {SecretActsWereHiddenFromStaff} {DocumentFilter.EndOfOwn}";

    /// <summary>
    /// The version <c>v</c> of the document <c>d</c> existed for the caller just before the change <c>c</c>. A document that the change
    /// makes visible to the patient's side did not exist for it, however late the change is told.
    /// </summary>
    public const string Existed =
        $"""
        (
            @IsOwner
                and {HeldCapacity}
                and (d.patient_visible_time is null or d.patient_visible_time <= c.event_time and c.kind <> 'DOCUMENT_REVEALED')
                and not (@IsRepresentative and d.hidden_from_representatives)
            or @IsAuthorized
                and {HeldConsent}
                and (not d.masked or @SeesMasked or {WasShownByRule})
                and not {WasHiddenByRule}
                and {DocumentFilter.IsOpenToProfession}
            or {WasOwn}
        )
        """;
}
