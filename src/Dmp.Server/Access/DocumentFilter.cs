using Dmp.Server.Calls;

namespace Dmp.Server.Access;

/// <summary>
/// Which documents of a record exist for a caller: one predicate, in SQL, for every statement that touches documents.
/// A row that does not pass it does not exist.
/// <code>
/// patient                                    what is not (or no longer) hidden from the patient
/// representative, caregiver                  the same, and not hidden from representatives
/// professional with a right on the record    types the matrix opens to the profession, neither masked nor hidden by a rule
///   attending physician                      masked ones too
///   in an emergency                          masked ones too when the patient allows it
///   named by a rule of the patient           the masked document of that rule too
/// professional, whatever the right           what the professional deposited
/// structure                                  what was deposited in the structure
///   the patient keeps secret acts from staff what is hidden from representatives only when the structure itself deposited it
/// </code>
/// A document is a professional's own when the professional deposited one of its versions, or when the professional is
/// named as author of a version that the structure of the pinned work situation deposited in its own name.
/// </summary>
internal static class DocumentFilter
{
    // The rules that hide something of the record from the caller.
    private const string RulesForCaller =
        """
        visibility_rule h
            where h.record_id = @RecordId
                and h.remove_time is null
                and h.effect = 1
                and (
                    h.actor_kind = 1 and h.actor_id = @ProfessionalId
                    or h.actor_kind = 2 and h.actor_id = @StructureId
                    or h.profession = @Profession
                )
        """;

    /// <summary>
    /// The document <c>d</c> is the caller's own; between this and <see cref="EndOfOwn"/> stands whether the patient keeps secret acts from
    /// staff. The offset keeps the planner from reading the versions of all records once, to look each document up among them.
    /// </summary>
    public const string BeginningOfOwn =
        """
        exists (
            select from document_version o
            where o.document_id = d.document_id and o.record_id = d.record_id
                and (
                    o.depositor_professional_id = @ProfessionalId
                    or o.depositor_structure_id = @StructureId
                        and (
                            o.depositor_kind = 2 and (@IsStructure or @ProfessionalId = any(o.author_ids))
                            or @IsStructure and not (d.hidden_from_representatives and
        """;

    /// <summary>What follows.</summary>
    public const string EndOfOwn =
        """
        )
                        )
                )
            offset 0
        )
        """;

    /// <summary>The document <c>d</c> is the caller's own.</summary>
    public const string IsOwn = $"{BeginningOfOwn} @SecretActsHiddenFromStaff {EndOfOwn}";

    /// <summary>The same among documents of several records, of which <c>r</c> is that of the document.</summary>
    public const string IsOwnInRecord = $"{BeginningOfOwn} r.secret_acts_hidden_from_staff {EndOfOwn}";

    /// <summary>The matrix in force lets the caller's profession read the type of the version <c>v</c>.</summary>
    public const string IsOpenToProfession =
        """
        v.type_code in (
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
        """;

    /// <summary>A rule of the patient hides the type of the version <c>v</c> from the caller.</summary>
    public const string IsTypeHiddenByRule =
        $"v.type_code = any (array(select h.type_code from {RulesForCaller} and h.type_code is not null))";

    /// <summary>
    /// A rule of the patient hides the version <c>v</c> of the document <c>d</c> from the caller. The rules for the caller are
    /// looked up once for a statement, not once for each document.
    /// </summary>
    public const string IsHiddenByRule =
        $"""
        (
            d.document_id = any (array(select h.document_id from {RulesForCaller} and h.document_id is not null))
            or {IsTypeHiddenByRule}
            or v.author_ids && array(select h.author_id from {RulesForCaller} and h.author_id is not null)
            or v.service_start_time <@ coalesce(
                (select range_agg(tstzrange(h.period_from, h.period_to)) from {RulesForCaller} and h.period_from is not null),
                tstzmultirange())
        )
        """;

    /// <summary>A rule of the patient shows the masked document <c>d</c> to the caller.</summary>
    public const string IsShownByRule =
        """
        d.document_id = any (array(
            select s.document_id from visibility_rule s
            where s.record_id = @RecordId
                and s.remove_time is null
                and s.effect = 2
                and s.actor_id = @ProfessionalId
        ))
        """;

    /// <summary>The version <c>v</c> of the document <c>d</c> exists for the caller.</summary>
    public const string Exists =
        $"""
        (
            @IsOwner
                and (d.patient_visible_time is null or d.patient_visible_time <= @Now)
                and not (@IsRepresentative and d.hidden_from_representatives)
            or @IsAuthorized
                and (not d.masked or @SeesMasked or {IsShownByRule})
                and not {IsHiddenByRule}
                and {IsOpenToProfession}
            or {IsOwn}
        )
        """;

    /// <summary>
    /// The content of a version that exists for the caller may be read: that of a deleted document <c>d</c> only by the author,
    /// attending physicians and the patient.
    /// </summary>
    public const string IsReadableIfExists = $"(d.state <> 4 or @ReadsDeleted or {IsOwn})";

    /// <summary>The version <c>v</c> of the document <c>d</c> exists for the caller, and its content may be read.</summary>
    public const string IsReadable = $"({Exists} and {IsReadableIfExists})";
}

/// <summary>The parameters of <see cref="DocumentFilter"/>.</summary>
internal sealed record DocumentScope
{
    public required Guid RecordId { get; init; }

    /// <summary>The patient's side: the patient, a representative, a caregiver.</summary>
    public required bool IsOwner { get; init; }

    /// <summary>Of those, everybody but the patient.</summary>
    public required bool IsRepresentative { get; init; }

    public required bool IsAuthorized { get; init; }

    public required bool SeesMasked { get; init; }

    public required bool ReadsDeleted { get; init; }

    public required bool IsStructure { get; init; }

    /// <summary>The patient's wish; it takes something from structures only.</summary>
    public required bool SecretActsHiddenFromStaff { get; init; }

    /// <summary><c>system|code</c>; null for callers without a profession, to whom the matrix opens nothing.</summary>
    public required string? Profession { get; init; }

    public required string? ProfessionalId { get; init; }

    public required string? StructureId { get; init; }

    public required DateTimeOffset Now { get; init; }

    public static DocumentScope Of(RecordAccess access) => new()
    {
        RecordId = access.RecordId,
        IsOwner = access.Capacity != Capacity.None,
        IsRepresentative = access.Capacity is Capacity.Representative or Capacity.Caregiver,
        IsAuthorized = access.IsAuthorized,
        SeesMasked = access.SeesMasked,
        ReadsDeleted = access.IsOwner || access.IsAttending,
        IsStructure = access.Caller.Kind == CallerKind.Structure,
        SecretActsHiddenFromStaff = access.SecretActsHiddenFromStaff,
        Profession = access.Caller.ProfessionCode is { } code ? $"{access.Caller.ProfessionSystem}|{code}" : null,
        ProfessionalId = access.Caller.ProfessionalId,
        StructureId = access.Caller.StructureId,
        Now = access.Now,
    };
}
