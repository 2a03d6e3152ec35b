using System.Text.RegularExpressions;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>
/// What belongs to a record can live together on one of several nodes (docs/scale.md): each of its keys has record_id, and each statement
/// of a request names it for each of its tables.
/// </summary>
public sealed partial class KeyedByRecordTests(Platform platform)
{
    /// <summary>Of everybody: no key of a record's, though the table names one.</summary>
    private static readonly string[] otherTables = ["care_team", "care_team_member", "audit_event"];

    /// <summary>
    /// One person has one record, and a request id is the caller's: a directory by INS and one by caller, where records are on several
    /// nodes.
    /// </summary>
    private static readonly string[] otherKeys = ["record record_ins_key", "upload upload_request_key"];

    /// <summary>Statements over rows of several records, and why; docs/scale.md says what each would cost.</summary>
    private static readonly Dictionary<string, string> overRecords = new(StringComparer.Ordinal)
    {
        ["AccessSql.MoveScopeToIns"] = "the existence test knows the INS",
        ["CareTeamSql.TellOfRecords"] = "a formal team is authorised on many",
        ["DelegationSql.FindByCode"] = "who was invited knows the code",
        ["TrustedPersonSql.FindByCode"] = "who was named knows the code",
        ["TrustedPersonSql.IsMinor"] = "who was named knows the own INS",
        ["DepositedSql.Find"] = "by structure and digest",
        ["DocumentSql.AnyReference"] = "sweep of the content store",
        ["EmergencySql.FindByTraits"] = "regulation searches by traits",
        ["EmergencySql.ListQueue"] = "reviewers' queue",
        ["NoticeListSql.ListDead"] = "operators' dead letters",
        ["NoticeListSql.Retry"] = "an operator knows the notice",
        ["DeliverySql.GiveUp"] = "sweep",
        ["ChangeSql.Forget"] = "sweep",
        ["NoticeSql.ReadChanges"] = "changes in their order",
        ["FeedSql.Span"] = "changes in their order",
        ["FactQueueSql.ClaimSmall"] = "the queue of documents that are to be read",
        ["FactQueueSql.ClaimAlone"] = "the same",
        ["FeedSql.CatchUpForPerson"] = "a person's records, by INS and delegation",
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Statements => new(SqlCatalogTests.Catalog().Keys.Except(overRecords.Keys));

    [Fact]
    public async Task Every_key_of_what_belongs_to_a_record_has_the_record() => Assert.Equal(
        otherKeys,
        await platform.Server.ListAsync<string>(
            platform,
            $"""
            select t.relname || ' ' || k.name
            from pg_class t
            join pg_attribute a on a.attrelid = t.oid and a.attname = 'record_id'
            cross join lateral (
                select i.indexrelid::regclass::text as name, i.indkey::smallint[] as columns
                from pg_index i
                where i.indrelid = t.oid and i.indisunique
                union all
                select c.conname, c.conkey
                from pg_constraint c
                where c.conrelid = t.oid and c.contype = 'f' and c.confrelid <> 'care_team'::regclass
            ) k
            where t.relkind in ('r', 'p')
                and t.relnamespace = 'public'::regnamespace
                and not t.relispartition
                and t.relname <> all (array[{string.Join(',', otherTables.Select(table => $"'{table}'"))}])
                and a.attnum <> all (k.columns)
            order by 1
            """));

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task The_statement_names_the_record_of_each_table(string name)
    {
        var sql = SqlCatalogTests.Catalog()[name];
        var ofRecords = await platform.Server.ListAsync<string>(
            platform,
            $"""
            select t.relname::text
            from pg_class t
            join pg_attribute a on a.attrelid = t.oid and a.attname = 'record_id'
            where t.relkind in ('r', 'p') and t.relnamespace = 'public'::regnamespace
                and t.relname <> all (array[{string.Join(',', otherTables.Select(table => $"'{table}'"))}])
            """);
        foreach (Match table in Table().Matches(sql))
        {
            if (ofRecords.Contains(table.Groups["table"].Value))
            {
                // Where the table has a short name, that one is asked; the columns of its answer do not count.
                var alias = table.Groups["alias"].Value;
                var behind = sql[sql.IndexOf(table.Value, StringComparison.Ordinal)..];
                Assert.Matches(alias.Length > 0 ? $@"\b{alias}\.record_id\b" : @"\brecord_id\b", behind);
            }
        }
    }

    /// <summary>An id alone finds no row by a key: the whole table would be read for it.</summary>
    [Fact]
    public void No_row_of_a_record_is_looked_up_by_its_id_alone() => Assert.Equal(
        // By notice_delivery_dead_idx, which holds the dead letters alone.
        ["NoticeListSql.ListDead"],
        SqlCatalogTests.Catalog()
            .Where(statement => IdAlone().IsMatch(statement.Value)
                && !statement.Value.Contains("record_id = @RecordId", StringComparison.Ordinal))
            .Select(statement => statement.Key));

    [Fact]
    public void What_goes_over_records_is_there() =>
        Assert.Equal([], overRecords.Keys.Except(SqlCatalogTests.Catalog().Keys));

    [GeneratedRegex(@"\b(?:where|and)\s+(?:consent|delegation|document|notice|upload|visibility_rule|block|emergency_access)_id in \(")]
    private static partial Regex IdAlone();

    [GeneratedRegex(
        @"\b(?:from|join|update)\s+(?<table>[a-z_]+)\b"
        + @"(?:\s+(?!(?:where|on|set|order|for|limit|cross|left|join|group|union|offset)\b)(?<alias>[a-z_]+)\b)?")]
    private static partial Regex Table();
}
