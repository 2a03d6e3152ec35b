using Dapper;
using Dmp.Notice.V1;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Notices;

/// <summary>What a change says that counts for notices.</summary>
internal sealed record ChangeRow
{
    public required long Position { get; init; }

    /// <summary>The last position of the same commit.</summary>
    public required long CommitPosition { get; init; }

    public required DateTimeOffset EventTime { get; init; }

    public required string Kind { get; init; }

    public required Guid RecordId { get; init; }

    public Guid? DocumentId { get; init; }

    /// <summary>Done in a secret connection.</summary>
    public required bool HiddenFromRepresentatives { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Type.V1.ActorKind"/>; null: the platform.</summary>
    public short? MadeByKind { get; init; }

    public string? MadeById { get; init; }

    public DateTimeOffset? WasPatientVisibleTime { get; init; }

    public bool? WasHiddenFromRepresentatives { get; init; }
}

/// <summary>What a record is like when a notice is made, and the document that it is about.</summary>
internal sealed record NoticeFacts
{
    public required bool IsOpen { get; init; }

    public required bool HasEmail { get; init; }

    /// <summary>A minor, or an adult under guardianship.</summary>
    public required bool IsRepresented { get; init; }

    /// <summary>Kinds that the patient switched off.</summary>
    public required short[] EmailOff { get; init; }

    public required short[] WebhookOff { get; init; }

    public required bool DocumentExists { get; init; }

    public DateTimeOffset? PatientVisibleTime { get; init; }

    public bool HiddenFromRepresentatives { get; init; }

    /// <summary>A later change reveals the document: that one tells.</summary>
    public required bool IsRevealedLater { get; init; }

    public short[] OffOn(NoticeChannel channel) => channel == NoticeChannel.Email ? EmailOff : WebhookOff;
}

/// <summary>A notice that is to be made.</summary>
internal sealed record NewNotice
{
    public required Guid NoticeId { get; init; }

    public required Guid RecordId { get; init; }

    public required NoticeKind Kind { get; init; }

    public required DateTimeOffset EventTime { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>The attending physician to be told; empty: the patient's side.</summary>
    public string ProfessionalId { get; init; } = "";

    public required bool Secret { get; init; }

    public required string Source { get; init; }

    public required long SourcePosition { get; init; }
}

/// <summary>Making notices, in a transaction of the role that each function names.</summary>
internal static class NoticeSql
{
    // Served by notice_source_pkey. Locks the row until the transaction ends; a second server finds nothing and comes back later.
    private const string Claim =
        """
        select source
        from notice_source
        where source = @Source
        for update skip locked
        """;

    // The end of notice_step_pkey, as it is once the row above is locked.
    private const string Reached = "select max(position) from notice_step where source = @Source";

    // A row more, and none that changes: old versions of one row would be read again each time while somebody keeps an old snapshot.
    private const string Advance = "insert into notice_step (source, position) values (@Source, @Position)";

    private const string ForgetSteps =
        """
        delete from notice_step old
        where old.position < (select max(position) from notice_step where source = old.source)
        """;

    // Served by change_pkey.
    private const string ReadChanges =
        """
        select position, commit_position, event_time, kind, record_id, document_id, hidden_from_representatives, made_by_kind, made_by_id,
            was_patient_visible_time, was_hidden_from_representatives
        from change
        where position > @After
        order by position
        limit @Limit
        """;

    // Served by record_pkey, notice_preference_pkey, document_pkey and change_revealed_idx, which holds revelations alone.
    private const string FindFacts =
        $"""
        select r.state = 1 as is_open,
            r.email is not null as has_email,
            {Majority.IsRepresented} as is_represented,
            coalesce(p.email_off, array[]::smallint[]) as email_off,
            coalesce(p.webhook_off, array[]::smallint[]) as webhook_off,
            d.document_id is not null as document_exists,
            d.patient_visible_time,
            coalesce(d.hidden_from_representatives, false) as hidden_from_representatives,
            @DocumentId::uuid is not null and exists (
                select from change later
                where later.record_id = r.record_id
                    and later.position > @Position
                    and later.document_id = @DocumentId
                    and later.kind = 'DOCUMENT_REVEALED'
            ) as is_revealed_later
        from record r
        left join notice_preference p on p.record_id = r.record_id
        left join document d on d.document_id = @DocumentId and d.record_id = r.record_id
        where r.record_id = @RecordId
        """;

    // Served by consent_living_key, notice_contact_pkey and block_living_key.
    private const string ListAttending =
        $"""
        select distinct c.actor_id
        from consent c
        join record r on r.record_id = c.record_id
        join notice_contact n on n.professional_id = c.actor_id
        where c.record_id = @RecordId
            and c.revoke_time is null
            and c.actor_kind = 1
            and c.attending_physician
            and c.expire_time > @Now
            and {Majority.IsApproved}
            and c.actor_id is distinct from @MadeById
            and not exists (
                select from block b
                where b.record_id = c.record_id and b.actor_kind = 1 and b.actor_id = c.actor_id and b.unblock_time is null
            )
        """;

    // notice_source_key: a commit tells each kind once, and each document that was added or replaced in it.
    private const string Insert =
        """
        insert into notice (
            notice_id, record_id, kind, event_time, create_time, professional_id, secret, source, source_position)
        select *
        from unnest(
            @NoticeIds::uuid[], @RecordIds::uuid[], @Kinds::smallint[], @EventTimes::timestamptz[], @CreateTimes::timestamptz[],
            @ProfessionalIds::text[], @Secrets::boolean[], @Sources::text[], @SourcePositions::bigint[])
        on conflict on constraint notice_source_key do nothing
        returning notice_id
        """;

    // Served by notice_create_time_idx; the deliveries go with it.
    private const string Forget =
        """
        delete from notice n
        where n.create_time < @Before
            and not exists (select from notice_delivery d where d.record_id = n.record_id and d.notice_id = n.notice_id and d.state = 1)
        """;

    private static readonly ScopedSql findFacts = new(WorkRole.Notices, FindFacts);

    /// <summary>Where a source was read up to; null while another server is at it.</summary>
    public static async Task<long?> ClaimAsync(NpgsqlConnection connection, string source, CancellationToken ct) =>
        await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(Claim, new { Source = source },
            cancellationToken: ct)) is null
            ? null
            : await connection.QuerySingleAsync<long>(new CommandDefinition(Reached, new { Source = source }, cancellationToken: ct));

    public static Task AdvanceAsync(NpgsqlConnection connection, string source, long position, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Advance, new { Source = source, Position = position }, cancellationToken: ct));

    /// <summary>The next changes of all records.</summary>
    public static async Task<IReadOnlyList<ChangeRow>> ReadChangesAsync(
        NpgsqlConnection connection, long after, int limit, CancellationToken ct)
    {
        var rows = await connection.QueryAsync<ChangeRow>(new CommandDefinition(
            ReadChanges, new { After = after, Limit = limit }, cancellationToken: ct));
        return rows.AsList();
    }

    /// <summary>
    /// The facts about a record, and about the document of a change at a position. From here on the connection is for the record and
    /// the notices.
    /// </summary>
    public static async Task<NoticeFacts?> FindFactsAsync(
        NpgsqlConnection connection, Guid recordId, Guid? documentId, long position, DateTimeOffset now, CancellationToken ct)
    {
        var scope = RowScope.OfNotices(recordId);
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            findFacts.For(scope),
            scope.Parameters(new { RecordId = recordId, DocumentId = documentId, Position = position, Now = now }),
            cancellationToken: ct));
        await results.ReadAsync();
        return await results.ReadSingleOrDefaultAsync<NoticeFacts>();
    }

    /// <summary>Attending physicians of the record who gave an address, without the one who did it.</summary>
    public static Task<IEnumerable<string>> ListAttendingAsync(
        NpgsqlConnection connection, ChangeRow change, DateTimeOffset now, CancellationToken ct) =>
        connection.QueryAsync<string>(new CommandDefinition(
            ListAttending, new { change.RecordId, change.MadeById, Now = now }, cancellationToken: ct));

    /// <summary>Adds notices and their deliveries, but for those that the same commit has told already.</summary>
    public static async Task InsertAsync(
        NpgsqlConnection connection,
        IReadOnlyList<(NewNotice Notice, IReadOnlyList<NoticeWay> Ways)> made,
        DateTimeOffset giveUpTime,
        CancellationToken ct)
    {
        if (made.Count == 0)
        {
            return;
        }

        List<NewNotice> notices = [.. made.Select(one => one.Notice)];
        var parameters = new
        {
            NoticeIds = notices.ConvertAll(notice => notice.NoticeId),
            RecordIds = notices.ConvertAll(notice => notice.RecordId),
            Kinds = notices.ConvertAll(notice => (short)notice.Kind),
            EventTimes = notices.ConvertAll(notice => notice.EventTime),
            CreateTimes = notices.ConvertAll(notice => notice.CreateTime),
            ProfessionalIds = notices.ConvertAll(notice => notice.ProfessionalId),
            Secrets = notices.ConvertAll(notice => notice.Secret),
            Sources = notices.ConvertAll(notice => notice.Source),
            SourcePositions = notices.ConvertAll(notice => notice.SourcePosition),
        };
        var added = (await connection.QueryAsync<Guid>(new CommandDefinition(Insert, parameters, cancellationToken: ct))).ToHashSet();
        await DeliverySql.InsertAsync(
            connection,
            [.. from one in made where added.Contains(one.Notice.NoticeId) from way in one.Ways select (one.Notice, way)],
            giveUpTime,
            ct);
    }

    /// <summary>Forgets notices that are old and not waiting, on a connection for housekeeping; returns how many.</summary>
    public static Task<int> ForgetAsync(NpgsqlConnection connection, DateTimeOffset before, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Forget, new { Before = before }, cancellationToken: ct));

    /// <summary>Forgets how the cursors came to where they are.</summary>
    public static Task ForgetStepsAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(ForgetSteps, cancellationToken: ct));
}
