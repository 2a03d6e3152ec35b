using System.Globalization;
using Dmp.Proofs;

namespace Dmp.Cli.Audit;

/// <summary>Verifies an export file, of a record or of the whole log, without a database.</summary>
internal static class FileCheck
{
    public static async Task<int> RunAsync(
        FileInfo export, List<NoteVerifier> trusted, string? earlier, TextWriter output, CancellationToken ct)
    {
        if (trusted.Count == 0)
        {
            throw new RefusedException("Which keys are to be trusted? Give --key.");
        }

        TraceVerifier verifier = new(trusted.Select(key => key.Text));
        var isLog = await IsLogAsync(export, ct);
        await using var stream = export.OpenRead();
        try
        {
            return isLog
                ? await VerifyLogAsync(verifier, stream, earlier, output, ct)
                : await VerifyRecordAsync(verifier, stream, earlier, output, ct);
        }
        catch (FormatException malformed)
        {
            throw new RefusedException(malformed.Message);
        }
    }

    private static async Task<bool> IsLogAsync(FileInfo export, CancellationToken ct)
    {
        using var reader = export.OpenText();
        return await reader.ReadLineAsync(ct) is { } line && TraceVerifier.IsLogLine(line);
    }

    private static async Task<int> VerifyRecordAsync(
        TraceVerifier verifier, FileStream stream, string? earlier, TextWriter output, CancellationToken ct)
    {
        var result = await verifier.VerifyAsync(stream, earlier, cancellationToken: ct);
        await TellAsync(result.Faults, output, ct);
        var verdict = AuditCommand.Verdict(result.Faults.Count);
        await SayAsync(output, $"{result.EventCount} events of the record {result.RecordId}, {Log(result.Checkpoint)}: {verdict}", ct);
        return result.IsValid ? DmpCommand.Done : DmpCommand.Refused;
    }

    private static async Task<int> VerifyLogAsync(
        TraceVerifier verifier, FileStream stream, string? earlier, TextWriter output, CancellationToken ct)
    {
        var result = await verifier.VerifyLogAsync(stream, earlier, cancellationToken: ct);
        await TellAsync(result.Faults, output, ct);
        if (!result.CountsDocuments)
        {
            await SayAsync(output, $"note: made without --with-internals: that an event names all its documents is not proven", ct);
        }

        await output.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result.EventCount} events, {result.RetiredCount} retired; {result.LeafCount} leaves from {result.FromSize} on, "
                + $"{result.CheckpointCount} checkpoints, {Log(result.Checkpoint)}: "
                + $"{AuditCommand.Verdict(result.Faults.Count)}").AsMemory(),
            ct);
        return result.IsValid ? DmpCommand.Done : DmpCommand.Refused;
    }

    private static async Task TellAsync(IReadOnlyList<TraceFault> faults, TextWriter output, CancellationToken ct)
    {
        foreach (var fault in faults)
        {
            await SayAsync(output, $"{fault.Kind}{(fault.EventId.Length > 0 ? $" {fault.EventId}" : "")}: {fault.Message}", ct);
        }
    }

    private static string Log(Checkpoint? checkpoint) =>
        checkpoint is null
            ? "in no log"
            : string.Create(CultureInfo.InvariantCulture, $"in the log {checkpoint.Origin} of {checkpoint.Size}");

    private static Task SayAsync(TextWriter output, FormattableString text, CancellationToken ct) =>
        output.WriteLineAsync(text.ToString(CultureInfo.InvariantCulture).AsMemory(), ct);
}
