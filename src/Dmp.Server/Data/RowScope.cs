using Dapper;
using Dmp.Server.Calls;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>
/// For whom a connection reads: the second wall, in PostgreSQL's row-level security (migration 0008). Set before the first
/// statement on patients' rows; a connection without it sees none. It ends when the connection goes back to the pool, which
/// resets every setting; a pool in front of PostgreSQL must therefore keep a session together.
/// </summary>
internal sealed record RowScope
{
    /// <summary>A person's list of records: those entrusted to the person too.</summary>
    public const string Delegation = "delegation";

    /// <summary>Sweeps over all records; reads no content.</summary>
    public const string Housekeeping = "housekeeping";

    /// <summary>A search by traits for a regulation centre.</summary>
    public const string Regulation = "regulation";

    /// <summary>What one professional or structure did, on all records.</summary>
    public const string Conduct = "conduct";

    /// <summary>The events of one call.</summary>
    public const string CallEvents = "call";

    /// <summary>Changes in their order, for the feed and the notices: names of rows, no content.</summary>
    public const string Changes = "changes";

    /// <summary>What ended or began by time: the rows of which it was not told yet.</summary>
    public const string Endings = "endings";

    /// <summary>
    /// A formal care team, which belongs to no record, and the records on which an authorisation of it lives, which are told.
    /// </summary>
    public const string Team = "team";

    /// <summary>What a structure deposited, in all records.</summary>
    public const string Deposits = "deposits";

    /// <summary>Notices of all records, and professionals' addresses for them.</summary>
    public const string Notices = "notices";

    /// <summary>The sequencer of the trace's log.</summary>
    public const string Sequence = "sequence";

    /// <summary>The reviewer's queue.</summary>
    public const string Review = "review";

    /// <summary>
    /// Can be put before a statement, to save a round trip. With a consistency token it also makes sure that the database is
    /// where the token says, and the statement behind it reads after that (migration 0011).
    /// </summary>
    public const string Set =
        """
        select set_config('dmp.record', @ScopeRecord, false),
            set_config('dmp.records', @ScopeRecords, false),
            set_config('dmp.ins', @ScopeIns, false),
            set_config('dmp.actors', @ScopeActors, false),
            set_config('dmp.caller', @ScopeCaller, false),
            set_config('dmp.code', @ScopeCode, false),
            set_config('dmp.call', @ScopeCall, false),
            set_config('dmp.task', @ScopeTask, false),
            case when @ScopePosition <> '' then dmp_at_least(@ScopeCluster, @ScopePosition::pg_lsn) end
        """;

    private string Record { get; init; } = "";

    private string Records { get; init; } = "";

    private string Ins { get; init; } = "";

    private string Actors { get; init; } = "";

    private string Key { get; init; } = "";

    private string Code { get; init; } = "";

    private string CallId { get; init; } = "";

    private string Task { get; init; } = "";

    private DatabasePosition? HasSeen { get; init; }

    /// <summary>One record, whatever the rules then let the caller see of it.</summary>
    public static RowScope OfRecord(Caller caller, Guid recordId) =>
        new() { Record = recordId.ToString(), Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>The records into which one transaction adds documents (migration 0026).</summary>
    public static RowScope OfRecords(Caller caller, IEnumerable<Guid> recordIds) =>
        new() { Records = string.Join(' ', recordIds), Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>The record of one person.</summary>
    public static RowScope OfIns(Caller caller, params IEnumerable<string> numbers) =>
        new() { Ins = string.Join(' ', numbers), Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>The records of a person's list: of these INS numbers, and those entrusted to the person.</summary>
    public static RowScope OfPerson(Caller caller, IEnumerable<string> numbers) =>
        OfIns(caller, numbers) with { Task = Delegation };

    /// <summary>The delegation of an invitation code, by its hash.</summary>
    public static RowScope OfCode(Caller caller, byte[] codeSha256) =>
        new() { Code = Convert.ToHexString(codeSha256), Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>The records on which a professional or structure has, or had, an authorisation.</summary>
    public static RowScope OfActor(Caller caller, string task = "") => new()
    {
        Actors = string.Join(' ', new[] { caller.ProfessionalId, caller.StructureId }.OfType<string>()),
        Key = caller.Key,
        HasSeen = caller.HasSeen,
        Task = task,
    };

    /// <summary>What a professional or structure did, for somebody who reviews that.</summary>
    public static RowScope OfConduct(Caller caller, string actorId) =>
        new() { Actors = actorId, Key = caller.Key, HasSeen = caller.HasSeen, Task = Conduct };

    /// <summary>The changes of all records, with the records, authorisations and deposits by which some of them are the caller's.</summary>
    public static RowScope OfFeed(Caller caller, IEnumerable<string> numbers) =>
        OfActor(caller, Changes) with { Ins = string.Join(' ', numbers) };

    /// <summary>The changes of one record, with all that tells what they are to the caller.</summary>
    public static RowScope OfRecordChanges(Caller caller, Guid recordId) => OfRecord(caller, recordId) with { Task = Changes };

    /// <summary>The events of the call of this id, for somebody who reviews it.</summary>
    public static RowScope OfCall(Caller caller, Guid serverRequestId) =>
        new() { CallId = serverRequestId.ToString(), Task = CallEvents, HasSeen = caller.HasSeen };

    public static RowScope OfTask(string task) => new() { Task = task };

    /// <summary>The same for somebody who asked for it.</summary>
    public static RowScope OfTask(string task, Caller caller) => new() { Task = task, HasSeen = caller.HasSeen };

    /// <summary>The same, for one record.</summary>
    public static RowScope OfTask(string task, Guid recordId) => new() { Task = task, Record = recordId.ToString() };

    /// <summary>
    /// From here on the connection is for this. Answers the scope, which is what a change about no record has for a proof.
    /// </summary>
    public async Task<RowScope> ApplyAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition(Set, Parameters(), cancellationToken: ct));
        return this;
    }

    /// <summary>The parameters of <see cref="Set"/>, with those of the statement behind it.</summary>
    public StatementParameters Parameters(params IEnumerable<object> more)
    {
        var scope = new
        {
            ScopeRecord = Record,
            ScopeRecords = Records,
            ScopeIns = Ins,
            ScopeActors = Actors,
            ScopeCaller = Key,
            ScopeCode = Code,
            ScopeCall = CallId,
            ScopeTask = Task,
            ScopeCluster = HasSeen?.Cluster ?? 0,
            ScopePosition = HasSeen?.Lsn.ToString() ?? "",
        };
        return new StatementParameters([scope, .. more]);
    }
}
