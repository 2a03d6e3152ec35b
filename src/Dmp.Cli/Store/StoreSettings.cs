using System.ComponentModel.DataAnnotations;
using Dmp.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dmp.Cli.Store;

/// <summary>The content stores as the server is told of them: a settings file, then the environment.</summary>
internal static class StoreSettings
{
    /// <summary>Null when they cannot be used, for the reasons in <paramref name="faults"/>, a sentence each.</summary>
    public static ContentOptions? Read(string? settingsFile, ContentStoreKind from, ContentStoreKind to, out IReadOnlyList<string> faults)
    {
        try
        {
            var options = Read(settingsFile) with { Store = to, Fallback = from };
            faults = [.. Faults(options, from)];
            return faults.Count == 0 ? options : null;
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or InvalidOperationException or FileNotFoundException)
        {
            faults = [unreadable.Message];
            return null;
        }
    }

    private static ContentOptions Read(string? settingsFile)
    {
        ConfigurationBuilder builder = new();
        if (settingsFile is not null)
        {
            builder.AddJsonFile(Path.GetFullPath(settingsFile), optional: false);
        }

        var configuration = builder.AddEnvironmentVariables().Build();
        var dataDirectory = configuration["Dmp:DataDirectory"] is { Length: > 0 } chosen ? chosen : DataDirectory.Default();
        ContentOptions options = new() { Directory = Path.Combine(dataDirectory, "content") };
        configuration.GetSection(ContentOptions.Section).Bind(options);
        return options;
    }

    private static IEnumerable<string> Faults(ContentOptions options, ContentStoreKind from)
    {
        List<ValidationResult> results = [];
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        foreach (var result in results)
        {
            yield return $"{ContentOptions.Section}: {result.ErrorMessage}";
        }

        foreach (var fault in S3OptionsRules.Faults(options))
        {
            yield return fault;
        }

        if (from == ContentStoreKind.Disk && !Directory.Exists(options.Directory))
        {
            // The store would make it, and every document would look lost.
            yield return $"{ContentOptions.Section}:Directory: there is no directory {options.Directory}.";
        }
    }

    public static async Task<IContentStore> OpenAsync(ContentStoreKind kind, ContentOptions options, CancellationToken ct)
    {
        var wrapped = Microsoft.Extensions.Options.Options.Create(options);
        if (kind == ContentStoreKind.Disk)
        {
            return new DiskContentStore(wrapped);
        }

        S3ContentStore store = new(wrapped, TimeProvider.System, NullLogger<S3ContentStore>.Instance);
        await store.RequireUsableAsync(ct);
        return store;
    }
}
