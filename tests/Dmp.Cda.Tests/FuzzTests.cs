using System.Diagnostics;
using System.Text;
using CsCheck;
using Dmp.Server.Tests.Content;
using Xunit;

namespace Dmp.Cda.Tests;

/// <summary>Damaged documents: whatever the damage, the answer is a result, soon and in little memory.</summary>
public sealed class FuzzTests
{
    // Enough to meet every branch many times, and over in seconds; a failure prints the seed that repeats it.
    private const int Iterations = 4_000;
    private const long MemoryMax = 24 * 1024 * 1024;

    private static readonly byte[] written = Encoding.UTF8.GetBytes(SampleText.Whole);

    private static readonly string[] tokens =
    [
        "<", ">", "&", "\"", "'", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "<!DOCTYPE a>", "&a;", "&#0;", "&#x10FFFF;", "\0",
        "xmlns=\"\"",
        "xmlns:h=\"urn:hl7-org:v3\"", "</author>", "<author>", "nullFlavor=\"UNK\"", "<component>", "</ClinicalDocument>", "\uFEFF",
        "value=\"", "root=\"1.2\"",
    ];

    private static readonly Gen<Func<byte[], byte[]>> mutation = Gen.OneOf<Func<byte[], byte[]>>(
        Gen.Select(Gen.Double.Unit, Gen.Byte, (where, value) => (Func<byte[], byte[]>)(bytes => Changed(bytes, where, value))),
        Gen.Double.Unit.Select(where => (Func<byte[], byte[]>)(bytes => bytes[..At(bytes, where)])),
        Gen.Select(Gen.Double.Unit, Gen.Double.Unit, (one, two) => (Func<byte[], byte[]>)(bytes => Cut(bytes, one, two))),
        Gen.Select(Gen.Double.Unit, Gen.Double.Unit, (one, two) => (Func<byte[], byte[]>)(bytes => Doubled(bytes, one, two))),
        Gen.Select(
            Gen.Double.Unit, Gen.Int[0, tokens.Length - 1],
            (where, token) => (Func<byte[], byte[]>)(bytes => Inserted(bytes, where, tokens[token]))));

    [Fact]
    public void A_damaged_document_gives_a_result() => Damage(written, Iterations);

    [Fact]
    public void A_damaged_published_sample_gives_a_result()
    {
        foreach (var file in Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml"))
        {
            // The header, where the reader does its work, and a little of the body.
            var content = File.ReadAllBytes(file);
            Damage(content[..Math.Min(content.Length, 40_000)], 100);
        }
    }

    [Fact]
    public void Any_bytes_give_a_result() => Gen.Byte.Array[0, 300].Sample(
        bytes => Check(Read(bytes, whole: true)), iter: Iterations, threads: 1);

    [Fact]
    public void A_document_cut_anywhere_is_refused_or_lacks_nothing_that_was_read()
    {
        var expected = Read(written, whole: true).Document!;
        var end = written.Length - "</ClinicalDocument>".Length;
        Gen.Int[0, end].Sample(
            length => Read(written[..length], whole: true) is { Document: null, Faults: [.., { IsRefusal: true }] }, iter: 500, threads: 1);
        Assert.Equal("Lettre de sortie", expected.Title);
    }

    private static void Damage(byte[] original, int iterations)
    {
        var watch = Stopwatch.StartNew();
        Gen.Select(mutation.Array[1, 6], Gen.Bool).Sample(
            (mutations, whole) => Check(Read(mutations.Aggregate(original, (bytes, mutate) => mutate(bytes)), whole)), iter: iterations,
            threads: 1);
        // Not a measurement: far above what it takes, and below what anything exponential would.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(2));
    }

    private static bool Check(CdaReadResult result) =>
        (result.Document is null) == result.Faults.Any(fault => fault.IsRefusal)
        && result.Faults.All(fault => fault.Text.Length > 0 && fault.Place.StartsWith('/')
            && !fault.Text.Contains("279035121518989", StringComparison.Ordinal)
            && !fault.Text.Contains("PAT-TROIS", StringComparison.Ordinal));

    private static CdaReadResult Read(byte[] content, bool whole)
    {
        using var memory = new MemoryStream(content, writable: false);
        using var waiting = SampleText.Waiting(content);
        var (read, same) = (Read(memory, whole), Read(waiting, whole));
        Assert.True(Check(same));

        // Of several faults the first is told, and bytes that cannot be decoded are met earlier the more is read ahead.
        if (whole)
        {
            Assert.Equal(read.Document?.Title, same.Document?.Title);
            Assert.Equal(read.Document is null, same.Document is null);
        }

        return read;
    }

    private static CdaReadResult Read(Stream stream, bool whole)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = CdaReader.ReadAsync(stream, new CdaReaderOptions { ReadWhole = whole });
        Assert.True(reading.IsCompleted);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MemoryMax);
        return reading.GetAwaiter().GetResult();
    }

    private static int At(byte[] bytes, double where) => Math.Min(bytes.Length, (int)(where * bytes.Length));

    private static byte[] Changed(byte[] bytes, double where, byte value)
    {
        var changed = (byte[])bytes.Clone();
        if (changed.Length > 0)
        {
            changed[Math.Min(changed.Length - 1, At(bytes, where))] = value;
        }

        return changed;
    }

    private static byte[] Cut(byte[] bytes, double one, double two)
    {
        var (from, to) = (At(bytes, Math.Min(one, two)), At(bytes, Math.Max(one, two)));
        return [.. bytes[..from], .. bytes[to..]];
    }

    private static byte[] Doubled(byte[] bytes, double one, double two)
    {
        var (from, to) = (At(bytes, Math.Min(one, two)), At(bytes, Math.Max(one, two)));
        return bytes.Length > 200_000 ? bytes : [.. bytes[..to], .. bytes[from..]];
    }

    private static byte[] Inserted(byte[] bytes, double where, string token)
    {
        var at = At(bytes, where);
        return [.. bytes[..at], .. Encoding.UTF8.GetBytes(token), .. bytes[at..]];
    }
}
