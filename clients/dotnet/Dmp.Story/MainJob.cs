using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Dmp.Client;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Samples;

namespace Dmp.Story;

/// <summary>
/// The main job, told through the SDK as a vendor would use it: open a record, stream documents in, find them, stream them
/// out, decide who sees them, and see what was done. Can be told again and again on the same data.
/// </summary>
internal sealed partial class MainJob(StoryOptions options) : IDisposable
{
    private readonly Checks checks = new();
    private readonly Screen screen = new();
    private readonly Personas personas = new(options);
    private readonly DateTimeOffset begin = TimeProvider.System.GetUtcNow();
    private List<StoryDocument> documents = [];
    private Persona? physician;
    private Persona? dentist;
    private Persona? stranger;
    private Persona? patient;
    private string recordId = "";

    public bool EverythingHeld => checks.Failed == 0 && documents.Count > 0 && Everything.All(document => document.ReadBack is not null);

    public string LastLine => string.Create(
        CultureInfo.InvariantCulture,
        $"demo: {Everything.Count(document => document.Stored is not null)} documents in, "
        + $"{Everything.Count(document => document.ReadBack is not null)} out, "
        + $"{checks.Held} checks held{(checks.Failed == 0 ? "" : $", {checks.Failed} FAILED")}");

    private IEnumerable<StoryDocument> Everything => documents.Concat(others);

    private Persona Physician => physician ?? throw NotThere("the physician");

    private Persona Dentist => dentist ?? throw NotThere("the dentist");

    /// <summary>A physician whom the patient does not know.</summary>
    private Persona Stranger => stranger ?? throw NotThere("the physician on call");

    private Persona Patient => patient ?? throw NotThere("the patient");

    public async Task TellAsync(CancellationToken ct)
    {
        await checks.ChapterAsync("1. Four people get their tokens", () => ArriveAsync(ct));
        await checks.ChapterAsync("2. The physician opens the patient's record", () => OpenAsync(ct));
        await checks.ChapterAsync("3. Documents are streamed in", () => StreamInAsync(ct));
        await checks.ChapterAsync("4. They are found", () => FindAsync(ct));
        await checks.ChapterAsync("5. They are streamed out again", () => StreamOutAsync(ct));
        await checks.ChapterAsync("6. The patient lets a dentist look, and hides one document", () => HideAsync(ct));
        await checks.ChapterAsync("7. The patient asks who can see a document, and what a change would do", () => AskAsync(ct));
        await checks.ChapterAsync("8. The patient takes the dentist's access back", () => RevokeAsync(ct));
        await checks.ChapterAsync("9. A physician on call has an emergency", () => EmergencyAsync(ct));
        await checks.ChapterAsync("10. The patient reads the trace of all that", () => TraceAsync(ct));
        await checks.ChapterAsync("11. And verifies it", () => VerifyAsync(ct));
    }

    public void Dispose() => personas.Dispose();

    /// <summary>The documents, once all of them are stored. A chapter about them cannot be told before.</summary>
    private List<StoryDocument> Sent => documents.Count > 0 && documents.TrueForAll(document => document.Stored is not null)
        ? documents
        : throw new InvalidOperationException("the documents were not stored");

    private static InvalidOperationException NotThere(string who) => new($"{who} got no token");

    private async Task ArriveAsync(CancellationToken ct)
    {
        physician = await personas.ArriveAsync("dr-martin", ct);
        dentist = await personas.ArriveAsync("dentist-petit", ct);
        stranger = await personas.ArriveAsync("dr-bernard", ct);
        patient = await personas.ArriveAsync("patient-jeanne", ct);
        foreach (var persona in new[] { physician, dentist, stranger, patient })
        {
            Screen.Line($"{persona.Name} has a token of {options.Issuer}");
        }
    }

    private async Task OpenAsync(CancellationToken ct)
    {
        var ins = Patient.Info.Ins;
        try
        {
            var opened = await Physician.Client.OpenRecordAsync(
                new OpenRecordRequest
                {
                    Ins = ins,
                    Traits = Patient.Info.Traits,
                    IdentityStatus = IdentityStatus.Qualified,
                    PatientInformed = true,
                },
                ct);
            recordId = opened.Record.RecordId;
            checks.That(
                "a record is opened for the patient's INS", opened.Record.State == RecordState.Open, "OPEN", $"{opened.Record.State}");
        }
        catch (DmpException exists) when (exists.ErrorReason == ErrorReason.RecordAlreadyExists)
        {
            var known = await Patient.Client.ListRecordsPageAsync(new ListRecordsRequest(), ct);
            recordId = known.Records.Single(record => record.Ins.Equals(ins)).RecordId;
            checks.That("the record of an earlier run is not opened twice", true, "", "");
        }

        await Physician.Client.DeclareConsentAsync(
            new DeclareConsentRequest
            {
                RecordId = recordId,
                Collection = ConsentCollection.PatientPresent,
                AttendingPhysician = true,
            },
            ct);
        var access = await Physician.Client.CheckAccessAsync(new CheckAccessRequest { Ins = ins }, ct);
        checks.Equal(
            "the physician declares the patient's consent and is authorised", AuthorizationState.Valid, access.AuthorizationState);
        Screen.Line($"record {recordId}, authorised until {access.ExpireTime.ToDateTimeOffset():yyyy-MM-dd}");
    }

    private async Task StreamInAsync(CancellationToken ct)
    {
        var info = Physician.Info;
        var author = new Author
        {
            Person = new Person { Id = info.ProfessionalId, FamilyName = info.FamilyName, GivenName = info.SampleAuthor.GivenName },
            Institution = new Institution { Id = info.StructureId, Name = info.StructureName },
        };
        await GatherAsync(author, ct);
        var begin = Stopwatch.GetTimestamp();
        await screen.TransferAsync(
            [.. Everything],
            document => document.FileName,
            document => document.Content.Length,
            async (document, progress) => document.Stored = await SendAsync(document, progress, ct));
        var bytes = Everything.Sum(document => (long)document.Content.Length);
        Screen.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{bytes:N0} bytes in {Stopwatch.GetElapsedTime(begin).TotalSeconds:F1} s, SHA-256 computed on both sides"));
        checks.That("there is something to send", documents.Count > 0, "documents", $"none in {options.Samples}");
        checks.Equal(
            "every document is stored with the digest computed here",
            Everything.Count(),
            Everything.Count(document => document.Stored!.Content.Sha256.Span.SequenceEqual(document.Sha256)));

        var first = documents[0];
        using var again = new MemoryStream(first.Content, writable: false);
        var repeat = await Physician.Client.UploadAsync(
            recordId, again, first.Metadata, new UploadOptions { RequestId = first.RequestId }, cancellationToken: ct);
        checks.Equal("sending one again with its request id makes no second document", first.Stored!.DocumentId, repeat.DocumentId);
        await StreamSummaryInAsync(ct);
    }

    /// <summary>Not a word about a FHIR document either.</summary>
    private async Task StreamSummaryInAsync(CancellationToken ct)
    {
        var summary = PatientSummary.Create(
            Patient.Info.SamplePatient, Physician.Info.SampleAuthor, Guid.NewGuid(), TimeProvider.System.GetUtcNow());
        using var content = new MemoryStream(summary, writable: false);
        var stored = await Physician.Client.UploadFhirAsync(recordId, content, cancellationToken: ct);
        checks.Equal("a patient summary in FHIR describes itself", ContentForm.FhirJson, stored.Content.Form);
        Screen.Line($"{stored.Metadata.Title}, {stored.Metadata.Type.Display}, by {stored.Metadata.Authors[0].Person.FamilyName}");
    }

    /// <summary>What was written nine days ago: an anticoagulant, and its blood test.</summary>
    private async Task StreamAnticoagulationInAsync(CancellationToken ct)
    {
        var summary = PatientSummary.CreateOfAnticoagulation(
            Patient.Info.SamplePatient,
            Physician.Info.SampleAuthor,
            Guid.NewGuid(),
            TimeProvider.System.GetUtcNow().AddDays(-DaysSinceTest));
        using var content = new MemoryStream(summary, writable: false);
        await Physician.Client.UploadFhirAsync(recordId, content, cancellationToken: ct);
    }

    private async Task FindAsync(CancellationToken ct)
    {
        var wanted = Sent[0];
        var all = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var found in Physician.Client.SearchDocumentsAsync(
            new SearchDocumentsRequest { RecordId = recordId, PageSize = 10 }, ct))
        {
            checks.Quietly("no page repeats a document", all.Add(found.DocumentId));
        }

        checks.Equal(
            "a search over all pages finds every one of them", documents.Count,
            documents.Count(document => all.Contains(document.Stored!.DocumentId)));

        var byUniqueId = await Physician.Client.SearchDocumentsPageAsync(
            new SearchDocumentsRequest { RecordId = recordId, UniqueId = wanted.UniqueId }, ct);
        checks.Equal(
            "a search for the producer's id finds exactly that one", wanted.Stored!.DocumentId, byUniqueId.Documents.Single().DocumentId);

        var ofType = 0;
        await foreach (var found in Physician.Client.SearchDocumentsAsync(
            new SearchDocumentsRequest { RecordId = recordId, Types_ = { wanted.Stored.Metadata.Type } }, ct))
        {
            checks.Quietly(
                "a search for a type finds documents of that type", found.Metadata.Type.Code == wanted.Stored.Metadata.Type.Code);
            ofType++;
        }

        Screen.Line($"{all.Count} documents in the record, {ofType} of type {wanted.Stored.Metadata.Type.Code}");
        await AskWhatTheyStateAsync(ct);
        await AskForInteractionsAsync(ct);
        await FindWordsAsync(ct);
    }

    private async Task StreamOutAsync(CancellationToken ct)
    {
        var equal = 0;
        await screen.TransferAsync(
            [.. Sent, .. others],
            document => document.FileName,
            document => document.Content.Length,
            async (document, progress) =>
            {
                using var content = new MemoryStream(document.Content.Length);
                document.ReadBack = await Physician.Client.DownloadAsync(
                    document.RecordId ?? recordId, document.Stored!.DocumentId, content, progress: progress, cancellationToken: ct);
                var bytes = content.GetBuffer().AsMemory(0, (int)content.Length);
                equal += bytes.Span.SequenceEqual(document.Content) && SHA256.HashData(bytes.Span).AsSpan().SequenceEqual(document.Sha256)
                    ? 1
                    : 0;
            });
        checks.Equal("every document comes back byte for byte, with an equal digest", Everything.Count(), equal);
    }
}
