using Dapper;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>A submission set to be inserted; the columns of <c>submission_set</c>.</summary>
internal sealed record NewSubmissionSet
{
    public required Guid SubmissionSetId { get; init; }

    public required Guid RecordId { get; init; }

    public required string UniqueId { get; init; }

    public required short DepositorKind { get; init; }

    public required string? DepositorProfessionalId { get; init; }

    public required string? DepositorStructureId { get; init; }

    public required string DepositorKey { get; init; }

    public required byte[] Depositor { get; init; }

    public required byte[] Metadata { get; init; }

    public required byte[]? Signature { get; init; }

    public required DateTimeOffset CreateTime { get; init; }
}

internal static class NewSubmissionSetSql
{
    private const string Insert =
        """
        insert into submission_set (
            submission_set_id, record_id, unique_id, depositor_kind, depositor_professional_id, depositor_structure_id, depositor_key,
            depositor, metadata, signature, create_time)
        select *
        from unnest(
            @SubmissionSetId::uuid[], @RecordId::uuid[], @UniqueId::text[], @DepositorKind::smallint[], @DepositorProfessionalId::text[],
            @DepositorStructureId::text[], @DepositorKey::text[], @Depositor::bytea[], @Metadata::bytea[], @Signature::bytea[],
            @CreateTime::timestamptz[])
        """;

    // submission_set_unique_id_key for each, as for the unique ids of uploads.
    private const string TakenUniqueIds =
        """
        select n.request_id
        from unnest(@RequestIds::uuid[], @RecordIds::uuid[], @UniqueIds::text[]) n (request_id, record_id, unique_id)
        where exists (
            select from submission_set s
            where s.record_id = n.record_id
                and s.depositor_key = @DepositorKey
                and s.unique_id = n.unique_id
            offset 0
        )
        """;

    public static NpgsqlBatchCommand ToInsert(IReadOnlyList<NewSubmissionSet> sets) =>
        new NpgsqlBatchCommand(Insert)
            .With("SubmissionSetId", sets, row => row.SubmissionSetId)
            .With("RecordId", sets, row => row.RecordId)
            .With("UniqueId", sets, row => row.UniqueId)
            .With("DepositorKind", sets, row => row.DepositorKind)
            .With("DepositorProfessionalId", sets, row => row.DepositorProfessionalId)
            .With("DepositorStructureId", sets, row => row.DepositorStructureId)
            .With("DepositorKey", sets, row => row.DepositorKey)
            .With("Depositor", sets, row => row.Depositor)
            .With("Metadata", sets, row => row.Metadata)
            .With("Signature", sets, row => row.Signature)
            .With("CreateTime", sets, row => row.CreateTime);

    /// <summary>Request ids of the sets whose unique id the same depositor has used in the record.</summary>
    public static async Task<HashSet<Guid>> FindTakenUniqueIdsAsync(
        NpgsqlConnection connection, Caller caller, IReadOnlyList<SubmissionSetPlan> sets, CancellationToken ct) => sets.Count == 0
        ? []
        : [.. await connection.QueryAsync<Guid>(new CommandDefinition(
            TakenUniqueIds,
            new
            {
                DepositorKey = caller.DepositorKey,
                RequestIds = sets.Select(set => set.RequestId).ToArray(),
                RecordIds = sets.Select(set => set.RecordId).ToArray(),
                UniqueIds = sets.Select(set => set.Metadata.UniqueId).ToArray(),
            },
            cancellationToken: ct))];
}
