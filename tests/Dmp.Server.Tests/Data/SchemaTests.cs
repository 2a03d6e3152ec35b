using System.Diagnostics;
using System.Text.RegularExpressions;
using Dmp.Server.Postgres;
using Dmp.Server.Tests.Documentation;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>schema.sql beside the migrations is what they make, for people to read.</summary>
public sealed partial class SchemaTests(Platform platform)
{
    /// <summary>Other versions of PostgreSQL write the same schema in other words.</summary>
    private const int Major = 15;

    private const int LineMax = 140;

    [Fact]
    public async Task The_file_is_what_the_migrations_make()
    {
        var ct = TestContext.Current.CancellationToken;
        var binaries = await PostgresBinaries.FindAsync(null, null, ct);
        Assert.SkipUnless(
            binaries.Major == Major && Environment.GetEnvironmentVariable("DMP_TEST_POSTGRES") is null,
                $"schema.sql is written by PostgreSQL {Major}.");
        var database = new NpgsqlConnectionStringBuilder(platform.Databases.AdminOf(await platform.Databases.CreateAsync()));
        var start = new ProcessStartInfo(
            Path.Combine(binaries.Folder, "pg_dump"),
            [
                // The months of the trace are those of today.
                "--schema-only", "--no-owner", "--exclude-table=audit_event_2*", "--exclude-table=schema_migration",
                $"--host={database.Host}", $"--port={database.Port}", $"--username={database.Username}", database.Database!,
            ])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["PGPASSWORD"] = database.Password;
        using var dump = Process.Start(start)!;
        var made = Essence(await dump.StandardOutput.ReadToEndAsync(ct));
        await dump.WaitForExitAsync(ct);
        Assert.Equal(0, dump.ExitCode);

        var file = Path.Combine(Repository.Root, "src", "Dmp.Migrator", "schema.sql");
        if (Environment.GetEnvironmentVariable("DMP_WRITE_SCHEMA") == "1")
        {
            await File.WriteAllTextAsync(file, made, ct);
        }

        Assert.Equal(await File.ReadAllTextAsync(file, ct), made);
    }

    private static string Essence(string dump) =>
        "-- What the migrations make, written by pg_dump. Do not edit: DMP_WRITE_SCHEMA=1 ./test --filter-class '*SchemaTests'\n"
        + Blank().Replace(string.Join('\n', dump.Split('\n').Where(line => !Noise().IsMatch(line)).SelectMany(Fold)), "\n\n").TrimEnd()
        + "\n";

    // Where a clause begins, else at a word, and never within quotes.
    private static IEnumerable<string> Fold(string line)
    {
        var indent = new string(' ', line.TakeWhile(c => c == ' ').Count() + 4);
        while (line.Length > LineMax)
        {
            var spaces = Space().Matches(line).Where(space => space.Index <= LineMax).ToList();
            var fold = (spaces.LastOrDefault(space => Clause().IsMatch(line, space.Index)) ?? spaces[^1]).Index;
            yield return line[..fold];
            line = indent + line[(fold + 1)..];
        }

        yield return line;
    }

    // Behind it there are whole pairs of quotes to the end of the line, and before it there is a word.
    [GeneratedRegex(@"(?<=\S) (?=[^']*(?:'[^']*'[^']*)*$)")]
    private static partial Regex Space();

    [GeneratedRegex(@"\G (AND|OR|WHEN|FROM \(|USING|WHERE|WITH|REFERENCES) ")]
    private static partial Regex Clause();

    [GeneratedRegex(@"^(--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict )")]
    private static partial Regex Noise();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex Blank();
}
