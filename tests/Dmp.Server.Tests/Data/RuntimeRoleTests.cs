using Dapper;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>What the server's own role, and each that it may take, may do when somebody else holds its password.</summary>
public sealed class RuntimeRoleTests(Platform platform)
{
    [Theory]
    [InlineData("create table mine (id int)")]
    [InlineData("alter table record add column x int")]
    [InlineData("drop table document")]
    [InlineData("truncate audit_event")]
    [InlineData("update audit_event set outcome = 1")]
    [InlineData("delete from audit_event")]
    [InlineData("delete from document")]
    [InlineData("delete from record")]
    [InlineData("delete from consent")]
    [InlineData("update schema_migration set checksum = ''")]
    [InlineData("update record_key set wrapped = null, destroy_time = now()")]
    [InlineData("delete from record_key")]
    [InlineData("insert into master_key values (2, 'file/mine', now())")]
    [InlineData("update master_key set master_key_id = 'file/mine'")]
    [InlineData("create role somebody")]
    [InlineData("copy record to program 'cat'")]
    [InlineData("set role postgres")]
    public async Task Nothing_that_is_not_needed(string sql)
    {
        await using var connection = new NpgsqlConnection(platform.Databases.RuntimeOf(platform.Server.Database));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        string[] roles = [.. await connection.QueryAsync<string>("select rolname::text from pg_roles where pg_has_role(oid, 'member')")];
        Assert.True(roles.Length > 10, string.Join(' ', roles));
        foreach (var role in roles)
        {
            await connection.ExecuteAsync($"set role {role}");
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync(sql));
            Assert.True(refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege, $"{role}: {refusal.Message}");
            await connection.ExecuteAsync("reset role");
        }
    }

    [Fact]
    public async Task It_owns_nothing() => Assert.Equal(0, await platform.Server.QueryAsync<long>(
        platform,
        """
        select count(*)
        from pg_class
        where relowner in (select oid from pg_roles where rolname in ('dmp_runtime', 'dmp_test_runtime'))
        """));
}
