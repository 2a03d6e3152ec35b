using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>Counts what the whole process allocates, so nothing else may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "Measured alone";
}

[Collection(MeasuredAlone.Name)]
public sealed class ContentMemoryTests : IDisposable
{
    private readonly TemporaryStore temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Appending_does_not_allocate_with_the_size_of_the_document()
    {
        var chunk = new byte[64 * 1024];
        await using var writer = await temporary.Store.CreateAsync(Guid.CreateVersion7(), Token);
        await writer.AppendAsync(chunk, Token);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < 512; i++)
        {
            await writer.AppendAsync(chunk, Token);
        }

        Assert.InRange(writer.Length, 32L * 1024 * 1024, long.MaxValue);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 1024 * 1024);
    }
}
