using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>Counts what the whole process allocates, so no other test may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "Measured alone";
}

[Collection(MeasuredAlone.Name)]
public sealed class ContentMemoryTests : IDisposable
{
    private const int RoundsMax = 20;
    private const long AllocatedMax = 1024 * 1024;

    private readonly TemporaryStore temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Appending_does_not_allocate_with_the_size_of_the_document()
    {
        var chunk = new byte[64 * 1024];
        await using var writer = await temporary.Store.CreateAsync(Guid.CreateVersion7(), Token);
        await writer.AppendAsync(chunk, Token);

        // What the servers of other tests still do, such as reading their documents, adds to a round, and takes nothing from one.
        var least = long.MaxValue;
        for (var round = 0; round < RoundsMax && least > AllocatedMax; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < 512; i++)
            {
                await writer.AppendAsync(chunk, Token);
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange(writer.Length, 32L * 1024 * 1024, long.MaxValue);
        Assert.InRange(least, 0, AllocatedMax);
    }
}
