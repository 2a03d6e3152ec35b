using Npgsql;

namespace Dmp.Migrator;

/// <summary>
/// Connections for a few statements on texts and numbers. The driver asks each database for all of its types first, which takes longer than
/// such statements; these connections know the built-in types alone.
/// </summary>
public static class PlainSource
{
    /// <summary>A source of its own; dispose of it.</summary>
    public static NpgsqlDataSource Of(string connectionString) =>
        new NpgsqlDataSourceBuilder(connectionString).ConfigureTypeLoading(types => types.EnableTypeLoading(false)).Build();
}
