using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Server.Tests.Documents.Import;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Which contents a structure has not deposited, and nothing about anybody else's.</summary>
public sealed class FindMissingContentTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_structure_learns_what_of_a_batch_is_here_and_the_rest_goes_on()
    {
        var record = await platform.RecordAsync();
        var structure = platform.AsStructure(TestProfessional.NewStructureId());
        var batch = Enumerable.Range(0, 20)
            .Select(_ => (
                Intent: new UploadIntent { RecordId = record.Id, RequestId = Given.NewId() },
                new CdaText { Patient = record.Patient, Author = record.Physician }.Bytes))
            .ToList();
        var first = await Importing.AllAsync(structure, batch.Take(12));

        var missing = await MissingAsync(structure, [.. batch.Select(item => item.Bytes)]);

        Assert.Equal(batch.Skip(12).Select(item => Digest(item.Bytes)), missing);

        // What is here is answered without its bytes.
        using var import = new Importing(structure);
        var again = batch[3].Intent.Clone();
        again.ExpectedSha256 = Digest(batch[3].Bytes);
        var item = await import.BeginAsync(again);
        await import.EndAsync();
        Assert.Equal(first[3].Document, import.Results[item].Document);
    }

    [Fact]
    public async Task Nobody_learns_of_what_others_deposited()
    {
        var record = await platform.RecordAsync();
        var content = Given.Text();
        var owner = platform.As(record.Physician);
        await owner.UploadAsync(Given.Intent(record.Id), content);
        await platform.As(record.Patient).UploadAsync(Given.Intent(record.Id), Given.Text());

        Assert.Empty(await MissingAsync(owner, content));
        var colleague = await platform.ColleagueAsync(record);
        foreach (var other in new[]
        {
            platform.As(colleague), platform.As(TestProfessional.New()), platform.AsStructure(TestProfessional.NewStructureId()),

            // Of the same structure, and the content is not this one's own.
            platform.As(TestProfessional.New() with { StructureId = record.Physician.StructureId }),
        })
        {
            Assert.Equal([Digest(content)], await MissingAsync(other, content));
        }

        Assert.Empty(await MissingAsync(platform.AsStructure(record.Physician.StructureId), content));
    }

    [Fact]
    public async Task What_may_not_be_seen_any_more_counts_as_missing()
    {
        var (deleted, blocked, closed) = (await platform.RecordAsync(), await platform.RecordAsync(), await platform.RecordAsync());
        var structureId = TestProfessional.NewStructureId();
        var structure = platform.AsStructure(structureId);
        var contents = new List<byte[]>();
        foreach (var record in new[] { deleted, blocked, closed })
        {
            var text = new CdaText { Patient = record.Patient, Author = record.Physician }.Bytes;
            contents.Add(text);
            var document = Assert.Single(
                await Importing.AllAsync(structure, (new UploadIntent { RecordId = record.Id, RequestId = Given.NewId() }, text))).Document;
            if (record == deleted)
            {
                await structure.Documents.DeleteDocumentAsync(
                    new() { RecordId = record.Id, DocumentId = document.DocumentId, Etag = document.Etag, RequestId = Given.NewId() },
                    cancellationToken: Token);
            }
        }

        Assert.Equal([Digest(contents[0])], await MissingAsync(structure, [.. contents]));
        await platform.As(blocked.Patient).Consents.BlockActorAsync(
            new()
            {
                RecordId = blocked.Id,
                Actor = new() { Kind = Dmp.Type.V1.ActorKind.Structure, Id = structureId, Name = "Hopital" },
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        Assert.Equal([Digest(contents[0]), Digest(contents[1])], await MissingAsync(structure, [.. contents]));
    }

    [Fact]
    public async Task Digests_are_checked()
    {
        var structure = platform.AsStructure(TestProfessional.NewStructureId());
        var request = new FindMissingContentRequest { Sha256S = { Digest([1]), ByteString.CopyFrom(1, 2) } };
        await Refusals.FieldsAsync(
            async () => await structure.Documents.FindMissingContentAsync(request, cancellationToken: Token), "sha256s[1]");
        request = new FindMissingContentRequest { Sha256S = { Enumerable.Repeat(Digest([1]), 1001) } };
        await Refusals.FieldsAsync(
            async () => await structure.Documents.FindMissingContentAsync(request, cancellationToken: Token), "sha256s");
    }

    private static ByteString Digest(byte[] content) => ByteString.CopyFrom(SHA256.HashData(content));

    private static async Task<IReadOnlyList<ByteString>> MissingAsync(DmpApi api, params byte[][] contents) =>
        (await api.Documents.FindMissingContentAsync(
            new FindMissingContentRequest { Sha256S = { contents.Select(Digest) } }, cancellationToken: Token)).MissingSha256S;
}
