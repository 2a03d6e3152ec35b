using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using CsvHelper.Configuration.Attributes;
using Dmp.Client;
using Dmp.Type.V1;

namespace Dmp.Cli.Import;

/// <summary>The report: one line of CSV (RFC 4180, UTF-8) for each file, as it is decided.</summary>
internal sealed class ImportReport : IAsyncDisposable
{
    private readonly CsvWriter csv;
    private readonly int[] counts = new int[Enum.GetValues<ImportResult>().Length];

    public ImportReport(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        csv = new CsvWriter(
            new StreamWriter(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), options),
            new CsvConfiguration(CultureInfo.InvariantCulture)
            {
                // The name of a file may begin with '=', and a spreadsheet would calculate with it.
                InjectionOptions = InjectionOptions.Escape,
                NewLine = "\r\n",
            });
        csv.WriteHeader<Row>();
        csv.NextRecord();
    }

    public int this[ImportResult result] => counts[(int)result];

    public Task AddAsync(
        PlannedDocument document, ImportResult result, ImportOutcome? outcome = null, string reason = "", string message = "")
    {
        var error = outcome?.Error;
        return AddAsync(result, new Row(
            document.Key,
            result.ToString().ToLowerInvariant(),
            outcome?.Document?.DocumentId ?? "",
            outcome?.Document is { Version: var version } ? version : null,
            document.RecordId,
            reason.Length > 0 ? reason : error is { Reason.Length: > 0 } ? error.Reason : error?.StatusCode.ToString() ?? "",
            message.Length > 0 ? message : Line(error?.Message ?? ""),
            string.Join("; ", document.Warnings.Concat(outcome?.Warnings ?? []).Select(Text).Distinct(StringComparer.Ordinal)),
            error?.ServerRequestId ?? ""));
    }

    public Task AddAsync(PlannedDocument document, ImportLedger.Entry known) => AddAsync(ImportResult.Already, new Row(
        document.Key,
        "already",
        known.DocumentId!,
        known.Version,
        known.RecordId,
        "",
        "Added by an earlier run.",
        "",
        ""));

    public ValueTask DisposeAsync() => csv.DisposeAsync();

    private async Task AddAsync(ImportResult result, Row row)
    {
        counts[(int)result]++;
        csv.WriteRecord(row);
        await csv.NextRecordAsync();

        // Whoever follows the file, or finds it after a crash, sees whole lines.
        await csv.FlushAsync();
    }

    private static string Text(Warning warning) => $"{warning.Field}: {warning.Description}";

    private static string Line(string text) =>
        string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private sealed record Row(
        [property: Name("file")] string File,
        [property: Name("outcome")] string Outcome,
        [property: Name("document_id")] string DocumentId,
        [property: Name("version")] int? Version,
        [property: Name("record_id")] string RecordId,
        [property: Name("reason")] string Reason,
        [property: Name("message")] string Message,
        [property: Name("warnings")] string Warnings,
        [property: Name("server_request_id")] string ServerRequestId);
}
