namespace Dmp.Proofs;

/// <summary>
/// The signature of an event, made when it is written. It tells events of a server from those that somebody put into the
/// database otherwise. The zero byte keeps it apart from signatures of notes, which have none.
/// </summary>
internal static class EventSignature
{
    private static ReadOnlySpan<byte> Domain => "dmp-trace-event/v1\0"u8;

    /// <summary>The row with its root, signed.</summary>
    public static AuditEventRow Sign(AuditEventRow row, NoteSigner key)
    {
        var root = EventContent.TreeOf(row).Root;
        return row with { Root = root, Signature = key.Sign([.. Domain, .. root]), SigningKey = key.Verifier.KeyId };
    }

    public static bool Verify(ReadOnlySpan<byte> root, ReadOnlySpan<byte> signature, NoteVerifier key) =>
        key.Verify([.. Domain, .. root], signature);
}
