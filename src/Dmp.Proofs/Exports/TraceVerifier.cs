using System.Runtime.CompilerServices;
using System.Text;
using Dmp.Audit.V1;
using Google.Protobuf;

namespace Dmp.Proofs;

/// <summary>
/// Checks an export of a record's trace, or of the whole log, without the platform: that each event is what was committed to and signed
/// when it was written, and that it is in the log of a signed checkpoint. That the platform left nothing out of a record's export it cannot
/// tell: see docs/trace.md.
/// </summary>
public sealed class TraceVerifier
{
    /// <summary>Most faults that are told.</summary>
    public const int FaultsMax = 1000;

    // A message may come from a newer platform; what is committed is checked in any case.
    private static readonly JsonParser parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    private readonly List<NoteVerifier> keys;

    /// <summary>Makes a verifier.</summary>
    /// <param name="trustedKeys">
    /// The public keys of the platform's log (vkeys), also earlier ones, from a source you trust: the platform's publication, a witness,
    /// your own notes. Not from the export itself.
    /// </param>
    /// <exception cref="FormatException">One is no verifier key.</exception>
    public TraceVerifier(params IEnumerable<string> trustedKeys)
    {
        ArgumentNullException.ThrowIfNull(trustedKeys);
        keys = [.. trustedKeys.Select(NoteVerifier.Parse)];
        if (keys.Count == 0)
        {
            throw new ArgumentException("Without a trusted key nothing can be verified.", nameof(trustedKeys));
        }
    }

    /// <summary>Checks an export file: JSON lines of <see cref="ExportRecordEventsResponse"/>. Memory stays constant.</summary>
    /// <param name="export">The file.</param>
    /// <param name="earlierCheckpoint">The note of a checkpoint that you have kept: the log must continue it. Null for none.</param>
    /// <param name="onEvent">Told of each event that is good, with what the export shows of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong, or that nothing is.</returns>
    /// <exception cref="FormatException">The earlier checkpoint is none, or not signed by a trusted key.</exception>
    public Task<TraceVerification> VerifyAsync(
        Stream export, string? earlierCheckpoint = null, Action<AuditEvent>? onEvent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(export);
        return VerifyAsync(ReadAsync<ExportRecordEventsResponse>(export, cancellationToken), earlierCheckpoint, onEvent, cancellationToken);
    }

    /// <summary>Checks an export as it comes.</summary>
    /// <param name="export">The messages of the export.</param>
    /// <param name="earlierCheckpoint">The note of a checkpoint that you have kept: the log must continue it. Null for none.</param>
    /// <param name="onEvent">Told of each event that is good, with what the export shows of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong, or that nothing is.</returns>
    /// <exception cref="FormatException">The earlier checkpoint is none, or not signed by a trusted key.</exception>
    public async Task<TraceVerification> VerifyAsync(
        IAsyncEnumerable<ExportRecordEventsResponse> export,
        string? earlierCheckpoint = null,
        Action<AuditEvent>? onEvent = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(export);
        var check = new ExportCheck(keys, ParseEarlier(earlierCheckpoint), onEvent);
        try
        {
            await foreach (var message in export.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                check.Accept(message);
            }
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or InvalidJsonException)
        {
            check.Add(TraceFaultKind.Incomplete, "", $"A line of the export cannot be read: {malformed.Message}");
        }

        return check.Finish();
    }

    /// <summary>
    /// Checks an export of the whole log (<c>dmp audit export</c>), JSON lines of <see cref="LogExportLine"/>: every leaf, event and
    /// checkpoint, in one pass. Memory stays constant.
    /// </summary>
    /// <param name="export">The file, or whatever it streams in from. Not disposed.</param>
    /// <param name="earlierCheckpoint">
    /// The note of a checkpoint that you have kept: the log must continue it. An export that begins at its size continues what you verified
    /// then.
    /// </param>
    /// <param name="onEvent">Told of each event that is as it was signed, with what the export shows of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong, or that nothing is.</returns>
    /// <exception cref="FormatException">The earlier checkpoint is none, or not signed by a trusted key.</exception>
    public async Task<LogVerification> VerifyLogAsync(
        Stream export, string? earlierCheckpoint = null, Action<AuditEvent>? onEvent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(export);
        var check = new LogExportCheck(keys, ParseEarlier(earlierCheckpoint), onEvent);
        try
        {
            await foreach (var line in ReadAsync<LogExportLine>(export, cancellationToken).ConfigureAwait(false))
            {
                check.Accept(line);
            }
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or InvalidJsonException)
        {
            check.Add(TraceFaultKind.Incomplete, "", $"A line of the export cannot be read: {malformed.Message}");
        }

        return check.Finish();
    }

    /// <summary>Whether a file begins as an export of the whole log, and not as one of a record.</summary>
    internal static bool IsLogLine(string line)
    {
        try
        {
            return parser.Parse<LogExportLine>(line).PartCase is
                LogExportLine.PartOneofCase.Log or LogExportLine.PartOneofCase.Leaf or LogExportLine.PartOneofCase.Checkpoint;
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or InvalidJsonException)
        {
            return false;
        }
    }

    /// <summary>Writes a message as a line of an export of the whole log.</summary>
    internal static string ToLine(LogExportLine message) => JsonFormatter.Default.Format(message);

    /// <summary>Writes a message as a line of an export file.</summary>
    /// <param name="message">The message.</param>
    /// <returns>The line, without its end.</returns>
    public static string ToLine(ExportRecordEventsResponse message) => JsonFormatter.Default.Format(message);

    private static async IAsyncEnumerable<T> ReadAsync<T>(Stream export, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : IMessage, new()
    {
        using StreamReader reader = new(export, Encoding.UTF8, leaveOpen: true);
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length > 0)
            {
                yield return parser.Parse<T>(line);
            }
        }
    }

    private Checkpoint? ParseEarlier(string? note)
    {
        if (note is null)
        {
            return null;
        }

        var checkpoint = Checkpoint.Parse(note);
        return checkpoint.IsSignedBy(keys)
            ? checkpoint
            : throw new FormatException("The earlier checkpoint is not signed by a trusted key.");
    }
}
