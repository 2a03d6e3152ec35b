using Dmp.Server.Calls;
using Dmp.Server.Data;

namespace Dmp.Server.Intake;

/// <summary>
/// What must be known of a new upload before its bytes come, asked together with that of other uploads of the same caller: the question
/// costs the database almost the same for many as for one.
/// </summary>
internal sealed class UploadQuestions(Database database, TimeProvider time)
{
    private readonly CallerTurns<Question> turns = new();

    public async Task<UploadFacts> AskAsync(Caller caller, UploadPlan plan)
    {
        var question = new Question(caller, plan);
        await turns.ServeAsync(caller, question, AnswerAsync);
        return question.Facts!;
    }

    private async Task AnswerAsync(IReadOnlyList<Question> asked)
    {
        // What the facts say goes by request id, of which a caller may have sent one twice.
        for (List<Question> waiting = [.. asked]; waiting.Count > 0; waiting.RemoveAll(question => question.Facts is not null))
        {
            List<Question> together = [.. waiting.DistinctBy(question => question.Plan.RequestId)];

            // Who has seen most: nobody is answered from a database that is not there yet.
            var caller = together.MaxBy(question => question.Caller.HasSeen?.Lsn)!.Caller;
            var facts = await database.InBatchesAsync(
                connection => UploadFactsSql.ReadAsync(
                    connection,
                    caller,
                    [.. together.Select(question => question.Plan)],
                    time.GetUtcNow(),
                    CancellationToken.None,
                    areBytesHere: false),
                CancellationToken.None);
            together.ForEach(question => question.Facts = facts);
        }
    }

    private sealed class Question(Caller caller, UploadPlan plan)
    {
        public Caller Caller => caller;

        public UploadPlan Plan => plan;

        public UploadFacts? Facts { get; set; }
    }
}
