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
            // Of one whose key was destroyed nothing is left to tell.
            var version = await vault.OpenAsync(row, ct);
            wishes.EmergencyContacts ??= version?.EmergencyContacts;
            wishes.OrganDonation ??= version?.OrganDonation;
            wishes.AdvanceDirectives ??= version?.AdvanceDirectives;
        }

        if (accepted is { } person
            && await vault.OpenAsync(person, person.TrustedPersonId, TrustedPerson.Parser, ct) is { } named)
        {
            wishes.TrustedPerson = person.ToMessage(access.Now);
            wishes.TrustedPerson.MergeFrom(named);
        }

        return new OpenWishes(wishes, await DocumentOfAsync(connection, access, wishes.AdvanceDirectives, ct));
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
