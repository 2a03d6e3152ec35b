using Dmp.Server.Media;
using Dmp.Server.Options;
using Xunit;

namespace Dmp.Server.Tests.Media;

/// <summary>The check of PDFs beside another reader, qpdf, over PDFs written in every way that the format knows.</summary>
public sealed class PdfOracleTests : IDisposable
{
    private static readonly PdfRules rules = new(new UploadOptions());

    private readonly string folder = Directory.CreateTempSubdirectory("dmp-pdf").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Whoever writes the corpus knows what is in it; this holds without another reader.</summary>
    [Fact]
    public void What_acts_is_refused_and_what_does_not_is_accepted()
    {
        var wrong = PdfCorpus.All()
            .Select(file => (file.Name, file.IsActive, Fault: Check(file.Bytes)))
            .Where(file => file.IsActive is { } isActive && isActive != file.Fault is not null)
            .Select(file => $"{file.Name}: {file.Fault}");
        Assert.Empty(wrong);
        Assert.InRange(PdfCorpus.All().Count(), 600, int.MaxValue);
    }

    [Fact]
    public void What_no_viewer_opens_is_refused() =>
        Assert.All(PdfCorpus.Nothing(), file => Assert.Equal((file.Name, MediaFaultKind.Damaged), (file.Name, Check(file.Bytes)?.Kind)));

    /// <summary>
    /// Nothing is accepted that acts to qpdf, or that it cannot open; nothing is refused that is ordinary to it. qpdf of Debian 12
    /// repairs no file whose table is a damaged stream, as other viewers do; those say nothing here.
    /// </summary>
    [Fact]
    public async Task Qpdf_sees_the_same()
    {
        Assert.SkipWhen(Qpdf.Missing is not null, Qpdf.Missing ?? "");
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        var files = PdfCorpus.All().Concat(PdfCorpus.Nothing()).Select((file, number) => (file, number)).ToList();
        await Parallel.ForEachAsync(files, TestContext.Current.CancellationToken, async (item, ct) =>
        {
            var (file, number) = item;
            var path = Path.Combine(folder, $"{number}.pdf");
            await File.WriteAllBytesAsync(path, file.Bytes, ct);
            var seen = Qpdf.Look(path);
            var fault = Check(file.Bytes);
            if (seen.IsActive && fault is null
                || !seen.Opens && fault is null && !file.Name.EndsWith("damaged table", StringComparison.Ordinal)
                || seen is { Opens: true, IsActive: false } && file.IsActive == false && fault is not null)
            {
                wrong.Add($"{file.Name}: {seen}, {fault}");
            }
        });
        Assert.Empty(wrong);
    }

    /// <summary>What qpdf writes of a file is the same file: linearised, packed, unpacked, in the order of its objects.</summary>
    [Theory]
    [InlineData("--linearize")]
    [InlineData("--object-streams=generate")]
    [InlineData("--qdf", "--object-streams=disable")]
    [InlineData("--linearize", "--object-streams=generate", "--recompress-flate")]
    [InlineData("--force-version=2.0", "--newline-before-endstream")]
    public async Task What_qpdf_writes_is_judged_as_what_it_read(params string[] options)
    {
        Assert.SkipWhen(Qpdf.Missing is not null, Qpdf.Missing ?? "");
        foreach (var file in PdfCorpus.All().Where(
            file => file is { IsActive: not null } && file.Name.EndsWith(", table", StringComparison.Ordinal)))
        {
            var (from, to) = (Path.Combine(folder, "from.pdf"), Path.Combine(folder, "to.pdf"));
            await File.WriteAllBytesAsync(from, file.Bytes, TestContext.Current.CancellationToken);
            Assert.Equal(0, Qpdf.Run([.. options, "--warning-exit-0", from, to]).Code);
            var fault = Check(await File.ReadAllBytesAsync(to, TestContext.Current.CancellationToken));
            Assert.Equal((file.Name, file.IsActive), (file.Name, fault is not null));
        }
    }

    [Theory]
    [InlineData("40")]
    [InlineData("128")]
    [InlineData("256")]
    public async Task What_qpdf_encrypts_is_encrypted(string bits)
    {
        Assert.SkipWhen(Qpdf.Missing is not null, Qpdf.Missing ?? "");
        var (from, to) = (Path.Combine(folder, "from.pdf"), Path.Combine(folder, "to.pdf"));
        await File.WriteAllBytesAsync(from, PdfText.Write("", ""), TestContext.Current.CancellationToken);
        foreach (var packing in (string[])["generate", "disable"])
        {
            Assert.Equal(
                0, Qpdf.Run("--allow-weak-crypto", $"--object-streams={packing}", "--encrypt", "", "owner", bits, "--", from, to).Code);
            Assert.Equal(MediaFaultKind.PdfEncrypted, Check(await File.ReadAllBytesAsync(to, TestContext.Current.CancellationToken))?.Kind);
        }
    }

    private static MediaFault? Check(byte[] content) => rules.Check(PdfScannerTests.Scan(content, chunk: 4099));
}
