using Dmp.Cda;
using Dmp.Client;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Samples;
using Dmp.Type.V1;

namespace Dmp.Story;

/// <summary>What is sent: made documents, or those of a folder, each into the record of the patient whom it names.</summary>
internal sealed partial class MainJob
{
    /// <summary>
    /// Documents of a folder whose header names another patient: the platform takes them into that patient's record only.
    /// </summary>
    private readonly List<StoryDocument> others = [];

    private async Task GatherAsync(Author author, CancellationToken ct)
    {
        var records = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var sample in options.Samples is { } folder ? OfFolder(folder) : [])
        {
            var document = StoryDocument.From(sample, author);
            if (await PatientOfAsync(sample, ct) is not { } patient || patient.InsIds.FirstOrDefault() is not { Extension: { } number } ins
                || number == Patient.Info.Ins.Number)
            {
                documents.Add(document);
                continue;
            }

            if (!records.TryGetValue(number, out var recordId))
            {
                records[number] = recordId = await RecordOfAsync(patient, new Ins { Number = number, System = ins.Root }, ct);
            }

            document.RecordId = recordId;
            others.Add(document);
        }

        if (others.Count > 0)
        {
            Screen.Line($"{others.Count} documents name {records.Count} other patients and go into their records");
        }

        if (documents.Count == 0)
        {
            // Another seed in every run, so that the story can be told again on the same data: a depositor uses an id once.
            documents.AddRange(SampleDocuments
                .Create(Patient.Info.SamplePatient, Physician.Info.SampleAuthor, Random.Shared.Next(), options.Count)
                .Select(sample => StoryDocument.From(sample, author)));
        }
    }

    private async Task<DocumentEntry> SendAsync(StoryDocument document, IProgress<TransferProgress> progress, CancellationToken ct)
    {
        var recordId = document.RecordId ?? this.recordId;
        using var content = new MemoryStream(document.Content, writable: false);
        try
        {
            return await Physician.Client.UploadAsync(
                recordId, content, document.Metadata, new UploadOptions { RequestId = document.RequestId }, progress, ct);
        }
        catch (DmpException taken) when (document.RecordId is not null && taken.ErrorReason == ErrorReason.UniqueIdTaken)
        {
            // An earlier run sent this very file, whose identifier is in its header.
            var found = await Physician.Client.SearchDocumentsPageAsync(
                new SearchDocumentsRequest { RecordId = recordId, UniqueId = document.UniqueId }, ct);
            return found.Documents.Single();
        }
    }

    private static async Task<CdaPatient?> PatientOfAsync(SampleDocument sample, CancellationToken ct)
    {
        using var content = new MemoryStream(sample.Content, writable: false);
        var read = await CdaReader.ReadAsync(content, cancellationToken: ct);
        return read.Document?.Patients is [var patient] ? patient : null;
    }

    private async Task<string> RecordOfAsync(CdaPatient patient, Ins ins, CancellationToken ct)
    {
        var access = await Physician.Client.CheckAccessAsync(new CheckAccessRequest { Ins = ins }, ct);
        var recordId = access.RecordState == RecordState.Open ? access.RecordId : await OpenForAsync(patient, ins, ct);
        await Physician.Client.DeclareConsentAsync(
            new DeclareConsentRequest { RecordId = recordId, Collection = ConsentCollection.PatientPresent }, ct);
        return recordId;
    }

    private async Task<string> OpenForAsync(CdaPatient patient, Ins ins, CancellationToken ct)
    {
        var name = patient.Names[0];
        var givens = name.Givens.FirstOrDefault(given => given.Qualifiers.Count == 0)?.Text ?? name.FirstGiven ?? "";
        var opened = await Physician.Client.OpenRecordAsync(
            new OpenRecordRequest
            {
                Ins = ins,
                Traits = new IdentityTraits
                {
                    BirthFamilyName = name.BirthFamily ?? "",
                    BirthGivenNames = { givens.Split(' ', StringSplitOptions.RemoveEmptyEntries) },
                    BirthDate = patient.BirthTime?.Date.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) ?? "",
                    Sex = patient.Sex == "F" ? Sex.Female : Sex.Male,
                    BirthPlaceCode = patient.BirthPlaceCode ?? "",
                },
                IdentityStatus = IdentityStatus.Qualified,
                PatientInformed = true,
            },
            ct);
        return opened.Record.RecordId;
    }

    private static IEnumerable<SampleDocument> OfFolder(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (SampleDocuments.FromFile(path) is { } sample)
            {
                yield return sample;
            }
            else
            {
                Screen.Line($"{Path.GetRelativePath(folder, path)} is no document of a kind the platform takes; left out");
            }
        }
    }
}
