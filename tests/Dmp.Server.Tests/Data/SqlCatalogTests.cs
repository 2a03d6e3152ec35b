using System.Reflection;
using System.Text.RegularExpressions;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>Every statement of every *Sql class is one that PostgreSQL prepares, with the rights of the server's role.</summary>
public sealed partial class SqlCatalogTests(Platform platform)
{
    public static TheoryData<string> Statements => new(Catalog().Keys);

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task The_statement_can_be_prepared(string name)
    {
        // PostgreSQL infers the types of $n; the driver's @Name is turned into that.
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var sql = Parameter().Replace(Catalog()[name], match =>
        {
            if (!numbers.TryGetValue(match.Value, out var number))
            {
                numbers[match.Value] = number = numbers.Count + 1;
            }

            return $"${number}";
        });

        await using var connection = new NpgsqlConnection(platform.Databases.RuntimeOf(platform.Server.Database));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var prepare = new NpgsqlCommand($"prepare it as {sql}", connection);
        await prepare.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    internal static Dictionary<string, string> Catalog() =>
        typeof(DmpApplication).Assembly.GetTypes().Concat(typeof(RecordKeySql).Assembly.GetTypes())
            .Where(type => type.Name.EndsWith("Sql", StringComparison.Ordinal) && type.Namespace != "Dmp.Server.Postgres")
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(field => field.IsLiteral && field.FieldType == typeof(string))
            .Select(field => ($"{field.DeclaringType!.Name}.{field.Name}", Sql: (string)field.GetRawConstantValue()!))
            .Where(statement => Beginning().IsMatch(statement.Sql))
            .ToDictionary(statement => statement.Item1, statement => statement.Sql);

    // Fragments, such as a condition shared by statements, are tried inside of those.
    [GeneratedRegex(@"^\s*(select|insert|update|delete|with)\b")]
    private static partial Regex Beginning();

    [GeneratedRegex("@[A-Za-z0-9]+")]
    private static partial Regex Parameter();
}
