using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dmp.Audit.V1;
using Dmp.Client;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Record.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

// The first calls of a trial (docs/trial.md): over TLS with an authority of one's own, and a token that somebody else made.
//   DMP_ADDRESS, DMP_ROOT (PEM of the authority), DMP_TOKEN;  deposit | trace RECORD | call ID
// Everybody on a machine can read the arguments of a program, so the token is not one of them.
var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
trust.CustomTrustStore.ImportFromPemFile(Variable("DMP_ROOT"));
using var dmp = new DmpClient(new()
{
    Address = new(Variable("DMP_ADDRESS")),
    Tokens = new DelegateTokenSource(_ => ValueTask.FromResult(Variable("DMP_TOKEN"))),
    HttpHandler = new SocketsHttpHandler { SslOptions = new() { CertificateChainPolicy = trust } },
    Software = "Trial/1.0",
    CallDeadline = TimeSpan.FromMinutes(2), // database, issuer and server are on one machine, which may be busy
});
try
{
    switch (args)
    {
        case ["deposit"]:
            await DepositAsync();
            return 0;
        case ["trace", var record]:
            await PrintAsync(dmp.ListRecordEventsAsync(new ListRecordEventsRequest { RecordId = record }));
            return 0;
        case ["call", var id]:
            var quoted = new ListCallEventsRequest { ServerRequestId = id, Justification = "A trial of support" };
            await PrintAsync(dmp.ListCallEventsAsync(quoted));
            return 0;
        default:
            Console.Error.WriteLine("usage: trial deposit | trace RECORD | call ID");
            return 2;
    }
}
catch (DmpException failure)
{
    Console.Error.WriteLine($"{failure.StatusCode} {failure.Reason} {failure.Message}");
    return 1;
}

// A professional opens the record of Paul, who is fictitious, and brings a letter.
async Task DepositAsync()
{
    var ins = new Ins { Number = "172116938399204", System = "1.2.250.1.213.1.4.10" };
    var access = await dmp.CheckAccessAsync(new() { Ins = ins });
    var record = access.RecordId;
    if (access.RecordState != RecordState.Open)
    {
        var opened = await dmp.OpenRecordAsync(new()
        {
            Ins = ins,
            Traits = new()
            {
                BirthFamilyName = "MODELE",
                BirthGivenNames = { "PAUL" },
                BirthDate = "1972-11-23",
                Sex = Sex.Male,
                BirthPlaceCode = "69383",
            },
            IdentityStatus = IdentityStatus.Qualified,
            PatientInformed = true,
        });
        record = opened.Record.RecordId;
    }

    await dmp.DeclareConsentAsync(new() { RecordId = record, Collection = ConsentCollection.PatientPresent });
    var now = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);
    var metadata = new DocumentMetadata
    {
        Type = new() { System = "2.16.840.1.113883.6.1", Code = "11488-4" }, // LOINC: consultation note
        Title = "Lettre de consultation",
        MediaType = "text/plain",
        CreationTime = now,
        ServiceStartTime = now,
    };
    using var letter = new MemoryStream(Encoding.UTF8.GetBytes("Bonjour, merci d'avoir vu M. Modèle.\n"));
    var stored = await dmp.UploadAsync(record, letter, metadata);
    using var copy = new MemoryStream();
    await dmp.DownloadAsync(record, stored.DocumentId, copy);
    Console.WriteLine($"record {record}");
    var compared = copy.ToArray().AsSpan().SequenceEqual(letter.ToArray()) ? "the same" : "NOT the same";
    Console.WriteLine($"document {stored.DocumentId}: {letter.Length} bytes in, {copy.Length} out, {compared}");
}

// Who did what: for the patient all of a record, for an operator one call that somebody quotes.
static async Task PrintAsync(IAsyncEnumerable<AuditEvent> events)
{
    await foreach (var done in events)
    {
        var who = done.CallCount > 0
            ? $"by nobody, {done.CallCount} in all from {done.Origin}"
            : $"by {done.Actor.Name} with {done.SoftwareId}";
        var what = $"{done.Outcome} {done.Method} {done.Reason}".TrimEnd();
        Console.WriteLine($"{done.EventTime.ToDateTimeOffset():u} {what} {who}, {done.UserAgent.Split(' ')[0]}");
    }
}

static string Variable(string name) =>
    Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new InvalidOperationException($"{name} is not set.");
