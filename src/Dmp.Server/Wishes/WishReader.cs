using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Wishes.V1;
using Npgsql;

namespace Dmp.Server.Wishes;

/// <summary>The wishes in force that a caller may read, with the document of the directives when it exists for the caller.</summary>
internal sealed record OpenWishes(GetWishesResponse Wishes, IReadOnlyList<TracedDocument> Documents);

/// <summary>Reads the wishes in force.</summary>
internal sealed class WishReader(WishVault vault)
{
    /// <summary>What is in force and open to the caller; nothing else is told from nothing.</summary>
    public async Task<OpenWishes> ReadAsync(NpgsqlConnection connection, RecordAccess access, CancellationToken ct)
    {
        GetWishesResponse wishes = new();
        var (rows, accepted) = await WishSql.ReadOpenAsync(connection, access, ct);
        foreach (var row in rows)
        {
            await AddAsync(wishes, row, ct);
        }

        if (accepted is { } person
            && await vault.OpenAsync(person, person.TrustedPersonId, TrustedPerson.Parser, ct) is { } named)
        {
            wishes.TrustedPerson = person.ToMessage(access.Now);
            wishes.TrustedPerson.MergeFrom(named);
        }

        return new OpenWishes(wishes, await DocumentOfAsync(connection, access, wishes.AdvanceDirectives, ct));
    }

    private async Task AddAsync(GetWishesResponse wishes, WishRow row, CancellationToken ct)
    {
        switch ((WishKind)row.Kind)
        {
            case WishKind.EmergencyContacts:
                wishes.EmergencyContacts = await vault.OpenAsync(row, row.WishId, EmergencyContacts.Parser, ct) is { } contacts
                    ? WishRules.Of(contacts, row)
                    : null;
                break;
            case WishKind.OrganDonation:
                wishes.OrganDonation = await vault.OpenAsync(row, row.WishId, OrganDonation.Parser, ct) is { } donation
                    ? WishRules.Of(donation, row)
                    : null;
                break;
            default:
                wishes.AdvanceDirectives = await vault.OpenAsync(row, row.WishId, AdvanceDirectives.Parser, ct) is { } directives
                    ? WishRules.Of(directives, row)
                    : null;
                break;
        }
    }

    /// <summary>The document, whose id is taken away where it does not exist for the caller any more.</summary>
    private static async Task<IReadOnlyList<TracedDocument>> DocumentOfAsync(
        NpgsqlConnection connection, RecordAccess access, AdvanceDirectives? directives, CancellationToken ct)
    {
        if (directives is null || !Guid.TryParse(directives.DocumentId, out var documentId))
        {
            return [];
        }

        var row = await DocumentSql.FindAsync(connection, access, documentId, version: 0, ct);
        if (row is { State: (short)Document.V1.DocumentStatus.Approved or (short)Document.V1.DocumentStatus.Archived })
        {
            return [row.Traced];
        }

        directives.DocumentId = "";
        return [];
    }
}
