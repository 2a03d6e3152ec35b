using System.Diagnostics;
using System.Globalization;
using Dmp.Server.Postgres;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>Floors that PostgreSQL's own load generator makes, in the cluster of the server.</summary>
internal static class Pgbench
{
    /// <summary>Transactions of five inserts a second, one after the other, in the server's own cluster.</summary>
    public static Task<double> FiveInsertsAsync(BenchmarkPlatform platform, TimeSpan time)
    {
        const string Insert = "insert into five_inserts select gen_random_uuid(), repeat('x', 200);\n";
        return RateAsync(
            platform,
            $"begin;\n{string.Concat(Enumerable.Repeat(Insert, 5))}commit;\n",
            clients: 1,
            time,
            "postgres",
            PostgresRoles.Admin,
            "Admin",
            before: "create table if not exists five_inserts (id uuid primary key, text text)");
    }

    /// <summary>How often a script ran in a second, by so many clients at once, each statement prepared.</summary>
    public static async Task<double> RateAsync(
        BenchmarkPlatform platform,
        string script,
        int clients,
        TimeSpan time,
        string database,
        string user,
        string secret,
        string? before = null)
    {
        if (before is not null)
        {
            await using var admin = new NpgsqlConnection(await ConnectionAsync(platform, user, secret, database));
            await admin.OpenAsync();
            await ExecuteAsync(admin, before);
        }

        var file = Path.Combine(platform.Directory, "floor.pgbench");
        await File.WriteAllTextAsync(file, script);
        var settings = new NpgsqlConnectionStringBuilder(platform.Services.GetRequiredService<NpgsqlDataSource>().ConnectionString);
        var start = new ProcessStartInfo(
            Path.Combine((await PostgresBinaries.FindAsync(null, null, CancellationToken.None)).Folder, "pgbench"),
            [
                "--no-vacuum", "--protocol=prepared", $"--client={clients}", "--jobs=1", $"--time={time.TotalSeconds:F0}", $"--file={file}",
                $"--host={settings.Host}", $"--port={settings.Port}", $"--username={user}", database,
            ])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["PGOPTIONS"] =
            "-c enable_bitmapscan=off -c enable_seqscan=off -c enable_sort=off -c enable_hashjoin=off -c enable_mergejoin=off "
            + "-c plan_cache_mode=force_generic_plan -c jit=off";
        start.Environment["PGPASSWORD"] = await platform.SecretAsync(secret);
        using var pgbench = Process.Start(start) ?? throw new InvalidOperationException("pgbench does not start.");
        var output = await pgbench.StandardOutput.ReadToEndAsync();
        await pgbench.WaitForExitAsync();
        var line = output.Split('\n').FirstOrDefault(one => one.StartsWith("tps = ", StringComparison.Ordinal))
            ?? throw new InvalidOperationException("pgbench made no transactions.");
        return double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<string> ConnectionAsync(BenchmarkPlatform platform, string user, string secret, string database)
    {
        var source = platform.Services.GetRequiredService<NpgsqlDataSource>();
        return new NpgsqlConnectionStringBuilder(source.ConnectionString)
        {
            Username = user,
            Password = await platform.SecretAsync(secret),
            Database = database,
            Pooling = false,
        }.ConnectionString;
    }
}
