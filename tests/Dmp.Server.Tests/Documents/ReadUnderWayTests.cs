using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>A download is the one call that lasts: whatever takes the access away while it runs ends it.</summary>
public sealed class ReadUnderWayTests(Platform platform)
{
    private const int DocumentBytes = 40_000_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("revoke", ErrorReason.RecordAccessDenied)]
    [InlineData("block", ErrorReason.RecordAccessDenied)]
    [InlineData("close", ErrorReason.RecordNotOpen)]
    [InlineData("mask", ErrorReason.DocumentNotFound)]
    [InlineData("hide", ErrorReason.DocumentNotFound)]
    [InlineData("delete", ErrorReason.DocumentNotFound)]
    public async Task Ends_with_the_change_that_takes_the_access_away(string change, ErrorReason reason)
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(Given.Intent(record.Id), Given.Text(DocumentBytes));
        var colleague = TestProfessional.New();
        var consent = await platform.As(colleague).DeclareAsync(record.Id);
        using var call = await BeginAsync(platform.As(colleague), document);

        var patient = platform.As(record.Patient);
        _ = change switch
        {
            "revoke" => (object)await patient.Consents.RevokeConsentAsync(
                new RevokeConsentRequest { RecordId = record.Id, ConsentId = consent.ConsentId, RequestId = Given.NewId() },
                cancellationToken: Token),
            "block" => await patient.Consents.BlockActorAsync(
                new BlockActorRequest { RecordId = record.Id, Actor = colleague.Actor, RequestId = Given.NewId() },
                cancellationToken: Token),
            "close" => await patient.Records.CloseRecordAsync(
                new CloseRecordRequest { RecordId = record.Id, Reason = CloseReason.PatientRequest, RequestId = Given.NewId() },
                cancellationToken: Token),
            "mask" => await patient.Documents.MaskDocumentAsync(
                new MaskDocumentRequest { RecordId = record.Id, DocumentId = document.DocumentId, RequestId = Given.NewId() },
                cancellationToken: Token),
            "hide" => await patient.Consents.AddVisibilityRuleAsync(
                new AddVisibilityRuleRequest
                {
                    RecordId = record.Id,
                    Rule = new VisibilityRule { Effect = VisibilityEffect.Hide, AuthorId = record.Physician.Id, Actor = colleague.Actor },
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token),
            _ => await platform.As(record.Physician).Documents.DeleteDocumentAsync(
                new DeleteDocumentRequest { RecordId = record.Id, DocumentId = document.DocumentId, RequestId = Given.NewId() },
                cancellationToken: Token),
        };

        await EndsAsync(call, reason);
    }

    [Fact]
    public async Task Ends_when_the_reader_leaves_the_care_team()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(Given.Intent(record.Id), Given.Text(DocumentBytes));
        var (nurse, other) = (TestProfessional.New(), TestProfessional.New());
        var patient = platform.As(record.Patient);
        var team = await patient.RecognizeTeamAsync(record.Id, nurse.Actor, other.Actor);
        await patient.GrantAsync(record.Id, new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId });
        using var call = await BeginAsync(platform.As(nurse), document);

        await patient.SetMembersAsync(team, record.Id, other.Actor);

        await EndsAsync(call, ErrorReason.RecordAccessDenied);
    }

    [Fact]
    public async Task Goes_on_when_the_change_leaves_the_reader_what_is_read()
    {
        var record = await platform.RecordAsync();
        var content = Given.Text(DocumentBytes);
        var document = await platform.As(record.Physician).UploadAsync(Given.Intent(record.Id), content);
        using var call = await BeginAsync(platform.As(await platform.ColleagueAsync(record)), document);

        await platform.As(record.Physician).UploadAsync(record.Id);
        await platform.As(record.Patient).Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = TestProfessional.New().Actor, RequestId = Given.NewId() },
            cancellationToken: Token);

        using var read = new MemoryStream();
        while (await call.ResponseStream.MoveNext(Token))
        {
            call.ResponseStream.Current.Chunk?.Data.WriteTo(read);
        }

        Assert.Equal(content, read.ToArray());
    }

    private static async Task<AsyncServerStreamingCall<ReadDocumentResponse>> BeginAsync(DmpApi api, Document.V1.Document document)
    {
        var call = api.Documents.ReadDocument(
            new ReadDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        return call;
    }

    private static async Task EndsAsync(AsyncServerStreamingCall<ReadDocumentResponse> call, ErrorReason reason)
    {
        var status = reason switch
        {
            ErrorReason.DocumentNotFound => StatusCode.NotFound,
            ErrorReason.RecordNotOpen => StatusCode.FailedPrecondition,
            _ => StatusCode.PermissionDenied,
        };
        await Refusals.RefusedAsync(status, reason, async () =>
        {
            while (await call.ResponseStream.MoveNext(Token))
            {
                // Bytes that were under way before the change.
            }
        });
    }
}
