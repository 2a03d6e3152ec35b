using Dmp.Consent.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Type.V1;
using Npgsql;

namespace Dmp.Server.Audiences;

/// <summary>
/// Whose view on a record a change would change. The views are taken before and after the change inside a transaction that is then
/// rolled back, by the rules that decide, so that the preview cannot differ from the change.
/// </summary>
internal sealed class AccessEffects(TimeProvider time)
{
    private const string PhysicianCode = "10";
    private const string ProfessionSystem = "1.2.250.1.71.1.2.7";

    /// <summary>Makes a change and tells its effect to whom <paramref name="asker"/> is of.</summary>
    /// <param name="connection">In the transaction that will be rolled back.</param>
    /// <param name="asker">The patient and representatives learn of everybody, a professional of oneself.</param>
    /// <param name="actor">Whom the change is about, when it is about one.</param>
    /// <param name="change">Makes the change.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<(TResponse Response, AccessEffect Effect)> OfAsync<TResponse>(
        NpgsqlConnection connection, RecordAccess asker, Actor? actor, Func<Task<TResponse>> change, CancellationToken ct)
    {
        var before = await ViewsAsync(connection, asker, actor, ct);
        await RowScope.OfRecord(asker.Caller, asker.RecordId).ApplyAsync(connection, ct);
        var response = await change();
        var after = await ViewsAsync(connection, asker, actor, ct);

        var effect = new AccessEffect();
        foreach (var (key, view) in after)
        {
            var was = before.GetValueOrDefault(key) ?? view with { IsAuthorized = false, Documents = 0 };
            if (was.IsAuthorized != view.IsAuthorized || was.Documents != view.Documents)
            {
                effect.Actors.Add(ToMessage(was, view));
            }
        }

        effect.Actors.AddRange(before
            .Where(pair => !after.ContainsKey(pair.Key) && (pair.Value.IsAuthorized || pair.Value.Documents > 0))
            .Select(pair => ToMessage(pair.Value, pair.Value with { IsAuthorized = false, Documents = 0 })));
        return (response, effect);
    }

    /// <summary>
    /// Somebody as the rules see callers. A structure is seen as a physician who works there. Whether a professional may regulate the trace
    /// does not say, and it counts for nothing but an access that was opened in regulation, with a token that said so.
    /// </summary>
    public static Caller ToCaller(AudienceRow row) => row.ActorKind == (short)ActorKind.Professional
        ? new Caller
        {
            Kind = CallerKind.Professional,
            Subject = "",
            ProfessionalId = row.ActorId,
            ProfessionSystem = row.ProfessionSystem,
            ProfessionCode = row.ProfessionCode,
            SpecialtyCode = row.SpecialtyCode,
            SectorCode = row.SectorCode,
            StructureId = row.StructureId,
            MayRegulate = true,
        }
        : new Caller
        {
            Kind = CallerKind.Professional,
            Subject = "",
            ProfessionSystem = ProfessionSystem,
            ProfessionCode = PhysicianCode,
            StructureId = row.ActorId,
        };

    public static Actor ToActor(AudienceRow row) => new()
    {
        Kind = (ActorKind)row.ActorKind,
        Id = row.ActorId,
        Name = row.ActorName ?? "",
    };

    private static ActorEffect ToMessage(View before, View after) => new()
    {
        Actor = after.Actor,
        AuthorizedBefore = before.IsAuthorized,
        AuthorizedAfter = after.IsAuthorized,
        DocumentsBefore = before.Documents,
        DocumentsAfter = after.Documents,
        NotSeenYet = after.NotSeenYet,
    };

    private async Task<Dictionary<(short, string), View>> ViewsAsync(
        NpgsqlConnection connection, RecordAccess asker, Actor? actor, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        (short, string)? more = actor is { Kind: ActorKind.Professional or ActorKind.Structure } ? ((short)actor.Kind, actor.Id) : null;
        var audience = await AudienceSql.ListAsync(connection, asker, more, now, ct);
        var views = new Dictionary<(short, string), View>();
        foreach (var row in audience.ToList())
        {
            if (!asker.IsOwner && row.ActorId != asker.Caller.ProfessionalId)
            {
                continue;
            }

            var isSelf = row.ActorId == asker.Caller.ProfessionalId;
            var caller = isSelf ? asker.Caller : AsMostOpen(row);
            if (await AccessSql.FindAsync(connection, caller, asker.RecordId, now, ct, asker.SeesSecret) is { } facts)
            {
                var access = AccessPolicy.Suppose(caller, facts, now);
                views[(row.ActorKind, row.ActorId)] = new View(
                    ToActor(row),
                    access.IsAuthorized,
                    access.IsBlocked ? 0 : await AudienceSql.CountAsync(connection, AsDepositor(row, access, facts), asker, ct),
                    !isSelf && !row.IsSeen);
            }
        }

        return views;
    }

    /// <summary>Whose profession is not known is taken for a physician, to whom most is open: a preview must not tell less than
    /// comes.</summary>
    private static Caller AsMostOpen(AudienceRow row) =>
        row.IsSeen ? ToCaller(row) : ToCaller(row with { ProfessionSystem = ProfessionSystem, ProfessionCode = PhysicianCode });

    /// <summary>A structure without an authorisation sees what was deposited in it, by its staff and its certificate.</summary>
    private static RecordAccess AsDepositor(AudienceRow row, RecordAccess access, AccessFacts facts) =>
        row.ActorKind != (short)ActorKind.Structure || access.IsAuthorized
            ? access
            : AccessPolicy.Suppose(AsStructure(access.Caller), facts, access.Now);

    /// <summary>The structure itself, instead of somebody who works there.</summary>
    public static Caller AsStructure(Caller caller) => caller with
    {
        Kind = CallerKind.Structure,
        Authentication = AuthenticationMode.Indirect,
        ProfessionSystem = null,
        ProfessionCode = null,
    };

    private sealed record View(Actor Actor, bool IsAuthorized, int Documents, bool NotSeenYet);
}
