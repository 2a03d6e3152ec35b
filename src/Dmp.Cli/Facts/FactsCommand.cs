using System.CommandLine;
using System.Text;
using Dmp.Facts;
using Dmp.Facts.Model;
using Dmp.Fhir;

namespace Dmp.Cli.Facts;

/// <summary>
/// <c>dmp facts read</c>: what CDA and FHIR documents state, without a platform. <c>dmp facts status|unread|rebuild</c>: what the servers
/// read of theirs.
/// </summary>
internal static class FactsCommand
{
    private const int BeginningBytes = 2_048;
    private const string FhirNamespace = "\"http://hl7.org/fhir\"";

    public static Command Create()
    {
        var connection = OwnerConnection.Option();
        return new("facts", "What CDA documents of level 3 and FHIR documents state.")
        {
            connection, Read(), PlatformFactsCommand.Status(connection), PlatformFactsCommand.Unread(connection),
            PlatformFactsCommand.Rebuild(connection),
        };
    }

    private static Command Read()
    {
        var files = new Argument<FileInfo[]>("FILE")
        {
            Description = "CDA documents of level 3, or FHIR R4 documents.",
            Arity = ArgumentArity.OneOrMore,
        };
        files.AcceptExistingOnly();
        Command command = new("read", "Print what is read of files, without a platform, and what is not.") { files };
        command.SetAction(async (parsed, _) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var isWhole = true;
            foreach (var file in parsed.GetRequiredValue(files))
            {
                var reading = ReadFile(file);
                await output.WriteLineAsync(file.Name);
                foreach (var fact in reading.Facts)
                {
                    var indent = fact.Source.Within is null ? "" : "  ";
                    await output.WriteLineAsync($"  {fact.Source.Section,-8}  {FactWords.Kind(fact),-16}  {indent}{FactWords.Of(fact)}");
                }

                foreach (var unread in reading.Unread)
                {
                    var what = $"{unread.Count} of \"{unread.SectionTitle}\": {Reason(unread.Reason)}";
                    await output.WriteLineAsync($"  {unread.Section,-8}  {"not read",-16}  {what}");
                }

                if (reading.Failure is not null)
                {
                    await output.WriteLineAsync($"  ended: {reading.Failure}");
                    isWhole = false;
                }
            }

            return isWhole ? DmpCommand.Done : DmpCommand.Refused;
        });
        return command;
    }

    /// <summary>A CDA document, or a FHIR document when its beginning says so.</summary>
    public static FactReading ReadFile(FileInfo file)
    {
        using var stream = file.OpenRead();
        Span<byte> beginning = stackalloc byte[BeginningBytes];
        var text = Encoding.UTF8.GetString(beginning[..stream.ReadAtLeast(beginning, BeginningBytes, throwOnEndOfStream: false)])
            .TrimStart('\ufeff', ' ', '\t', '\r', '\n');
        stream.Position = 0;
        return text.StartsWith('{') || text.Contains(FhirNamespace, StringComparison.Ordinal)
            ? ReadFhir(stream)
            : CdaFactReader.Read(stream);
    }

    private static FactReading ReadFhir(Stream stream)
    {
        var result = FhirReader.ReadFactsAsync(stream).GetAwaiter().GetResult();
        return result.Faults.FirstOrDefault(fault => fault.IsRefusal) is { } refusal
            ? result.Reading with { Failure = $"{refusal.Path}: {refusal.Text}" }
            : result.Reading;
    }

    private static string Reason(UnreadReason reason) => reason switch
    {
        UnreadReason.OtherKind => "of another kind than is read",
        UnreadReason.NoProduct => "no product named",
        UnreadReason.TooLarge => "too large",
        UnreadReason.SaysNothing => "says nothing",
        UnreadReason.TextOnly => "words only, no entries",
        UnreadReason.Linked => "a picture, or a pointer to another document",
        _ => "more than are read",
    };
}
