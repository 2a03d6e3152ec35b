using Dmp.Proofs;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>
/// Remembers beside the keys, outside of the database, the last checkpoint that this server signed or saw. A database that knows
/// less, or other, than that was set back or rewritten, and no new checkpoint must hide it.
/// </summary>
internal sealed class RollbackGuard(IOptions<AuditOptions> options, TraceKeys keys)
{
    public const string FileName = "last-checkpoint";

    private readonly string path = Path.Combine(options.Value.KeyDirectory, FileName);
    private string? remembered;

    /// <summary>Why this log must not be continued; null when it may.</summary>
    public async Task<string?> RefusalAsync(NpgsqlConnection connection, TraceLogState state, CancellationToken ct)
    {
        if (state.Checkpoint is { } last)
        {
            // Another program's note, or another log's, is not a state to build on.
            var origin = Checkpoint.Parse(last.Note).Origin;
            if (!string.Equals(origin, keys.Origin, StringComparison.Ordinal))
            {
                return $"The keys are of {keys.Origin}, and the log in the database is {origin}.";
            }

            if (last.TreeSize > state.Size || !await IsRootAsync(connection, last.TreeSize, last.Root, ct))
            {
                return $"The first {last.TreeSize} leaves are no longer those that the database's last checkpoint was signed for.";
            }
        }

        if (!File.Exists(path))
        {
            return null;
        }

        var seen = Checkpoint.Parse(await File.ReadAllTextAsync(path, ct));
        if (!string.Equals(seen.Origin, keys.Origin, StringComparison.Ordinal))
        {
            return $"The keys are of {keys.Origin}, and {path} is of {seen.Origin}.";
        }

        return seen.Size > state.Size ? $"The log has {state.Size} leaves, and had {seen.Size} ({path})."
            : await IsRootAsync(connection, seen.Size, seen.Root.ToArray(), ct) ? null
            : $"The first {seen.Size} leaves are other ones than before ({path}).";
    }

    /// <summary>After the commit: a file ahead of the database would be a false alarm.</summary>
    public void Remember(string note)
    {
        if (!string.Equals(note, remembered, StringComparison.Ordinal))
        {
            KeyFiles.Replace(path, note);
            remembered = note;
        }
    }

    private static async Task<bool> IsRootAsync(NpgsqlConnection connection, long size, byte[] root, CancellationToken ct) =>
        (await TraceTree.RootAsync(connection, size, ct)).AsSpan().SequenceEqual(root);
}
