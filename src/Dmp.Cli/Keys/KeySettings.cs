using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dmp.Storage.Keys;

namespace Dmp.Cli.Keys;

/// <summary>
/// The options <c>--settings</c> and <c>--master-keys</c>: where the master keys are. The same section <c>Dmp:Keys</c> as the servers have
/// it, from a settings file and from variables <c>Dmp__Keys__...</c>, which win.
/// </summary>
internal sealed class KeySettings
{
    private const string Prefix = "Dmp__Keys__";
    private const string DirectoryVariable = "DMP_MASTER_KEYS";

    private static readonly JsonSerializerOptions json = new()
    {
        PropertyNameCaseInsensitive = true,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
        Converters = { new JsonStringEnumConverter() },
    };

    public Option<string?> File { get; } = new("--settings")
    {
        Description = "Settings file of a server (appsettings.json) with Dmp:Keys. Variables Dmp__Keys__... win, as for the server.",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string?> Directory { get; } = new("--master-keys")
    {
        Description = $"Directory of master keys in files, short for Dmp:Keys:Directory. Otherwise from {DirectoryVariable}.",
        HelpName = "DIR",
        Recursive = true,
    };

    public MasterKeySet Open(ParseResult parsed)
    {
        var options = Read(parsed.GetValue(File), parsed.GetValue(Directory));
        var faults = options.Faults().ToList();
        return faults.Count == 0
            ? MasterKeySet.Open(options)
            : throw new RefusedException($"Where are the master keys? {string.Join(' ', faults)} Give --settings or --master-keys.");
    }

    internal static MasterKeyOptions Read(string? file, string? directory)
    {
        try
        {
            var section = file is null ? [] : Section(System.IO.File.ReadAllBytes(file));
            foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            {
                if (variable.Key is string name && name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                {
                    Set(section, name[Prefix.Length..].Split("__"), (string?)variable.Value);
                }
            }

            if ((directory ?? Environment.GetEnvironmentVariable(DirectoryVariable)) is { Length: > 0 } given)
            {
                Set(section, [nameof(MasterKeyOptions.Directory)], given);
            }

            return section.Deserialize<MasterKeyOptions>(json)!;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or UriFormatException)
        {
            // The message may repeat a value, and a PIN is one.
            throw new RefusedException(
                $"The settings of {MasterKeyOptions.Section} cannot be read{(file is null ? "" : $" from {file}")}.");
        }
    }

    private static JsonObject Section(byte[] settings)
    {
        JsonNode? node = JsonNode.Parse(
            settings, documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        foreach (var name in MasterKeyOptions.Section.Split(':'))
        {
            node = node is JsonObject parent ? Member(parent, name) : null;
        }

        return node is JsonObject section ? section.DeepClone().AsObject() : [];
    }

    private static JsonNode? Member(JsonObject parent, string name) =>
        parent.FirstOrDefault(member => string.Equals(member.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

    private static void Set(JsonObject section, ReadOnlySpan<string> path, string? value)
    {
        var asked = path[0];
        var name = section.Select(member => member.Key)
            .FirstOrDefault(key => string.Equals(key, asked, StringComparison.OrdinalIgnoreCase), asked);
        if (path.Length == 1)
        {
            section[name] = value;
            return;
        }

        if (section[name] is not JsonObject inner)
        {
            section[name] = inner = [];
        }

        Set(inner, path[1..], value);
    }
}
