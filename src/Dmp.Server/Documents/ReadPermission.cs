namespace Dmp.Server.Documents;

/// <summary>A document that its caller may read, by the state of the record after the change at <paramref name="Position"/>.</summary>
internal sealed record ReadDecision(DocumentRow Row, long Position);

/// <summary>
/// Whether a running read may go on. Asked for each mebibyte, whether anything of the record changed; and after each second all anew, for
/// what ends by time. Used by one caller at a time. <paramref name="decideAsync"/> is given whether to decide as a whole, and throws the
/// refusal.
/// </summary>
internal sealed class ReadPermission(
    ReadDecision decided, TimeProvider time, Func<bool, ReadDecision, Task<ReadDecision>> decideAsync) : IAsyncDisposable
{
    /// <summary>How many bytes may leave after the moment by which was decided.</summary>
    private const int PermittedBytes = 1024 * 1024;

    /// <summary>So many bytes before the end of a permission the next one is asked for, and comes while they are sent.</summary>
    private const int LeadBytes = PermittedBytes / 8;

    private static readonly TimeSpan permittedTime = TimeSpan.FromSeconds(1);

    private ReadDecision last = decided;
    private long lastWholeTime = time.GetTimestamp();
    private long sent;
    private long permitted = PermittedBytes;
    private (Task<ReadDecision> Decision, long Permitted)? asked;

    /// <summary>Returns when <paramref name="bytes"/> more may leave the server.</summary>
    public async ValueTask RequireAsync(int bytes)
    {
        if (time.GetElapsedTime(lastWholeTime) >= permittedTime)
        {
            await TakeAsync();
            lastWholeTime = time.GetTimestamp();
            Ask(isWhole: true);
            await TakeAsync();
        }

        if (asked is { Decision.IsCompleted: true } || sent + bytes > permitted)
        {
            await TakeAsync();
        }

        if (asked is null && sent + bytes > permitted - LeadBytes)
        {
            Ask(isWhole: false);
        }

        sent += bytes;
    }

    /// <summary>Waits for a question that nobody needs the answer of any more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (asked is { } question)
        {
            await ((Task)question.Decision).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Ask(bool isWhole) => asked = (decideAsync(isWhole, last), sent + PermittedBytes);

    private async Task TakeAsync()
    {
        if (asked is { } question)
        {
            last = await question.Decision;
            permitted = question.Permitted;
            asked = null;
        }
    }
}
