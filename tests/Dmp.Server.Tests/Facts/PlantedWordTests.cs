using System.IO.Compression;
using System.Text;
using Dmp.Server.Tests.Edge;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Dmp.Storage;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Facts;

/// <summary>No word of what a document states lies readable anywhere: the files of the database and of the server are read.</summary>
public sealed class PlantedWordTests(Platform platform)
{
    private const int BufferBytes = 1024 * 1024;

    [Fact]
    public async Task No_word_of_what_a_document_states_lies_in_a_table_an_index_the_write_ahead_log_or_a_log()
    {
        var ct = TestContext.Current.CancellationToken;
        using var watched = new WatchedServer(platform.Server);
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var unique = Random.Shared.NextInt64(1, long.MaxValue);
        var (medicine, problem, allergen) = ($"Medicamentine{unique}", $"Maladite{unique}", $"Allergenide{unique}");

        // The title is metadata, which lies in the database as it is: what looks for the words finds it.
        var title = $"Lettre{unique}";
        await UploadAsync(api, record, Of(record, Body(medicine, problem, allergen)) with { Title = title });
        var listed = Assert.Single(await ReadAsync(api, record.Id));
        Assert.Equal([medicine], Medicines([listed]));

        // What is asked is medical too: it is found, and kept nowhere.
        var question = $"Questionide{unique}";
        Assert.Equal(1, (await api.Search.SearchContentAsync(
            new() { RecordId = record.Id, Text = $"{medicine} -{question}" }, cancellationToken: ct)).FoundCount);
        await platform.Server.ExecuteAsync(platform, "checkpoint; select 1");

        // Compression alone would hide the words as well: without the key nothing of them can be decompressed.
        var block = await platform.Server.QueryAsync<byte[]>(
            platform, $"select block from document_facts where record_id = '{record.Id}'");
        var sealedWords = await platform.Server.QueryAsync<byte[]>(
            platform, $"select words from document_facts where record_id = '{record.Id}'");
        Assert.DoesNotContain(medicine, Encoding.UTF8.GetString(sealedWords), StringComparison.OrdinalIgnoreCase);
        Assert.All(
            Enumerable.Range(0, SealedFormat.NonceBytes + 1),
            skipped =>
            {
                var plain = new byte[1024 * 1024];
                BrotliDecoder.TryDecompress(block.AsSpan(skipped), plain, out var length);
                Assert.DoesNotContain(medicine, Encoding.UTF8.GetString(plain, 0, length), StringComparison.Ordinal);
            });

        var directory = await platform.Server.QueryAsync<string>(platform, "select current_setting('data_directory')");
        var database = await platform.Server.QueryAsync<string>(
            platform, "select oid::text from pg_database where datname = current_database()");
        string[] places =
        [
            Path.Combine(directory, "base", database), Path.Combine(directory, "pg_wal"), Path.Combine(directory, "base", "pgsql_tmp"),
            platform.Server.DataDirectory,
        ];
        Assert.SkipUnless(IsReadable(places[0]), "The files of the database belong to somebody else.");
        string[] words = [title, medicine, problem, allergen, question];
        HashSet<string> found = [];
        foreach (var file in places.Where(Directory.Exists)
            .SelectMany(place => Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories)))
        {
            // What another test uploads just now is its writer's alone until it is whole, or gone.
            await Waiting.UntilAsync(() => FindAsync(file, words, found, ct));
        }

        Assert.Equal([title], found);
        Assert.DoesNotContain(
            watched.Log, line => words[1..].Any(word => line.Contains(word, StringComparison.OrdinalIgnoreCase)));
    }

    private static bool IsReadable(string directory)
    {
        try
        {
            using var _ = File.OpenRead(Directory.EnumerateFiles(directory).First());
            return true;
        }
        catch (Exception denied) when (denied is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }

    /// <summary>False when the file is being written.</summary>
    private static async Task<bool> FindAsync(string file, string[] words, HashSet<string> found, CancellationToken ct)
    {
        byte[][] wanted = [.. words.Select(Encoding.UTF8.GetBytes)];
        var overlap = wanted.Max(word => word.Length) - 1;
        var buffer = new byte[overlap + BufferBytes];
        try
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var kept = 0;
            int read;
            while ((read = await stream.ReadAsync(buffer.AsMemory(kept), ct)) > 0)
            {
                var there = kept + read;
                for (var i = 0; i < wanted.Length; i++)
                {
                    if (buffer.AsSpan(0, there).IndexOf(wanted[i]) >= 0)
                    {
                        found.Add(words[i]);
                    }
                }

                kept = Math.Min(overlap, there);
                buffer.AsSpan(there - kept, kept).CopyTo(buffer);
            }
        }
        catch (FileNotFoundException)
        {
            // Databases make and drop files all the time.
        }
        catch (IOException) when (file.EndsWith(".part", StringComparison.Ordinal))
        {
            return false;
        }

        return true;
    }
}
