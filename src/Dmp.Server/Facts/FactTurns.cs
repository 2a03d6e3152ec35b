namespace Dmp.Server.Facts;

/// <summary>
/// Whose turn it is for one worker. Where documents wait in both queues each gets half of its time: after a large one small ones are read
/// for as long as that took, and then the next large one. So a small one waits for one large one at the most, and a large one, however many
/// small ones come, for as long as the one before it took.
/// </summary>
internal sealed class FactTurns
{
    private static readonly FactQueue[] smallAlone = [FactQueue.Small];
    private static readonly FactQueue[] smallFirst = [FactQueue.Small, FactQueue.Alone];
    private static readonly FactQueue[] largeFirst = [FactQueue.Alone, FactQueue.Small];

    private readonly bool isOfBoth;

    /// <summary>What is left of the time of the small ones. They begin.</summary>
    private TimeSpan left = TimeSpan.FromTicks(1);

    private FactTurns(bool isOfBoth) => this.isOfBoth = isOfBoth;

    /// <summary>Of a worker that reads small documents and no others.</summary>
    public static FactTurns OfSmall => new(isOfBoth: false);

    /// <summary>Of a worker that reads both.</summary>
    public static FactTurns OfBoth => new(isOfBoth: true);

    /// <summary>The queues in their order: of the second one something is taken when nothing waits in the first.</summary>
    public IReadOnlyList<FactQueue> Next => !isOfBoth ? smallAlone : left > TimeSpan.Zero ? smallFirst : largeFirst;

    /// <summary>Something of a queue was read, in this time.</summary>
    public void Took(FactQueue queue, TimeSpan time) => left = queue == FactQueue.Alone ? time : left - time;
}
