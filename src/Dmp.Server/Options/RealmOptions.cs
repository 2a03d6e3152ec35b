namespace Dmp.Server.Options;

/// <summary>Whose records these are.</summary>
internal enum Realm
{
    /// <summary>Real people: every check of an identity is strict.</summary>
    Production,

    /// <summary>People who do not exist. Test and demonstration INS are accepted, and a wrong INS key is a warning.</summary>
    Test,
}

/// <summary>Section <c>Dmp</c>.</summary>
internal sealed record RealmOptions
{
    public const string Section = "Dmp";

    /// <summary>Default <c>Production</c>: forgetting the setting must not soften a check.</summary>
    public Realm Realm { get; init; } = Realm.Production;
}
