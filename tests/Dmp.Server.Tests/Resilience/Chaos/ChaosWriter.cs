using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Resilience.Chaos;

/// <summary>A change that the platform answered, in the order in which this writer made them.</summary>
internal sealed record WrittenChange(string RecordId, string DocumentId, string What, int Version);

/// <summary>
/// Somebody who works on a few records without pause: documents in, replaced, masked, archived, deleted; authorisations given and taken
/// back; things hidden and shown; searches and reads. Each change is repeated until it is answered.
/// </summary>
internal sealed class ChaosWriter(DmpApi api, string[] records, ChaosRole role, Random random, CancellationToken ct)
{
    private readonly List<StoredDocument> mine = [];

    /// <summary>Authorisations, blocks and rules that can be taken back: the record, the id.</summary>
    private readonly List<(string RecordId, string Id)> given = [];

    private int turn;

    public List<WrittenChange> Written { get; } = [];

    /// <summary>Refusals by reason: a writer may ask for what is not allowed, and is told why.</summary>
    public Dictionary<string, int> Refusals { get; } = [];

    public async Task RunAsync(CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            await StepAsync();
        }
    }

    private Task StepAsync() => (role, random.Next(100)) switch
    {
        (_, < 30) => UploadAsync(null),
        (ChaosRole.Structure, _) => ChangeOwnAsync("delete"),
        (_, < 40) when mine.Count > 0 => UploadAsync(Pick(mine)),
        (_, < 52) => ChangeOwnAsync("mask"),
        (_, < 60) => ChangeOwnAsync("unmask"),
        (ChaosRole.Professional or ChaosRole.Guest, < 66) => ChangeOwnAsync("archive"),
        (_, < 70) => ChangeOwnAsync("delete"),
        (ChaosRole.Guest, < 80) => ToggleConsentAsync(),
        (ChaosRole.Patient, < 80) => ToggleRuleAsync(),
        (_, < 90) => SearchAsync(),
        _ => ReadAsync(),
    };

    private async Task UploadAsync(StoredDocument? replaced)
    {
        var intent = Given.Intent(replaced?.RecordId ?? Pick(records));
        if (replaced is not null)
        {
            (intent.ReplacesDocumentId, intent.Etag) = (replaced.DocumentId, replaced.Etag);
        }

        if (role == ChaosRole.Structure)
        {
            // A back end says who wrote it.
            intent.Metadata.Authors.Add(new Author
            {
                Person = new Person { Id = "801234508081", FamilyName = "LEROY", GivenName = "Karim" },
                Institution = new Institution { Id = "1990000663", Name = "Centre hospitalier Saint-Luc" },
            });
        }

        var content = Given.Text(random.Next(100, 4_000));
        if (await AskAsync(() => api.UploadAsync(intent, content)) is { } stored)
        {
            Keep(stored, replaced is null ? "create" : "replace");
        }
    }

    private async Task ChangeOwnAsync(string what)
    {
        if (mine.Count == 0)
        {
            return;
        }

        var document = Pick(mine);
        var (recordId, documentId, requestId) = (document.RecordId, document.DocumentId, Given.NewId());
        var changed = await AskAsync(async () => what switch
        {
            "mask" => (await api.Documents.MaskDocumentAsync(
                new() { RecordId = recordId, DocumentId = documentId, RequestId = requestId }, cancellationToken: ct)).Document,
            "unmask" => (await api.Documents.UnmaskDocumentAsync(
                new() { RecordId = recordId, DocumentId = documentId, RequestId = requestId }, cancellationToken: ct)).Document,
            "archive" => (await api.Documents.ArchiveDocumentAsync(
                new() { RecordId = recordId, DocumentId = documentId, RequestId = requestId }, cancellationToken: ct)).Document,
            _ => (await api.Documents.DeleteDocumentAsync(
                new() { RecordId = recordId, DocumentId = documentId, RequestId = requestId }, cancellationToken: ct)).Document,
        });
        if (changed is not null)
        {
            Keep(changed, what);
        }
    }

    private async Task ToggleConsentAsync()
    {
        var recordId = Pick(records);
        var requestId = Given.NewId();
        if (TakeGiven(recordId) is { } consentId)
        {
            await AskAsync(async () => await api.Consents.RevokeConsentAsync(
                new() { RecordId = recordId, ConsentId = consentId, RequestId = requestId }, cancellationToken: ct));
        }
        else if (await AskAsync(async () => await api.Consents.DeclareConsentAsync(
            new() { RecordId = recordId, Collection = ConsentCollection.PatientPresent, RequestId = requestId },
            cancellationToken: ct)) is { } declared)
        {
            given.Add((recordId, declared.Consent.ConsentId));
        }
    }

    /// <summary>The patient hides a type of documents from a profession, or lets it be seen again.</summary>
    private async Task ToggleRuleAsync()
    {
        var recordId = Pick(records);
        var requestId = Given.NewId();
        if (TakeGiven(recordId) is { } ruleId)
        {
            await AskAsync(async () => await api.Consents.RemoveVisibilityRuleAsync(
                new() { RecordId = recordId, VisibilityRuleId = ruleId, RequestId = requestId }, cancellationToken: ct));
        }
        else if (await AskAsync(async () => await api.Consents.AddVisibilityRuleAsync(
            new()
            {
                RecordId = recordId,
                Rule = new()
                {
                    Effect = VisibilityEffect.Hide,
                    Type = Given.ReportType,
                    Profession = new Coding { System = "1.2.250.1.71.1.2.7", Code = random.Next(2) == 0 ? "10" : "60" },
                },
                RequestId = requestId,
            },
            cancellationToken: ct)) is { } added)
        {
            given.Add((recordId, added.Rule.VisibilityRuleId));
        }
    }

    private async Task SearchAsync() => await AskAsync(async () => await api.Documents.SearchDocumentsAsync(
        new() { RecordId = Pick(records), PageSize = 5 }, cancellationToken: ct));

    private async Task ReadAsync()
    {
        if (mine.Count > 0)
        {
            await AskAsync(async () => await api.ReadAsync(Pick(mine)));
        }
    }

    private string? TakeGiven(string recordId)
    {
        var index = given.FindIndex(one => one.RecordId == recordId);
        if (index < 0)
        {
            return null;
        }

        var id = given[index].Id;
        given.RemoveAt(index);
        return id;
    }

    private void Keep(StoredDocument document, string what)
    {
        var known = mine.Find(one => one.DocumentId == document.DocumentId);
        mine.Remove(known!);
        if (document.Status != DocumentStatus.Deleted)
        {
            mine.Add(document);
        }

        if (known?.Etag == document.Etag)
        {
            // It was masked, or archived, already: nothing changed.
            return;
        }

        Written.Add(new WrittenChange(document.RecordId, document.DocumentId, what, document.Version));
    }

    private async Task<T?> AskAsync<T>(Func<Task<T>> call)
        where T : class
    {
        turn++;
        var (answer, refusal) = await Patience.UntilAnsweredAsync(call, ct);
        if (refusal is not null)
        {
            Refusals[refusal] = Refusals.GetValueOrDefault(refusal) + 1;
        }

        return answer;
    }

    private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];
}

/// <summary>What a writer is to the records.</summary>
internal enum ChaosRole
{
    /// <summary>Authorised all the time.</summary>
    Professional,

    /// <summary>Authorised now and then.</summary>
    Guest,

    /// <summary>Deposits only.</summary>
    Structure,

    /// <summary>The patient.</summary>
    Patient,
}
