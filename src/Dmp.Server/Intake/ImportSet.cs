using System.Diagnostics.CodeAnalysis;

namespace Dmp.Server.Intake;

/// <summary>A submission set of an import, from its own message until it and all its documents have their results.</summary>
internal sealed class ImportSet(ImportItem item, SubmissionSetPlan? plan, IEnumerable<Guid> documentRequestIds)
{
    private readonly Dictionary<Guid, ImportItem?> documents = documentRequestIds.ToDictionary(id => id, _ => (ImportItem?)null);
    private readonly HashSet<ImportItem> decided = [];

    /// <summary>The set's own item.</summary>
    public ImportItem Item => item;

    /// <summary>Null when its message was refused, which its documents are told as they come.</summary>
    public SubmissionSetPlan? Plan => plan;

    public IReadOnlyDictionary<Guid, ImportItem?> Documents => documents;

    /// <summary>The call ended before it was whole.</summary>
    public bool IsBroken { get; set; }

    /// <summary>How many of its documents have not been sent.</summary>
    public int Awaited => documents.Values.Count(document => document is null);

    /// <summary>All of it is sent, and each document is complete or refused.</summary>
    public bool IsReady => decided.Count == documents.Values.Count(document => document is not null) && (IsBroken || Awaited == 0);

    public bool TryJoin(Guid requestId, ImportItem document)
    {
        if (documents[requestId] is not null)
        {
            return false;
        }

        documents[requestId] = document;
        return true;
    }

    /// <summary>Nothing more will become of this document.</summary>
    public void Decide(ImportItem document) => decided.Add(document);

    /// <summary>One that was sent is still on its way.</summary>
    public bool IsSending => documents.Values.Any(document => document is { IsWhole: false });
}

/// <summary>The submission sets of an import that are not decided yet, and which documents belong to them.</summary>
internal sealed class ImportSets
{
    /// <summary>
    /// So many documents of refused sets are remembered: many more than can be on their way when their caller learns of the refusal. A caller need not
    /// send them.
    /// </summary>
    private const int RefusedMax = 4096;

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, ImportSet> byDocument = [];
    private readonly Queue<Guid> refused = [];

    /// <summary>Some of these documents belong to another set; those of a refused one are free again.</summary>
    public bool AreTaken(IReadOnlyList<Guid> documentRequestIds)
    {
        lock (gate)
        {
            foreach (var id in documentRequestIds)
            {
                if (byDocument.TryGetValue(id, out var other) && other.Plan is null)
                {
                    byDocument.Remove(id);
                }
            }

            return documentRequestIds.Any(byDocument.ContainsKey);
        }
    }

    /// <summary>
    /// Takes a set in, or a refused one, whose documents are refused too as they come: none of them may slip in by itself. False when more
    /// documents of sets would be awaited than <paramref name="awaitedMax"/>.
    /// </summary>
    public bool TryBegin(ImportSet set, int awaitedMax)
    {
        lock (gate)
        {
            var awaited = set.Plan is null ? 0 : byDocument.Count(open => open.Value is { Plan: not null } other && other.Documents[open.Key] is null);
            if (awaited + set.Documents.Count > awaitedMax)
            {
                return false;
            }

            foreach (var id in set.Documents.Keys.Where(id => byDocument.TryAdd(id, set) && set.Plan is null))
            {
                refused.Enqueue(id);
            }

            while (refused.Count > RefusedMax)
            {
                var oldest = refused.Dequeue();
                if (byDocument.TryGetValue(oldest, out var old) && old.Plan is null)
                {
                    byDocument.Remove(oldest);
                }
            }

            return true;
        }
    }

    /// <summary>
    /// The set of a document that has just been begun, if it has one. <paramref name="isTwice"/>: it was sent before, and belongs to nothing now.
    /// </summary>
    public ImportSet? Join(string? requestId, ImportItem document, out bool isTwice)
    {
        isTwice = false;
        if (!Guid.TryParseExact(requestId, "D", out var id))
        {
            return null;
        }

        lock (gate)
        {
            if (!byDocument.TryGetValue(id, out var set))
            {
                return null;
            }

            if (set.Plan is null)
            {
                // Its result is given already.
                byDocument.Remove(id);
                return set;
            }

            isTwice = !set.TryJoin(id, document);
            return isTwice ? null : set;
        }
    }

    /// <summary>A document of a set is complete or refused. True once for each set: it can be decided.</summary>
    public bool IsReadyWith(ImportItem document, [NotNullWhen(true)] out ImportSet? ready)
    {
        lock (gate)
        {
            ready = document.Set!;
            ready.Decide(document);
            return TakeIfReady(ready);
        }
    }

    /// <summary>Nothing more is sent. Answers the sets that are decided by that; others wait for documents that are still being given up.</summary>
    public List<ImportSet> End(bool isOrderly)
    {
        lock (gate)
        {
            List<ImportSet> open = [.. byDocument.Values.Distinct().Where(set => set.Plan is not null)];
            foreach (var set in open.Where(set => set.Awaited > 0 || set.IsSending))
            {
                set.IsBroken = true;
                foreach (var part in set.Documents.Values.OfType<ImportItem>().Append(set.Item))
                {
                    part.IsSilent = !isOrderly;
                }
            }

            return open.FindAll(TakeIfReady);
        }
    }

    private bool TakeIfReady(ImportSet set)
    {
        if (!set.IsReady || set.Item.IsWhole)
        {
            return false;
        }

        set.Item.IsWhole = true;
        foreach (var id in set.Documents.Keys)
        {
            byDocument.Remove(id);
        }

        return true;
    }
}
