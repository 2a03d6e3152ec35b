namespace Dmp.Storage.Keys;

/// <summary>
/// A place that holds master keys. Small on purpose: what a token or a vault does inside of itself is all that can be asked of it.
/// Names are the place's own and are never used twice.
/// </summary>
public interface IMasterKeyProvider : IAsyncDisposable
{
    /// <summary>The names of the keys that can be used, the newest first.</summary>
    /// <exception cref="MasterKeyUnavailableException">The place does not answer, or not to us.</exception>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Makes a key and answers its name.</summary>
    /// <exception cref="MasterKeyUnavailableException">The place does not answer, or not to us.</exception>
    public Task<string> CreateAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Encrypts a secret of 64 bytes with the key of that name.</summary>
    /// <exception cref="MasterKeyUnavailableException">The place does not answer, or has no such key.</exception>
    public Task<byte[]> WrapAsync(string name, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken);

    /// <summary>Decrypts what <see cref="WrapAsync"/> made. The caller clears the answer.</summary>
    /// <exception cref="MasterKeyUnavailableException">The place does not answer, or has no such key.</exception>
    /// <exception cref="WrappedKeyDamagedException">The bytes are not what this key wrapped.</exception>
    public Task<byte[]> UnwrapAsync(string name, ReadOnlyMemory<byte> wrapped, CancellationToken cancellationToken);
}

/// <summary>A master key cannot be used now or here. Trying again may help, or an operator. Never holds a secret.</summary>
public sealed class MasterKeyUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Wrapped bytes are not what the master key made of the key of that record: changed, swapped or of another platform.</summary>
public sealed class WrappedKeyDamagedException(string message, Exception? innerException = null) : Exception(message, innerException);
