using System.Text;
using Dmp.Server.Media;
using Dmp.Server.Options;
using Dmp.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dmp.Server.Tests.Media;

public sealed class QuarantineTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dmp-quarantine-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task What_is_old_enough_is_deleted_and_nothing_else()
    {
        using var quarantine = New(days: 30);
        var (old, young) = (Guid.NewGuid(), Guid.NewGuid());
        var foreign = Path.Combine(directory, "notes.txt");
        await KeepAsync(quarantine, old);
        await KeepAsync(quarantine, young);
        await File.WriteAllTextAsync(foreign, "not ours", Token);
        File.SetLastWriteTimeUtc(PathOf(old), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-30).AddMinutes(-1));
        File.SetLastWriteTimeUtc(PathOf(young), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-30).AddMinutes(1));
        File.SetLastWriteTimeUtc(foreign, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-300));

        Assert.Equal(1, quarantine.SweepOnce());

        Assert.Equal((false, true, true), (File.Exists(PathOf(old)), File.Exists(PathOf(young)), File.Exists(foreign)));
        Assert.Equal(0, quarantine.SweepOnce());
    }

    [Fact]
    public async Task A_quarantine_that_cannot_be_written_does_not_hide_that_the_document_is_infected()
    {
        var file = Path.Combine(directory, "file");
        await File.WriteAllTextAsync(file, "", Token);
        using var quarantine = New(days: 30, Path.Combine(file, "quarantine"));
        await KeepAsync(quarantine, Guid.NewGuid());
        Assert.Equal(0, quarantine.SweepOnce());
    }

    [Fact]
    public void Without_a_document_there_is_no_quarantine_to_sweep()
    {
        using var quarantine = New(days: 30, Path.Combine(directory, "absent"));
        Assert.Equal(0, quarantine.SweepOnce());
    }

    [Theory]
    [InlineData("tcp://scanner.example:3310", "Endpoint")]
    [InlineData("tcp://10.0.0.1:3310", "Endpoint")]
    [InlineData("tcp://127.0.0.1", "Endpoint")]
    [InlineData("http://127.0.0.1:3310", "Endpoint")]
    [InlineData("unix:///", "Endpoint")]
    [InlineData("unix://host/socket", "Endpoint")]
    [InlineData("tcp://[::1]:3310", null)]
    [InlineData("tcp://127.0.0.1:3310", null)]
    [InlineData("unix:///run/clamav/clamd.ctl", null)]
    public void A_scanner_is_on_this_machine(string endpoint, string? fault)
    {
        var faults = ScanOptionsRules.Faults(new ScanOptions { Endpoint = new Uri(endpoint), QuarantineDirectory = directory });
        Assert.Equal(fault is null ? [] : [$"Dmp:Scan:{fault}"], faults.Select(text => text.Split(' ')[0]));
    }

    [Fact]
    public void Settings_out_of_range_are_each_named()
    {
        var options = new ScanOptions
        {
            Timeout = TimeSpan.Zero,
            WhenDown = (ScannerDown)9,
            BytesMax = 0,
            QuarantineDays = 5,
            QuarantineDirectory = "",
            QuarantineBytesMax = -1,
        };
        Assert.Equal(
            ["Timeout", "WhenDown", "BytesMax", "QuarantineDirectory", "QuarantineBytesMax"],
            ScanOptionsRules.Faults(options).Select(text => text.Split(' ')[0].Split(':')[^1]));
        Assert.Contains(
            ScanOptionsRules.Faults(options with { QuarantineDays = -1 }),
            text => text.Contains("QuarantineDays", StringComparison.Ordinal));
    }

    private static Task KeepAsync(Quarantine quarantine, Guid contentId) => quarantine.KeepAsync(
        new MemoryContent(Encoding.ASCII.GetBytes("infected")), new InfectedContent(contentId, Guid.NewGuid(), "Test"), Token);

    private Quarantine New(int days, string? path = null) => new(
        Microsoft.Extensions.Options.Options.Create(new ScanOptions { QuarantineDays = days, QuarantineDirectory = path ?? directory }),
        TimeProvider.System,
        NullLogger<Quarantine>.Instance);

    private string PathOf(Guid contentId) => Path.Combine(directory, $"{contentId:D}{Quarantine.Extension}");
}
