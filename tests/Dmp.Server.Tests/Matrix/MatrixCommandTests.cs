using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dmp.Cli;
using Dmp.Cli.Matrix;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Matrix;

/// <summary>The command <c>dmp matrix</c>, each test on a database of its own that holds the seed.</summary>
public sealed class MatrixCommandTests(Platform platform) : IDisposable
{
    private const string Nurse = "1.2.250.1.71.1.2.7|60";
    private const string NurseReadsNotes = "1.2.250.1.71.1.2.7\t60\t2.16.840.1.113883.6.1\t11488-4\tallow\t";

    private readonly string directory = Directory.CreateTempSubdirectory("dmp-matrix-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task An_export_is_imported_as_identical_and_changes_nothing()
    {
        var database = await DatabaseAsync();
        var seed = await ExportAsync(database);
        var import = await RunAsync(database, "import", FileOf(seed), "--name", "again");
        Assert.Equal((0, ""), (import.Code, import.Error));
        Assert.EndsWith("Identical to that version. Nothing is changed.\n", import.Output, StringComparison.Ordinal);
        Assert.Equal(1L, await QueryAsync(database, "select count(*) from habilitation_matrix"));
    }

    [Fact]
    public async Task A_dry_run_prints_what_an_import_does_and_changes_nothing()
    {
        var database = await DatabaseAsync();
        var file = FileOf(ClosedToNurses(await ExportAsync(database)) + "1.9\tX\t1.9\tY\tallow\tours\n1.9\tX\t1.9\tZ\tdeny\tours\n");

        var dry = await RunAsync(database, "import", file, "--name", "closed", "--dry-run");
        Assert.Equal(0, dry.Code);
        Assert.Equal(1L, await QueryAsync(database, "select count(*) from habilitation_matrix"));
        Assert.Contains("Would supersede 'seed', in force from 2023-10-26T00:00:00Z.", dry.Output, StringComparison.Ordinal);
        Assert.Contains("1 denied", dry.Output, StringComparison.Ordinal);

        var import = await RunAsync(database, "import", file, "--name", "closed");
        Assert.Equal(0, import.Code);
        string[] changes = [$"- {Nurse} 2.16.840.1.113883.6.1|11488-4 ours", "+ 1.9|X 1.9|Y ours"];
        Assert.Equal(changes, Changes(dry));
        Assert.Equal(changes, Changes(import));
        var nurse = import.Output.Split('\n').Single(line => line.StartsWith(Nurse + " ", StringComparison.Ordinal));
        var counts = nurse.Split(
            ' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(count => int.Parse(count, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal([counts[0], counts[0] - 1, 0, 1], counts);

        // The digest of the version is that of its export.
        var export = await ExportAsync(database);
        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(export)), await QueryAsync(
            database, "select sha256 from habilitation_matrix where name = 'closed'"));
        Assert.DoesNotContain(NurseReadsNotes, export, StringComparison.Ordinal);
        Assert.Contains("Identical", (await RunAsync(database, "import", file, "--name", "closed")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_source_is_a_change()
    {
        var database = await DatabaseAsync();
        var seed = await ExportAsync(database);
        var import = await RunAsync(
            database, "import", FileOf(seed.Replace(NurseReadsNotes + "ours", NurseReadsNotes + "published", StringComparison.Ordinal)),
            "--name", "published");
        Assert.Equal([$"~ {Nurse} 2.16.840.1.113883.6.1|11488-4 published"], Changes(import));
    }

    [Fact]
    public async Task A_file_with_faults_is_refused_as_a_whole()
    {
        var database = await DatabaseAsync();
        var import = await RunAsync(
            database, "import", FileOf($"{await ExportAsync(database)}x\n1.9\tX\t1.9\tY\tperhaps\tours\n"), "--name", "bad");
        Assert.Equal((1, ""), (import.Code, import.Output));
        Assert.Matches(
            "^line [0-9]+: 1 columns instead of 6\nline [0-9]+, column decision: is neither allow nor deny\n2 faults in .*. "
            + "Nothing is imported.\n$", import.Error);
        Assert.Equal(1L, await QueryAsync(database, "select count(*) from habilitation_matrix"));
    }

    [Fact]
    public async Task The_past_is_not_changed()
    {
        var database = await DatabaseAsync();
        var import = await RunAsync(
            database, "import", FileOf(ClosedToNurses(await ExportAsync(database))), "--name", "late", "--effective",
            OperatorTime.Write(DateTimeOffset.UtcNow.AddSeconds(-2)));
        Assert.Equal(1, import.Code);
        Assert.Contains("is in the past", import.Error, StringComparison.Ordinal);
        Assert.Equal(1L, await QueryAsync(database, "select count(*) from habilitation_matrix"));
    }

    [Fact]
    public async Task Of_two_with_one_effective_time_the_later_import_wins()
    {
        var database = await DatabaseAsync();
        var seed = await ExportAsync(database);
        var closed = ClosedToNurses(seed);
        string[] inAnHour = ["--effective", OperatorTime.Write(DateTimeOffset.UtcNow.AddHours(1))];
        Assert.Equal(0, (await RunAsync(database, ["import", FileOf(closed), "--name", "first", .. inAnHour])).Code);
        var second = await RunAsync(database, ["import", FileOf(seed), "--name", "second", .. inAnHour]);
        Assert.Contains("the later import wins, so 'first' has no effect any more", second.Output, StringComparison.Ordinal);
        var now = await RunAsync(database, "import", FileOf(closed), "--name", "now", "--effective", "now");
        Assert.Contains($"In force until {inAnHour[1]}, when 'second' takes over.", now.Output, StringComparison.Ordinal);

        Assert.Equal(closed, await ExportAsync(database));
        Assert.Equal(seed, await ExportAsync(database, "--at", inAnHour[1]));
        Assert.Equal(seed, await ExportAsync(database, "--at", "2023-10-26T02:00:00+02:00"));
        var lines = (await RunAsync(database, "list")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.Equal(
            ["superseded seed", "in force now", "superseded first", "scheduled second"],
            lines.Select(line => $"{line[..10].TrimEnd()} {line.Split(' ')[^1]}"));

        // The times that list prints name the version when they are given back.
        var imported = lines[1].Split("  ", StringSplitOptions.RemoveEmptyEntries)[1].Trim();
        Assert.Equal(closed, await ExportAsync(database, "--at", imported));
    }

    [Fact]
    public async Task Nothing_is_in_force_before_the_first_version()
    {
        var export = await RunAsync(await DatabaseAsync(), "export", "--at", "2020-01-01T00:00:00Z");
        Assert.Equal((1, "", "No version is in force at 2020-01-01T00:00:00Z.\n"), (export.Code, export.Output, export.Error));
    }

    [Fact]
    public async Task Imports_at_once_wait_for_each_other()
    {
        var database = await DatabaseAsync();
        var file = FileOf(ClosedToNurses(await ExportAsync(database)));
        var imports = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => Task.Run(() => RunAsync(database, "import", file, "--name", "same"), Token)));
        Assert.All(imports, import => Assert.Equal((0, ""), (import.Code, import.Error)));
        // Without the lock more than one of them would find the seed in force.
        Assert.Single(imports, import => import.Output.Contains("Imported 'same'", StringComparison.Ordinal));
        Assert.Equal(4, imports.Count(import => import.Output.Contains("Identical", StringComparison.Ordinal)));
        Assert.Equal(2L, await QueryAsync(database, "select count(*) from habilitation_matrix"));
    }

    [Fact]
    public async Task An_import_waits_until_the_other_commits()
    {
        var database = await DatabaseAsync();
        var file = FileOf(ClosedToNurses(await ExportAsync(database)));
        await using NpgsqlConnection other = new(database);
        await other.OpenAsync(Token);
        await using (var transaction = await other.BeginTransactionAsync(Token))
        {
            await MatrixSql.LockAsync(other, Token);
            var import = Task.Run(() => RunAsync(database, "import", file, "--name", "waits"), Token);
            await Waiting.UntilAsync(async () =>
            {
                Assert.False(import.IsCompleted);
                return (bool)(await QueryAsync(
                    database,
                    "select exists (select from pg_locks where locktype = 'advisory' and not granted and database = (select oid "
                    + "from pg_database where datname = current_database()))"))!;
            });

            await MatrixSql.InsertAsync(other, "before", await MatrixSql.NowAsync(other, Token), [new("1|A", "1|B", true)], Token);
            await transaction.CommitAsync(Token);
            Assert.Contains("Supersedes 'before'", (await import).Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_reader_never_sees_half_a_version()
    {
        var database = await DatabaseAsync();
        var seed = await ExportAsync(database);
        string[] files = [FileOf(ClosedToNurses(seed)), FileOf(seed)];
        var sizes = new[] { seed, ClosedToNurses(seed) }.Select(text => (long)text.Count(c => c == '\n') - 1).ToArray();
        var imports = Task.Run(
            async () =>
            {
                for (var turn = 0; turn < 20; turn++)
                {
                    Assert.Equal(0, (await RunAsync(database, "import", files[turn % 2], "--name", "turn")).Code);
                }
            },
            Token);
        HashSet<long> seen = [];
        while (!imports.IsCompleted)
        {
            seen.Add((long)(await QueryAsync(
                database,
                """
                select count(*) from habilitation_cell where matrix_id = (
                    select matrix_id from habilitation_matrix where effective_time <= clock_timestamp()
                    order by effective_time desc, import_time desc limit 1)
                """))!);
        }

        await imports;
        Assert.Equal(sizes.Order(), seen.Order());
    }

    [Theory]
    [InlineData(2, "Required command", "matrix")]
    [InlineData(2, "--name", "matrix", "import", "FILE")]
    [InlineData(2, "does not exist", "matrix", "import", "missing.tsv", "--name", "x")]
    [InlineData(2, "--name is 1 to 200 characters", "matrix", "import", "FILE", "--name", " ")]
    [InlineData(2, "is not a time", "matrix", "import", "FILE", "--name", "x", "--effective", "2026-12-01")]
    [InlineData(2, "is not a time", "matrix", "export", "--at", "2026-12-01T00:00:00")]
    [InlineData(2, "malformed", "matrix", "list", "--connection", "Hoost=x")]
    [InlineData(3, "Failed to connect", "matrix", "list", "--connection", "Host=127.0.0.1;Port=1")]
    public async Task Wrong_usage_is_told_on_standard_error(int code, string message, params string[] arguments)
    {
        string[] connected = arguments.Contains("--connection") ? arguments : [.. arguments, "--connection", "Host=127.0.0.1;Port=1"];
        var run = await RunRawAsync([.. connected.Select(argument => argument == "FILE" ? FileOf(MatrixFile.Header) : argument)]);
        Assert.Equal((code, ""), (run.Code, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_servers_role_looks_and_cannot_import()
    {
        var name = await platform.Databases.CreateAsync();
        var runtime = platform.Databases.RuntimeOf(name);
        var file = FileOf(ClosedToNurses(await ExportAsync(runtime)));
        Assert.Equal(0, (await RunAsync(runtime, "import", file, "--name", "x", "--dry-run")).Code);
        var import = await RunAsync(runtime, "import", file, "--name", "x");
        Assert.Equal(3, import.Code);
        Assert.Contains("Connect as the role that owns the schema", import.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_server_decides_by_what_the_command_imported_and_by_what_it_brought_back()
    {
        await using var server = await TestServer.StartAsync(platform);
        var author = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var nurse = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New() with { Profession = "60", Specialty = "" }));
        var record = (await author.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record;
        await author.DeclareAsync(record.RecordId);
        await nurse.DeclareAsync(record.RecordId);
        var document = await author.UploadAsync(
            record.RecordId, intent => intent.Metadata.Type = new Coding { System = "2.16.840.1.113883.6.1", Code = "11488-4" });
        Assert.Equal([document.DocumentId], await nurse.SearchIdsAsync(record.RecordId));

        var database = platform.Databases.AdminOf(server.Database);
        var seed = await ProcessAsync(database, "matrix", "export");
        Assert.Equal((0, ""), (seed.Code, seed.Error));
        var closing = await ProcessAsync(database, "matrix", "import", FileOf(ClosedToNurses(seed.Output)), "--name", "Sans infirmières");
        Assert.Equal((0, ""), (closing.Code, closing.Error));
        Assert.Empty(await nurse.SearchIdsAsync(record.RecordId));
        Assert.Equal([document.DocumentId], await author.SearchIdsAsync(record.RecordId));
        Assert.Contains("Sans infirmières", (await ProcessAsync(database, "matrix", "list")).Output, StringComparison.Ordinal);

        var old = await ProcessAsync(database, "matrix", "export", "--at", "2023-10-26T00:00:00Z");
        Assert.Equal(0, (await ProcessAsync(database, "matrix", "import", FileOf(old.Output), "--name", "back")).Code);
        Assert.Equal([document.DocumentId], await nurse.SearchIdsAsync(record.RecordId));
    }

    private static string ClosedToNurses(string matrix) =>
        string.Join('\n', matrix.Split('\n').Where(line => !line.StartsWith(NurseReadsNotes, StringComparison.Ordinal)));

    private static IEnumerable<string> Changes(Run run) =>
        run.Output.Split('\n').Where(line => line.Length > 1 && "+-~".Contains(line[0], StringComparison.Ordinal) && line[1] == ' ');

    private static async Task<string> ExportAsync(string connection, params string[] arguments)
    {
        var export = await RunAsync(connection, ["export", .. arguments]);
        Assert.Equal((0, ""), (export.Code, export.Error));
        return export.Output;
    }

    private static Task<Run> RunAsync(string connection, params string[] arguments) =>
        RunRawAsync(["matrix", .. arguments, "--connection", connection]);

    private static async Task<Run> RunRawAsync(params string[] arguments)
    {
        await using StringWriter output = new() { NewLine = "\n" };
        await using StringWriter error = new() { NewLine = "\n" };
        var code = await DmpCommand.RunAsync(arguments, output, error, Token);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>As an operator runs it.</summary>
    private static async Task<Run> ProcessAsync(string connection, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "dmp.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DMP_MIGRATION_CONNECTION"] = connection;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Token);
        var output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return new(process.ExitCode, output, await error);
    }

    private static async Task<object?> QueryAsync(string connection, string sql)
    {
        await using NpgsqlConnection database = new(connection);
        await database.OpenAsync(Token);
        await using NpgsqlCommand command = new(sql, database);
        return await command.ExecuteScalarAsync(Token);
    }

    private async Task<string> DatabaseAsync() => platform.Databases.AdminOf(await platform.Databases.CreateAsync());

    private string FileOf(string text)
    {
        var path = Path.Combine(directory, $"{Guid.CreateVersion7():N}.tsv");
        File.WriteAllText(path, text);
        return path;
    }

    private sealed record Run(int Code, string Output, string Error);
}
