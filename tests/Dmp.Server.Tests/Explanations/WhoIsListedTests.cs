using Dmp.Access.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Explanations;

/// <summary>Who is listed can, and who can is listed: every actor of a world really calls.</summary>
public sealed class WhoIsListedTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_is_listed_can_see_and_who_can_see_is_listed()
    {
        var world = await WhoCanSeeWorld.CreateAsync(platform);
        var before = new Dictionary<string, List<DocumentViewer>>();
        foreach (var (name, document) in world.Documents)
        {
            before[name] = await ListAsync(world.Patient, document);
        }

        var differences = new List<string>();
        var sights = new Dictionary<(string, string), Sight>();
        foreach (var (name, document) in world.Documents)
        {
            foreach (var actor in world.Actors)
            {
                sights[(name, actor.Name)] = await actor.LookAsync(document);
            }

            differences.AddRange(Compare(world, name, before[name], sights, isBefore: true));
        }

        // Now everybody has called, and nothing is a condition any more.
        foreach (var (name, document) in world.Documents)
        {
            var after = await ListAsync(world.Patient, document);
            differences.AddRange(Compare(world, name, after, sights, isBefore: false));
            differences.AddRange(after.Where(viewer => viewer.NotSeenYet).Select(viewer => $"{name}: {viewer.Actor.Id} has called"));
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));

        // What was looked for is there.
        Assert.Equal(Sight.Content, sights[("plain", "regulator")]);
        Assert.Equal(Sight.Content, sights[("masked", "authorised helper")]);
        Assert.Equal(Sight.Content, sights[("masked and shown", "shown in structure")]);
        Assert.Equal(Sight.Content, sights[("hidden from physicians", "nurse of structure")]);
        Assert.Equal(Sight.Metadata, sights[("masked", "structure of physician")]);
        Assert.Equal(Sight.Metadata, sights[("plain", "occupational")]);
        Assert.Equal(Sight.Metadata, sights[("of a certificate", "named author")]);
        Assert.Equal(Sight.Nothing, sights[("plain", "ended helper")]);
        Assert.Equal(Sight.Nothing, sights[("secret", "mother")]);
        Assert.Contains(before["plain"], viewer => viewer.Actor.Id == world.Actor("attending, not seen").Id
            && viewer is { NotSeenYet: true, Content: true } && viewer.Professions.Any(profession => profession.Code == "10"));
        Assert.Equal(AccessMode.Regulation, before["plain"].Single(viewer => viewer.Actor.Id == world.Actor("regulator").Id).AccessMode);
        Assert.Equal(
            AccessMode.BreakGlass, before["masked"].Single(viewer => viewer.Actor.Id == world.Actor("authorised helper").Id).AccessMode);
        await HideFromStaffAsync(world, sights);
        await ExplainAsync(world, sights);
        await CloseAsync(world);
    }

    [Fact]
    public async Task The_list_comes_in_pages()
    {
        var world = await WhoCanSeeWorld.CreateAsync(platform);
        var whole = await ListAsync(world.Patient, world.Documents["plain"]);
        var paged = await ListAsync(world.Patient, world.Documents["plain"], pageSize: 2);
        Assert.Equal(whole, paged);
    }

    /// <summary>The patient keeps secret acts from staff: the structure is off the list, and finds nothing.</summary>
    private static async Task HideFromStaffAsync(WhoCanSeeWorld world, Dictionary<(string, string), Sight> sights)
    {
        Assert.Equal(Sight.Metadata, sights[("secret", "structure of physician")]);
        await world.Patient.HideSecretActsFromStaffAsync(world.Record.Id);
        foreach (var actor in world.Actors)
        {
            sights[("secret", actor.Name)] = await actor.LookAsync(world.Documents["secret"]);
        }

        Assert.Equal(Sight.Nothing, sights[("secret", "structure of physician")]);
        Assert.Empty(Compare(world, "secret", await ListAsync(world.Patient, world.Documents["secret"]), sights, isBefore: false));
    }

    /// <summary>The explanation says of everybody what the call does, in the profession in which they call.</summary>
    private static async Task ExplainAsync(WhoCanSeeWorld world, Dictionary<(string, string), Sight> sights)
    {
        foreach (var (name, document) in world.Documents)
        {
            foreach (var actor in world.Actors.Where(actor => actor.Kind == ActorKind.Professional))
            {
                var explained = await world.Patient.Access.ExplainAccessAsync(
                    new ExplainAccessRequest
                    {
                        RecordId = document.RecordId,
                        DocumentId = document.DocumentId,
                        Actor = new Actor { Kind = ActorKind.Professional, Id = actor.Id },
                    },
                    cancellationToken: Token);
                Assert.True(
                    explained.Allowed == (sights[(name, actor.Name)] == Sight.Content),
                    $"{name}, {actor.Name}: {explained.Allowed}, {explained.Steps[^1]}");
            }
        }
    }

    private static async Task CloseAsync(WhoCanSeeWorld world)
    {
        await world.Patient.Records.CloseRecordAsync(
            new CloseRecordRequest { RecordId = world.Record.Id, Reason = CloseReason.PatientRequest, RequestId = Given.NewId() },
            cancellationToken: Token);
        Assert.Empty(await ListAsync(world.Patient, world.Documents["plain"]));
        foreach (var actor in world.Actors)
        {
            Assert.Equal(Sight.Nothing, await actor.LookAsync(world.Documents["plain"]));
        }
    }

    private static IEnumerable<string> Compare(
        WhoCanSeeWorld world, string document, List<DocumentViewer> viewers, Dictionary<(string, string), Sight> sights, bool isBefore)
    {
        foreach (var actor in world.Actors)
        {
            var (sight, listed) = (sights[(document, actor.Name)], SightOf(actor, viewers));
            if (sight != listed)
            {
                yield return $"{document}, {(isBefore ? "before" : "after")}: {actor.Name} is listed for {listed} and sees {sight}";
            }
        }

        // Nobody else is on it.
        foreach (var viewer in viewers.Where(viewer => viewer.Actor.Kind is ActorKind.Professional or ActorKind.Structure))
        {
            if (!world.Actors.Exists(actor => actor.Id == viewer.Actor.Id || actor.StructureId == viewer.Actor.Id))
            {
                yield return $"{document}: {viewer.Actor} is nobody";
            }
        }

        // A structure is listed for its members only if there is one who sees.
        foreach (var viewer in viewers.Where(viewer => viewer is { Actor.Kind: ActorKind.Structure, Professions.Count: > 0 }))
        {
            if (!world.Actors.Exists(actor => actor.Kind == ActorKind.Professional
                && actor.StructureId == viewer.Actor.Id
                && sights[(document, actor.Name)] == (viewer.Content ? Sight.Content : Sight.Metadata)))
            {
                yield return $"{document}: nobody in {viewer.Actor.Id} sees it";
            }
        }
    }

    /// <summary>What the list says of somebody: by name, or by the structure for who works there.</summary>
    private static Sight SightOf(WorldActor actor, List<DocumentViewer> viewers)
    {
        var named = viewers.Where(viewer => viewer.Actor.Kind == actor.Kind
            && (actor.Kind is ActorKind.Professional or ActorKind.Structure ? viewer.Actor.Id == actor.Id : viewer.Actor.Name == actor.Id));
        if (actor.Kind == ActorKind.Structure)
        {
            // The structure itself, by staff and certificate: as depositor.
            return named.Any(viewer => viewer.Steps.Any(step => step is { Rule: AccessRule.Depositor, Passed: true }))
                ? Sight.Metadata
                : Sight.Nothing;
        }

        var byName = named.Select(viewer => !viewer.NotSeenYet || viewer.Professions.Any(one => one.Code == actor.Profession)
            ? viewer.Content ? Sight.Content : Sight.Metadata
            : Sight.Nothing);
        var byStructure = viewers
            .Where(viewer => viewer.Actor.Kind == ActorKind.Structure && viewer.Actor.Id == actor.StructureId)
            .Where(viewer => viewer.Professions.Any(one => one.Code == actor.Profession))
            .Select(viewer => viewer.Content ? Sight.Content : Sight.Metadata);
        return byName.Concat(actor.Kind == ActorKind.Professional ? byStructure : []).DefaultIfEmpty(Sight.Nothing).Max();
    }

    private static async Task<List<DocumentViewer>> ListAsync(DmpApi api, StoredDocument document, int pageSize = 0)
    {
        var all = new List<DocumentViewer>();
        var request = new ListWhoCanSeeRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, PageSize = pageSize };
        do
        {
            var page = await api.Access.ListWhoCanSeeAsync(request, cancellationToken: Token);
            all.AddRange(page.Viewers);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return all;
    }
}
