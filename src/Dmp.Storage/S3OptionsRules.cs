using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Dmp.Storage;

/// <summary>Stops the server at start when its content store cannot be the one that is meant. A fault never repeats a secret.</summary>
public sealed partial class S3OptionsRules : IValidateOptions<ContentOptions>
{
    private const string Section = $"{ContentOptions.Section}:{nameof(ContentOptions.S3)}";

    public ValidateOptionsResult Validate(string? name, ContentOptions options)
    {
        var faults = Faults(options).ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    public static IEnumerable<string> Faults(ContentOptions options)
    {
        if (options.Fallback == options.Store)
        {
            yield return $"{ContentOptions.Section}:Fallback must be another store than {ContentOptions.Section}:Store.";
        }

        if (!options.Uses(ContentStoreKind.S3))
        {
            yield break;
        }

        foreach (var fault in Faults(options.S3))
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> Faults(S3Options options)
    {
        if (options.Bucket is null || !BucketName().IsMatch(options.Bucket))
        {
            yield return $"{Section}:Bucket must name a bucket: 3 to 63 lower-case letters, digits, dots and hyphens.";
        }

        if (string.IsNullOrEmpty(options.Endpoint))
        {
            if (string.IsNullOrEmpty(options.Region))
            {
                yield return $"{Section}:Region or {Section}:Endpoint must say where the bucket is.";
            }
        }
        else if (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var endpoint)
            || !(endpoint.Scheme == Uri.UriSchemeHttps || (endpoint.Scheme == Uri.UriSchemeHttp && endpoint.IsLoopback))
            || endpoint.UserInfo.Length > 0
            || endpoint.PathAndQuery != "/")
        {
            yield return $"{Section}:Endpoint must be an https address without user and path; http is for a loopback address only.";
        }

        if (!Prefix().IsMatch(options.Prefix))
        {
            yield return $"{Section}:Prefix must be empty, or end with a slash and begin without one: letters, digits, hyphens, dots, "
                + "underscores and slashes, at most 200.";
        }

        if (string.IsNullOrEmpty(options.AccessKey) != string.IsNullOrEmpty(options.SecretKey))
        {
            yield return $"{Section}:AccessKey and SecretKey go together.";
        }

        if (options.Timeout < TimeSpan.FromMilliseconds(100) || options.Timeout > TimeSpan.FromMinutes(5))
        {
            yield return $"{Section}:Timeout must be between 100 ms and 5 minutes.";
        }

        if (options.Retries is < 0 or > 10)
        {
            yield return $"{Section}:Retries must be 0 to 10.";
        }
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\\z")]
    private static partial Regex BucketName();

    [GeneratedRegex("^(?!/)([A-Za-z0-9._/-]{0,199}/)?\\z")]
    private static partial Regex Prefix();
}
