using System.Globalization;
using System.Security.Cryptography;
using Dmp.Codes;
using Dmp.Interactions;
using Dmp.Storage;
using Npgsql;

namespace Dmp.Cli.References;

/// <summary>
/// Published files become an edition, as they are: every server reads them itself. All of it is one transaction. What is odd in them and
/// what changes is printed before.
/// </summary>
internal sealed record ReferenceImport
{
    public const int NoticesMax = 20;
    private const int LinesMax = 20;

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Source { get; init; }

    /// <summary>What is stored, by what each file is in its edition.</summary>
    public required IReadOnlyDictionary<string, PublishedFile> Parts { get; init; }

    /// <summary>From when on it is in force; null: it is imported only.</summary>
    public required OperatorTime? Start { get; init; }

    /// <summary>Rows that cannot be read, or contradict others, are left out.</summary>
    public required bool AcceptFaults { get; init; }

    /// <summary>Every notice and every line that changes is printed.</summary>
    public required bool PrintAll { get; init; }

    public required bool DryRun { get; init; }

    public async Task RunAsync(NpgsqlConnection connection, TextWriter output, CancellationToken ct)
    {
        // Read once: what is looked at, digested and stored are the same bytes.
        var held = Hold();
        var read = ReadEdition.Of(Kind, Name, held);
        var files = held.Select(part => Store(part.Key, part.Value)).ToList();
        await WriteNoticesAsync(output, read.Notices, PrintAll ? int.MaxValue : NoticesMax);
        await output.WriteLineAsync($"{Kind} {Name}: {read.Summary}.");
        var faults = read.Notices.Count(notice => notice.IsFault);
        if (faults > 0 && !AcceptFaults)
        {
            throw new RefusedException(string.Create(
                CultureInfo.InvariantCulture,
                $"{faults} rows are wrong. Nothing is imported; --accept-faults leaves them out."));
        }

        var sha256 = PublishedDigest.Of(files.Select(file => (file.Name, file.Sha256)));
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (!DryRun)
        {
            await ReferenceSql.LockAsync(connection, ct);
        }

        DateTimeOffset? start = Start is null ? null : await StartAsync(connection, Start, ct);
        if (await ReferenceSql.FindAsync(connection, Kind, Name, ct) is { } known)
        {
            throw new RefusedException(known.Sha256.AsSpan().SequenceEqual(sha256)
                ? $"{Kind} {Name} is imported already, from the same files. To put it in force: dmp reference activate {Kind} {Name}"
                : $"{Kind} {Name} is imported already, from other files. An edition never changes: give this one another name.");
        }

        await CompareAsync(connection, output, read, start, ct);
        if (DryRun)
        {
            await output.WriteLineAsync("Dry run: nothing was changed.");
            return;
        }

        var edition = new ReferenceRow
        {
            EditionId = Guid.CreateVersion7(),
            Kind = Kind,
            Name = Name,
            Source = Source,
            Sha256 = sha256,
            LeftOut = faults,
            ImportTime = default,
        };
        await ReferenceSql.AddAsync(connection, edition, files, ct);
        if (read.Lists.Count > 0)
        {
            await ReferenceSql.AddListsAsync(connection, edition.EditionId, read.Lists, ct);
        }

        if (start is { } time)
        {
            await ReferenceSql.ActivateAsync(connection, edition.EditionId, time, ct);
        }

        // Not to be stopped half way, when nobody could say whether it happened.
        await transaction.CommitAsync(CancellationToken.None);
        await output.WriteLineAsync(start is { } effective
            ? $"Imported, in force from {OperatorTime.Write(effective)}."
            : $"Imported, not in force. To put it in force: dmp reference activate {Kind} {Name}");
    }

    public static async Task WriteNoticesAsync(TextWriter output, IReadOnlyList<ReadingNotice> notices, int noticesMax)
    {
        foreach (var notice in notices.OrderByDescending(notice => notice.IsFault).Take(noticesMax))
        {
            await output.WriteLineAsync($"{(notice.IsFault ? "wrong" : "odd"),-8}  {notice.File}:{notice.Line}  {notice.Text}");
        }

        if (notices.Count > noticesMax)
        {
            await output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"and {notices.Count - noticesMax} rows more; --all prints them"));
        }
    }

    /// <summary>An edition as it is stored: its files are read again, or its rows.</summary>
    /// <exception cref="RefusedException">Its files cannot be read any more.</exception>
    public static async Task<ReadEdition> ReadStoredAsync(NpgsqlConnection connection, ReferenceRow edition, CancellationToken ct) =>
        CodeKinds.All.ContainsKey(edition.Kind)
            ? ReadEdition.Of(edition.Kind, new CodeReading(await ReferenceSql.ListsAsync(connection, edition.EditionId, ct), []))
            : ReadEdition.Of(
                edition.Kind,
                edition.Name,
                (await ReferenceSql.FilesAsync(connection, edition.EditionId, ct)).ToDictionary(file => file.Part, file => file.Published));

    /// <summary>The files with their bytes in memory.</summary>
    private Dictionary<string, PublishedFile> Hold()
    {
        var isOfCodes = CodeKinds.All.ContainsKey(Kind);
        var (bytesMax, bytesOfAll) = (isOfCodes ? CodeFiles.EditionBytesMax : PackedFile.SizeMax, 0L);
        Dictionary<string, PublishedFile> held = [];
        foreach (var (part, file) in Parts)
        {
            using var stream = file.Open();
            bytesOfAll += stream.Length;
            if ((isOfCodes ? bytesOfAll : stream.Length) > bytesMax)
            {
                var what = isOfCodes ? "The files of an edition have" : "A file has";
                throw new RefusedException(string.Create(CultureInfo.InvariantCulture, $"{file.Name}: {what} more than {bytesMax} bytes."));
            }

            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            held[part] = new PublishedFile(file.Name, () => new MemoryStream(bytes, writable: false));
        }

        return held;
    }

    /// <summary>What is stored of a file: all of it, or what it measures where its rows are stored.</summary>
    private StoredFileRow Store(string part, PublishedFile file)
    {
        using var stream = file.Open();
        var packed = CodeKinds.All.ContainsKey(Kind) ? null : PackedFile.Of(stream);
        return new StoredFileRow
        {
            Part = part,
            Name = file.Name,
            SizeBytes = stream.Length,
            Sha256 = packed?.Sha256 ?? SHA256.HashData(stream),
            Content = packed?.Content,
        };
    }

    private async Task CompareAsync(
        NpgsqlConnection connection, TextWriter output, ReadEdition read, DateTimeOffset? start, CancellationToken ct)
    {
        var at = start ?? await ReferenceSql.NowAsync(connection, ct);
        if (await ReferenceSql.InForceAsync(connection, Kind, at, ct) is not { } before)
        {
            await output.WriteLineAsync("No edition of this kind is in force then.");
            return;
        }

        ReadEdition readBefore;
        try
        {
            readBefore = await ReadStoredAsync(connection, before, ct);
        }
        catch (RefusedException unreadable)
        {
            // An edition that cannot be read must not keep its successor out.
            await output.WriteLineAsync($"{before.Name}, which is in force then, cannot be read and is not compared: {unreadable.Message}");
            return;
        }

        await output.WriteLineAsync($"Compared with {before.Name}, which is in force then:");
        await EditionDiff.WriteAsync(output, readBefore, read, PrintAll ? int.MaxValue : LinesMax);
    }

    /// <summary>From when on an edition is in force, by the clock of the database.</summary>
    /// <exception cref="RefusedException">It lies in the past.</exception>
    public static async Task<DateTimeOffset> StartAsync(NpgsqlConnection connection, OperatorTime? start, CancellationToken ct)
    {
        var now = await ReferenceSql.NowAsync(connection, ct);
        return start?.Time is not { } time ? now
            : time >= now ? time
            : throw new RefusedException(
                $"{OperatorTime.Write(time)} is in the past (the database's clock says {OperatorTime.Write(now)}), and what was answered "
                + "until now was answered from the editions before. Give a later time, or now.");
    }
}
