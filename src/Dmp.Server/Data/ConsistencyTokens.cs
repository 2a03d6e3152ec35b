using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Npgsql;
using NpgsqlTypes;

namespace Dmp.Server.Data;

/// <summary>
/// Makes and reads consistency tokens (docs/consistency.md): a position, encrypted and authenticated like page tokens, good
/// for every caller and on every server.
/// </summary>
internal sealed class ConsistencyTokens(IDataProtectionProvider protection)
{
    /// <summary>Of the request and of the trailers of the answer.</summary>
    public const string MetadataName = "dmp-consistency-token";

    private const int Bytes = 16;
    private const int TokensMax = 16;
    private const int TokenCharactersMax = 512;

    private readonly IDataProtector protector = protection.CreateProtector("dmp.consistency-token.v1");

    public string Create(DatabasePosition position)
    {
        var plain = new byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(plain, position.Cluster);
        BinaryPrimitives.WriteUInt64BigEndian(plain.AsSpan(8), (ulong)position.Lsn);
        try
        {
            return WebEncoders.Base64UrlEncode(protector.Protect(plain));
        }
        catch (CryptographicException e) when (IsOfStorage(e))
        {
            // The change is done: its repeat answers it, with a token.
            throw Failures.Of(ErrorReason.StorageUnavailable);
        }
    }

    /// <summary>
    /// The latest of the tokens of a request, null when it has none. Returns why they cannot be used, null when they can.
    /// Several come as several fields or, as HTTP allows, as one with commas.
    /// </summary>
    public ErrorReason? Read(StringValues values, out DatabasePosition? latest)
    {
        latest = null;
        var count = 0;
        foreach (var token in values.SelectMany(
            value => value!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (++count > TokensMax || token.Length > TokenCharactersMax)
            {
                return ErrorReason.ConsistencyTokenInvalid;
            }

            byte[] plain;
            try
            {
                plain = protector.Unprotect(WebEncoders.Base64UrlDecode(token));
            }
            catch (CryptographicException e) when (IsOfStorage(e))
            {
                return ErrorReason.StorageUnavailable;
            }
            catch (Exception e) when (e is CryptographicException or FormatException)
            {
                return ErrorReason.ConsistencyTokenInvalid;
            }

            var position = new DatabasePosition(
                BinaryPrimitives.ReadInt64BigEndian(plain),
                new NpgsqlLogSequenceNumber(BinaryPrimitives.ReadUInt64BigEndian(plain.AsSpan(8))));
            if (latest is { } other && other.Cluster != position.Cluster)
            {
                return ErrorReason.ConsistencyTokenInvalid;
            }

            latest = latest is null || latest.Value.Lsn < position.Lsn ? position : latest;
        }

        return null;
    }

    // The keys are in the database, and the framework wraps whatever happens on the way to them.
    private static bool IsOfStorage(CryptographicException e) => e.InnerException is NpgsqlException or TimeoutException;
}
