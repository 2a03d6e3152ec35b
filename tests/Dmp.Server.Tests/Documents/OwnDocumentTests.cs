using System.Text.Json.Nodes;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Server.Tests.Documents.Import;
using Dmp.Server.Tests.Fixtures;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Documents;

/// <summary>
/// Whose own a document is (functional matrix, conditions o and s): the professional's who deposited it or whom the own structure named as
/// author, and the structure's in which it was deposited. One rule for every change that asks for it, whichever way the change comes.
/// </summary>
public sealed class OwnDocumentTests(Platform platform)
{
    private static readonly string[] ways = ["single", "import", "set"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_may_do_follows_from_who_deposited_in_which_structure()
    {
        var world = await WorldAsync();
        foreach (var (owner, document) in await DepositAsync(world))
        {
            foreach (var (caller, api) in CallersOf(world))
            {
                var isOwn = (owner, caller) switch
                {
                    // The structure, by its certificate and its staff: whatever was deposited in it.
                    ("elsewhere", _) => caller == "elsewhere",
                    (_, "certificate" or "staff") => true,
                    ("one", "one") or ("colleague", "colleague") or ("certificate for one", "one") => true,
                    _ => false,
                };
                var isStructure = caller is "certificate" or "staff";
                var what = $"{caller}, a document of {owner}";
                foreach (var way in ways)
                {
                    AssertSame(
                        isOwn, await ReplaceAsync(world.Record.Patient, api, document, way, isStructure ? AuthorOf(world, "") : null),
                        $"{what}: replace, {way}");
                }

                AssertSame(isOwn && !isStructure, await TryAsync(() => ArchiveAsync(api, document)), $"{what}: archive");
                AssertSame(!isStructure, await TryAsync(() => api.MaskAsync(document)), $"{what}: mask");
                AssertSame(isOwn && !isStructure, await TryAsync(() => api.UnmaskAsync(document)), $"{what}: unmask");
                await platform.As(world.Record.Patient).UnmaskAsync(document);
            }
        }

        // Last, for there is no undo.
        foreach (var (owner, document) in await DepositAsync(world))
        {
            foreach (var (caller, api) in CallersOf(world).Where(caller => !MayDelete(owner, caller.Name)))
            {
                AssertSame(false, await TryAsync(() => api.DeleteAsync(document)), $"{caller}, a document of {owner}: delete");
            }
        }

        foreach (var caller in CallersOf(world))
        {
            foreach (var (owner, document) in (await DepositAsync(world)).Where(one => MayDelete(one.Owner, caller.Name)))
            {
                AssertSame(true, await TryAsync(() => caller.Api.DeleteAsync(document)), $"{caller.Name}, a document of {owner}: delete");
            }
        }
    }

    [Theory]
    [InlineData(EmergencyMode.BreakGlass, "break-glass")]
    [InlineData(EmergencyMode.Regulation, "regulation")]
    public async Task In_an_emergency_it_is_the_same_rule(EmergencyMode mode, string header)
    {
        var record = await platform.RecordAsync();
        var one = TestProfessional.New() with { Regulates = true };
        var colleague = one with { Id = TestProfessional.New().Id };
        foreach (var professional in new[] { one, colleague })
        {
            await platform.As(professional).Emergencies.OpenEmergencyAccessAsync(
                new OpenEmergencyAccessRequest
                {
                    RecordId = record.Id,
                    Mode = mode,
                    Reason = "Patient inconscient, détresse respiratoire",
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token);
        }

        var document = await platform.As(one).UploadAsync(record.Id);
        var own = platform.As(platform.Callers.Token(one), ("dmp-access-mode", header));
        var others = platform.As(platform.Callers.Token(colleague), ("dmp-access-mode", header));
        foreach (var way in ways)
        {
            AssertSame(false, await ReplaceAsync(record.Patient, others, document, way), way);
            AssertSame(true, await ReplaceAsync(record.Patient, own, document, way), way);
        }

        AssertSame(false, await TryAsync(() => others.DeleteAsync(document)), "delete");
        AssertSame(true, await TryAsync(() => own.DeleteAsync(document)), "delete");
    }

    [Fact]
    public async Task A_header_that_replaces_a_colleagues_document_is_refused_and_the_structures_own_replaces_it()
    {
        var world = await WorldAsync();
        var theirs = Cda(world, world.Colleague);
        var colleague = platform.As(world.Colleague);
        var stored = await colleague.UploadAsync(new UploadIntent { RecordId = world.Record.Id, RequestId = Given.NewId() }, theirs.Bytes);
        var next = Cda(world, world.One) with { Replaces = theirs.Id };
        foreach (var way in ways)
        {
            var refused = await SendAsync(
                platform.As(world.One), new UploadIntent { RecordId = world.Record.Id, RequestId = Given.NewId() }, next.Bytes, way);
            Assert.Equal("DOCUMENT_ACTION_NOT_ALLOWED", refused);
        }

        Assert.Equal("OK", await SendAsync(
            Certificate(world), new UploadIntent { RecordId = world.Record.Id, RequestId = Given.NewId() }, next.Bytes, "import"));
        Assert.Equal(2, (await GetAsync(colleague, stored)).Version);

        // What does not exist for the professional is nothing to replace: a new document, with a warning, as if it never was.
        var masked = Cda(world, world.Colleague);
        var hidden = await colleague.UploadAsync(new UploadIntent { RecordId = world.Record.Id, RequestId = Given.NewId() }, masked.Bytes);
        await platform.As(world.Record.Patient).MaskAsync(hidden);
        var ofAnother = Cda(world, world.One) with { Replaces = masked.Id };
        var added = await platform.As(world.One)
            .UploadAsync(new UploadIntent { RecordId = world.Record.Id, RequestId = Given.NewId() }, ofAnother.Bytes);
        Assert.NotEqual(hidden.DocumentId, added.DocumentId);
    }

    private static bool MayDelete(string owner, string caller) => (owner, caller) switch
    {
        ("elsewhere", _) => caller == "elsewhere",
        (_, "certificate" or "staff") => true,
        ("one", "one") or ("colleague", "colleague") or ("certificate for one", "one") => true,
        _ => false,
    };

    private static void AssertSame(bool allowed, string reason, string what) => Assert.True(
        allowed
            ? reason == "OK"
            : reason is "DOCUMENT_ACTION_NOT_ALLOWED" or "FUNCTION_NOT_ALLOWED" or "CALLER_KIND_NOT_ALLOWED" or "DOCUMENT_NOT_FOUND",
        $"{what}: {reason}");

    private static async Task<string> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return "OK";
        }
        catch (RpcException refused)
        {
            return refused.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? refused.Status.ToString();
        }
    }

    private static async Task ArchiveAsync(DmpApi api, StoredDocument document)
    {
        await api.ArchiveAsync(document);
        await api.Documents.UnarchiveDocumentAsync(
            new UnarchiveDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token);
    }

    private async Task<string> ReplaceAsync(TestPatient patient, DmpApi api, StoredDocument document, string way, Author? author = null)
    {
        var intent = Given.Intent(document.RecordId);
        intent.ReplacesDocumentId = document.DocumentId;
        intent.Etag = (await GetAsync(platform.As(patient), document)).Etag;
        if (author is not null)
        {
            intent.Metadata.Authors.Add(author);
        }

        return await SendAsync(api, intent, Given.Text(), way);
    }

    private static async Task<string> SendAsync(DmpApi api, UploadIntent intent, byte[] content, string way)
    {
        if (way == "single")
        {
            return await TryAsync(() => api.UploadAsync(intent, content));
        }

        ImportResult? result = null;
        var ended = await TryAsync(async () => result = way == "import"
            ? Assert.Single(await Importing.AllAsync(api, (intent, content)))
            : (await Importing.SetAsync(api, Importing.SetOf(intent), (intent, content))).Documents[0]);
        return ended != "OK" ? ended
            : result!.Error is { } error ? error.GetDetail<ErrorInfo>()?.Reason ?? error.Message
            : "OK";
    }

    private static async Task<StoredDocument> GetAsync(DmpApi api, StoredDocument document) => (await api.Documents.GetDocumentAsync(
        new GetDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token)).Document;

    private static CdaText Cda(World world, TestProfessional author) => new() { Patient = world.Record.Patient, Author = author };

    /// <summary>Somebody of the structure; without an identifier nobody in particular.</summary>
    private static Author AuthorOf(World world, string id) => new()
    {
        Person = new Person { Id = id, FamilyName = "ESSAI", GivenName = "CLAIRE" },
        Institution = new Institution { Id = world.One.StructureId, Name = "CABINET D'ESSAI" },
    };

    private async Task<World> WorldAsync()
    {
        var record = await platform.RecordAsync();
        var one = TestProfessional.New();
        var colleague = one with { Id = TestProfessional.New().Id };
        var elsewhere = TestProfessional.New();
        foreach (var professional in new[] { one, colleague, elsewhere })
        {
            await platform.As(professional).DeclareAsync(record.Id);
        }

        return new World(record, one, colleague, elsewhere);
    }

    private async Task<List<(string Owner, StoredDocument Document)>> DepositAsync(World world) =>
    [
        ("one", await platform.As(world.One).UploadAsync(world.Record.Id)),
        ("colleague", await platform.As(world.Colleague).UploadAsync(world.Record.Id)),
        ("certificate", await Certificate(world).UploadAsync(world.Record.Id, intent => intent.Metadata.Authors.Add(AuthorOf(world, "")))),
        ("certificate for one", await Certificate(world).UploadAsync(
            world.Record.Id, intent => intent.Metadata.Authors.Add(AuthorOf(world, world.One.Id)))),
        ("elsewhere", await platform.As(world.Elsewhere).UploadAsync(world.Record.Id)),
    ];

    private List<(string Name, DmpApi Api)> CallersOf(World world) =>
    [
        ("one", platform.As(world.One)),
        ("colleague", platform.As(world.Colleague)),
        ("certificate", Certificate(world)),
        ("staff", Structure(world, "DIRECTE", "secretary-1")),
        ("elsewhere", platform.As(world.Elsewhere)),
    ];

    private DmpApi Certificate(World world) => Structure(world, "INDIRECTE", null);

    private DmpApi Structure(World world, string authentication, string? staffId)
    {
        JsonObject claims = Callers.StructureClaims(world.One.StructureId, staffId);
        claims["Authentification_mode"] = authentication;
        return platform.As(platform.Callers.Mint(claims));
    }

    private sealed record World(OpenedRecord Record, TestProfessional One, TestProfessional Colleague, TestProfessional Elsewhere);
}
