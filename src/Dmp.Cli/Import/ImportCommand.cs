using System.CommandLine;
using System.Globalization;
using Dmp.Cli.Platform;
using Dmp.Xdm;

namespace Dmp.Cli.Import;

/// <summary>
/// <c>dmp import SOURCE</c>: the documents of a directory, ZIP file or IHE XDM package, each into the record of its patient.
/// </summary>
internal static class ImportCommand
{
    private const int StreamsMax = 64;

    public static Command Create()
    {
        Argument<string> source = new("SOURCE") { Description = "A directory, a ZIP file, or an IHE XDM package as either of them." };
        PlatformOptions platform = new();
        Option<int> streams =
            new("--streams") { Description = "How many documents travel at once.", HelpName = "N", DefaultValueFactory = _ => 4 };
        streams.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && (!int.TryParse(text, CultureInfo.InvariantCulture, out var count) || count is < 1 or > StreamsMax))
            {
                result.AddError($"--streams is a number from 1 to {StreamsMax}.");
            }
        });
        Option<string?> record = new("--record")
        {
            Description = "Add all documents to this record, whoever the patient. Needed by patients, and for documents without an INS.",
            HelpName = "ID",
        };
        Option<string?> resume =
            new("--resume") { Description = "Resume file. Default: NAME.dmp-import.jsonl in the current directory.", HelpName = "FILE" };
        Option<string?> reportFile =
            new("--report") { Description = "Report as CSV. Default: NAME.dmp-report.csv in the current directory.", HelpName = "FILE" };
        Option<string> zone = new("--time-zone")
        {
            Description = "Time zone of times without an offset in sidecars (IANA name; DMP_TIME_ZONE). Default: Europe/Paris.",
            HelpName = "NAME",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DMP_TIME_ZONE") is { Length: > 0 } name ? name : "Europe/Paris",
        };
        zone.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } name && !TimeZoneInfo.TryFindSystemTimeZoneById(name, out _))
            {
                result.AddError($"There is no time zone {name}.");
            }
        });
        Option<bool> dryRun =
            new("--dry-run") { Description = "Read everything and ask the platform whether it would be taken; send and store nothing." };
        Command command = new(
            "import", "Add the documents of a directory, ZIP file or IHE XDM package. Stopped anywhere, the same command goes on; "
                + "see docs/import.md.")
        {
            source, streams, record, zone, resume, reportFile, dryRun,
        };
        platform.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            var path = parsed.GetRequiredValue(source);
            var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
            if (!Path.Exists(path))
            {
                throw new RefusedException($"There is no {path}.");
            }

            using var client = platform.Connect(parsed);
            Import import = new(
                parsed.GetValue(streams), parsed.GetValue(record), TimeZoneInfo.FindSystemTimeZoneById(parsed.GetValue(zone)!),
                parsed.GetValue(dryRun));
            return await import.RunAsync(
                client,
                path,
                parsed.GetValue(resume) ?? $"{name}.dmp-import.jsonl",
                parsed.GetValue(reportFile) ?? $"{name}.dmp-report.csv",
                parsed.InvocationConfiguration,
                ct);
        });
        return command;
    }

    private sealed record Import(int Streams, string? Record, TimeZoneInfo Clock, bool IsDryRun)
    {
        public async Task<int> RunAsync(
            PlatformClient client, string path, string resume, string reportPath, InvocationConfiguration streams, CancellationToken ct)
        {
            try
            {
                using var tree = FileTree.Open(path);
                await using var ledger = IsDryRun ? null : await ImportLedger.OpenAsync(resume, client.Address, client.ClientId, ct);
                await using ImportReport report = new(reportPath);
                ImportRun run = new(client, tree, ledger, report, Streams);
                List<PlannedDocument> planned = [];
                var rootName = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
                var total = (double)tree.Files.Values.Sum(file => file.Length);
                await TransferBar.RunAsync(
                    streams.Error, "Reading", total, async progress => planned = await PlanAsync(tree, rootName, progress, ct));
                await TransferBar.RunAsync(
                    streams.Error, IsDryRun ? "Checking" : "Sending", total, progress => run.SendAsync(planned, progress, ct));
                await streams.Output.WriteLineAsync(Summary(report).AsMemory(), ct);
                await streams.Error.WriteLineAsync($"Report: {reportPath}".AsMemory(), ct);
                return report[ImportResult.Failed] > 0
                    ? DmpCommand.Failed
                    : report[ImportResult.Refused] > 0 ? DmpCommand.Refused : DmpCommand.Done;
            }
            catch (XdmRefusedException refused)
            {
                throw new RefusedException($"{path}: {refused.Fault.Code}: {refused.Message}");
            }
        }

        private async Task<List<PlannedDocument>> PlanAsync(FileTree tree, string rootName, TransferBar progress, CancellationToken ct)
        {
            if (XdmPackage.IsPackage(tree, rootName))
            {
                PackagePlan package = new(tree, rootName);
                return PackagePlan.AllOrNone(await EachAsync(
                    package.Candidates, package.PlanAsync, document => document.File?.Length ?? 0, progress, ct));
            }

            FolderPlan folder = new(tree, Clock);
            return [.. await EachAsync([.. folder.Candidates], folder.PlanAsync, file => file.Length, progress, ct), .. folder.Links];
        }

        private async Task<List<PlannedDocument>> EachAsync<T>(
            IReadOnlyList<T> candidates, Func<T, CancellationToken, Task<PlannedDocument>> plan, Func<T, long> size, TransferBar progress,
            CancellationToken ct)
        {
            var planned = new PlannedDocument[candidates.Count];
            ParallelOptions parallel =
                new() { MaxDegreeOfParallelism = Math.Min(Streams, Environment.ProcessorCount), CancellationToken = ct };
            await Parallel.ForAsync(0, planned.Length, parallel, async (index, stop) =>
            {
                var document = await plan(candidates[index], stop);
                planned[index] = Record is null ? document : document with { RecordId = Record };
                progress.Add(size(candidates[index]));
            });
            return [.. planned];
        }

        private static string Summary(ImportReport report) => string.Join(", ", Enum.GetValues<ImportResult>()
            .Where(result => report[result] > 0)
            .Select(result => string.Create(CultureInfo.InvariantCulture, $"{report[result]} {result.ToString().ToLowerInvariant()}"))
            .DefaultIfEmpty("no documents")) + ".";
    }
}
