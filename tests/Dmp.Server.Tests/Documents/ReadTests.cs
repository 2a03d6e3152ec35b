using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>A document on its way out.</summary>
public sealed class ReadTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_range_can_be_read()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(300_000);
        var document = await api.UploadAsync(Given.Intent(record.Id), content);

        foreach (var (offset, limit) in new[]
        {
            (0, 0), (0, 1), (1, 299_998), (299_999, 0), (300_000, 0), (131_072, 131_072), (250_000, 1_000_000),
        })
        {
            var expected = content.AsSpan(
                offset, limit == 0 ? content.Length - offset : Math.Min(limit, content.Length - offset)).ToArray();
            Assert.Equal(expected, await api.ReadAsync(document, request => (request.ReadOffset, request.ReadLimit) = (offset, limit)));
        }

        await Refusals.RefusedAsync(
            StatusCode.OutOfRange, ErrorReason.ReadOffsetOutOfRange,
            () => api.ReadAsync(document, request => request.ReadOffset = 300_001));
        await Refusals.FieldsAsync(
            () => api.ReadAsync(document, request => (request.ReadOffset, request.ReadLimit, request.Version) = (-1, -1, -1)),
            "read_offset", "read_limit", "version");
    }

    [Fact]
    public async Task What_does_not_exist_is_not_found()
    {
        var record = await platform.RecordAsync();
        var other = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var document = await api.UploadAsync(record.Id);
        await api.DeclareAsync(other.Id);

        foreach (var change in new Action<ReadDocumentRequest>[]
        {
            request => request.DocumentId = Given.NewId(),
            request => request.RecordId = other.Id,
            request => request.Version = 2,
        })
        {
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => api.ReadAsync(document, change));
        }
    }

    [Fact]
    public async Task Only_the_authorised_read()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var document = await platform.As(record.Physician).UploadAsync(record.Id);

        Assert.NotEmpty(await platform.As(record.Patient).ReadAsync(document));
        Assert.NotEmpty(await platform.AsRepresentativeOf(record.Patient).ReadAsync(document));
        Assert.NotEmpty(await platform.As(await platform.ColleagueAsync(record)).ReadAsync(document));
        foreach (var stranger in new[]
        {
            platform.As(TestProfessional.New()), platform.As(TestPatient.New()), platform.AsRepresentativeOf(TestPatient.New()),
        })
        {
            await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => stranger.ReadAsync(document));
        }

        foreach (var kind in new[] { platform.AsStructure(TestProfessional.NewStructureId()), platform.AsOperator(), platform.AsAuditor() })
        {
            await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.CallerKindNotAllowed, () => kind.ReadAsync(document));
        }
    }

    [Fact]
    public async Task An_occupational_physician_never_reads_content()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var occupational = TestProfessional.New() with { Specialty = "SM25", Sector = "SA66" };
        await platform.As(record.Patient).Consents.GrantConsentAsync(
            new Consent.V1.GrantConsentRequest { RecordId = record.Id, Actor = occupational.Actor, RequestId = Given.NewId() },
            cancellationToken: Token);

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.FunctionNotAllowed, () => platform.As(occupational).ReadAsync(document));
    }
}
