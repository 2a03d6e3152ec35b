using System.Diagnostics;
using System.Globalization;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// What the rules cost: the first page of a record of 1,000 documents under all of them, beside the same statement without the
/// predicate. And what the size of a record costs: the first page of 10,000 documents beside that of 100, over gRPC.
/// </summary>
internal static class RulesBenchmark
{
    private const int PageSize = 50;
    private static int Rounds => Effort.Of(7, 1);
    private static int Calls => Effort.Of(150, 2);

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        var source = platform.Services.GetRequiredService<NpgsqlDataSource>();
        var thousand = await RecordAsync(platform, 1_000);
        await ShareAsync(platform, thousand);
        var found = await platform.Colleague.SearchDocumentsPageAsync(
            new SearchDocumentsRequest { RecordId = thousand, PageSize = PageSize });
        var floor = new RuledSearch(Guid.Parse(thousand), platform.ColleagueId, platform.ColleagueStructureId, PageSize + 1);
        await platform.AnalyzeAsync();
        await using var connection = await floor.OpenAsync(source);
        var ruled = await floor.SearchAsync(connection, withPolicy: true);
        if (!ruled.Take(PageSize).SequenceEqual(found.Documents.Select(document => Guid.Parse(document.DocumentId))))
        {
            throw new InvalidOperationException("The statement beside the server finds other documents than the server.");
        }

        await CompareAsync(
            $"rules, first {PageSize} of 1,000 documents, some masked or hidden",
            "the same statement without the predicate",
            () => floor.SearchAsync(connection, withPolicy: true),
            () => floor.SearchAsync(connection, withPolicy: false),
            "(target 1.5 at most)");

        var small = new SearchDocumentsRequest { RecordId = await RecordAsync(platform, 100), PageSize = PageSize };
        var large = new SearchDocumentsRequest { RecordId = await RecordAsync(platform, 10_000), PageSize = PageSize };
        await platform.AnalyzeAsync();
        await CompareAsync(
            $"size, first {PageSize} of 10,000 documents over gRPC",
            "of 100 documents",
            () => platform.Client.SearchDocumentsPageAsync(large),
            () => platform.Client.SearchDocumentsPageAsync(small),
            "(target 1.2 at most)");
    }

    /// <summary>Takes turns, so that what disturbs one disturbs the other; the median of the rounds.</summary>
    private static async Task CompareAsync(string name, string otherName, Func<Task> one, Func<Task> other, string target)
    {
        var (ours, others) = (new List<double>(), new List<double>());
        for (var round = -1; round < Rounds; round++)
        {
            var first = await MillisecondsAsync(one);
            var second = await MillisecondsAsync(other);
            if (round >= 0)
            {
                ours.Add(first);
                others.Add(second);
            }
        }

        var (mine, theirs) = (UploadBenchmark.Median(ours), UploadBenchmark.Median(others));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name}: {mine:F2} ms, {otherName} {theirs:F2} ms, ratio {mine / theirs:F2} {target}"));
    }

    private static async Task<double> MillisecondsAsync(Func<Task> call)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
        {
            await call();
        }

        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds / Calls;
    }

    /// <summary>A record of its own: ten documents by the front door, the others made of them in the database.</summary>
    private static async Task<string> RecordAsync(BenchmarkPlatform platform, int documents)
    {
        const int Uploaded = 10;
        var recordId = await platform.OpenAnotherRecordAsync();
        for (var i = 0; i < Uploaded; i++)
        {
            using var content = new MemoryStream("Texte"u8.ToArray());
            var metadata = UploadBenchmark.Metadata();
            metadata.ServiceStartTime.Seconds += i;
            await platform.Client.UploadAsync(recordId, content, metadata);
        }

        await using var connection = await platform.OpenOwnerAsync();
        await using var fill = new NpgsqlCommand(
            """
            insert into document
                select (jsonb_populate_record(null::document, to_jsonb(d) || jsonb_build_object(
                    'document_id', md5(d.document_id::text || n)::uuid))).*
                from document d, generate_series(1, $2) n
                where d.record_id = $1::uuid;
            insert into document_version
                select (jsonb_populate_record(null::document_version, to_jsonb(v) || jsonb_build_object(
                    'document_id', md5(v.document_id::text || n)::uuid, 'content_id', gen_random_uuid(), 'unique_id', gen_random_uuid(),
                    'service_start_time', v.service_start_time - n * interval '1 hour'))).*
                from document_version v, generate_series(1, $2) n
                where v.record_id = $1::uuid;
            """.Replace("$1", $"'{recordId}'", StringComparison.Ordinal)
                .Replace("$2", string.Create(CultureInfo.InvariantCulture, $"{(documents / Uploaded) - 1}"), StringComparison.Ordinal),
            connection);
        await using var transaction = await connection.BeginTransactionAsync();
        await fill.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return recordId;
    }

    /// <summary>The colleague gets something to be kept from: a tenth masked, and ten rules.</summary>
    private static async Task ShareAsync(BenchmarkPlatform platform, string recordId)
    {
        await platform.Colleague.DeclareConsentAsync(
            new DeclareConsentRequest { RecordId = recordId, Collection = ConsentCollection.PatientPresent });
        await using var connection = await platform.OpenOwnerAsync();
        await using var hide = new NpgsqlCommand(
            """
            update document set masked = true
            where document_id in (select document_id from document where record_id = $1::uuid order by document_id limit 100);
            insert into visibility_rule (visibility_rule_id, record_id, effect, document_id, actor_kind, actor_id, create_time, created_by)
                select gen_random_uuid(), record_id, 1, document_id, 1, $2, now(), ''
                from document where record_id = $1::uuid order by document_id desc limit 10;
            """.Replace("$1", $"'{recordId}'", StringComparison.Ordinal)
                .Replace("$2", $"'{platform.ColleagueId}'", StringComparison.Ordinal),
            connection);
        await hide.ExecuteNonQueryAsync();
    }
}
