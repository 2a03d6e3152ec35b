namespace Dmp.Server.Options;

/// <summary>The sandbox, section <c>Dmp:Sandbox</c>.</summary>
internal sealed record SandboxOptions
{
    public const string Section = "Dmp:Sandbox";

    /// <summary>Name of the environment (<c>DOTNET_ENVIRONMENT</c>) in which the server is a sandbox.</summary>
    public const string EnvironmentName = "Sandbox";

    /// <summary>
    /// Whether the sandbox issuer runs. Unset: in the environment <c>Sandbox</c>. The server does not start when it is true
    /// anywhere else; false makes a sandbox with other issuers.
    /// </summary>
    public bool? Issuer { get; init; }

    /// <summary>
    /// Says that the realm <c>Test</c> is meant outside the environment <c>Sandbox</c>, on a test platform for example: a
    /// setting of the sandbox that was copied by accident must not soften the checks of identities.
    /// </summary>
    public bool AllowTestRealm { get; init; }

    /// <summary>Whether the sandbox issuer is to run in an environment.</summary>
    public bool IssuerRuns(string environment) => Issuer ?? IsSandbox(environment);

    /// <summary>Names of environments are compared as the host does it.</summary>
    public static bool IsSandbox(string environment) => string.Equals(environment, EnvironmentName, StringComparison.OrdinalIgnoreCase);
}
