using System.Text.Json.Nodes;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Explanations;

/// <summary>What somebody can see of a document: nothing, its metadata, its content.</summary>
internal enum Sight
{
    Nothing,
    Metadata,
    Content,
}

/// <summary>Somebody who tries: by the ways there are to call, of which any may let in.</summary>
internal sealed record WorldActor(string Name, ActorKind Kind, string Id, string StructureId, string Profession, IReadOnlyList<DmpApi> Apis)
{
    private static readonly DocumentStatus[] allStatuses =
        [DocumentStatus.Approved, DocumentStatus.Deprecated, DocumentStatus.Archived, DocumentStatus.Deleted];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>By really calling: the content, the metadata, a search.</summary>
    public async Task<Sight> LookAsync(StoredDocument document)
    {
        var most = Sight.Nothing;
        foreach (var api in Apis)
        {
            if (await CanAsync(() => api.ReadAsync(document)))
            {
                return Sight.Content;
            }

            var isFound = false;
            var searched = await CanAsync(async () => isFound = (await api.SearchIdsAsync(document.RecordId, request =>
            {
                request.PageSize = 200;
                request.Statuses.Add(allStatuses);
                request.UniqueId = Kind == ActorKind.Structure ? document.Metadata.UniqueId : "";
            })).Contains(document.DocumentId));
            var got = await CanAsync(async () => await api.Documents.GetDocumentAsync(
                new GetDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token));
            most = (searched && isFound) || got ? Sight.Metadata : most;
        }

        return most;
    }

    private static async Task<bool> CanAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (RpcException refused)
            when (refused.StatusCode is StatusCode.PermissionDenied or StatusCode.NotFound or StatusCode.FailedPrecondition)
        {
            return false;
        }
    }
}

/// <summary>A record of a minor with everybody who may have to do with it, and documents of every kind.</summary>
internal sealed class WhoCanSeeWorld
{
    private static readonly string[] modes = ["normal", "break-glass", "regulation"];
    private readonly Platform platform;

    private WhoCanSeeWorld(Platform platform, OpenedRecord record) => (this.platform, Record) = (platform, record);

    public OpenedRecord Record { get; }

    public DmpApi Patient => platform.As(Record.Patient);

    public List<WorldActor> Actors { get; } = [];

    public Dictionary<string, StoredDocument> Documents { get; } = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<WhoCanSeeWorld> CreateAsync(Platform platform)
    {
        var world = new WhoCanSeeWorld(platform, await platform.RecordAsync(TestPatient.NewMinor()));
        var people = await world.PeopleAsync();
        await world.DepositAsync(people);
        return world;
    }

    public WorldActor Actor(string name) => Actors.Single(actor => actor.Name == name);

    /// <summary>All who have to do with the record, and some who have not.</summary>
    private async Task<Dictionary<string, TestProfessional>> PeopleAsync()
    {
        var nurse = TestProfessional.New() with { Profession = "60", Specialty = "" };
        var people = new Dictionary<string, TestProfessional>
        {
            ["physician"] = Record.Physician,
            ["colleague of physician"] = TestProfessional.New() with { StructureId = Record.Physician.StructureId },
            ["attending"] = TestProfessional.New(),
            ["attending, not seen"] = TestProfessional.New(),
            ["authorised, not seen"] = TestProfessional.New() with { Profession = "60", Specialty = "" },
            ["dentist"] = TestProfessional.New() with { Profession = "40", Specialty = "" },
            ["occupational"] = TestProfessional.New() with { Specialty = "SM25", Sector = "SA66" },
            ["nurse of structure"] = nurse,
            ["physician of structure"] = nurse with { Id = TestProfessional.New().Id, Profession = "10", Specialty = "SM26" },
            ["shown in structure"] = nurse with { Id = TestProfessional.New().Id, Profession = "10", Specialty = "SM26" },
            ["in team"] = TestProfessional.New(),
            ["helper"] = TestProfessional.New(),
            ["regulator"] = TestProfessional.New() with { Regulates = true },
            ["authorised helper"] = TestProfessional.New(),
            ["ended helper"] = TestProfessional.New(),
            ["blocked"] = TestProfessional.New(),
            ["at blocked structure"] = TestProfessional.New(),
            ["named author"] = TestProfessional.New(),
            ["stranger"] = TestProfessional.New(),
            ["regulating stranger"] = TestProfessional.New() with { Regulates = true },
        };
        foreach (var name in new[] { "dentist", "authorised helper", "blocked", "at blocked structure" })
        {
            await platform.As(people[name]).DeclareAsync(Record.Id);
        }

        await platform.As(people["attending"]).DeclareAsync(Record.Id, attending: true);
        await GrantAsync(people["attending, not seen"].Actor, attending: true);
        foreach (var actor in new[] { people["authorised, not seen"].Actor, people["occupational"].Actor, StructureOf(nurse) })
        {
            await GrantAsync(actor);
        }

        await platform.As(people["occupational"]).SearchIdsAsync(Record.Id);
        var team = await Patient.RecognizeTeamAsync(Record.Id, people["in team"].Actor);
        await GrantAsync(new Actor { Kind = ActorKind.CareTeam, Id = team.CareTeamId });
        await platform.As(people["in team"]).SearchIdsAsync(Record.Id);
        await MaskedShownAsync();
        foreach (var (name, mode) in new[]
        {
            ("helper", EmergencyMode.BreakGlass), ("authorised helper", EmergencyMode.BreakGlass),
            ("ended helper", EmergencyMode.BreakGlass),
            ("regulator", EmergencyMode.Regulation),
        })
        {
            await OpenAsync(people[name], mode);
        }

        var lifted = await Patient.BlockAsync(Record.Id, people["ended helper"].Actor);
        await Patient.UnblockAsync(Record.Id, lifted);
        await Patient.BlockAsync(Record.Id, people["blocked"].Actor);
        await Patient.BlockAsync(Record.Id, StructureOf(people["at blocked structure"]));
        foreach (var (name, professional) in people)
        {
            Actors.Add(new WorldActor(
                name, ActorKind.Professional, professional.Id, professional.StructureId, professional.Profession,
                [.. modes.Select(mode => platform.As(platform.Callers.Token(professional), ("dmp-access-mode", mode)))]));
        }

        foreach (var name in new[] { "physician", "nurse of structure", "named author", "stranger", "at blocked structure" })
        {
            AddStructure($"structure of {name}", people[name].StructureId);
        }

        await AddPersonsAsync();
        return people;
    }

    private async Task AddPersonsAsync()
    {
        var mother = platform.AsRepresentativeOf(Record.Patient);
        Actors.Add(new WorldActor("mother", ActorKind.Representative, "", "", "", [mother]));
        var (father, _) = await platform.DelegateAsync(mother, Record.Id, DelegationKind.Representative);
        Actors.Add(new WorldActor("father", ActorKind.Representative, "Odile ESSAI", "", "", [father]));
        var (caregiver, _) = await platform.DelegateAsync(mother, Record.Id);
        Actors.Add(new WorldActor("caregiver", ActorKind.Caregiver, "Odile ESSAI", "", "", [caregiver]));
    }

    /// <summary>Both ways in which a structure calls: its certificate, and its staff with a card.</summary>
    private void AddStructure(string name, string structureId)
    {
        DmpApi As(string authentication, string? staffId)
        {
            JsonObject claims = Callers.StructureClaims(structureId, staffId);
            claims["Authentification_mode"] = authentication;
            return platform.As(platform.Callers.Mint(claims));
        }

        Actors.Add(
            new WorldActor(name, ActorKind.Structure, structureId, structureId, "", [As("INDIRECTE", null), As("DIRECTE", "secretary-1")]));
    }

    /// <summary>Documents on which the rules differ, each visible to the patient.</summary>
    private async Task DepositAsync(Dictionary<string, TestProfessional> people)
    {
        var physician = platform.As(Record.Physician);
        foreach (var name in new[]
        {
            "plain", "hidden from physicians", "hidden from the attending", "hidden from a structure", "deleted", "archived",
        })
        {
            Documents[name] = await physician.UploadAsync(Record.Id);
        }

        Documents["masked"] = await physician.UploadAsync(
            Record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        Documents["masked and shown"] = await physician.UploadAsync(
            Record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        Documents["closed to dentists"] = await physician.UploadAsync(
            Record.Id, intent => intent.Metadata.Type = new Coding { System = Given.ReportType.System, Code = "68599-0" });
        Documents["secret"] = await physician.UploadAsync(
            Record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives));
        var author = people["named author"];
        Documents["of a certificate"] = await platform.AsStructure(author.StructureId)
            .UploadAsync(Record.Id, intent => intent.Metadata.Authors.Add(new Author
            {
                Person = new Person { Id = author.Id, FamilyName = "ESSAI", GivenName = "CLAIRE" },
                Institution = new Institution { Id = author.StructureId, Name = "HOPITAL D'ESSAI" },
            }));
        Documents["of the patient"] = await Patient.UploadAsync(Record.Id);

        await Patient.HideAsync(Record.Id, Documents["hidden from physicians"].DocumentId, "10");
        await AddRuleAsync(VisibilityEffect.Hide, "hidden from the attending", people["attending"].Actor);
        await AddRuleAsync(VisibilityEffect.Hide, "hidden from a structure", StructureOf(people["nurse of structure"]));
        await AddRuleAsync(VisibilityEffect.Show, "masked and shown", people["shown in structure"].Actor);
        await AddRuleAsync(VisibilityEffect.Show, "masked and shown", people["dentist"].Actor);
        await physician.DeleteAsync(Documents["deleted"]);
        await physician.ArchiveAsync(Documents["archived"]);
    }

    private static Actor StructureOf(TestProfessional professional) => new() { Kind = ActorKind.Structure, Id = professional.StructureId };

    private async Task AddRuleAsync(VisibilityEffect effect, string document, Actor actor) => await Patient.AddRuleAsync(
        Record.Id, new VisibilityRule { Effect = effect, DocumentId = Documents[document].DocumentId, Actor = actor });

    private async Task GrantAsync(Actor actor, bool attending = false) => await Patient.Consents.GrantConsentAsync(
        new GrantConsentRequest { RecordId = Record.Id, Actor = actor, AttendingPhysician = attending, RequestId = Given.NewId() },
        cancellationToken: Token);

    private async Task OpenAsync(TestProfessional professional, EmergencyMode mode) =>
        await platform.As(professional).Emergencies.OpenEmergencyAccessAsync(
            new OpenEmergencyAccessRequest
            {
                RecordId = Record.Id,
                Mode = mode,
                Reason = "Patient inconscient, détresse respiratoire",
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

    private async Task MaskedShownAsync()
    {
        var etag = (await Patient.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = Record.Id }, cancellationToken: Token)).Settings.Etag;
        await Patient.Consents.UpdateConsentSettingsAsync(
            new UpdateConsentSettingsRequest
            {
                RecordId = Record.Id,
                Settings = new ConsentSettings { EmergencyMaskedAllowed = true },
                UpdateMask = new() { Paths = { "emergency_masked_allowed" } },
                Etag = etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
    }
}
