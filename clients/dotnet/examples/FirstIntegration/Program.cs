using Dmp.Client;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Record.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

// A general practitioner of the sandbox. In production: your own token source, and the address you were given.
using var tokens = new ClientCredentialsTokenSource(
    new() { Issuer = new("http://127.0.0.1:7444/"), ClientId = "dr-martin", ClientSecret = "sandbox" });
using var dmp = new DmpClient(new() { Address = new("http://127.0.0.1:7443"), Tokens = tokens });

// Is there a record for this patient, and may I use it?
var ins = new Ins { Number = "172116938399204", System = "1.2.250.1.213.1.4.10" };
var access = await dmp.CheckAccessAsync(new() { Ins = ins });
var traits = new IdentityTraits { BirthFamilyName = "MODELE", BirthGivenNames = { "PAUL" }, BirthDate = "1972-11-23", Sex = Sex.Male };
traits.BirthPlaceCode = "69383";
var recordId = access.RecordState == RecordState.Open ? access.RecordId : (await dmp.OpenRecordAsync(
    new() { Ins = ins, Traits = traits, IdentityStatus = IdentityStatus.Qualified, PatientInformed = true })).Record.RecordId;
await dmp.DeclareConsentAsync(new() { RecordId = recordId, Collection = ConsentCollection.PatientPresent });

// A document in, found, and out again; digests are computed and compared on both sides.
await File.WriteAllTextAsync("letter.txt", "Bonjour, merci d'avoir vu M. Modèle.");
var now = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);
var letter = await dmp.UploadAsync(recordId, "letter.txt", new DocumentMetadata
{
    Type = new() { System = "2.16.840.1.113883.6.1", Code = "11488-4" }, // LOINC: consultation note
    Title = "Lettre de consultation",
    MediaType = "text/plain",
    CreationTime = now,
    ServiceStartTime = now,
});
await foreach (var found in dmp.SearchDocumentsAsync(new() { RecordId = recordId }))
{
    Console.WriteLine($"{found.CreateTime.ToDateTimeOffset():u} {found.Metadata.Title} ({found.Content.SizeBytes} bytes)");
}
await dmp.DownloadAsync(recordId, letter.DocumentId, "copy.txt");
Console.WriteLine(await File.ReadAllTextAsync("copy.txt"));
