using System.Globalization;

namespace Dmp.Server.Data;

/// <summary>Etags: the revision of a row, in quotes (RFC 9110, 8.8.3). Opaque to callers.</summary>
internal static class Etag
{
    public static string Of(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");
}
