using Dmp.Server.Calls;

namespace Dmp.Server.Intake;

/// <summary>One import under way: what the classes that receive, commit and answer its items have in common.</summary>
internal sealed class ImportRun(Call call, ImportBook book, ImportAnswers answers, CancellationToken ended)
{
    private readonly Lock witnessing = new();

    /// <summary>The call of the import. Each item has one of its own.</summary>
    public Call Call => call;

    public ImportBook Book => book;

    public ImportAnswers Answers => answers;

    /// <summary>The caller left, or a fault ended the call.</summary>
    public CancellationToken Ended => ended;

    /// <summary>The call stands in the trace by its items, and its token is that of the latest.</summary>
    public void Witness(Call item)
    {
        lock (witnessing)
        {
            call.Trace.IsTraced |= item.Trace.IsTraced;
            if (item.Trace.Committed is { } position && !(call.Trace.Committed?.Lsn > position.Lsn))
            {
                call.Trace.Committed = position;
            }
        }
    }
}
