using System.Text;
using Dmp.Access.V1;
using Dmp.Delegation.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audiences;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Type.V1;
using Npgsql;

namespace Dmp.Server.Explanations;

/// <summary>Everybody who sees a document, and why.</summary>
internal sealed class ListWhoCanSee(
    TracedReads reads,
    PageTokens pageTokens,
    TimeProvider time,
    DocumentViews views)
{
    public async Task<ListWhoCanSeeResponse> RunAsync(Call call, ListWhoCanSeeRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var documentId = faults.Id(request.DocumentId, "document_id");
        var pageSize = request.PageSize == 0 ? AudienceSql.AudienceMax : faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListWhoCanSeeRequest(request) { PageToken = "" };
        (short Kind, string Id)? after = pageTokens.Read(request.PageToken, call.Caller, query) is { } position
            ? (position[0], Encoding.UTF8.GetString(position.AsSpan(1)))
            : null;

        return await reads.OfDocumentsAsync<ListWhoCanSeeResponse>(
            call,
            recordId,
            async (connection, owner) =>
            {
                if (!await ExplanationSql.ExistsAsync(connection, owner, documentId, ct))
                {
                    throw Failures.Of(ErrorReason.DocumentNotFound);
                }

                var response = new ListWhoCanSeeResponse();
                if (owner.IsOpen)
                {
                    if (await ListAsync(connection, owner, documentId, after, pageSize, response, ct) is { } last)
                    {
                        response.NextPageToken = pageTokens.Create(
                            call.Caller, query, [(byte)last.ActorKind, .. Encoding.UTF8.GetBytes(last.ActorId)]);
                    }
                }

                return (response, [new TracedDocument(documentId)]);
            },
            ct);
    }

    /// <summary>Adds a page of those who see the document. Returns whom it ends with; null on the last one.</summary>
    private async Task<AudienceRow?> ListAsync(
        NpgsqlConnection connection,
        RecordAccess owner,
        Guid documentId,
        (short Kind, string Id)? after,
        int pageSize,
        ListWhoCanSeeResponse response,
        CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (after is null)
        {
            response.Viewers.AddRange(await ListPersonsAsync(connection, owner, documentId, now, ct));
        }

        var professions = (await AudienceSql.ListProfessionsAsync(connection, owner.RecordId, documentId, now, ct)).ToList();
        var audience = (await AudienceSql.ListAsync(connection, owner, documentId, after, pageSize + 1, now, ct)).ToList();
        foreach (var row in audience.Take(pageSize))
        {
            if (await views.ViewAsync(connection, row, owner, documentId, professions, ct) is { } viewer)
            {
                response.Viewers.Add(viewer);
            }
        }

        return audience.Count > pageSize ? audience[pageSize - 1] : null;
    }

    /// <summary>Representatives and caregivers: the document exists for all of them or for none. Tokens that name the patient are not
    /// known.</summary>
    private static async Task<List<DocumentViewer>> ListPersonsAsync(
        NpgsqlConnection connection, RecordAccess owner, Guid documentId, DateTimeOffset now, CancellationToken ct)
    {
        if (await ExplanationSql.FindAsync(connection, owner, documentId, ct) is not { HiddenFromRepresentatives: false } found)
        {
            return [];
        }

        List<DocumentViewer> persons = owner.IsRepresented ? [ToPerson(Capacity.Representative, "", content: true)] : [];
        persons.AddRange((await AudienceSql.ListDelegatesAsync(connection, owner, now, ct)).Select(delegated =>
            (DelegationKind)delegated.Kind == DelegationKind.Caregiver
                ? ToPerson(Capacity.Caregiver, delegated.Name, content: !found.IsDeleted)
                : ToPerson(Capacity.Representative, delegated.Name, content: true)));
        return persons;
    }

    private static DocumentViewer ToPerson(Capacity capacity, string name, bool content) => new()
    {
        Actor = new Actor { Kind = capacity == Capacity.Caregiver ? ActorKind.Caregiver : ActorKind.Representative, Name = name },
        Content = content,
        Steps = { ExplanationRules.OfPerson(capacity) },
    };
}
