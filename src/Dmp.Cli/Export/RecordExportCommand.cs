using System.CommandLine;
using System.Globalization;
using Dmp.Cli.Platform;
using Dmp.Xdm;

namespace Dmp.Cli.Export;

/// <summary>
/// <c>dmp export RECORD</c> and <c>dmp export verify FILE</c>: a whole record as an archive that can be verified without the platform.
/// </summary>
internal static class RecordExportCommand
{
    public static Command Create()
    {
        Argument<string> record = new("RECORD") { Description = "The record's id." };
        Option<string> output = new("--out")
        {
            Description = "Where to write. A file that is there is not written over.",
            HelpName = "FILE.zip",
            Required = true,
        };
        var checkpoint = Checkpoint();
        PlatformOptions platform = new();
        Command command = new(
            "export", "Export a whole record, as the caller may see it, as an archive that can be verified; see docs/export.md.")
        {
            record, output, checkpoint, Verify(),
        };
        platform.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            var path = parsed.GetRequiredValue(output);
            if (Path.Exists(path))
            {
                throw new RefusedException($"{path} is there already.");
            }

            var earlier = await NoteAsync(parsed.GetValue(checkpoint), ct);
            using var client = platform.Connect(parsed);
            var summary = await ExportAsync(
                client, parsed.GetRequiredValue(record), path, earlier, parsed.InvocationConfiguration.Error, ct);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(summary.AsMemory(), ct);
            return DmpCommand.Done;
        });
        return command;
    }

    private static Command Verify()
    {
        Argument<FileInfo> file = new("FILE.zip") { Description = "An archive of dmp export." };
        Option<string[]> keys =
            new("--key") { Description = "A public key of the platform's log to trust (vkey); may be repeated.", HelpName = "VKEY" };
        var checkpoint = Checkpoint();
        Command command = new(
            "verify", "Verify an archive without the platform: files, contents, and the proofs of the trace. Names each fault.")
        {
            file, keys, checkpoint,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var path = parsed.GetRequiredValue(file).FullName;
            var earlier = await NoteAsync(parsed.GetValue(checkpoint), ct);
            var trusted = parsed.GetValue(keys) ?? [];
            var writer = parsed.InvocationConfiguration.Output;
            try
            {
                using var tree = FileTree.Open(path);
                if (trusted.Length == 0 && tree.Files.ContainsKey(ExportManifest.Trace))
                {
                    throw new RefusedException("Which keys are to be trusted? Give --key. Never take them from the archive itself.");
                }

                return await new ArchiveCheck(tree, trusted, earlier, writer).RunAsync(ct) ? DmpCommand.Done : DmpCommand.Refused;
            }
            catch (XdmRefusedException damaged)
            {
                await writer.WriteLineAsync($"ArchiveDamaged {damaged.Fault.Place}: {damaged.Fault.Text}".AsMemory(), ct);
                return DmpCommand.Refused;
            }
            catch (FormatException malformed)
            {
                throw new RefusedException(malformed.Message);
            }
        });
        return command;
    }

    private static async Task<string> ExportAsync(
        PlatformClient client, string recordId, string path, string? earlierCheckpoint, TextWriter error, CancellationToken ct)
    {
        // The archive appears under its name only when it is whole. Half of one is of no use, and would be in the way of the next.
        var partial = $"{path}.part";
        FileStreamOptions options =
            new() { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            ExportManifest manifest;
            int files;
            await using (FileStream file = new(partial, options))
            {
                using (ArchiveWriter archive = new(file))
                {
                    manifest = await FillAsync(client, recordId, archive, partial, earlierCheckpoint, error, ct);
                    await archive.FinishAsync(manifest, ct);
                    files = archive.Files.Count;
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: false);
            foreach (var omission in manifest.Omitted)
            {
                await error.WriteLineAsync($"left out: {omission.Part} ({omission.Reason})".AsMemory(), ct);
            }

            return string.Create(CultureInfo.InvariantCulture, $"Exported {files} files of the record {recordId}.");
        }
        finally
        {
            // Nothing is left to delete after a success; medical content must not stay behind after a failure.
            File.Delete(partial);
        }
    }

    private static async Task<ExportManifest> FillAsync(
        PlatformClient client, string recordId, ArchiveWriter archive, string partial, string? earlierCheckpoint, TextWriter error,
        CancellationToken ct)
    {
        var start = DateTimeOffset.UtcNow;
        using DocumentSpool spool = new($"{partial}.documents");
        RecordExport export = new(client.Client, recordId, archive, spool, $"{partial}.content");
        string? note = null;
        await TransferBar.RunAsync(error, "Exporting", 1, async progress =>
        {
            await export.WriteAsync(bytes => progress.Add(bytes), progress.SetTotal, ct);
            note = await export.WriteTraceAsync(earlierCheckpoint, ct);
        });
        return new ExportManifest
        {
            Format = ExportManifest.FormatName,
            RecordId = recordId,
            Address = client.Address,
            Software = PlatformOptions.Software,
            StartTime = start,
            EndTime = DateTimeOffset.UtcNow,
            Checkpoint = note,
            Omitted = export.Omitted,
            Files = archive.Files,
        };
    }

    private static Option<FileInfo?> Checkpoint() => new("--checkpoint")
    {
        Description = "A checkpoint of the trace's log that you have kept: the log must continue it.",
        HelpName = "FILE",
    };

    private static async Task<string?> NoteAsync(FileInfo? file, CancellationToken ct)
    {
        if (file is null)
        {
            return null;
        }

        var note = await File.ReadAllTextAsync(file.FullName, ct);
        try
        {
            _ = Proofs.Checkpoint.Parse(note);
            return note;
        }
        catch (FormatException malformed)
        {
            throw new RefusedException($"{file}: {malformed.Message}");
        }
    }
}
