using Dmp.Server.Calls;
using Microsoft.Extensions.Caching.Memory;

namespace Dmp.Server.Access;

/// <summary>
/// Where the changes were before facts were read, in which run of the database. Positions are given anew after a restore: of the files of
/// a cluster none lives through it, and for that of a dump the servers are stopped (docs/trace.md).
/// </summary>
internal readonly record struct FactsPlace(long Position, DateTimeOffset StartTime);

/// <summary>What facts are asked by: the caller as statements see one, and the record.</summary>
internal readonly record struct FactsKey(string Subject, string? ProfessionalId, string? StructureId, bool IsOccupational, Guid RecordId)
{
    public static FactsKey Of(Caller caller, Guid recordId) =>
        new(caller.Subject, caller.ProfessionalId, caller.StructureId, caller.IsOccupationalPhysician, recordId);
}

/// <summary>Facts, and until when they hold if nothing changes.</summary>
internal sealed record KnownFacts(AccessFacts Facts, FactsPlace Place, DateTimeOffset Until);

/// <summary>
/// Facts of professionals and structures, to be used again by a read that asks <b>behind</b> what it read, in the same batch, whether a
/// change came since their place (<see cref="AccessSql.IsOutdated"/>). Whatever committed before the rows were read is seen by that
/// question, so nothing that was taken away is seen by what is remembered here: ADR 0037. People's facts end by more than one
/// time and are not kept.
/// </summary>
internal sealed class RememberedFacts : IDisposable
{
    /// <summary>Half a kibibyte each.</summary>
    private const int FactsMax = 20_000;

    /// <summary>However long they hold: what nobody asks for is let go.</summary>
    private static readonly TimeSpan keep = TimeSpan.FromMinutes(10);

    private readonly MemoryCache facts = new(new MemoryCacheOptions { SizeLimit = FactsMax });

    public static bool MayKeep(Caller caller) => caller.Kind is CallerKind.Professional or CallerKind.Structure;

    public KnownFacts? Find(FactsKey key, DateTimeOffset now) =>
        facts.TryGetValue(key, out KnownFacts? known) && now < known!.Until ? known : null;

    public void Keep(FactsKey key, AccessFacts found, FactsPlace place, DateTimeOffset now)
    {
        // What facts say changes by time alone when the patient comes of age, a guardianship ends, or an authorisation does.
        DateTimeOffset[] times =
        [
            found.MajorityTime, found.GuardianshipUntil ?? DateTimeOffset.MaxValue, found.NextEndTime ?? DateTimeOffset.MaxValue,
        ];
        var until = times
            .Where(time => time > now)
            .Append(now + keep)
            .Min();
        MemoryCacheEntryOptions entry = new() { Size = 1, AbsoluteExpirationRelativeToNow = keep };
        facts.Set(key, new KnownFacts(found, place, until), entry);
    }

    public void Forget(FactsKey key) => facts.Remove(key);

    /// <summary>For whoever changes rows by hand, past the changes that are asked for.</summary>
    public void ForgetAll() => facts.Clear();

    public void Dispose() => facts.Dispose();
}

/// <summary>Facts that a read stood on have changed meanwhile: it is to be repeated with new ones. Nobody outside hears of it.</summary>
internal sealed class FactsOutdatedException : Exception
{
    public FactsOutdatedException()
        : base("A change came since the facts were read.")
    {
    }
}
