using System.Globalization;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>
/// How long a test goes on: shortly with all the others, longer where its variable of the environment says so (CONTRIBUTING.md).
/// </summary>
internal static class Drill
{
    public static int Setting(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
