namespace Dmp.Server.Access;

/// <summary>
/// Which documents of a record exist for a caller: one predicate, in SQL, for every statement that touches documents.
/// A row that does not pass it does not exist.
/// <code>
/// patient, representative of the record      every document
/// attending physician                        every document
/// professional with a valid authorisation    what is not masked, and what the professional deposited
/// professional without one                   what the professional deposited
/// structure                                  what the structure deposited
/// </code>
/// A document is a professional's own when the professional deposited one of its versions, or when the professional is
/// named as author of a version that the structure of the pinned work situation deposited in its own name.
/// </summary>
internal static class DocumentFilter
{
    /// <summary>The document <c>d</c> is the caller's own.</summary>
    public const string IsOwn =
        """
        exists (
            select from document_version o
            where o.document_id = d.document_id
                and (
                    o.depositor_professional_id = @ProfessionalId
                    or o.depositor_structure_id = @StructureId
                        and (@IsStructure or o.depositor_kind = 2 and @ProfessionalId = any(o.author_ids))
                )
        )
        """;

    /// <summary>The document <c>d</c> exists for the caller.</summary>
    public const string Exists = $"(@SeesAll or @SeesUnmasked and not d.masked or {IsOwn})";

    /// <summary>
    /// The content of the document <c>d</c> may be read: deleted content only by the author, attending physicians and the
    /// patient.
    /// </summary>
    public const string IsReadable = $"({Exists} and (d.state <> 4 or @SeesAll or {IsOwn}))";
}

/// <summary>The parameters of <see cref="DocumentFilter"/>.</summary>
internal sealed record DocumentScope
{
    public required bool SeesAll { get; init; }

    public required bool SeesUnmasked { get; init; }

    public required bool IsStructure { get; init; }

    public required string? ProfessionalId { get; init; }

    public required string? StructureId { get; init; }

    public static DocumentScope Of(RecordAccess access) => new()
    {
        SeesAll = access.IsOwner || access.IsAttending,
        SeesUnmasked = access.IsAuthorized,
        IsStructure = access.Caller.Kind == CallerKind.Structure,
        ProfessionalId = access.Caller.ProfessionalId,
        StructureId = access.Caller.StructureId,
    };
}
