using System.Security.Cryptography;
using System.Text;

namespace Dmp.Migrator;

/// <summary>One numbered SQL script.</summary>
internal sealed record Migration
{
    public required string Name { get; init; }

    public required string Sql { get; init; }

    /// <summary>
    /// SHA-256 of the text. Line ends are made equal first, so that a checkout with other line ends is the same migration.
    /// </summary>
    public string Checksum =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.Replace("\r\n", "\n", StringComparison.Ordinal))));
}
