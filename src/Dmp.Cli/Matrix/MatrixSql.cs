using Npgsql;
using NpgsqlTypes;

namespace Dmp.Cli.Matrix;

/// <summary>A row of <c>habilitation_matrix</c>.</summary>
internal sealed record MatrixVersion(Guid Id, string Name, DateTimeOffset EffectiveTime, DateTimeOffset ImportTime);

/// <summary>The tables <c>habilitation_matrix</c> and <c>habilitation_cell</c>.</summary>
internal static class MatrixSql
{
    // "dmpmatrx" in ASCII: one import at a time. The lock ends with the transaction.
    private const string Lock =
        """
        set local lock_timeout = '25s';
        select pg_advisory_xact_lock(x'646d706d61747278'::bigint)
        """;

    private const string Now = "select clock_timestamp()";

    // Chosen as the server's DocumentFilter does. Index: habilitation_matrix_effective_idx.
    private const string InForce =
        """
        select matrix_id, name, effective_time, import_time
        from habilitation_matrix
        where effective_time <= @at
        order by effective_time desc, import_time desc
        limit 1
        """;

    // What takes over next, by the same rule. Index: habilitation_matrix_effective_idx for the condition.
    private const string Following =
        """
        select matrix_id, name, effective_time, import_time
        from habilitation_matrix
        where effective_time > @at
        order by effective_time, import_time desc
        limit 1
        """;

    // Index: habilitation_cell_pkey.
    private const string Cells = "select profession, type_code, published from habilitation_cell where matrix_id = @matrix_id";

    // All of a small table.
    private const string Versions =
        """
        select m.matrix_id, m.name, m.effective_time, m.import_time,
            (select count(*) from habilitation_cell c where c.matrix_id = m.matrix_id)
        from habilitation_matrix m
        order by m.effective_time, m.import_time
        """;

    // The later import of two with one effective time is in force, also when the clock was set back in between.
    private const string Insert =
        """
        insert into habilitation_matrix (matrix_id, name, effective_time, import_time, sha256)
        select @matrix_id, @name, @effective_time,
            greatest(clock_timestamp(), max(import_time) + interval '1 microsecond'), @sha256
        from habilitation_matrix
        """;

    private const string CopyCells = "copy habilitation_cell (matrix_id, profession, type_code, published) from stdin (format binary)";

    public static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(Lock, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The clock of the database, which is the same for every operator.</summary>
    public static async Task<DateTimeOffset> NowAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(Now, connection);
        return new((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    public static Task<MatrixVersion?> InForceAsync(NpgsqlConnection connection, DateTimeOffset at, CancellationToken cancellationToken) =>
        VersionAsync(connection, InForce, at, cancellationToken);

    public static Task<MatrixVersion?> FollowingAsync(
        NpgsqlConnection connection, DateTimeOffset at, CancellationToken cancellationToken) =>
        VersionAsync(connection, Following, at, cancellationToken);

    public static async Task<List<MatrixCell>> CellsAsync(NpgsqlConnection connection, Guid matrixId, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(Cells, connection);
        command.Parameters.AddWithValue("matrix_id", matrixId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<MatrixCell> cells = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            cells.Add(new(reader.GetString(0), reader.GetString(1), reader.GetBoolean(2)));
        }

        return cells;
    }

    public static async Task<List<(MatrixVersion Version, long Cells)>> VersionsAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(Versions, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(MatrixVersion, long)> versions = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            versions.Add((Read(reader), reader.GetInt64(4)));
        }

        return versions;
    }

    public static async Task InsertAsync(
        NpgsqlConnection connection,
        string name,
        DateTimeOffset effective,
        IReadOnlyList<MatrixCell> cells,
        CancellationToken cancellationToken)
    {
        var matrixId = Guid.CreateVersion7();
        await using NpgsqlCommand command = new(Insert, connection);
        command.Parameters.AddWithValue("matrix_id", matrixId);
        command.Parameters.AddWithValue("name", name);
        command.Parameters.AddWithValue("effective_time", effective);
        command.Parameters.AddWithValue("sha256", MatrixFile.Digest(cells));
        await command.ExecuteNonQueryAsync(cancellationToken);

        await using var copy = await connection.BeginBinaryImportAsync(CopyCells, cancellationToken);
        foreach (var cell in cells)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(matrixId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(cell.Profession, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(cell.Type, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(cell.Published, NpgsqlDbType.Boolean, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task<MatrixVersion?> VersionAsync(
        NpgsqlConnection connection, string sql, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        command.Parameters.AddWithValue("at", at);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    private static MatrixVersion Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3));
}
