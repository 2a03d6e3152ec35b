using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Google.Protobuf;
using Npgsql;

namespace Dmp.Server.Intake;

internal static class DepositedSql
{
    // document_version_sha256_idx finds the versions; the primary keys of document and record decide each. Row-level security leaves those
    // that the structure deposited.
    private const string Find =
        $"""
        select distinct v.sha256
        from document_version v
        join document d on d.document_id = v.document_id and d.record_id = v.record_id
        join record r on r.record_id = v.record_id
        where v.sha256 = any(@Sha256s)
            and v.depositor_structure_id = @StructureId
            and d.state <> 4
            and r.state = 1
            and {DocumentFilter.IsOwnInRecord}
            and not exists (
                select from block b
                where b.record_id = v.record_id
                    and b.unblock_time is null
                    and (b.actor_kind = 1 and b.actor_id = @ProfessionalId or b.actor_kind = 2 and b.actor_id = @StructureId)
            )
        """;

    private static readonly ScopedSql find = new(WorkRole.Deposits, Find);

    /// <summary>Those of the digests that are of contents which the caller's structure deposited, and which are the caller's own.</summary>
    public static async Task<HashSet<ByteString>> FindAsync(
        NpgsqlConnection connection, Caller caller, byte[][] sha256s, CancellationToken ct)
    {
        var scope = RowScope.OfDeposits(caller);
        var parameters = scope.Parameters(new
        {
            Sha256s = sha256s,
            caller.StructureId,
            caller.ProfessionalId,
            IsStructure = caller.Kind == CallerKind.Structure,
        });
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            find.For(scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        return [.. (await results.ReadAsync<byte[]>()).Select(digest => ByteString.CopyFrom(digest))];
    }
}
