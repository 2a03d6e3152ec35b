using System.Buffers.Binary;
using System.Security.Cryptography;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Google.Protobuf;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;

namespace Dmp.Server.Data;

/// <summary>
/// Makes and reads page tokens: encrypted, authenticated, and good only for the same caller and the same query. The
/// position inside is the sort key of the last row of the page.
/// </summary>
internal sealed class PageTokens(IDataProtectionProvider protection)
{
    private readonly IDataProtector protector = protection.CreateProtector("dmp.page-token.v1");

    /// <summary>
    /// Makes a token. <paramref name="query"/> is the request without its page token.
    /// <paramref name="position"/> is at most a few dozen bytes.
    /// </summary>
    public string Create(Caller caller, IMessage query, ReadOnlySpan<byte> position)
    {
        var binding = Binding(caller, query);
        var plain = new byte[binding.Length + position.Length];
        binding.CopyTo(plain, 0);
        position.CopyTo(plain.AsSpan(binding.Length));
        return WebEncoders.Base64UrlEncode(protector.Protect(plain));
    }

    /// <summary>The position in a token; null for the first page. PAGE_TOKEN_INVALID for anything that is not ours.</summary>
    public byte[]? Read(string token, Caller caller, IMessage query)
    {
        if (token.Length == 0)
        {
            return null;
        }

        byte[] plain;
        try
        {
            plain = protector.Unprotect(WebEncoders.Base64UrlDecode(token));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw Failures.Of(ErrorReason.PageTokenInvalid);
        }

        var binding = Binding(caller, query);
        return plain.AsSpan().StartsWith(binding)
            ? plain[binding.Length..]
            : throw Failures.Of(ErrorReason.PageTokenInvalid);
    }

    /// <summary>A position that is a time (UTC ticks), a UUID and a number.</summary>
    public static byte[] Position(DateTimeOffset time, Guid id, int number = 0)
    {
        var position = new byte[28];
        BinaryPrimitives.WriteInt64BigEndian(position, time.UtcTicks);
        id.TryWriteBytes(position.AsSpan(8), bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(position.AsSpan(24), number);
        return position;
    }

    /// <summary>Reads what <see cref="Position(DateTimeOffset, Guid, int)"/> wrote.</summary>
    public static (DateTimeOffset Time, Guid Id, int Number) ReadPosition(ReadOnlySpan<byte> position) => (
        new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(position), TimeSpan.Zero),
        new Guid(position.Slice(8, 16), bigEndian: true),
        BinaryPrimitives.ReadInt32BigEndian(position[24..]));

    /// <summary>A position that is a UUID.</summary>
    public static byte[] Position(Guid id) => id.ToByteArray(bigEndian: true);

    /// <summary>Reads a token whose position is a UUID; null for the first page.</summary>
    public Guid? ReadId(string token, Caller caller, IMessage query) =>
        Read(token, caller, query) is { } position ? new Guid(position, bigEndian: true) : null;

    // The type of the query is part of it: two different queries can have the same bytes.
    private static byte[] Binding(Caller caller, IMessage query) =>
        RequestFingerprint.Of($"{query.Descriptor.FullName}|{caller.Key}", query);
}
