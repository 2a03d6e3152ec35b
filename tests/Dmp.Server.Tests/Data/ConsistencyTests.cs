using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Tests.Fixtures;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Data;

/// <summary>Consistency tokens over the wire, with two servers on one database.</summary>
public sealed class ConsistencyTests(Platform platform)
{
    private const int Rounds = 40;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_on_one_server_is_seen_on_the_other_at_once(bool withToken)
    {
        await using var other = await platform.Server.StartBesideAsync(platform);
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var colleague = new DmpApi(other.Channel, platform.Callers.Token(await platform.ColleagueAsync(record)));
        var patient = platform.As(record.Patient);
        var tokens = new HashSet<string>(StringComparer.Ordinal);

        for (var round = 0; round < Rounds; round++)
        {
            var masked = await MaskAsync(patient, document);
            tokens.Add(masked);
            var request = new GetDocumentRequest { RecordId = record.Id, DocumentId = document.DocumentId };
            await Refusals.RefusedAsync(
                StatusCode.NotFound,
                ErrorReason.DocumentNotFound,
                async () => await colleague.Documents.GetDocumentAsync(request, Present(withToken, masked), cancellationToken: Token));

            var unmasked = await UnmaskAsync(patient, document);
            tokens.Add(unmasked);
            var found = await colleague.Documents.GetDocumentAsync(request, Present(withToken, unmasked), cancellationToken: Token);
            Assert.Empty(found.Document.VisibilityCodes);
        }

        Assert.Equal(2 * Rounds, tokens.Count);
    }

    [Fact]
    public async Task Changes_answer_a_token_and_reads_do_not()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var grant = patient.Consents.GrantConsentAsync(
            new GrantConsentRequest { RecordId = record.Id, Actor = TestProfessional.New().Actor, RequestId = Given.NewId() },
            cancellationToken: Token);
        var consent = (await grant).Consent;
        var revoke = patient.Consents.RevokeConsentAsync(
            new RevokeConsentRequest { RecordId = record.Id, ConsentId = consent.ConsentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        await revoke;
        var search = patient.Documents.SearchDocumentsAsync(new SearchDocumentsRequest { RecordId = record.Id }, cancellationToken: Token);
        await search;

        Assert.NotEqual(TokenOf(grant.GetTrailers()), TokenOf(revoke.GetTrailers()));
        Assert.NotNull(await MaskAsync(patient, document));
        Assert.Null(search.GetTrailers().Get(ConsistencyTokens.MetadataName));
    }

    [Fact]
    public async Task An_upload_and_its_repeat_answer_a_token()
    {
        var record = await platform.RecordAsync();
        var content = Given.Text();
        var intent = Given.Intent(record.Id);
        intent.ExpectedSha256 = Given.Finish(content).Finish.Sha256;

        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var call = platform.As(record.Physician).Documents.UploadDocument(cancellationToken: Token);
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            if (attempt == 0)
            {
                await call.SendAsync(content);
                await call.RequestStream.OfferAsync(Given.Finish(content));
            }

            await call.RequestStream.CompleteAsync();
            await call.DocumentAsync();
            Assert.NotEmpty(TokenOf(call.GetTrailers()));
        }
    }

    [Fact]
    public async Task A_forged_token_is_refused()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var token = await MaskAsync(platform.As(record.Patient), document);
        var middle = token.Length / 2;
        var swapped = token[middle] == 'A' ? 'B' : 'A';
        foreach (var forged in new[]
        {
            "0/16B3748", "AAAA", token[..^4], $"{token[..middle]}{swapped}{token[(middle + 1)..]}", $"{token},x",
        })
        {
            await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ConsistencyTokenInvalid, () => GetAsync(record, forged));
        }

        await GetAsync(record, token);
    }

    [Fact]
    public async Task A_token_of_another_cluster_is_refused()
    {
        var record = await platform.RecordAsync();
        var token = await TokenAsync(here => here with { Cluster = here.Cluster + 1 });
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ConsistencyTokenInvalid, () => GetAsync(record, token));
    }

    [Fact]
    public async Task A_change_that_the_database_lost_is_not_read_over()
    {
        // What a primary looks like that was promoted, or restored, without the change.
        var record = await platform.RecordAsync();
        var now = await TokenAsync(here => here);
        var lost = await TokenAsync(here => here with { Lsn = new((ulong)here.Lsn + (1UL << 40)) });

        foreach (var presented in new[] { lost, $"{lost},{now}", $"{now}, {lost}" })
        {
            var status = await Refusals.RefusedAsync(
                StatusCode.Unavailable, ErrorReason.ConsistencyNotReached, () => GetAsync(record, presented));
            Assert.Equal(1, status.GetDetail<RetryInfo>()!.RetryDelay.Seconds);
        }

        await GetAsync(record, now);
    }

    /// <summary>Every method that reads patients' rows asks the database for the position, before anything else of it.</summary>
    [Fact]
    public async Task No_read_passes_by_the_token()
    {
        var record = await platform.RecordAsync();
        var physician = platform.As(record.Physician);
        var document = await physician.UploadAsync(record.Id);
        var lost = await TokenAsync(here => here with { Lsn = new((ulong)here.Lsn + (1UL << 40)) });
        Metadata Lost() => Present(true, lost);
        var patient = platform.As(record.Patient);
        var regulator = platform.As(TestProfessional.New() with { Regulates = true });
        var consents = patient.Consents;
        Func<Task>[] reads =
        [
            async () => await physician.Records.CheckAccessAsync(
                new CheckAccessRequest { Ins = record.Patient.Ins }, Lost(), cancellationToken: Token),
            async () => await physician.Records.ListRecordsAsync(new ListRecordsRequest(), Lost(), cancellationToken: Token),
            async () => await patient.Records.ListRecordsAsync(new ListRecordsRequest(), Lost(), cancellationToken: Token),
            async () => await physician.Documents.SearchDocumentsAsync(
                new SearchDocumentsRequest { RecordId = record.Id }, Lost(), cancellationToken: Token),
            async () =>
            {
                using var call = physician.Documents.ReadDocument(
                    new ReadDocumentRequest { RecordId = record.Id, DocumentId = document.DocumentId }, Lost(), cancellationToken: Token);
                await call.ResponseStream.MoveNext(Token);
            },
            async () => await consents.ListConsentsAsync(
                new ListConsentsRequest { RecordId = record.Id }, Lost(), cancellationToken: Token),
            async () => await consents.ListBlocksAsync(new ListBlocksRequest { RecordId = record.Id }, Lost(), cancellationToken: Token),
            async () => await patient.Audit.ListRecordEventsAsync(
                new ListRecordEventsRequest { RecordId = record.Id }, Lost(), cancellationToken: Token),
            async () => await physician.Access.ExplainAccessAsync(
                new ExplainAccessRequest { RecordId = record.Id }, Lost(), cancellationToken: Token),
            async () => await regulator.Emergencies.FindRecordsAsync(
                new FindRecordsRequest { BirthFamilyName = "ESSAI", BirthDate = "1950-01-14", Sex = Sex.Female, BirthGivenName = "ANNE" },
                Lost(),
                cancellationToken: Token),
            async () => await platform.AsAuditor().Emergencies.ListUnacknowledgedAccessesAsync(
                new ListUnacknowledgedAccessesRequest(), Lost(), cancellationToken: Token),
            async () => await consents.GrantConsentAsync(
                new GrantConsentRequest { RecordId = record.Id, Actor = TestProfessional.New().Actor, RequestId = Given.NewId() }, Lost(),
                cancellationToken: Token),
        ];
        foreach (var read in reads)
        {
            await Refusals.RefusedAsync(StatusCode.Unavailable, ErrorReason.ConsistencyNotReached, read);
        }
    }

    private static string TokenOf(Metadata trailers) => trailers.Get(ConsistencyTokens.MetadataName)!.Value;

    private static Metadata Present(bool withToken, string token) =>
        withToken ? new Metadata { { ConsistencyTokens.MetadataName, token } } : [];

    private static async Task<string> MaskAsync(DmpApi api, StoredDocument document)
    {
        using var call = api.Documents.MaskDocumentAsync(
            new MaskDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        await call;
        return TokenOf(call.GetTrailers());
    }

    private static async Task<string> UnmaskAsync(DmpApi api, StoredDocument document)
    {
        using var call = api.Documents.UnmaskDocumentAsync(
            new UnmaskDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        await call;
        return TokenOf(call.GetTrailers());
    }

    private async Task GetAsync(OpenedRecord record, string token) => await platform.As(record.Physician).Records.GetRecordAsync(
        new GetRecordRequest { RecordId = record.Id }, Present(true, token), cancellationToken: Token);

    private async Task<string> TokenAsync(Func<DatabasePosition, DatabasePosition> change)
    {
        var services = platform.Server.Services;
        var here = await services.GetRequiredService<Database>().OnConnectionAsync(
            connection => ConsistencySql.PositionAsync(connection, Token), Token);
        return services.GetRequiredService<ConsistencyTokens>().Create(change(here));
    }
}
