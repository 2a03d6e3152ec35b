using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Dmp.Storage.Keys;

/// <summary>
/// Master keys as files, <c>time-random.key</c>, mode 0600. A file is read each time it is needed, so that a key that is copied here is
/// used at once and one that is taken away is gone at once; nothing of it stays in memory.
/// </summary>
internal sealed class FileMasterKeys(string directory) : IMasterKeyProvider
{
    private const string Extension = ".key";
    private const string Header = "dmp-master-key/v1 ";
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => Guarded<IReadOnlyList<string>>(() =>
        Directory.Exists(directory)
            ? [.. Directory.GetFiles(directory, "*" + Extension)
                .Select(path => Path.GetFileNameWithoutExtension(path))
                .OrderDescending(StringComparer.Ordinal)]
            : []);

    public Task<string> CreateAsync(DateTimeOffset now, CancellationToken cancellationToken) => Guarded(() =>
    {
        CreateDirectory();
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"{now.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        try
        {
            Write(PathOf(name), $"{Header}{Convert.ToBase64String(key)}\n");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }

        return name;
    });

    public Task<byte[]> WrapAsync(string name, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken) => Guarded(() =>
    {
        var wrapped = new byte[NonceBytes + secret.Length + TagBytes];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, NonceBytes));
        using var aes = Open(name);
        aes.Encrypt(
            wrapped.AsSpan(0, NonceBytes),
            secret.Span,
            wrapped.AsSpan(NonceBytes, secret.Length),
            wrapped.AsSpan(NonceBytes + secret.Length),
            Encoding.UTF8.GetBytes(Header + name));
        return wrapped;
    });

    public Task<byte[]> UnwrapAsync(string name, ReadOnlyMemory<byte> wrapped, CancellationToken cancellationToken) => Guarded(() =>
    {
        if (wrapped.Length < NonceBytes + TagBytes)
        {
            throw new WrappedKeyDamagedException("A wrapped key is too short.");
        }

        var secret = new byte[wrapped.Length - NonceBytes - TagBytes];
        using var aes = Open(name);
        try
        {
            aes.Decrypt(
                wrapped.Span[..NonceBytes],
                wrapped.Span[NonceBytes..^TagBytes],
                wrapped.Span[^TagBytes..],
                secret,
                Encoding.UTF8.GetBytes(Header + name));
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new WrappedKeyDamagedException("A wrapped key is not what its master key made.", mismatch);
        }

        return secret;
    });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private AesGcm Open(string name)
    {
        var path = PathOf(name);
        if (!OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new MasterKeyUnavailableException($"{path} holds a master key that others can use; set its mode to 0600.");
        }

        var key = new byte[KeyBytes];
        var text = File.ReadAllBytes(path);
        try
        {
            var line = text.AsSpan().TrimEnd("\r\n"u8);
            var header = Encoding.UTF8.GetBytes(Header);
            return line.StartsWith(header)
                && System.Buffers.Text.Base64.DecodeFromUtf8(
                    line[header.Length..], key, out var read, out var written) == System.Buffers.OperationStatus.Done
                && written == KeyBytes && read == line.Length - header.Length
                ? new AesGcm(key, TagBytes)
                : throw new MasterKeyUnavailableException($"{path} holds no master key.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    // A name comes out of the database, where somebody may have written a path into it.
    private string PathOf(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
        ? Path.Combine(directory, name + Extension)
        : throw new MasterKeyUnavailableException("A master key has a name that is none.");

    private void CreateDirectory()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, Owner | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Complete or absent, never readable by others, and on disk when this returns.</summary>
    private static void Write(string path, string content)
    {
        var half = $"{path}.{Path.GetRandomFileName()}.new";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Owner;
        }

        using (FileStream file = new(half, options))
        {
            file.Write(Encoding.UTF8.GetBytes(content));
            file.Flush(flushToDisk: true);
        }

        File.Move(half, path, overwrite: false);
    }

    private Task<T> Guarded<T>(Func<T> body)
    {
        try
        {
            return Task.FromResult(body());
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromException<T>(new MasterKeyUnavailableException($"There is no such master key in {directory}.", absent));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Task.FromException<T>(new MasterKeyUnavailableException($"The master keys in {directory} cannot be used.", failure));
        }
        catch (Exception refusal) when (refusal is MasterKeyUnavailableException or WrappedKeyDamagedException)
        {
            return Task.FromException<T>(refusal);
        }
    }
}
