using System.Data;
using System.Globalization;
using Npgsql;

namespace Dmp.Cli.Matrix;

/// <summary>
/// A file becomes the next version of the matrix. All of it is one transaction: servers, which choose the version with every
/// query, see the old one or the new one.
/// </summary>
internal sealed record MatrixImport
{
    public required string Name { get; init; }

    /// <summary>Null for now.</summary>
    public required DateTimeOffset? Effective { get; init; }

    public required bool DryRun { get; init; }

    public async Task RunAsync(
        FileInfo file, string connectionString, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var cells = await ReadAsync(file, output, error, cancellationToken);

        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync(cancellationToken);

        // An import sees each statement's newest rows, for another import may commit while it waits for the lock; a dry run
        // takes no lock and looks at one moment.
        await using var transaction = await connection.BeginTransactionAsync(
            DryRun ? IsolationLevel.RepeatableRead : IsolationLevel.ReadCommitted, cancellationToken);
        if (!DryRun)
        {
            await MatrixSql.LockAsync(connection, cancellationToken);
        }

        var now = await MatrixSql.NowAsync(connection, cancellationToken);
        var effective = Effective ?? now;
        if (effective < now)
        {
            throw new RefusedException(
                $"{OperatorTime.Write(effective)} is in the past (the database's clock says {OperatorTime.Write(now)}), and what was "
                + "decided until now was decided by the versions before. Give a later time, or --effective now.");
        }

        var superseded = await MatrixSql.InForceAsync(connection, effective, cancellationToken);
        var before = superseded is null ? [] : await MatrixSql.CellsAsync(connection, superseded.Id, cancellationToken);
        await output.WriteLineAsync(superseded is null
            ? "Supersedes nothing: no version is in force then."
            : $"{(DryRun ? "Would supersede" : "Supersedes")} '{superseded.Name}', "
                + $"in force from {OperatorTime.Write(superseded.EffectiveTime)}.");
        if (superseded is not null && MatrixFile.Digest(before).AsSpan().SequenceEqual(MatrixFile.Digest(cells)))
        {
            await output.WriteLineAsync("Identical to that version. Nothing is changed.");
            return;
        }

        await new MatrixDiff(before, cells).WriteAsync(output);
        if (superseded?.EffectiveTime == effective)
        {
            await output.WriteLineAsync(
                $"Both are effective from the same time; the later import wins, so '{superseded.Name}' has no effect any more.");
        }

        if (await MatrixSql.FollowingAsync(connection, effective, cancellationToken) is { } following)
        {
            await output.WriteLineAsync(
                $"In force until {OperatorTime.Write(following.EffectiveTime)}, when '{following.Name}' takes over.");
        }

        if (DryRun)
        {
            await output.WriteLineAsync(
                "Dry run: nothing was changed. "
                + $"'{Name}' would be effective from {(Effective is null ? "now" : OperatorTime.Write(effective))}.");
            return;
        }

        await MatrixSql.InsertAsync(connection, Name, effective, cells, cancellationToken);
        // Not to be stopped half way, when nobody could say whether it happened.
        await transaction.CommitAsync(CancellationToken.None);
        await output.WriteLineAsync($"Imported '{Name}', effective from {OperatorTime.Write(effective)}.");
    }

    private static async Task<IReadOnlyList<MatrixCell>> ReadAsync(
        FileInfo file, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        await using var stream = file.OpenRead();
        var reading = await MatrixFile.ReadAsync(stream, cancellationToken);
        foreach (var fault in reading.Faults)
        {
            await error.WriteLineAsync(fault.ToString());
        }

        if (reading.Faults.Count > 0)
        {
            throw new RefusedException(string.Create(
                CultureInfo.InvariantCulture,
                $"{(reading.MoreFaults ? "More than " : "")}{reading.Faults.Count} faults in {file.Name}. Nothing is imported."));
        }

        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{file.Name}: {reading.Cells.Count} cells allowed, {reading.Denied} denied (not stored: what has no cell is not allowed)."));
        return reading.Cells;
    }
}
