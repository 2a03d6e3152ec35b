using Dmp.Access.V1;
using Dmp.Annotations.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Audiences;
using Dmp.Server.Calls;
using Dmp.Type.V1;
using Npgsql;
using Mode = Dmp.Server.Calls.AccessMode;

namespace Dmp.Server.Explanations;

/// <summary>
/// Whether one of those who might see a document does: by the rules that decide, in each mode in which somebody has a right.
/// </summary>
internal sealed class DocumentViews(TimeProvider time)
{
    /// <summary>What lets somebody see the document; null when nothing does. <paramref name="professions"/>: those that may read
    /// it.</summary>
    public async Task<DocumentViewer?> ViewAsync(
        NpgsqlConnection connection, AudienceRow row, RecordAccess owner, Guid documentId, IReadOnlyList<string> professions,
        CancellationToken ct)
    {
        var caller = AccessEffects.ToCaller(row);
        var viewer = (row.ActorKind == (short)ActorKind.Structure, row.IsSeen) switch
        {
            (true, _) => await ViewOfStructureAsync(connection, caller, owner, documentId, professions, ct),
            (_, true) => await ViewAsync(connection, caller, owner, documentId, ct),
            _ => await ViewOfUnseenAsync(connection, row, owner, documentId, professions, ct),
        };
        viewer?.Actor = AccessEffects.ToActor(row);
        return viewer;
    }

    /// <summary>
    /// Those who work in a structure by its authorisation, seen as one of a profession to which the document is open: what then still hides
    /// it, hides it from all of them. And the structure itself, which knows of what was deposited in it, unless blocked.
    /// </summary>
    private async Task<DocumentViewer?> ViewOfStructureAsync(
        NpgsqlConnection connection, Caller caller, RecordAccess owner, Guid documentId, IReadOnlyList<string> professions,
        CancellationToken ct)
    {
        DocumentViewer? viewer = null;
        if (professions.Count > 0 && await ViewAsync(connection, As(caller, professions[0]), owner, documentId, ct) is { } ofMember)
        {
            viewer = ofMember;
            viewer.AccessMode = Dmp.Access.V1.AccessMode.Unspecified;
            viewer.Professions.AddRange(professions.Select(ToCoding));
        }

        var structure = AccessEffects.AsStructure(caller);
        var now = time.GetUtcNow();
        var found = await FactsOfOpenAsync(connection, structure, owner, ct) is { } facts
            ? await ProfessionalExplanations.FindAsync(connection, structure, facts, Mode.Normal, documentId, now, ct)
            : null;
        if (found is not { IsOwn: true })
        {
            return viewer;
        }

        viewer ??= new DocumentViewer();
        viewer.Steps.Add(ExplanationRules.Depositor);
        return viewer;
    }

    /// <summary>Somebody who never called, seen in a profession to which the document is open, and where a right may stand.</summary>
    private async Task<DocumentViewer?> ViewOfUnseenAsync(
        NpgsqlConnection connection, AudienceRow row, RecordAccess owner, Guid documentId, IReadOnlyList<string> professions,
        CancellationToken ct)
    {
        var caller = AccessEffects.ToCaller(row);
        caller = professions.Count > 0 ? As(caller, professions[0]) : caller;
        DocumentViewer? viewer = null;
        string?[] structureIds = [null, .. row.StructureIds];
        foreach (var structureId in structureIds)
        {
            var one = await ViewAsync(connection, caller with { StructureId = structureId }, owner, documentId, ct);
            viewer = viewer is null || one is { Content: true } ? one ?? viewer : viewer;
            if (viewer is { Content: true })
            {
                break;
            }
        }

        if (viewer is not null)
        {
            viewer.NotSeenYet = true;
            viewer.Professions.AddRange(professions.Select(ToCoding));
        }

        return viewer;
    }

    /// <summary>What a professional sees, in the mode that shows most.</summary>
    private async Task<DocumentViewer?> ViewAsync(
        NpgsqlConnection connection, Caller caller, RecordAccess owner, Guid documentId, CancellationToken ct)
    {
        if (await FactsOfOpenAsync(connection, caller, owner, ct) is not { } facts)
        {
            return null;
        }

        var now = time.GetUtcNow();
        DocumentViewer? metadata = null;
        foreach (var mode in AccessPolicy.ModesOf(caller, facts, now))
        {
            var found = await ProfessionalExplanations.FindAsync(connection, caller, facts, mode, documentId, now, ct);
            var explained = ProfessionalExplanations.Explain(caller, facts, mode, found, now);
            if (explained.IsAllowed)
            {
                return ToViewer(explained, content: true);
            }

            // Searching and finding ask for less than reading; a depositor finds the own document without any right.
            if (metadata is null && found.Exists && AccessPolicy.Suppose(caller, facts, mode, now).Right(Function.Search).IsAllowed)
            {
                metadata = ToViewer(explained, content: false);
                if (found.IsOwn && metadata.Steps[^1].Rule != AccessRule.Depositor)
                {
                    metadata.Steps.Add(ExplanationRules.Depositor);
                }
            }
        }

        return metadata;
    }

    /// <summary>What decides about somebody on an open record; null for who is blocked.</summary>
    private async Task<AccessFacts?> FactsOfOpenAsync(
        NpgsqlConnection connection, Caller caller, RecordAccess owner, CancellationToken ct) =>
        await AccessSql.FindAsync(connection, caller, owner.RecordId, time.GetUtcNow(), ct, owner.SeesSecret)
            is { IsBlocked: false, State: (short)RecordState.Open } facts ? facts : null;

    private static DocumentViewer ToViewer(Explained explained, bool content) =>
        new() { Content = content, Steps = { explained.Steps }, AccessMode = explained.ToMode() };

    private static Caller As(Caller caller, string profession)
    {
        var coding = ToCoding(profession);
        return caller with { ProfessionSystem = coding.System, ProfessionCode = coding.Code };
    }

    private static Coding ToCoding(string column)
    {
        var bar = column.IndexOf('|', StringComparison.Ordinal);
        return new Coding { System = column[..bar], Code = column[(bar + 1)..] };
    }
}
