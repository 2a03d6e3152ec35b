using System.Globalization;
using System.Text;
using Dmp.Annotations.V1;
using Dmp.Server.Access;
using Dmp.Server.Documents;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>The tables in docs/access-rules.md are what the server decides by.</summary>
public sealed class AccessRulesTests(Platform platform)
{
    private static readonly string[] ours =
        ["OPEN_RECORD", "CHANGE_RECORD", "BLOCK", "READ_SETTINGS", "READ_TRACE", "OPEN_EMERGENCY"];

    private static readonly (char Letter, string Meaning)[] conditions =
    [
        ('o', "only documents the caller authored"),
        ('s', "only documents of the structure"),
        ('m', "only if the patient lets masked documents be shown in emergencies"),
        ('t', "only to find the identifier of a document that is known"),
        ('i', "it counts as an act of the structure"),
        ('g', "the authorisation is the structure's, not the person's"),
        ('c', "only records of professionals of the same structure"),
        ('d', "only by date: new authorisations"),
    ];

    [Fact]
    public void The_functional_matrix_is_up_to_date()
    {
        var text = new StringBuilder(
            "| Function | Meaning | professional | physician | occupational physician | attending physician | staff with card (CPE) "
            + "| structure certificate | AIR: professional | AIR: physician | AIR: attending | AIR: staff |\n"
            + "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        var meanings = AnnotationsReflection.Descriptor.EnumTypes.Single(type => type.Name == "Function").Values
            .ToDictionary(value => value.Name["FUNCTION_".Length..]);
        foreach (var (function, cells) in FunctionRights.Rows)
        {
            Assert.True(meanings.ContainsKey(function), $"{function} is no function of the contract");
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {function}{(ours.Contains(function) ? "*" : "")} | {Transaction(function)} | {string.Join(" | ", cells)} |\n");
        }

        text.Append('\n');
        foreach (var (letter, meaning) in conditions)
        {
            text.Append(CultureInfo.InvariantCulture, $"* **{letter}**: {meaning}\n");
        }

        Repository.AssertHolds("docs/access-rules.md", "functions", text.ToString());
    }

    [Fact]
    public async Task The_matrix_of_types_is_up_to_date()
    {
        var open = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        await using (var connection = new NpgsqlConnection(platform.Databases.AdminOf(platform.Server.Database)))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var query = new NpgsqlCommand(
                "select profession, type_code from habilitation_cell c join habilitation_matrix m using (matrix_id) where m.name = 'seed' "
                + "order by 1, 2",
                connection);
            await using var reader = await query.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                var profession = reader.GetString(0);
                open.TryAdd(profession, []);
                open[profession].Add(reader.GetString(1));
            }
        }

        var classes = DocumentTypes.All.GroupBy(type => type.ClassCode).OrderBy(types => types.Key, StringComparer.Ordinal).ToList();
        var text = new StringBuilder(
            $"| Profession (system, code) | {string.Join(" | ", classes.Select(types => $"class {types.Key}"))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"|---|{string.Concat(classes.Select(_ => "---|"))}\n");
        foreach (var alike in open.GroupBy(pair => string.Join(' ', pair.Value), StringComparer.Ordinal))
        {
            var professions = alike.GroupBy(pair => pair.Key[..pair.Key.IndexOf('|', StringComparison.Ordinal)], StringComparer.Ordinal)
                .Select(system => $"{system.Key}: {string.Join(", ", system.Select(pair => pair.Key[(system.Key.Length + 1)..]))}");
            var cells = classes.Select(types =>
            {
                var count = types.Count(type => alike.First().Value.Contains($"{type.System}|{type.Code}"));
                return count == 0 ? "" : count == types.Count() ? "all" : $"{count} of {types.Count()}";
            });
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join("; ", professions)} | {string.Join(" | ", cells)} |\n");
        }

        Repository.AssertHolds("docs/access-rules.md", "matrix", text.ToString());
    }

    /// <summary>
    /// The meaning of a function as the contract's comment begins; comments are not in descriptors, so it is read from the file.
    /// </summary>
    private static string Transaction(string function)
    {
        var lines = Repository.Read("protos/dmp/annotations/v1/annotations.proto").Split('\n');
        var at = Array.FindIndex(lines, line => line.TrimStart().StartsWith($"FUNCTION_{function} =", StringComparison.Ordinal));
        return lines[at - 1].Trim().TrimStart('/').Trim().TrimEnd('.').Replace("Ours: ", "", StringComparison.Ordinal);
    }
}
