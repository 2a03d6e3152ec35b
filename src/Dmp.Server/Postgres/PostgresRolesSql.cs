namespace Dmp.Server.Postgres;

/// <summary>
/// What the administrator of the server's own cluster runs at every start. CREATE ROLE takes no parameters; the passwords
/// are generated here and hexadecimal.
/// </summary>
internal static class PostgresRolesSql
{
    public const string DatabaseExists = "select exists (select from pg_catalog.pg_database where datname = 'dmp')";

    public const string CreateDatabase = "create database dmp owner dmp_owner";

    // Without the grant to PUBLIC no role can make temporary tables, so that dmp_app has no DDL at all.
    public const string GrantDatabase =
        """
        revoke all on database dmp from public;
        grant connect on database dmp to dmp_runtime;
        """;

    public static IEnumerable<string> Roles(PostgresSecrets secrets) =>
    [
        CreateUnlessPresent("dmp_runtime", "nologin noinherit"),
        CreateUnlessPresent("dmp_owner", $"login createrole password '{secrets.Owner}'"),
        CreateUnlessPresent("dmp_app", $"login password '{secrets.Runtime}'"),
        "grant dmp_runtime to dmp_app",
    ];

    private static string CreateUnlessPresent(string role, string definition) =>
        $"""
        do $$
        begin
            if not exists (select from pg_catalog.pg_roles where rolname = '{role}') then
                create role {role} {definition};
            end if;
        end
        $$
        """;
}
