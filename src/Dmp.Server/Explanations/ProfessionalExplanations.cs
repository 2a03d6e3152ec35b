using Dmp.Access.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audiences;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Type.V1;
using Npgsql;
using Mode = Dmp.Server.Calls.AccessMode;

namespace Dmp.Server.Explanations;

/// <summary>Why a professional may read, or may not, in the modes that the professional may ask for.</summary>
internal sealed class ProfessionalExplanations(TimeProvider time)
{
    /// <summary>A professional as last seen on the record, in another profession when one is given: then the specialty is not
    /// known.</summary>
    public static async Task<Caller> AsSeenAsync(
        NpgsqlConnection connection, RecordAccess owner, Actor actor, Coding? profession, CancellationToken ct)
    {
        var seen = await AudienceSql.FindAsync(connection, owner, actor.Id, ct);
        return AccessEffects.ToCaller(
            profession is null || (profession.System, profession.Code) == (seen.ProfessionSystem, seen.ProfessionCode)
                ? seen
                : seen with { ProfessionSystem = profession.System, ProfessionCode = profession.Code, SpecialtyCode = null });
    }

    /// <summary>Why a professional may read, in the first mode that lets in; else why not, in the mode that counts without being asked
    /// for.</summary>
    public async Task<Explained> ExplainAsync(
        NpgsqlConnection connection, Caller professional, Guid recordId, Guid documentId, bool withSecret, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (await AccessSql.FindAsync(connection, professional, recordId, now, ct, withSecret) is not { } facts)
        {
            return new Explained(false, Mode.Normal, ExplanationRules.OnRecord(professional, null, Mode.Normal, now));
        }

        Explained? first = null;
        foreach (var mode in AccessPolicy.ModesOf(professional, facts, now))
        {
            var found = documentId == Guid.Empty ? null : await FindAsync(connection, professional, facts, mode, documentId, now, ct);
            var explained = Explain(professional, facts, mode, found, now);
            if (explained.IsAllowed)
            {
                return explained;
            }

            first ??= explained;
        }

        return first!;
    }

    public static async Task<DocumentFindings> FindAsync(
        NpgsqlConnection connection,
        Caller caller,
        AccessFacts facts,
        Mode mode,
        Guid documentId,
        DateTimeOffset now,
        CancellationToken ct) =>
        await ExplanationSql.FindAsync(connection, AccessPolicy.Suppose(caller, facts, mode, now), documentId, ct)
        ?? throw Failures.Of(ErrorReason.DocumentNotFound);

    /// <summary>The steps in one mode, on the record and, when something was found about one, on the document.</summary>
    public static Explained Explain(Caller professional, AccessFacts facts, Mode mode, DocumentFindings? found, DateTimeOffset now)
    {
        var steps = ExplanationRules.OnRecord(professional, facts, mode, now);
        var mayReadRecord = steps.TrueForAll(step => step.Passed || step.Rule == AccessRule.Consent) && steps[^1].Passed;
        if (!mayReadRecord || found is null)
        {
            return new Explained(mayReadRecord, mode, steps);
        }

        foreach (var step in ExplanationRules.OnDocument(AccessPolicy.Suppose(professional, facts, mode, now), found))
        {
            steps.Add(step);
            if (!step.Passed)
            {
                break;
            }
        }

        return new Explained(steps[^1].Passed && found.IsReadable, mode, steps);
    }
}

/// <summary>A decision in a mode, and the steps to it.</summary>
internal sealed record Explained(bool IsAllowed, Mode Mode, IReadOnlyList<AccessStep> Steps)
{
    /// <summary>The mode as the contract has it.</summary>
    public Dmp.Access.V1.AccessMode ToMode() => (Dmp.Access.V1.AccessMode)((int)Mode + 1);
}
