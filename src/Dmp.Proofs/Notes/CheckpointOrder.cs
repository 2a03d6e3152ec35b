using System.Globalization;

namespace Dmp.Proofs;

/// <summary>
/// Whether checkpoints are missing between those that are there. They are numbered from 1; those of before they were numbered count
/// too, which the first number tells.
/// </summary>
internal sealed class CheckpointOrder
{
    private long? last;

    /// <param name="last">The number of the checkpoint before; 0 for the beginning, null when it is not known.</param>
    public CheckpointOrder(long? last) => this.last = last;

    /// <summary>The next one in the order of sizes: what is wrong with its place, null when nothing is.</summary>
    public string? Next(Checkpoint checkpoint)
    {
        var expected = last + 1;
        last = checkpoint.Number ?? expected;
        return expected is null || last == expected ? null
            : last > expected
                ? Text(
                    $"{last - expected} checkpoints before that of size {checkpoint.Size} are gone, the numbers {expected} to {last - 1}")
                : Text($"the checkpoint of size {checkpoint.Size} has the number {last}, and {expected} is its place");
    }

    /// <summary>One is there that cannot be read.</summary>
    public void Skip() => last++;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
