namespace Dmp.Server.Data;

/// <summary>
/// A kind of work and its role in the database (0001_create_roles.sql). Each says all the settings that the policies of its role ask for,
/// so that none is left from another kind of work in the same transaction.
/// </summary>
internal sealed class WorkRole
{
    private const string RecordSetting = "set_config('dmp.record', @ScopeRecord, true)";
    private const string RecordsSetting = "set_config('dmp.records', @ScopeRecords, true)";
    private const string InsSetting = "set_config('dmp.ins', @ScopeIns, true)";
    private const string ActorsSetting = "set_config('dmp.actors', @ScopeActors, true)";
    private const string CallerSetting = "set_config('dmp.caller', @ScopeCaller, true)";
    private const string CodeSetting = "set_config('dmp.code', @ScopeCode, true)";
    private const string CallSetting = "set_config('dmp.call', @ScopeCall, true)";

    private WorkRole(string name, params string[] settings)
    {
        Name = name;
        Set = $"select set_config('role', '{name}', true){string.Concat(settings.Select(setting => ", " + setting))}";
        SetAtLeast = Set + ", dmp_at_least(@ScopeCluster, @ScopePosition::pg_lsn)";
    }

    /// <summary>A call about one record.</summary>
    public static WorkRole Request { get; } = new("dmp_request", RecordSetting, CallerSetting);

    /// <summary>Documents of many records, added by one transaction.</summary>
    public static WorkRole Intake { get; } = new("dmp_intake", RecordsSetting, CallerSetting);

    /// <summary>Lists of records by actor or person, the existence test, invitations by code.</summary>
    public static WorkRole Directory { get; } = new("dmp_directory", InsSetting, ActorsSetting, CallerSetting, CodeSetting);

    /// <summary>What a structure deposited.</summary>
    public static WorkRole Deposits { get; } = new("dmp_deposits", ActorsSetting);

    /// <summary>A search by traits.</summary>
    public static WorkRole Regulation { get; } = new("dmp_regulation", ActorsSetting);

    /// <summary>Formal care teams.</summary>
    public static WorkRole Team { get; } = new("dmp_team", CallerSetting);

    /// <summary>The change feed.</summary>
    public static WorkRole Feed { get; } = new("dmp_feed", RecordSetting, InsSetting, ActorsSetting, CallerSetting);

    /// <summary>Whom changes may concern.</summary>
    public static WorkRole Watch { get; } = new("dmp_watch");

    /// <summary>Notices and their deliveries.</summary>
    public static WorkRole Notices { get; } = new("dmp_notices", RecordSetting, CallerSetting);

    /// <summary>What documents state.</summary>
    public static WorkRole Facts { get; } = new("dmp_facts", RecordsSetting);

    /// <summary>Housekeeping.</summary>
    public static WorkRole Sweep { get; } = new("dmp_sweep");

    /// <summary>The order of changes, and of the trace.</summary>
    public static WorkRole Sequencer { get; } = new("dmp_sequencer");

    /// <summary>Whoever reviews emergencies, the conduct of an actor, or one call.</summary>
    public static WorkRole Reviewer { get; } = new("dmp_reviewer", ActorsSetting, CallSetting);

    /// <summary>The name of the role in the database.</summary>
    public string Name { get; }

    /// <summary>Takes the role and makes its settings, until the end of the transaction or batch.</summary>
    public string Set { get; }

    /// <summary>The same, and makes sure that the database is at a position; see <see cref="RowScope.Set"/>.</summary>
    public string SetAtLeast { get; }
}
