using Dmp.Server.Facts;
using Dmp.Storage;
using Dmp.Wishes.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace Dmp.Server.Wishes;

/// <summary>Seals and opens what patients state, with the key of the record.</summary>
internal sealed class WishVault(ContentVault vault)
{
    /// <summary>The message, sealed under an id of its own. The connection is for the record, in the transaction of the change.</summary>
    public async Task<(byte[] Content, Guid RecordKeyId)> SealAsync(
        NpgsqlConnection connection, Guid recordId, Guid id, IMessage message, CancellationToken ct)
    {
        using var key = await vault.KeyOfAsync(connection, recordId, ct);
        return (ContentVault.Seal(key, id, message.ToByteArray()), key.RecordKeyId);
    }

    /// <summary>The version of a statement; null when its key was destroyed.</summary>
    /// <exception cref="ContentDamagedException">It is not what was sealed.</exception>
    public async Task<WishVersion?> OpenAsync(WishRow row, CancellationToken ct)
    {
        WishVersion version = new()
        {
            Kind = (WishKind)row.Kind,
            State = (WishState?)row.EndState ?? WishState.Active,
            EndTime = row.EndTime?.ToTimestamp(),
        };
        switch (version.Kind)
        {
            case WishKind.EmergencyContacts when await OpenAsync(row, row.WishId, EmergencyContacts.Parser, ct) is { } contacts:
                version.EmergencyContacts = WishRules.Of(contacts, row);
                return version;
            case WishKind.OrganDonation when await OpenAsync(row, row.WishId, OrganDonation.Parser, ct) is { } donation:
                version.OrganDonation = WishRules.Of(donation, row);
                return version;
            case WishKind.AdvanceDirectives when await OpenAsync(row, row.WishId, AdvanceDirectives.Parser, ct) is { } directives:
                version.AdvanceDirectives = WishRules.Of(directives, row);
                return version;
            default:
                return null;
        }
    }

    /// <summary>What was sealed; null when its key was destroyed.</summary>
    /// <exception cref="ContentDamagedException">It is not what was sealed.</exception>
    public async Task<T?> OpenAsync<T>(SealedRow row, Guid id, MessageParser<T> parser, CancellationToken ct)
        where T : class, IMessage<T>
    {
        try
        {
            using var key = await vault.KeyOfAsync(FactSql.KeyOf(row.RecordId, row.RecordKeyId, row.MasterKeyId, row.WrappedKey), ct);
            return parser.ParseFrom(ContentVault.Open(key, id, row.Content));
        }
        catch (ContentErasedException)
        {
            // A second wall: whoever destroys a key forgets the statements with it (dmp keys destroy).
            return null;
        }
    }
}
