using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;

namespace Dmp.Server.Events;

/// <summary>
/// A place in the feed: everything up to the position was told. <see cref="Binding"/> is the caller (first half) with the filter (second
/// half); <see cref="View"/> is what decides, beside consents, what the caller sees as a whole. 56 bytes, always.
/// </summary>
internal sealed record FeedPlace(long Position, byte[] Binding, byte[] View)
{
    public const int HalfBytes = 16;

    /// <summary>What a place must be bound to, to be used by this caller with this filter.</summary>
    public static byte[] BindingOf(Caller caller, FeedQuery query) =>
        [.. HolderOf(caller), .. RequestFingerprint.Of("dmp.feed.filter", query.ToMessage()).AsSpan(0, HalfBytes)];

    /// <summary>The caller's half of a binding.</summary>
    public static byte[] HolderOf(Caller caller) => Half($"{caller.Kind}|{caller.Key}");

    /// <summary>
    /// A new matrix, another profession, other persons represented: each changes what is visible without a change of any record, so that
    /// the whole must be listed anew.
    /// </summary>
    public static byte[] ViewOf(Caller caller, Guid? matrixId) => Half(string.Join(
        '|',
        [
            matrixId?.ToString() ?? "",
            caller.ProfessionSystem ?? "",
            caller.ProfessionCode ?? "",
            caller.IsOccupationalPhysician.ToString(CultureInfo.InvariantCulture),
            .. FeedSql.InsOf(caller).Order(StringComparer.Ordinal),
        ]));

    public bool IsHeldBy(Caller caller) => Binding.AsSpan(0, HalfBytes).SequenceEqual(HolderOf(caller));

    private static byte[] Half(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text))[..HalfBytes];
}

/// <summary>
/// Makes and reads resume tokens: places, encrypted and authenticated, of constant length. Keys are kept as those of page tokens.
/// </summary>
internal sealed class FeedTokens(IDataProtectionProvider protection)
{
    private const int ViewStart = 2 * FeedPlace.HalfBytes;
    private const int PositionStart = ViewStart + FeedPlace.HalfBytes;
    private const int TokenCharactersMax = 1000;

    private readonly IDataProtector protector = protection.CreateProtector("dmp.feed-token.v1");

    public string Create(FeedPlace place)
    {
        var plain = new byte[PositionStart + sizeof(long)];
        place.Binding.CopyTo(plain, 0);
        place.View.CopyTo(plain, ViewStart);
        BinaryPrimitives.WriteInt64BigEndian(plain.AsSpan(PositionStart), place.Position);
        return WebEncoders.Base64UrlEncode(protector.Protect(plain));
    }

    /// <summary>The place in a token. FEED_TOKEN_INVALID for what is not ours; whose it is must be asked of the place.</summary>
    public FeedPlace Read(string token)
    {
        byte[] plain;
        try
        {
            plain = token.Length <= TokenCharactersMax ? protector.Unprotect(WebEncoders.Base64UrlDecode(token)) : [];
        }
        catch (Exception e)
            when (e is FormatException || e is CryptographicException { InnerException: not (Npgsql.NpgsqlException or TimeoutException) })
        {
            throw Invalid();
        }

        return plain.Length == PositionStart + sizeof(long)
            ? new FeedPlace(
                BinaryPrimitives.ReadInt64BigEndian(plain.AsSpan(PositionStart)), plain[..ViewStart], plain[ViewStart..PositionStart])
            : throw Invalid();
    }

    public static Grpc.Core.RpcException Invalid() => Failures.Of(ErrorReason.FeedTokenInvalid);
}
