using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Timelines;

/// <summary>Documents that stand together.</summary>
/// <param name="Documents">Which, and why each.</param>
/// <param name="Episode">Null for a document by itself.</param>
/// <param name="StayEnds">Ends of the stays of which it is.</param>
internal sealed record DocumentGroup(
    IReadOnlyList<(DatedDocument Document, EpisodeTie Tie)> Documents, Episode? Episode, IReadOnlyList<DateTimeOffset> StayEnds);

/// <summary>
/// Brings together what documents say belongs together (L5, L6, L7): by the identifier of an encounter, else by a stay of the same
/// structure. Nothing else binds, and what fits two episodes stands by itself.
/// </summary>
internal sealed class EpisodeGroups
{
    /// <summary>IHE ITI, table 4.2.3.1.7-2: the encounter among the identifiers that a document refers to.</summary>
    private const string EncounterReference = "urn:ihe:iti:xds:2015:encounterId";

    /// <summary>Stays that are read of one document.</summary>
    private const int StaysMax = 20;

    private readonly IReadOnlyList<DatedDocument> documents;
    private readonly int[] parents;
    private readonly List<string>[] ids;

    private EpisodeGroups(IReadOnlyList<DatedDocument> documents)
    {
        this.documents = documents;
        parents = [.. Enumerable.Range(0, documents.Count)];
        ids = [.. documents.Select(IdsOf)];
    }

    /// <summary>In no order.</summary>
    /// <param name="documents">In an order that does not depend on how they came.</param>
    public static IReadOnlyList<DocumentGroup> Of(IReadOnlyList<DatedDocument> documents) => new EpisodeGroups(documents).Make();

    private List<DocumentGroup> Make()
    {
        Dictionary<string, int> first = new(StringComparer.Ordinal);
        for (var i = 0; i < documents.Count; i++)
        {
            foreach (var id in ids[i].Where(id => !first.TryAdd(id, i)))
            {
                parents[RootOf(i)] = RootOf(first[id]);
            }
        }

        var sizes = Enumerable.Range(0, documents.Count).CountBy(RootOf).ToDictionary(pair => pair.Key, pair => pair.Value);
        var stays = documents.Select(document => Stay.Of(document).Take(StaysMax).ToList()).ToList();
        var placed = stays.SelectMany((some, i) => some.Select(stay => (Stay: stay, By: i))).ToList();
        var loose = Enumerable.Range(0, documents.Count)
            .Where(i => stays[i].Count == 0 && ids[i].Count == 0 && sizes[RootOf(i)] == 1)
            .ToList();
        foreach (var ofPlace in placed.GroupBy(one => one.Stay.StructureId, StringComparer.Ordinal))
        {
            Merge([.. ofPlace]);
        }

        // Decided for all of them before any is joined.
        var joined = loose
            .Select(i => (Document: i, Fitting: placed.Where(one => one.Stay.Holds(documents[i])).Select(one => RootOf(one.By)).Distinct()
                .Take(2).ToList()))
            .Where(one => one.Fitting.Count == 1)
            .ToList();
        foreach (var (document, fitting) in joined)
        {
            parents[document] = fitting[0];
        }

        return [.. Enumerable.Range(0, documents.Count).GroupBy(RootOf).Select(group => GroupOf([.. group], stays))];
    }

    /// <summary>
    /// Stays of one place that overlap are one, as far as documents without an identifier state them. Such a one is that of an encounter
    /// with an identifier when it overlaps that one alone: identifiers that differ are different encounters, whatever their times.
    /// </summary>
    private void Merge(List<(Stay Stay, int By)> ofPlace)
    {
        var unnamed = ofPlace.Where(one => ids[one.By].Count == 0).OrderBy(one => one.Stay.Begin).ThenBy(one => one.By).ToList();
        var named = ofPlace.Where(one => ids[one.By].Count > 0).ToList();
        for (var i = 0; i < unnamed.Count;)
        {
            var (begin, end, first) = (unnamed[i].Stay.Begin, unnamed[i].Stay.End, unnamed[i].By);
            for (i++; i < unnamed.Count && unnamed[i].Stay.Begin <= end; i++)
            {
                parents[RootOf(unnamed[i].By)] = RootOf(first);
                end = unnamed[i].Stay.End > end ? unnamed[i].Stay.End : end;
            }

            var over = named.Where(one => one.Stay.Begin <= end && one.Stay.End >= begin).Select(one => RootOf(one.By)).Distinct()
                .Take(2).ToList();
            if (over is [var only])
            {
                parents[RootOf(first)] = only;
            }
        }
    }

    private DocumentGroup GroupOf(List<int> members, List<List<Stay>> stays)
    {
        var stated = members.SelectMany(i => stays[i])
            .OrderBy(stay => stay.Begin)
            .ThenBy(stay => stay.By.Document.Metadata.UniqueId, StringComparer.Ordinal)
            .ThenBy(stay => stay.Source.Entry)
            .ToList();
        List<DateTimeOffset> ends = [.. stated.Select(stay => stay.End)];
        if (members is [var only])
        {
            return new DocumentGroup([(documents[only], EpisodeTie.Unspecified)], null, ends);
        }

        var shared = members.SelectMany(i => ids[i]).CountBy(id => id).Where(pair => pair.Value > 1)
            .Select(pair => pair.Key).Order(StringComparer.Ordinal).ToList();
        Episode episode = new() { EncounterId = shared.FirstOrDefault("") };
        if (stated.Count > 0)
        {
            var stay = stated[0];
            episode.StructureName = stay.StructureName;
            episode.StayStartTime = stay.Begin.ToTimestamp();
            episode.StayEndTime = stated.Max(one => one.End).ToTimestamp();
            episode.Source = stay.Source;
        }
        else
        {
            episode.Source = documents[members.First(i => ids[i].Contains(shared[0]))].Document.Source();
        }

        return new DocumentGroup(
            [.. members.Select(i => (documents[i], ids[i].Exists(shared.Contains) ? EpisodeTie.Identifier : EpisodeTie.Stay))],
            episode,
            ends);
    }

    private int RootOf(int document)
    {
        while (parents[document] != document)
        {
            parents[document] = parents[parents[document]];
            document = parents[document];
        }

        return document;
    }

    /// <summary>
    /// Of its metadata, or else of the one encounter that it states and was written of. Of several nobody can say which one it belongs to.
    /// </summary>
    private static List<string> IdsOf(DatedDocument dated)
    {
        List<string> named =
        [
            .. dated.Document.Metadata.References
                .Where(reference => reference.Kind == EncounterReference && reference.Id is { Value.Length: > 0 })
                .Select(reference => reference.Id.System.Length > 0 ? $"{reference.Id.System}^{reference.Id.Value}" : reference.Id.Value)
                .Distinct(StringComparer.Ordinal),
        ];
        if (named.Count > 0)
        {
            return named.Count == 1 ? named : [];
        }

        return dated.Document.Facts.Where(EncounterCodes.IsEncounter).DistinctBy(fact => string.Join('|', fact.Source.Ids)).ToList() is
            [var only]
            && (StatedTimes.Begin(only.Encounter.Period) is not { } begin || StatedTimes.End(only.Encounter.Period) is not { } end
                || Stay.IsOf(dated, begin, end))
            ? [.. only.Source.Ids.Distinct(StringComparer.Ordinal)] : [];
    }
}
