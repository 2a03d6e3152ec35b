using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;

namespace Dmp.Server.Audit;

/// <summary>
/// What of a record's trace exists for its reader: one condition for lists, proofs and exports (ADR 0030).
/// <code>
/// auditor                      everything
/// patient, representatives     what is about documents that exist for them, and about no document
/// attending physician          the same, but what is about the patient's visibility rules
/// another professional         of that, what the professional did
/// </code>
/// An event that is about documents of which none exists for the reader does not exist itself, whoever made it; of one that is about others
/// too, the reader is shown those others.
/// </summary>
internal static class TraceFilter
{
    // Answered before any document is looked at, or in the same way whether it is there or not: the event says nothing of the document, and
    // is shown without it. Who named it knows what was named.
    private const string BlindReasons = "('DOCUMENT_NOT_FOUND', 'RECORD_ACCESS_DENIED', 'FUNCTION_NOT_ALLOWED', 'RECORD_NOT_OPEN')";

    private const string Named = "named (document_id, version, sha256, place)";

    /// <summary>
    /// The documents of an event that exist for the reader: the primary keys of document and document_version decide each one named, for
    /// the patient's side that of document alone, as DocumentFilter.Exists does. A version that no event kept is the current one.
    /// </summary>
    public const string VisibleDocuments =
        $"""
        cross join lateral (
            select coalesce(array_agg(named.document_id order by named.place), array[]::uuid[]) as document_ids,
                coalesce(array_agg(coalesce(named.version, 0) order by named.place), array[]::integer[]) as document_versions,
                coalesce(array_agg(coalesce(named.sha256, '') order by named.place), array[]::bytea[]) as document_sha256s,
                coalesce(array_agg(named.place::integer order by named.place), array[]::integer[]) as places
            from unnest(e.document_ids, e.document_versions, e.document_sha256s) with ordinality as {Named}
            where case
                when @SeesAllDocuments then true
                when e.subject = @Subject and e.reason in {BlindReasons} then true
                when @IsOwner then exists (
                    select from document d
                    where d.document_id = named.document_id
                        and d.record_id = @RecordId
                        and (d.patient_visible_time is null or d.patient_visible_time <= @Now)
                        and not (@IsRepresentative and d.hidden_from_representatives)
                    offset 0
                )
                else exists (
                    select from document d
                    join document_version v on v.document_id = d.document_id
                        and v.record_id = d.record_id
                        and v.version = coalesce(nullif(named.version, 0), d.current_version)
                    where d.document_id = named.document_id
                        and d.record_id = @RecordId
                        and {DocumentFilter.Exists}
                    offset 0
                )
            end
        ) v
        """;

    /// <summary>The events of a record that exist for the reader; @OnlySubject limits them to one caller's own.</summary>
    public const string VisibleEvents =
        $"""
        e.record_id = @RecordId
            and not (@IsRepresentative and e.hidden_from_representatives)
            and (cardinality(e.document_ids) = 0 or cardinality(v.document_ids) > 0 or e.reason in {BlindReasons})
            and (
                @SeesRules
                or e.method not in (
                    'dmp.consent.v1.ConsentService/AddVisibilityRule',
                    'dmp.consent.v1.ConsentService/RemoveVisibilityRule',
                    'dmp.consent.v1.ConsentService/ListVisibilityRules')
            )
            and (@OnlySubject::text is null or e.subject = @OnlySubject)
        """;

    /// <summary>The parameters of both, for whom <paramref name="access"/> is of.</summary>
    public static StatementParameters ParametersOf(RecordAccess access, string? onlySubject) => new(
        DocumentScope.Of(access),
        new
        {
            access.Caller.Subject,
            SeesAllDocuments = access.Caller.Kind == CallerKind.Auditor,
            SeesRules = access.Caller.Kind == CallerKind.Auditor || access.Capacity != Capacity.None,
            OnlySubject = onlySubject,
        });
}
