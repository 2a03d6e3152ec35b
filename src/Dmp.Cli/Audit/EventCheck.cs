using Dmp.Proofs;

namespace Dmp.Cli.Audit;

/// <summary>What the signature of an event says.</summary>
internal enum EventSigned
{
    /// <summary>The row as it stands is what a server signed.</summary>
    AsItStands,

    /// <summary>The commitment in the row was signed, and the row no longer has it: it was changed.</summary>
    AsItWas,

    /// <summary>There is none.</summary>
    Not,

    /// <summary>It is not good, or of a key that is not trusted.</summary>
    Badly,
}

/// <summary>A row of the trace, recomputed.</summary>
internal sealed record EventCheck(LogRow Row, byte[]? Root, EventSigned Signed)
{
    /// <summary>Whether the leaf is that of the row as it stands.</summary>
    public bool IsLeafOfRow => Root is not null && Row.LeafHash.AsSpan().SequenceEqual(TreeHash.Leaf(Root));

    /// <summary>The hash that the leaf must have if the row is as a server wrote it; else what is stored.</summary>
    public byte[] CredibleLeaf => Signed == EventSigned.AsItStands ? TreeHash.Leaf(Root) : Row.LeafHash;

    /// <summary>The key of the signature is the one that the row names.</summary>
    private bool IsKeyRight { get; init; }

    public static EventCheck Of(LogRow row, IReadOnlyList<NoteVerifier> keys)
    {
        var root = row.IsThere ? TreeOf(row)?.Root : null;
        if (row.Signature is not { } signature)
        {
            return new EventCheck(row, root, EventSigned.Not);
        }

        NoteVerifier? SignerOf(byte[]? of) => of is null ? null : keys.FirstOrDefault(key => EventSignature.Verify(of, signature, key));
        return SignerOf(root) is { } signer
                ? new EventCheck(row, root, EventSigned.AsItStands)
                {
                    IsKeyRight = string.Equals(signer.KeyId, row.SigningKey, StringComparison.Ordinal),
                }
            : SignerOf(row.Root) is not null ? new EventCheck(row, root, EventSigned.AsItWas)
            : new EventCheck(row, root, EventSigned.Badly);
    }

    /// <summary>
    /// What is wrong with the row itself; null when nothing is. Only <paramref name="mayBeUnsigned"/> rows need no signature.
    /// </summary>
    public string? Fault(bool mayBeUnsigned) => Signed switch
    {
        EventSigned.AsItStands when Row.Root is { } stored && stored.AsSpan().SequenceEqual(Root) && IsKeyRight => null,
        EventSigned.AsItStands => "changed: its commitment or key in the row is not the one signed",
        EventSigned.AsItWas => "changed: the row is not what was committed to",
        EventSigned.Not when mayBeUnsigned => IsLeafOfRow ? null : "changed: the row is not what its leaf was made of",
        EventSigned.Not => "inserted: no server signed it",
        _ when Row.LeafHash.Length > 0 && !IsLeafOfRow => "changed: neither the leaf nor the signature is that of the row",
        _ => $"inserted or re-signed: the signature is not good, or its key {Row.SigningKey} is not trusted",
    };

    /// <summary>Null for a row that cannot even be read, which no server wrote.</summary>
    public static EventTree? TreeOf(LogRow row)
    {
        if (row is { Method: null } or { DocumentIds: null } or { Salt: null })
        {
            return null;
        }

        try
        {
            return EventContent.TreeOf(row);
        }
        catch (Exception fault) when (fault is ArgumentException or IndexOutOfRangeException or InvalidOperationException)
        {
            return null;
        }
    }
}
