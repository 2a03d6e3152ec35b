using System.Text;
using Dmp.CareTeam.V1;
using Dmp.Client;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Notice.V1;
using Dmp.Record.V1;
using Dmp.Wishes.V1;
using Google.Protobuf;

namespace Dmp.Cli.Export;

/// <summary>
/// Reads a whole record as its caller may see it, and writes it as an archive. What the platform refuses to this caller is left out and
/// said so in the manifest; contents pass through, and are never held.
/// </summary>
internal sealed class RecordExport(DmpClient dmp, string recordId, ArchiveWriter archive, DocumentSpool spool, string temporaryPath)
{
    private static readonly JsonFormatter indented = new(JsonFormatter.Settings.Default.WithIndentation());

    private readonly List<ExportManifest.Omission> omitted = [];

    public IReadOnlyList<ExportManifest.Omission> Omitted => omitted;

    /// <summary>Writes record, settings, documents and their XDM view.</summary>
    public async Task WriteAsync(Action<long> onBytes, Action<double> onTotal, CancellationToken ct)
    {
        // Without this right nobody exports anything.
        var record = await dmp.GetRecordAsync(new GetRecordRequest { RecordId = recordId }, ct);
        await archive.AddAsync(ExportManifest.Record, isPacked: true, stream => LineAsync(stream, indented.Format(record), ct));
        await foreach (var document in dmp.SearchDocumentsAsync(AllDocuments(), ct))
        {
            spool.Add(document);
        }

        onTotal(spool.ContentBytes);
        var exported = await new DocumentExport(dmp, archive, spool, temporaryPath, omitted).WriteAsync(onBytes, ct);
        XdmView view = new(
            archive, spool, record.Ins, exported, dmp.ListSubmissionSetsAsync(new() { RecordId = recordId, PageSize = 200 }, ct));
        await view.WriteAsync();
        await WriteSettingsAsync(ct);
    }

    /// <summary>
    /// Writes the trace with its proofs, after all that was read, and gives the note of its checkpoint; null when the caller may not read
    /// it.
    /// </summary>
    public async Task<string?> WriteTraceAsync(string? earlierCheckpoint, CancellationToken ct)
    {
        try
        {
            // Whether the caller may is asked before there is a file that would have to stay.
            await dmp.ListRecordEventsPageAsync(new() { RecordId = recordId, PageSize = 1 }, ct);
        }
        catch (DmpAccessDeniedException denied)
        {
            omitted.Add(new ExportManifest.Omission(ExportManifest.Trace, denied.Reason));
            return null;
        }

        var note = "";
        await archive.AddAsync(
            ExportManifest.Trace, isPacked: true,
            async stream => note = await dmp.ExportTraceAsync(recordId, stream, earlierCheckpoint, ct));
        return note;
    }

    private SearchDocumentsRequest AllDocuments() => new()
    {
        RecordId = recordId,
        Statuses = { DocumentStatus.Approved, DocumentStatus.Deprecated, DocumentStatus.Archived, DocumentStatus.Deleted },
        PageSize = 200,
    };

    private async Task WriteSettingsAsync(CancellationToken ct)
    {
        await LinesAsync(
            "consents.jsonl",
            dmp.ListConsentsAsync(
                new ListConsentsRequest
                {
                    RecordId = recordId,
                    States = { Enum.GetValues<ConsentState>().Where(state => state != ConsentState.Unspecified) },
                    PageSize = 200,
                },
                ct),
            ct);
        await LinesAsync("blocks.jsonl", dmp.ListBlocksAsync(new ListBlocksRequest { RecordId = recordId, PageSize = 200 }, ct), ct);
        await LinesAsync(
            "visibility-rules.jsonl",
            dmp.ListVisibilityRulesAsync(new ListVisibilityRulesRequest { RecordId = recordId, PageSize = 200 }, ct), ct);
        await MessageAsync(
            "consent-settings.json",
            async () => await dmp.GetConsentSettingsAsync(new GetConsentSettingsRequest { RecordId = recordId }, ct), ct);
        await LinesAsync("care-teams.jsonl", CareTeamsAsync(ct), ct);
        await LinesAsync(
            "delegations.jsonl", dmp.ListDelegationsAsync(new ListDelegationsRequest { RecordId = recordId, PageSize = 200 }, ct), ct);
        await MessageAsync("wishes.json", async () => await dmp.GetWishesAsync(recordId, ct), ct);
        await LinesAsync(
            "wish-versions.jsonl", dmp.ListWishVersionsAsync(new ListWishVersionsRequest { RecordId = recordId, PageSize = 200 }, ct), ct);
        await LinesAsync(
            "trusted-persons.jsonl",
            dmp.ListTrustedPersonsAsync(new ListTrustedPersonsRequest { RecordId = recordId, PageSize = 200 }, ct), ct);
        await LinesAsync(
            "emergency-accesses.jsonl",
            dmp.ListEmergencyAccessesAsync(new ListEmergencyAccessesRequest { RecordId = recordId, PageSize = 200 }, ct), ct);
        await LinesAsync("notices.jsonl", dmp.ListNoticesAsync(new ListNoticesRequest { RecordId = recordId, PageSize = 200 }, ct), ct);
        await MessageAsync(
            "notice-preferences.json",
            async () => await dmp.GetNoticePreferencesAsync(new GetNoticePreferencesRequest { RecordId = recordId }, ct), ct);
    }

    private async IAsyncEnumerable<CareTeam.V1.CareTeam> CareTeamsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var team in await dmp.ListCareTeamsAsync(new ListCareTeamsRequest { RecordId = recordId }, ct))
        {
            yield return team;
        }
    }

    private async Task MessageAsync(string name, Func<Task<IMessage>> get, CancellationToken ct)
    {
        try
        {
            var message = await get();
            await archive.AddAsync(name, isPacked: true, stream => LineAsync(stream, indented.Format(message), ct));
        }
        catch (DmpAccessDeniedException denied)
        {
            omitted.Add(new ExportManifest.Omission(name, denied.Reason));
        }
    }

    private async Task LinesAsync<T>(string name, IAsyncEnumerable<T> messages, CancellationToken ct)
        where T : IMessage
    {
        await using var all = messages.GetAsyncEnumerator(ct);
        bool isThere;
        try
        {
            isThere = await all.MoveNextAsync();
        }
        catch (DmpAccessDeniedException denied)
        {
            omitted.Add(new ExportManifest.Omission(name, denied.Reason));
            return;
        }

        await archive.AddAsync(name, isPacked: true, async stream =>
        {
            for (; isThere; isThere = await all.MoveNextAsync())
            {
                await LineAsync(stream, JsonFormatter.Default.Format(all.Current), ct);
            }
        });
    }

    private static Task LineAsync(Stream stream, string text, CancellationToken ct) =>
        stream.WriteAsync(Encoding.UTF8.GetBytes(text + "\n"), ct).AsTask();
}
