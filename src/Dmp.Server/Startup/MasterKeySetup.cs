using Dmp.Server.Options;
using Dmp.Storage;
using Dmp.Storage.Keys;
using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>
/// Sees before the start that the master key can be used. A server that cannot open a document must not say that it serves, and one
/// with another directory of keys must not begin a second set beside the first.
/// </summary>
internal static class MasterKeySetup
{
    /// <summary>The settings, when nothing is wrong with them.</summary>
    public static MasterKeyOptions Read(IConfiguration configuration)
    {
        MasterKeyOptions? options;
        try
        {
            options = configuration.GetSection(MasterKeyOptions.Section).Get<MasterKeyOptions>();
        }
        catch (InvalidOperationException malformed)
        {
            // Names the setting, and repeats no more of it than what cannot be read.
            throw new StartupRefusedException($"A setting of {MasterKeyOptions.Section} cannot be read. {malformed.Message}", malformed);
        }

        options ??= new MasterKeyOptions();
        var faults = options.Faults().ToList();
        return faults.Count == 0 ? options : throw new StartupRefusedException("The server does not start. " + string.Join(' ', faults));
    }

    /// <summary>Makes a first key where <paramref name="mayCreate"/> says so and the database knows of none.</summary>
    /// <exception cref="StartupRefusedException">There is none, or it cannot be used.</exception>
    public static async Task RequireAsync(MasterKeySet keys, NpgsqlDataSource source, bool mayCreate, CancellationToken ct)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(ct);
            var current = await RecordKeySql.FindCurrentMasterAsync(connection, ct);
            if (current is null)
            {
                var known = await keys.ListAsync(ct);
                var first = known is [var newest, ..] ? newest
                    : mayCreate ? await keys.CreateAsync(DateTimeOffset.UtcNow, ct)
                    : throw new StartupRefusedException(
                        $"There is no master key yet ({MasterKeyOptions.Section}). Make one with: dmp keys new, "
                        + "with the settings of this server; see docs/encryption.md.");
                await RecordKeySql.AddFirstMasterAsync(connection, first, ct);
                current = await RecordKeySql.FindCurrentMasterAsync(connection, ct)
                    ?? throw new InvalidOperationException("A master key that was added is not there.");
            }

            await keys.TryAsync(current, ct);
        }
        catch (Exception fault) when (fault is MasterKeyUnavailableException or WrappedKeyDamagedException)
        {
            throw new StartupRefusedException(
                $"The master key of this platform cannot be used ({MasterKeyOptions.Section}). {fault.Message} No document could be read; "
                + "nothing is made anew.", fault);
        }
    }
}
