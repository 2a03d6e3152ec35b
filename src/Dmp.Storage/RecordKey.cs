using Dmp.Storage.Keys;

namespace Dmp.Storage;

/// <summary>The plain data key of a record, for one use. Whoever got it disposes of it, which overwrites it.</summary>
public sealed class RecordKey(RecordKeyRow row, SecretBytes key) : IDisposable
{
    /// <summary>What the row of a version names.</summary>
    public Guid RecordKeyId => row.RecordKeyId;

    /// <summary>It as it is stored.</summary>
    public RecordKeyRow Row => row;

    internal ContentCipher CipherOf(Guid contentId) => new(key, contentId);

    public void Dispose() => key.Dispose();
}
