using Dapper;
using Dmp.Server.Calls;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>
/// For whom a transaction is: the second wall, in PostgreSQL's roles and row-level security (0010_grant_rights.sql). Applied before the
/// first statement on patients' rows; without it the statement is refused. Role and settings end with the transaction, or with the batch
/// where there is none, so a connection that goes back to its pool is for nobody.
/// </summary>
internal sealed record RowScope
{
    private RowScope(WorkRole role) => Role = role;

    /// <summary>The kind of work.</summary>
    public WorkRole Role { get; }

    /// <summary>It also waits for a position.</summary>
    public bool HasSeenPosition => HasSeen is not null;

    private string Record { get; init; } = "";

    private string Records { get; init; } = "";

    private string Ins { get; init; } = "";

    private string Actors { get; init; } = "";

    private string Key { get; init; } = "";

    private string Code { get; init; } = "";

    private string CallId { get; init; } = "";

    private DatabasePosition? HasSeen { get; init; }

    /// <summary>Changes in their order for the notices, and what is made of them; of all records.</summary>
    public static RowScope Notices { get; } = new(WorkRole.Notices);

    /// <summary>Which documents are to be read for what they state; of all records, names and no content.</summary>
    public static RowScope Facts { get; } = new(WorkRole.Facts);

    /// <summary>What is forgotten, revealed, announced and has ended by time, of all records; reads no content.</summary>
    public static RowScope Sweep { get; } = new(WorkRole.Sweep);

    /// <summary>Whom changes may concern; of all records, names and no content.</summary>
    public static RowScope Watch { get; } = new(WorkRole.Watch);

    /// <summary>The order of changes and the log of the trace.</summary>
    public static RowScope Sequencer { get; } = new(WorkRole.Sequencer);

    /// <summary>
    /// The statement that takes the role and says for whom. It is put before another one, to save a round trip. With a consistency token it
    /// also makes sure that the database is where the token says, and the statement behind it reads after that.
    /// </summary>
    public string Set => HasSeen is null ? Role.Set : Role.SetAtLeast;

    /// <summary>One record, whatever the rules then let the caller see of it.</summary>
    public static RowScope OfRecord(Caller caller, Guid recordId) =>
        new(WorkRole.Request) { Record = recordId.ToString(), Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>The records into which one transaction adds documents (ADR 0019).</summary>
    public static RowScope OfRecords(Caller caller, IEnumerable<Guid> recordIds) =>
        new(WorkRole.Intake) { Records = string.Join(' ', recordIds), Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>The record of one person, by INS alone.</summary>
    public static RowScope OfIns(Caller caller, string number) => new(WorkRole.Directory) { Ins = number, HasSeen = caller.HasSeen };

    /// <summary>The records of a person's list: of these INS numbers, and those entrusted to the person.</summary>
    public static RowScope OfPerson(Caller caller, IEnumerable<string> numbers) =>
        new(WorkRole.Directory) { Ins = string.Join(' ', numbers), Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>The delegation of an invitation code, by its hash.</summary>
    public static RowScope OfCode(Caller caller, byte[] codeSha256) =>
        new(WorkRole.Directory) { Code = Convert.ToHexString(codeSha256), Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>The records on which a professional or structure has an authorisation, and the own address for notices.</summary>
    public static RowScope OfActor(Caller caller) => OfActorAs(WorkRole.Directory, caller);

    /// <summary>What the caller's structure deposited, in all records.</summary>
    public static RowScope OfDeposits(Caller caller) => OfActorAs(WorkRole.Deposits, caller);

    /// <summary>A search by traits for a regulation centre.</summary>
    public static RowScope OfRegulation(Caller caller) => OfActorAs(WorkRole.Regulation, caller);

    /// <summary>
    /// A formal care team, which belongs to no record, and the records on which an authorisation of it lives, which are told.
    /// </summary>
    public static RowScope OfTeams(Caller caller) => OfActorAs(WorkRole.Team, caller);

    /// <summary>The changes of all records, with the records, authorisations and deposits by which some of them are the caller's.</summary>
    public static RowScope OfFeed(Caller caller, IEnumerable<string> numbers) =>
        OfActorAs(WorkRole.Feed, caller) with { Ins = string.Join(' ', numbers) };

    /// <summary>The changes of one record, with all that tells what they are to the caller.</summary>
    public static RowScope OfRecordChanges(Caller caller, Guid recordId) =>
        new(WorkRole.Feed) { Record = recordId.ToString(), Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>Emergency accesses of all records, for a reviewer.</summary>
    public static RowScope OfReview(Caller caller) => new(WorkRole.Reviewer) { HasSeen = caller.HasSeen };

    /// <summary>What a professional or structure did, for somebody who reviews that.</summary>
    public static RowScope OfConduct(Caller caller, string actorId) =>
        new(WorkRole.Reviewer) { Actors = actorId, HasSeen = caller.HasSeen };

    /// <summary>The events of the call of this id, for somebody who reviews it.</summary>
    public static RowScope OfCall(Caller caller, Guid serverRequestId) =>
        new(WorkRole.Reviewer) { CallId = serverRequestId.ToString(), HasSeen = caller.HasSeen };

    /// <summary>Notices and deliveries of all records, for somebody who asked.</summary>
    public static RowScope OfNotices(Caller caller) => new(WorkRole.Notices) { Key = caller.Key, HasSeen = caller.HasSeen };

    /// <summary>The notices, and what they are made from, of one record.</summary>
    public static RowScope OfNotices(Guid recordId) => Notices with { Record = recordId.ToString() };

    /// <summary>The same, with where the content of the records lies of which documents are being read.</summary>
    public static RowScope OfFacts(IEnumerable<Guid> recordIds) => Facts with { Records = string.Join(' ', recordIds) };

    /// <summary>
    /// From here on the transaction is for this. Answers the scope, which is what a change about no record has for a proof.
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
            ScopeCluster = HasSeen?.Cluster ?? 0,
            ScopePosition = HasSeen?.Lsn.ToString() ?? "",
        };
        return new StatementParameters([scope, .. more]);
    }

    private static RowScope OfActorAs(WorkRole role, Caller caller) => new(role)
    {
        Actors = string.Join(' ', new[] { caller.ProfessionalId, caller.StructureId }.OfType<string>()),
        Key = caller.Key,
        HasSeen = caller.HasSeen,
    };
}
